"""Who acts, what they may, and what their teams reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple, TypeVar

from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from psycopg.pq import TransactionStatus

from config.database.base import kept_cursor, write_context
from panoh.access.models import (
    Dossier,
    Grant,
    Membership,
    Never,
    RoleGrant,
    RolePermission,
    Team,
    Unit,
    User,
)
from panoh.access.models.dossiers import Source
from panoh.access.rules import CARD, LOCKED, SEEN, STARTED, Permission
from panoh.kernel.context import ACTING, Acting
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone, Refused

PAGE = 50
EXCLUDED = _("The person does not want them to know. Nothing was sent.")

Row = TypeVar("Row", bound=models.Model)


# A team's newest are read in the order of the index, its oldest from the other end.
NEWEST = """(SELECT opened_at, dossier_id FROM access_listing
WHERE team_id = %s{further} ORDER BY opened_at {way}, dossier_id {way} LIMIT {limit})"""
FURTHER = " AND (opened_at, dossier_id) {sign} (%s::timestamptz, %s::bigint)"
MERGED = "SELECT * FROM ({lists}) q ORDER BY opened_at {way}, dossier_id {way} LIMIT {limit}"

RIGHTS = """
SELECT ARRAY(
    SELECT m.team_id FROM access_membership m
    WHERE m.user_id = %s AND m.since <= statement_timestamp()
      AND (m.until IS NULL OR m.until > statement_timestamp())
    ORDER BY m.team_id
), ARRAY(
    SELECT DISTINCT p.permission FROM access_rolegrant r
    JOIN access_rolepermission p ON p.role = r.role
    WHERE r.user_id = %s AND r.since <= statement_timestamp()
      AND (r.until IS NULL OR r.until > statement_timestamp())
), coalesce((SELECT u.type FROM access_unit u WHERE u.id = %s), '')
"""


class Signed(NamedTuple):
    """One session of an account: its key, when it began and was last used, does it wait for a PIN?

    The key is the session itself; a page carries ``mark`` instead.
    """

    key: str
    started: datetime
    seen: datetime
    is_locked: bool = False

    @property
    def mark(self) -> str:
        """Names the session to its owner and opens nothing."""
        return salted_hmac("panoh session mark", self.key, algorithm="sha256").hexdigest()[:16]


class Excluded(NamedTuple):
    """Organisations that a person excludes: units by number, districts by code of the pack."""

    units: frozenset[int]
    districts: frozenset[str]

    def covers(self, unit: Unit | None, district: str = "") -> bool:
        """Is this unit, or whoever works in this district, excluded?"""
        mine = unit is not None and (unit.pk in self.units or unit.district in self.districts)
        return mine or district in self.districts


class Place(NamedTuple):
    """Where a page of a list begins: the last row that was shown before it."""

    opened_at: datetime
    dossier_id: int


def live(moment: object = None) -> Q:
    """Rows with ``since``/``until`` that hold at ``moment`` (default: the statement's time)."""
    now = moment or Now()
    return Q(since__lte=now) & (Q(until=None) | Q(until__gt=now))


def rights_of(user: User) -> tuple[tuple[int, ...], frozenset[str], str]:
    """The ids of the teams the account belongs to now, what its roles allow, and the kind of its
    unit, by one question: every page begins with it."""
    with kept_cursor(connection) as cursor:
        cursor.execute(RIGHTS, [user.pk, user.pk, user.unit_id])
        teams, permissions, unit_type = cursor.fetchone()
    return tuple(teams), frozenset(permissions), unit_type


@contextmanager
def acting(user: User) -> Iterator[Acting]:
    """Let ``user`` act: the context goes into the open transaction and each later one.

    Restores the former context on exit. A broken transaction is left alone: nothing can be
    read in it any more.
    """
    teams, user.permissions, user.unit_type = rights_of(user)
    context = Acting(user.pk, teams)
    token = ACTING.set(context)
    try:
        _rewrite()
        yield context
    finally:
        ACTING.reset(token)
        _rewrite()


def _rewrite() -> None:
    if connection.in_atomic_block and not connection.needs_rollback:
        status = connection.connection.info.transaction_status
        if status != TransactionStatus.INERROR:
            write_context(connection)


def my_teams() -> tuple[int, ...]:
    """The team ids of whoever is acting; none when nobody is."""
    context = ACTING.get()
    return context.team_ids if context else ()


def may(user: User, permission: Permission) -> bool:
    """Does one of the account's roles carry the permission?"""
    return permission in user.permissions


def require(
    by: User,
    permission: Permission,
    *,
    on: Dossier | None = None,
    category: Category = Category.CORE,
) -> None:
    """The first wall. Raises ``Refused`` without the permission, ``Gone`` without the reach."""
    context = ACTING.get()
    if context is None or context.user_id != by.pk or not may(by, permission):
        raise Refused
    if on is not None and not reaches(on) & category:
        raise Gone


def lock(dossier_id: int) -> Dossier:
    """Lock the dossier of a case that my teams hold, reach or were asked about.

    Every verb on a case begins here, so that a withdrawal cannot slip between check and
    write. Raises ``Gone``.
    """
    for dossier in Dossier.objects.raw(
        "SELECT id, ref, holder, sealed, opened_at FROM access_lock_dossier(%s)", [dossier_id]
    ):
        return dossier
    raise Gone


def lock_by_clock(dossier_id: int) -> Dossier | None:
    """The same for the role of background jobs: it never waits, ``None`` where somebody works."""
    for dossier in Dossier.objects.raw(
        "SELECT id, ref, holder, sealed, opened_at FROM access_lock_by_clock(%s)", [dossier_id]
    ):
        return dossier
    return None


def by_ref(ref: str) -> Dossier:
    """The dossier with this reference, if my teams reach it. Raises ``Gone``."""
    for dossier in Dossier.objects.filter(ref=ref):  # in no order: its plan is kept
        return dossier
    raise Gone


def holds(dossier: Dossier) -> bool:
    """Do my teams hold this dossier?"""
    return dossier.holder_id in my_teams()


def reaches(dossier: Dossier) -> Category:
    """The categories of this dossier that my teams may read now."""
    if holds(dossier):
        return CASE_CATEGORIES
    found = Category(0)
    for categories in (
        grants_on(dossier).filter(team_id__in=my_teams()).values_list("categories", flat=True)
    ):
        found |= Category(categories)
    return found


def grants_on(dossier: Dossier) -> models.QuerySet[Grant]:
    """The live grants on a dossier; a team sees its own, the holder sees all."""
    return Grant.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=Now()),
        dossier=dossier,
        ended_at=None,
        starts_at__lte=Now(),
    ).select_related("team__unit")


