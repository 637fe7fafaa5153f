"""Start a clock of the pack, stop it, let it run again, give it more time.

Consequences of verbs of rooms above, as ``open``; the acting account must see the duty.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Team, User
from panoh.access.queries import require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.duties import queries, rules
from panoh.duties.actions import owing
from panoh.duties.models import Duty, Turn
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.policy.rules import due_after_stop, due_at


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

    Raises ``Gone`` if the acting account does not see the duty, ``NotPossible`` if it is settled,
    not set, stopped already or has run out.
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
def extend(duty: Duty, *, period: str, ground: str, approver: User, by: User, at: datetime) -> Duty:
    """Give a running clock more time: ``period`` is the key under which the pack allows it.

    ``approver`` is another account of the owing unit than ``by``; the verb above has its word.
    Raises ``Gone`` as ``suspend`` does, ``NotPossible`` if the clock does not run, if the pack
    has not set the period, or if the same person asks and approves.
    """
    found, before = _running(duty, by, at)
    more = policy.period(period, policy.local_day(at))
    if more.value is None:
        raise NotPossible(_("The country's rules do not say how much longer: nothing was changed."))
    if approver.pk == by.pk or approver.unit_id != found.owner.unit_id or not approver.is_active:
        raise NotPossible(_("Somebody else of the same organisation must approve more time."))
    due = due_at(more.value, more.unit, before, queries.counted_in(found)[1])
    _turn(
        found,
        rules.Verb.EXTEND,
        due,
        ground=_ground(ground),
        approved_by=approver,
        by=by,
        at=at,
        **queries.clock(period, at),
    )
    found.due_at = found.next_step_at = due
    _move(found, duty)
    audit.record("duty.extended", by=by, at=at, subject=found, reason=f"{found.kind} {ground}")
    return found


def _locked(duty: Duty, by: User) -> Duty:
    """The row itself, if the acting account sees it."""
    require(by, Permission.DUTY_SETTLE)
    found = Duty.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=duty.pk)
    if not found:
        raise Gone
    return found[0]


def _running(duty: Duty, by: User, at: datetime) -> tuple[Duty, datetime]:
    """The row, and the moment at which it is due now."""
    found = _locked(duty, by)
    if found.settled_at is not None or found.due_at is None:
        raise NotPossible(_("This clock does not run."))
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
    moments = ["stopped_at", "due_at", "next_step_at"]
    found.save(update_fields=moments)
    for name in moments:
        setattr(duty, name, getattr(found, name))
