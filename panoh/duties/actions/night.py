"""Each minute: ring the next person, and mark what has become late."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from panoh.access.models import Team
from panoh.audit import actions as audit
from panoh.duties import queries, rules
from panoh.duties.models import Duty
from panoh.policy import queries as policy

PIECE = 5_000


@transaction.atomic
def escalate_overdue(*, at: datetime, by: str = "duties") -> int:
    """Ring the next named person of the owning team where nobody has taken an alert in time, and
    the supervisor where a duty is late; return how many moved on.

    An alert that rings or was taken by somebody who has left the team rings anew from the first
    step. Runs as the role of background jobs under a system name. An alert stays inside its team:
    never another unit, never the police by default (A17). Each step is one audit row.
    """
    _give_back(at, by)
    due = (
        Duty.objects.unsettled()
        .filter(next_step_at__lte=at)
        .select_for_update(skip_locked=True)
        .order_by("next_step_at")
    )
    moved = 0
    late: dict[int, list[Duty]] = {}
    for duty in due:
        if duty.due_at is not None and duty.due_at <= at and not _rings(duty):
            late.setdefault(duty.owner_id, []).append(duty)
        else:
            _move_on(duty, at, by)
        moved += 1
    for owner, rows in late.items():
        _mark_late(owner, rows, at, by)
    return moved


def _rings(duty: Duty) -> bool:
    return rules.kind(duty.kind).alert and duty.acknowledged_at is None


def _mark_late(owner_id: int, rows: list[Duty], at: datetime, by: str) -> None:
    """What a team let run out, all at once: it goes to the supervisor."""
    rungs = queries.who_is_rung(Team(pk=owner_id), at)
    lead = rungs[-1].user_id if rungs else None
    new = [duty for duty in rows if lead not in (None, duty.assigned_to_id)]
    told = {duty.pk for duty in new}
    stayed = [duty for duty in rows if duty.pk not in told]
    for some in _pieces(new):
        found = Duty.objects.filter(pk__in=[duty.pk for duty in some])
        found.update(is_late=True, next_step_at=None, assigned_to_id=lead, level=F("level") + 1)
    for some in _pieces(stayed):
        found = Duty.objects.filter(pk__in=[duty.pk for duty in some])
        found.update(is_late=True, next_step_at=None)
    for event, which, step in (("duty.escalated", new, 1), ("duty.late", stayed, 0)):
        said = [(duty, f"{duty.kind} step {duty.level + step}") for duty in which]
        audit.record_each(event, by=by, at=at, subjects=said)


def _pieces(rows: list[Duty]) -> list[list[Duty]]:
    """The rows in pieces that one statement takes."""
    return [rows[begin : begin + PIECE] for begin in range(0, len(rows), PIECE)]


def _give_back(at: datetime, by: str) -> None:
    for duty in queries.left_behind(at).select_for_update(skip_locked=True):
        duty.acknowledged_at = duty.acknowledged_by = duty.assigned_to = None
        duty.level, duty.next_step_at = 0, at
        duty.save(
            update_fields=[
                "acknowledged_at",
                "acknowledged_by",
                "assigned_to",
                "level",
                "next_step_at",
            ]
        )
        audit.record("duty.given_back", by=by, at=at, subject=duty, reason=duty.kind)


def _move_on(duty: Duty, at: datetime, by: str) -> None:
    duty.is_late = duty.due_at is not None and duty.due_at <= at
    rungs = queries.who_is_rung(Team(pk=duty.owner_id), at)
    ringing = _rings(duty)
    following = rules.next_rung(rungs, duty.level, duty.assigned_to_id, ringing=ringing)
    steps = [] if duty.is_late or duty.due_at is None else [duty.due_at]
    if following is not None:
        duty.assigned_to_id, duty.level = following.user_id, duty.level + 1
        wait = policy.due(following.wait, at) if ringing else None
        steps += [wait] if wait else []
    duty.next_step_at = min(steps, default=None)
    duty.save(update_fields=["is_late", "assigned_to", "level", "next_step_at"])
    stayed = "duty.late" if duty.is_late else "duty.unanswered"
    event = "duty.escalated" if following else stayed
    audit.record(event, by=by, at=at, subject=duty, reason=f"{duty.kind} step {duty.level}")
