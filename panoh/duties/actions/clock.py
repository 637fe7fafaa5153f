"""Start a clock of the pack, stop it, let it run again, give it more time.

``start`` is a consequence of a verb of a room above, as ``open``. The others are of the team that
owes: no service target stands still, and more time is asked for by one and allowed by another.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Team, User
from panoh.access.queries import my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.duties import queries, rules
from panoh.duties.actions import owing
from panoh.duties.models import Duty, Extension, Turn
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.policy.rules import due_after_stop, due_at

MORE_TIME = "clock.more_time"
MOMENTS = ["stopped_at", "due_at", "next_step_at"]


@transaction.atomic
def start(
    kind: str,
    *,
    period: str,
    owner: Team,
    started_at: datetime,
    by: User | None,
    at: datetime,
    dossier: Dossier | None = None,
    subject_id: UUID | None = None,
    zone: str = "",
    urgency_rank: int = rules.LAST_RANK,
    sensitivity_rank: int = rules.LAST_RANK,
) -> Duty:
    """Start a clock of the pack: ``open`` with the period that was in force at its start event.

    Raises ``KeyError`` for a period that the pack does not know, ``NotPossible`` if the start
    event is still to come.
    """
    if started_at > at:
        raise NotPossible(_("A clock cannot start in the future."))
    return owing.open(
        kind,
        owner=owner,
        dossier=dossier,
        subject_id=subject_id,
        period=period,
        started_at=started_at,
        zone=zone,
        urgency_rank=urgency_rank,
        sensitivity_rank=sensitivity_rank,
        by=by,
        at=at,
    )


@transaction.atomic
def suspend(duty: Duty, *, ground: str, by: User, at: datetime) -> Duty:
    """Stop a clock on a ground of the pack's ``clock_grounds``: nothing is due until it resumes.

    Raises ``Gone`` if the acting account's team does not owe it, ``NotPossible`` if it is settled,
    not set, stopped already, has run out, or is a service target.
    """
    found, _due = _running(duty, by, at)
    _turn(found, rules.Verb.SUSPEND, None, ground=_ground(ground), by=by, at=at)
    found.stopped_at, found.due_at, found.next_step_at = at, None, None
    _move(found, duty)
    audit.record("duty.suspended", by=by, at=at, subject=found, reason=f"{found.kind} {ground}")
    return found


@transaction.atomic
def resume(duty: Duty, *, by: User, at: datetime) -> Duty:
    """Let a stopped clock run again: what was left of it is left now.

    Raises ``Gone`` as ``suspend`` does, ``NotPossible`` if it is settled or does not stand still.
    """
    found = _locked(duty, by)
    if found.stopped_at is None or found.settled_at is not None or at < found.stopped_at:
        raise NotPossible(_("This clock does not stand still."))
    # A check of the database: a clock that stands still was due before.
    before = found.turns.order_by("-number").values_list("due_before", flat=True)[0]
    assert before is not None  # noqa: S101 - for the types
    unit, calendar = queries.counted_in(found)
    due = due_after_stop(before, unit, found.stopped_at, at, calendar)
    _turn(found, rules.Verb.RESUME, due, before=before, by=by, at=at)
    found.stopped_at, found.due_at, found.next_step_at = None, due, due
    _move(found, duty)
    audit.record("duty.resumed", by=by, at=at, subject=found, reason=found.kind)
    return found


@transaction.atomic
def ask_extension(
    duty: Duty, *, period: str, ground: str, until: date | None = None, by: User, at: datetime
) -> Extension:
    """Ask for more time on a running clock: ``period`` is the key under which the pack gives it,
    ``until`` the last day where the pack knows that there is more time and not how much.

    Raises as ``suspend`` does; ``NotPossible`` if the pack gives none, or if it was asked for
    already; ``Invalid`` for a day that is missing, needless or too early.
    """
    found, due = _running(duty, by, at)
    last = queries.counted_in(found)[1].end_of(until) if until else None
    _longer(found, period, last, due, at)
    if Extension.objects.filter(duty=found, answered_at=None).exists():
        raise NotPossible(_("Somebody has asked for more time already."))
    made = Extension(duty=found, period=period, ground=_ground(ground), until=last)
    made.asked_at, made.asked_by = at, by
    made.save(force_insert=True)
    owing.open(MORE_TIME, owner=found.owner, subject_id=made.pk, by=by, at=at)
    text = f"{found.kind} {ground}"
    audit.record("duty.extension_asked", by=by, at=at, subject=found, reason=text)
    return made


@transaction.atomic
def answer_extension(extension: Extension, *, is_allowed: bool, by: User, at: datetime) -> Duty:
    """Allow more time, or refuse it: another account of the team that owes than the one that asked.

    Raises ``Gone``; ``NotPossible`` if it was answered, if the same person asks and allows, or,
    where it is allowed, if the clock does not run any more.
    """
    duty = _locked(extension.duty, by)
    rows = Extension.objects.select_for_update(of=("self",)).select_related("asked_by")
    # The database locks what waits, and nothing else.
    asked = rows.filter(pk=extension.pk, answered_at=None).first()
    if asked is None:
        raise NotPossible(_("This was answered already."))
    if asked.asked_by_id == by.pk:
        raise NotPossible(_("Somebody else of the same team must allow more time."))
    asked.answered_at, asked.answered_by, asked.is_allowed = at, by, is_allowed
    asked.save(update_fields=["answered_at", "answered_by", "is_allowed"])
    if is_allowed:
        _extend(duty, asked, by, at)
        _show(duty, extension.duty)
    owing.settle(kind=MORE_TIME, subject_id=asked.pk, outcome="answered", by=by, at=at)
    event = "duty.extended" if is_allowed else "duty.extension_refused"
    audit.record(event, by=by, at=at, subject=duty, reason=f"{duty.kind} {asked.ground}")
    return duty


def _extend(duty: Duty, asked: Extension, by: User, at: datetime) -> None:
    _found, before = _running(duty, by, at)
    due = _longer(duty, asked.period, asked.until, before, at)
    _turn(
        duty,
        rules.Verb.EXTEND,
        due,
        ground=asked.ground,
        approved_by=by,
        by=asked.asked_by,
        at=at,
        **queries.clock(asked.period, at),
    )
    duty.due_at = duty.next_step_at = due
    duty.save(update_fields=MOMENTS)


def _longer(
    duty: Duty, period: str, until: datetime | None, before: datetime, at: datetime
) -> datetime:
    """Until when the clock runs with what the pack gives under this key today: what it gives more
    than ``before``, or, while nobody has set how much that is, the day that was typed."""
    offered = policy.extensions(duty.period, policy.local_day(at)) if duty.period else []
    found = next((one for one in offered if one.key == period), None)
    if found is None:
        raise NotPossible(_("The country's rules do not say how much longer: nothing was changed."))
    if found.value is not None:
        if until is not None:
            raise Invalid(_("The country's rules say how much longer: no day is typed."), "until")
        return due_at(found.value, found.unit, before, queries.counted_in(duty)[1])
    if until is None:
        raise Invalid(_("The country's rules do not set how much longer: type the day."), "until")
    if until <= before:
        raise Invalid(_("This is not later than the day that stands."), "until")
    return until


def _locked(duty: Duty, by: User) -> Duty:
    """The row itself, if the acting account's team owes it."""
    require(by, Permission.DUTY_SETTLE)
    rows = Duty.objects.select_for_update(of=("self",)).select_related("owner")
    found = rows.filter(pk=duty.pk, owner_id__in=my_teams()).first()
    if found is None:
        raise Gone
    return found


