"""Search: my teams' files, and where to ask for people who agreed to be found. Nothing else."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Team, Unit, User
from panoh.access.queries import my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.duties import actions as duties
from panoh.kernel.rules import Invalid, Refused
from panoh.people import queries
from panoh.people.models import Purpose, Search
from panoh.people.rules.keys import DF_CAP, Facts, Key, Kind, Score, keys_asked, rank
from panoh.policy import queries as policy

MOST_FOUND = 20
# The size of the register sets only how much one more agreeing key weighs: the size that the
# system is built for will do, and a count would cost more than the search.
POPULATION = 1_000_000

AGREES: dict[Kind, str | Promise] = {
    Kind.NAMES: _("two names agree"),
    Kind.NAME_YEAR: _("a name and the year of birth agree"),
    Kind.NAME_DAY: _("a name and the day and month of birth agree"),
    Kind.NAME_PLACE: _("a name and the district agree"),
    Kind.INITIALS_DATE: _("first letters and the whole date of birth agree"),
    Kind.PHONE: _("a telephone number agrees"),
    Kind.DOCUMENT: _("a document number agrees"),
    Kind.ONLY_NAME: _("the only name known agrees"),
}


@dataclass(frozen=True, slots=True)
class Why:
    """One ground for a result: what agrees, and how much of the score it brings (1 to 100)."""

    label: str | Promise
    percent: int


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """A file of my teams that may be hers. The page never merges by itself."""

    dossier: Dossier
    name: str
    score: float
    why: list[Why]


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a search shows: files of my teams, best first, and units that may be asked.

    Empty lists mean "not found": the same for a person who is known elsewhere and did not
    agree to be found as for one who is known nowhere.
    """

    found: list[Found]
    ask: list[Unit]
    left: int


@transaction.atomic
def search(asked: Facts, *, by: User, at: datetime) -> Answer:
    """Look for a person by what is known of her, in any spelling.

    Raises ``Refused`` without the permission or beyond the pack's quota of searches in one day
    without a saved contact, ``Invalid`` if nothing was asked. The last search of the quota
    becomes a duty for the supervisor of the searcher's team.
    """
    require(by, Permission.SEARCH_PEOPLE)
    keys = sorted(keys_asked(asked))
    if not keys:
        raise Invalid(_("Write a name, a telephone number or a document number."), field="name")
    with connection.cursor() as cursor:
        # One account searches one after the other: none passes the quota beside another.
        cursor.execute("SELECT pg_advisory_xact_lock(912, %s::int)", [by.pk])
    left = queries.searches_left(by=by, at=at)
    if not left:
        raise Refused(
            _(
                "You have searched as often today as is allowed without saving a contact. "
                "Save the contact you are working on, or speak with your supervisor."
            )
        )
    Search(user=by, day=policy.local_day(at), at=at, keys=len(keys)).save(force_insert=True)
    found = _in_own_files(keys, by, at)
    ask = _agreed_to_be_found(keys)
    if left == 1 and my_teams():
        owner = Team.objects.get(pk=my_teams()[0])
        duties.open_once("people.unusual_search", owner=owner, by=by, at=at)
    audit.record("people.searched", by=by, at=at, reason=f"{len(keys)} keys")
    return Answer(found, ask, left - 1)


def _in_own_files(keys: Collection[Key], by: User, at: datetime) -> list[Found]:
    tokens = queries.unit_tokens(keys, by)
    hits: dict[bytes, list[int]] = {}
    with connection.cursor() as cursor:
        # One look-up by equality for each token; one more than the cap tells "too many".
        cursor.execute(
            "SELECT q.token, t.dossier_id FROM unnest(%s::bytea[]) AS q (token) "
            "CROSS JOIN LATERAL (SELECT dossier_id FROM people_nametoken n "
            "WHERE n.token = q.token LIMIT %s) t",
            [list(tokens), DF_CAP + 1],
        )
        for token, dossier_id in cursor.fetchall():
            hits.setdefault(bytes(token), []).append(dossier_id)
    kinds = {token: key.kind for token, key in tokens.items()}
    ranked = rank(hits, kinds, population=POPULATION)[:MOST_FOUND]
    if not ranked:
        return []
    ids = [dossier_id for dossier_id, _score in ranked]
    # A closed circle is in no search, not even in that of its own team.
    dossiers = Dossier.objects.filter(sealed=False).in_bulk(ids)
    names = queries.names_of(dossiers, by=by, at=at)
    return [
        Found(dossiers[pk], names.get(pk, ""), score.total, _why(score))
        for pk, score in ranked
        if pk in dossiers
    ]


def _why(score: Score) -> list[Why]:
    parts = sorted(score.parts.items(), key=lambda part: -part[1])
    return [Why(AGREES[kind], max(1, round(100 * part / score.total))) for kind, part in parts]


def _agreed_to_be_found(keys: Collection[Key]) -> list[Unit]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_known(%s::int[], %s::bytea[])",
            [[key.kind.value for key in keys], queries.national_tokens(keys, Purpose.BE_FOUND)],
        )
        units = [unit_id for (unit_id,) in cursor.fetchall()]
    return list(Unit.objects.filter(pk__in=units).order_by("name")) if units else []
