"""A part in a joint plan ends: by a word, by the clock, with the case, or in a hand-over."""

from datetime import datetime

from django.db import transaction

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.beats import _locked
from panoh.cases.actions.plan import BACK, COME, DO, _owe_task
from panoh.cases.models import Case, Conference, Guest, PlanPart, PlanTask, Seat
from panoh.cases.rules import TaskState
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, NotPossible

# How many rows one run of the clock touches.
SLICE = 500


@transaction.atomic
def end_part(part: PlanPart, *, by: User, at: datetime) -> PlanPart:
    """End an organisation's part, as the holder or as that organisation. It reads the plan no
    more, and what it had left to do comes back to the holder. Raises ``Gone``, ``NotPossible`` if
    it has ended already."""
    case = _locked(part.dossier, Permission.CASE_WRITE, by)
    rows = PlanPart.objects.filter(pk=part.pk, dossier=case.dossier)
    found = rows.select_related("team__unit").first()
    if found is None or not (reach.holds(case.dossier) or found.team_id in reach.my_teams()):
        raise Gone
    if found.ended_at is not None:
        raise NotPossible
    _leave(found, case.dossier, "left", by, at)
    # Written last: from here on the team that leaves reads nothing of it.
    access.end(case.dossier, source_id=found.plan_id, unit=found.team.unit, by=by, at=at)
    return found


def _leave(part: PlanPart, dossier: Dossier, outcome: str, by: User | None, at: datetime) -> None:
    """Write the end of a part; each task of its team becomes the holder's to see to."""
    part.ended_at, part.outcome = at, outcome
    part.save(update_fields=["ended_at", "outcome"])
    duties.settle(subject_id=part.pk, outcome=outcome, by=by, at=at)
    left = Duty.objects.unsettled().filter(kind=DO, dossier_id=dossier.pk, owner_id=part.team_id)
    for duty in left:
        duties.settle(duty, outcome=outcome, by=by, at=at)
        duties.open(
            BACK,
            dossier=dossier,
            owner=Team(pk=dossier.holder_id),
            subject_id=duty.subject_id,
            period="duty_acknowledge",
            urgency_rank=duty.urgency_rank,
            sensitivity_rank=duty.sensitivity_rank,
            by=by,
            at=at,
        )
    audit.record("plan.left", by=by or "cases", at=at, subject=part, reason=outcome)


@transaction.atomic
def end_shut_out(dossier: Dossier, *, by: User, at: datetime) -> int:
    """End, as the holder, the parts and seats of those to whom nothing opens this case any more:
    consent was taken back, or the person excludes them; of organisations without accounts those
    that may be told nothing more. Return how many."""
    dossier = reach.lock(dossier.pk)
    return _end_shut_out(dossier, by, at) + _end_guests(dossier, by, at)


def _end_guests(dossier: Dossier, by: User, at: datetime) -> int:
    rows = Guest.objects.filter(dossier=dossier, ended_at=None, conference__ended_at=None)
    welcome = queries.may_be_guests(dossier, at)
    gone = [one for one in rows.select_related("organisation") if one.organisation not in welcome]
    for guest in gone:
        _end_guest(guest, by, at)
    return len(gone)


def _end_guest(guest: Guest, by: User, at: datetime) -> None:
    guest.ended_at = at
    guest.save(update_fields=["ended_at"])
    audit.record("conference.guest_left", by=by, at=at, subject=guest)


def _end_shut_out(dossier: Dossier, by: User | None, at: datetime) -> int:
    parts = list(queries.parts_over().filter(dossier_id=dossier.pk))
    for part in parts:
        _leave(part, dossier, "left", by, at)
    seats = list(queries.seats_over().filter(dossier_id=dossier.pk))
    for seat in seats:
        _end_seat(seat, by, at)
    return len(parts) + len(seats)


def _end_seat(seat: Seat, by: User | None, at: datetime) -> None:
    """Write the end of an attendance, and of what its team owed for it."""
    seat.ended_at = at
    seat.save(update_fields=["ended_at"])
    owed = Duty.objects.filter(
        kind=COME, subject_id=seat.conference_id, owner_id=seat.team_id, settled_at=None
    )
    for duty in owed:
        duties.settle(duty, outcome="over", by=by, at=at)
    audit.record("conference.left", by=by or "cases", at=at, subject=seat)


@transaction.atomic
def end_lapsed_parts(*, at: datetime, by: str = "cases") -> int:
    """End each part and seat whose time is over; return how many. What they read went at that
    very moment. Works as role ``jobs``; a case somebody works on waits for the next run."""
    due = {
        *queries.parts_over().values_list("dossier_id", flat=True)[:SLICE],
        *queries.seats_over().values_list("dossier_id", flat=True)[:SLICE],
    }
    count = 0
    for dossier_id in sorted(due):
        dossier = reach.lock_by_clock(dossier_id)
        count += _end_shut_out(dossier, None, at) if dossier else 0
    if count:
        audit.record("plan.lapsed", by=by, at=at, reason=f"{count} parts")
    return count


def _close_plan(case: Case, by: User, at: datetime) -> None:
    """The case closes: nobody takes part any more, nothing of it is left to do."""
    plan = queries.plan_of(case.dossier)
    sources = list(Conference.objects.filter(dossier=case.dossier, ended_at=None))
    if plan is not None and plan.ended_at is None:
        PlanTask.objects.filter(plan=plan, state=TaskState.OPEN).update(
            state=rules.TASK.after("close", TaskState.OPEN), ended_at=at, ended_by=by
        )
        PlanPart.objects.filter(plan=plan, ended_at=None).update(ended_at=at, outcome="case_closed")
        plan.ended_at = at
        plan.save(update_fields=["ended_at"])
        access.end(case.dossier, source_id=plan.pk, by=by, at=at)
        audit.record("plan.closed", by=by, at=at, subject=plan)
    for conference in sources:
        _close_conference(conference, case.dossier, by, at)


def _close_conference(conference: Conference, dossier: Dossier, by: User, at: datetime) -> None:
    """Write the end of a conference; whoever was let in by it reads no more."""
    conference.ended_at = at
    conference.save(update_fields=["ended_at"])
    Seat.objects.filter(conference=conference, ended_at=None).update(ended_at=at)
    duties.settle(subject_id=conference.pk, outcome="over", by=by, at=at)
    access.end(dossier, source_id=conference.pk, by=by, at=at)
    audit.record("conference.ended", by=by, at=at, subject=conference)


@transaction.atomic
def pass_plan(dossier: Dossier, *, to: Team, by: User, at: datetime) -> int:
    """Let the team that takes the case over do what the holder had left to do in the plan; its own
    part becomes the holder's. Called by the holder, before it hands over. Return how many."""
    dossier = reach.lock(dossier.pk)
    part = PlanPart.objects.filter(dossier=dossier, team=to, ended_at=None).first()
    if part is not None:
        part.ended_at, part.outcome = at, "handed_over"
        part.save(update_fields=["ended_at", "outcome"])
        duties.settle(subject_id=part.pk, outcome="handed_over", by=by, at=at)
        access.end(dossier, source_id=part.plan_id, unit=to.unit, by=by, at=at)
    tasks = list(
        PlanTask.objects.filter(dossier=dossier, team=dossier.holder, state=TaskState.OPEN)
    )
    for task in tasks:
        task.dossier, task.team = dossier, to
        task.save(update_fields=["team"])
        duties.settle(subject_id=task.pk, outcome="handed_over", by=by, at=at)
        _owe_task(task, to, by, at)
    audit.record("plan.passed_on", by=by, at=at, subject=to, dossier_id=dossier.pk)
    return len(tasks)