def _running(duty: Duty, by: User, at: datetime) -> tuple[Duty, datetime]:
    """The row, and the moment at which it is due now."""
    found = _locked(duty, by)
    if found.settled_at is not None or found.due_at is None:
        raise NotPossible(_("This clock does not run."))
    if queries.is_target(found):
        raise NotPossible(_("A service target is no clock of the law: it does not stand still."))
    if found.due_at < at:
        raise NotPossible(_("This clock has run out already: what is late stays late."))
    return found, found.due_at


def _ground(code: str) -> str:
    if policy.code("clock_grounds", code) is None:
        raise Invalid(_("Choose a ground from the list."), field="ground")
    return code


def _turn(duty: Duty, verb: rules.Verb, after: datetime | None, **more: Any) -> None:
    more.setdefault("before", duty.due_at)
    Turn(
        duty=duty,
        number=duty.turns.count() + 1,
        verb=verb,
        due_before=more.pop("before"),
        due_after=after,
        **more,
    ).save(force_insert=True)


def _move(found: Duty, duty: Duty) -> None:
    """Write the new moments, and show them to the caller."""
    found.save(update_fields=MOMENTS)
    _show(found, duty)


def _show(found: Duty, duty: Duty) -> None:
    for name in MOMENTS:
        setattr(duty, name, getattr(found, name))
