"""The roster: who stands when; an empty shift is an alert of the desk's team in good time."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, Unit, User
from panoh.access.queries import my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.intake import queries
from panoh.intake.models import Shift
from panoh.intake.queries import GAP
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy import queries as policy


def _keeps(team: Team, by: User) -> None:
    """May this account work at this desk?"""
    require(by, Permission.CONTACT_CREATE)
    if team.pk not in my_teams():
        raise Gone


@transaction.atomic
def plan_shift(
    *,
    team: Team,
    unit: Unit,
    user: User | None,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Shift:
    """Put hours into the roster: ``unit`` sends ``user``, or promises somebody who is not named
    yet, and then the hours count as empty.

    The same ``submission`` saves once. Raises ``Invalid`` for hours that are over, turned round or
    longer than the pack allows, and for somebody who is not in the team.
    """
    _keeps(team, by)
    if submission and (seen := Shift.objects.filter(pk=submission, team=team).first()):
        return seen
    if not starts_at < ends_at or ends_at <= at:
        raise Invalid(_("These hours are over, or end before they begin."), "ends")
    if ends_at - starts_at > timedelta(hours=policy.number("longest_shift_hours")):
        raise Invalid(_("Nobody stands that long: make two shifts of it."), "ends")
    if user is not None and user not in queries.members(team, at):
        raise Invalid(_("This account is not in the team of the desk."), "user")
    shift = Shift(
        id=submission or uuid4(),
        team=team,
        unit=unit,
        user=user,
        starts_at=starts_at,
        ends_at=ends_at,
        planned_at=at,
        planned_by=by,
    )
    shift.save(force_insert=True)
    _owe_gap(team, by, at)
    audit.record("shift.planned", by=by, at=at, subject=shift)
    return shift


@transaction.atomic
def drop_shift(shift: Shift, *, by: User, at: datetime) -> Shift:
    """Nobody comes after all; hours that are empty now alert the team at once.

    Raises ``NotPossible`` for a shift that is over or was dropped.
    """
    _keeps(shift.team, by)
    found = Shift.objects.select_for_update().get(pk=shift.pk)
    if found.dropped_at is not None or found.ends_at <= at:
        raise NotPossible
    found.dropped_at, found.dropped_by = at, by
    found.save(update_fields=["dropped_at", "dropped_by"])
    _owe_gap(found.team, by, at)
    audit.record("shift.dropped", by=by, at=at, subject=found)
    return found


@transaction.atomic
def warn_of_gaps(*, by: str = "intake", at: datetime) -> int:
    """Alert each team whose roster has empty hours within the pack's period; how many have.

    Works as role ``jobs``. One alert for the first empty hours; filled, it is settled.
    """
    count = sum(_owe_gap(team, None, at) for team in queries.rostered())
    if count:
        audit.record("roster.warned", by=by, at=at, reason=f"{count} empty")
    return count


def _owe_gap(team: Team, by: User | None, at: datetime) -> bool:
    """Let the team owe the first empty hours, and no other ones."""
    gap = queries.first_gap(team, at)
    standing = list(Duty.objects.unsettled().filter(kind=GAP, owner=team))
    for duty in standing:
        if gap is None or duty.due_at != gap[0]:
            duties.settle(duty, outcome="filled", by=by, at=at)
    if gap is not None and all(duty.due_at != gap[0] for duty in standing):
        duties.open(GAP, owner=team, due=gap[0], urgency_rank=0, by=by, at=at)
    return gap is not None
