"""Between two pages: another key after somebody left, keys for a hotline that was just named."""

from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from panoh.access.models import Team, User
from panoh.access.queries import my_teams, supervises
from panoh.audit import actions as audit
from panoh.kernel.rules import Problem
from panoh.vault import actions as vault
from panoh.vault import queries as keys
from panoh.vault.rules import KeyName

# So many wraps move in one request: no page gets slow by it.
SLICE = 200
WRAPS_LOOKED_AT = 500
# First half of the name of a lock that lasts as long as the transaction; the team is the second.
LOCK = 0x7EA3


@transaction.atomic
def tend_keys(*, by: User, at: datetime) -> int:
    """Replace keys that a leaver knew, and move a slice of the files under the new ones.

    Background jobs hold no keys, so this happens between two pages of those who do: a supervisor
    replaces, every member moves. What fails for one team (a colleague is at it, somebody leaves)
    is taken up at the next page. Texts that were written before the duty hotline was named get
    their emergency wrap in the same way. Returns how many files moved.
    """
    moved = 0
    owing = list(Team.objects.filter(pk__in=my_teams(), emergency_mark__isnull=False))
    for team in Team.objects.filter(pk__in=keys.unsettled_teams(my_teams())):
        with suppress(DatabaseError, Problem):
            moved += _tend(team, by=by, at=at)
    for team in owing:
        with suppress(DatabaseError, Problem):
            _wrap_for_hotline(team, by=by, at=at)
    return moved


@transaction.atomic
def _tend(team: Team, *, by: User, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, team.pk])
        if not cursor.fetchone()[0]:
            return 0
    holders = keys.holders(team.pk)
    if by.pk not in holders:
        return 0
    if keys.is_stale(team.pk) and supervises(team):
        vault.renew_team(team.pk, holders)
        audit.record("team.key_replaced", by=by, at=at, subject=team, unit_id=team.unit_id)
    moved = vault.rewrap_team(team.pk, SLICE)
    if moved:
        audit.record(
            "team.files_moved", by=by, at=at, subject=team, unit_id=team.unit_id, reason=str(moved)
        )
    return moved


@transaction.atomic
def _wrap_for_hotline(team: Team, *, by: User, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM access_emergency_owed(%s::int, %s::int)", [team.pk, WRAPS_LOOKED_AT]
        )
        owed = [KeyName(*row) for row in cursor.fetchall()]
    if owed:
        vault.lay_named(owed)
        audit.record(
            "team.emergency_wrapped",
            by=by,
            at=at,
            subject=team,
            unit_id=team.unit_id,
            reason=str(len(owed)),
        )