def advocate_grant(dossier: Dossier) -> Grant | None:
    """The live grant of the person's advocate; the holder and the advocate's team see it."""
    return grants_on(dossier).filter(source=Source.ADVOCATE).first()


def is_advocate(dossier: Dossier) -> bool:
    """Is the acting account the advocate who was named for this person?"""
    grant, context = advocate_grant(dossier), ACTING.get()
    return grant is not None and context is not None and grant.named == context.user_id


def nevers(dossier: Dossier) -> list[Never]:
    """Whom the person excludes; the holder alone reads it."""
    return list(Never.objects.filter(dossier=dossier).order_by("added_at", "pk"))


def excluded(dossier: Dossier) -> Excluded:
    """The organisations among them, for every list of whom one could ask."""
    rows = nevers(dossier)
    return Excluded(
        frozenset(row.unit_id for row in rows if row.unit_id is not None),
        frozenset(row.district for row in rows if row.district),
    )


def newest(
    before: Place | None = None,
    limit: int = PAGE,
    teams: tuple[int, ...] | None = None,
    *,
    oldest: bool = False,
) -> list[Place]:
    """The newest dossiers that my teams reach, newest first, or the ``oldest`` first; ``before``
    is the last place of the page before.

    Read from the narrow table first; fetch rows with ``pk__in`` after. One team is read
    straight from the index; several are merged from one limited list each.
    """
    mine = my_teams() if teams is None else tuple(t for t in teams if t in my_teams())
    if not mine:
        return []
    with kept_cursor(connection) as cursor:
        values = [value for team in mine for value in (team, *(before or ()))]
        asked = newest_of(len(mine), limit, further=before is not None, oldest=oldest)
        cursor.execute(asked, values)
        return [Place(*row) for row in cursor.fetchall()]


