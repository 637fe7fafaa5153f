"""Somebody asks for a person: written down alike whether she is known or not; she decides."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, User
from panoh.access.queries import holds, lock, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.people import queries
from panoh.people.models import Purpose, Sought
from panoh.people.rules.keys import Facts, keys_asked
from panoh.policy import queries as policy
from panoh.vault import rules as crypto

# She is asked as soon as by an urgent alert: the seeker may be on the way.
SOUGHT_PERIOD = "urgent_acknowledge"
BOX = "seeker {}"


@dataclass(frozen=True, slots=True, repr=False)
class Asking:
    """What a caller said: whom they look for, how they are reached, their words."""

    about: str = ""
    number: str = ""
    words: str = ""


@transaction.atomic
def seek(
    asked: Facts,
    *,
    team: Team,
    caller: str,
    channel: str,
    said: Asking,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> None:
    """Write down that somebody asks for a person. Returns nothing, whoever is known.

    The same statements and rows each time; no file is looked at here. ``caller`` is a code of
    ``seekers``, ``channel`` of ``contact_channels``. The same ``submission`` saves once. Raises
    ``Refused``, and ``Invalid`` if nothing is known of who is sought.
    """
    require(by, Permission.CONTACT_CREATE)
    keys = sorted(keys_asked(asked))
    if not keys:
        raise Invalid(_("Write a name or a telephone number of the person asked for."), "name")
    if policy.code("seekers", caller) is None or policy.code("contact_channels", channel) is None:
        raise Invalid(_("Choose from the list."), "caller")
    pk, key = submission or uuid4(), crypto.new_key()
    text = json.dumps({"about": said.about, "number": said.number, "words": said.words})
    wraps = [
        (team_id, version, crypto.box(public, key, BOX.format(pk)))
        for team_id, version, public in queries.every_team()
    ]
    tokens: list[tuple[int | None, str, int, bytes]] = [
        (by.unit_id, "", found.kind.value, token)
        for token, found in queries.unit_tokens(keys, by).items()
    ]
    for purpose in Purpose:
        made = queries.national_tokens(keys, purpose)
        tokens += [(None, purpose.value, k.kind.value, t) for k, t in zip(keys, made, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_seek(%s, %s::int, %s, %s, %s, %s, %s::int[], %s::int[], %s::bytea[], "
            "%s::int[], %s::text[], %s::int[], %s::bytea[])",
            [
                pk,
                team.pk,
                caller,
                channel,
                crypto.lock(key, text.encode(), pk.bytes),
                at,
                *(list(column) for column in zip(*wraps, strict=True)),
                *(list(column) for column in zip(*tokens, strict=True)),
            ],
        )
    audit.record("seeker.written", by=by, at=at, subject=("people.Seeker", pk), reason=caller)


@transaction.atomic
def match_seekers(*, by: str = "people", at: datetime) -> int:
    """Compare the register with the files, as role ``jobs``; each match alerts its holder once.

    Returns how many were new.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_match_seekers(%s, %s, %s)",
            [at, policy.due(SOUGHT_PERIOD, at), SOUGHT_PERIOD],
        )
        count = int(cursor.fetchone()[0])
    if count:
        audit.record("seekers.compared", by=by, at=at, reason=f"{count} found")
    return count


@transaction.atomic
def keep_answer(sought: Sought, *, answer: str, by: User, at: datetime) -> Sought:
    """Keep what she decided: a code of ``seeker_answers``. The seeker is told nothing by us.

    Called by the room above, which writes her safety plan. Raises ``NotPossible`` if she did.
    """
    dossier = lock(sought.dossier_id)
    require(by, Permission.CASE_WRITE, on=dossier)
    if not holds(dossier):
        raise Gone
    if policy.code("seeker_answers", answer) is None:
        raise Invalid(_("Choose from the list."), "answer")
    rows = Sought.objects.filter(pk=sought.pk, answered_at=None)
    if not rows.update(answer=answer, answered_at=at, answered_by=by):
        raise NotPossible
    sought.answer, sought.answered_at, sought.answered_by = answer, at, by
    audit.record("sought.answered", by=by, at=at, subject=sought, reason=answer)
    return sought