def newest_of(teams: int, limit: int, *, further: bool = False, oldest: bool = False) -> str:
    """The statement behind ``newest``. Its one plan is the best for every team: the limit stands
    in it, and there is no more than the index's order to read by. A dossier that two teams reach
    counts once."""
    way, sign = ("ASC", ">") if oldest else ("DESC", "<")
    behind = FURTHER.format(sign=sign) if further else ""
    one = NEWEST.format(further=behind, way=way, limit=limit)
    return MERGED.format(lists=" UNION ".join([one] * teams), way=way, limit=limit)


def visible_to(rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
    """The second wall on a protected table: only rows that the acting teams reach.

    The columns stand in the database, not in Django, so they are named in SQL.
    """
    table = rows.model._meta.db_table
    teams = list(my_teams())
    return rows.extra(  # noqa: S610 - the table's name is ours, the teams are parameters
        where=[f'("{table}".teams && %s::int[] OR "{table}".holder = ANY (%s::int[]))'],
        params=[teams, teams],
    )


def intake_team(unit: Unit) -> Team | None:
    """The one team of a unit that requests go to; ``None`` if it has none yet."""
    return Team.objects.filter(unit=unit, is_intake=True).order_by("pk").first()


def supervises(team: Team) -> bool:
    """Is the acting account a supervisor or deputy of this team now?"""
    context = ACTING.get()
    return (
        context is not None
        and Membership.objects.filter(
            live(), Q(is_supervisor=True) | Q(is_deputy=True), user_id=context.user_id, team=team
        ).exists()
    )


def may_lead(user_id: int, team_id: int) -> bool:
    """May the acting account name this member a supervisor, because nobody leads the team?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_may_lead(%s::int, %s::int)", [user_id, team_id])
        return bool(cursor.fetchone() == (True,))


def duty_officers(team: Team) -> list[User]:
    """Who answers an alarm in a team: duty officers, then supervisors, then deputies."""
    rows = (
        Membership.objects.filter(live(), team=team, user__is_active=True)
        .filter(Q(is_duty_officer=True) | Q(is_supervisor=True) | Q(is_deputy=True))
        .select_related("user")
        .order_by("-is_duty_officer", "-is_supervisor", "pk")
    )
    return [row.user for row in rows]


def able_in_emergency() -> models.QuerySet[Membership]:
    """Live memberships of accounts that may ask for emergency access."""
    roles = RolePermission.objects.filter(permission=Permission.BREAK_GLASS).values("role")
    helpers = RoleGrant.objects.filter(live(), role__in=roles).values("user")
    return Membership.objects.filter(live(), user__in=helpers)


def card_of(user: User) -> Authenticator | None:
    """The account's codes on paper: a card that it made, or the codes of set-up."""
    rows = Authenticator.objects.filter(user_id=user.pk)
    return rows.filter(type=Authenticator.Type.RECOVERY_CODES).first()


def card_codes_left(user: User) -> int:
    """How many codes on paper still work."""
    found = card_of(user)
    if found is None:
        return 0
    marks = found.data.get(CARD, {}).get("marks")
    return len(found.wrap().get_unused_codes() if marks is None else marks)


def session_keys_of(user: User) -> list[str]:
    """The keys of all sessions of an account, those that have not been used yet too."""
    rows = Session.objects.iterator()
    return [row.session_key for row in rows if row.get_decoded().get(SESSION_KEY) == str(user.pk)]


def sessions_of(user: User, at: datetime) -> list[Signed]:
    """The live sessions of an account, the last used one first.

    Session rows name nobody, so all that have not run out are read; there are as many as people
    at work.
    """
    found = []
    for row in Session.objects.filter(expire_date__gt=at).iterator():
        kept = row.get_decoded()
        if kept.get(SESSION_KEY) == str(user.pk) and STARTED in kept:
            started = datetime.fromisoformat(kept[STARTED])
            seen = datetime.fromisoformat(kept.get(SEEN, kept[STARTED]))
            found.append(Signed(row.session_key, started, seen, LOCKED in kept))
    return sorted(found, key=lambda one: one.seen, reverse=True)
