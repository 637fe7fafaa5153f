"""Open, take, finish and settle what is owed.

``open`` and ``settle`` are consequences of verbs of rooms above: those have asked for
the permission and hold the dossier's lock. A page uses ``acknowledge`` and ``finish``.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from panoh.access.models import Dossier, Team, User
from panoh.access.queries import my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.duties import queries, rules
from panoh.duties.models import Duty, DutyQuerySet
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy


@transaction.atomic
def open(  # noqa: A001 - `duties.open(…)` is how a caller says it
    kind: str,
    *,
    owner: Team,
    by: User | None,
    at: datetime,
    dossier: Dossier | None = None,
    subject_id: UUID | None = None,
    due: datetime | None = None,
    period: str = "",
    started_at: datetime | None = None,
    zone: str = "",
    urgency_rank: int = rules.LAST_RANK,
    sensitivity_rank: int = rules.LAST_RANK,
) -> Duty:
    """Let a team owe something, from ``at`` on.

    ``period`` is a key of the pack; without ``due`` the deadline is counted from it, from
    ``started_at`` (default ``at``) in the days of ``zone`` (default the pack's), and stays empty
    while the pack has not set it. The duty keeps the period as it stood on the day of the start:
    a later change moves no running clock. An alert rings the first named person of the team.
    """
    begun = started_at or at
    clock = queries.clock(period, begun) if period else {}
    if due is None and period:
        due = policy.due(period, begun, zone)
    duty = Duty(
        kind=kind,
        dossier=dossier,
        owner=owner,
        subject_id=subject_id,
        opened_at=at,
        opened_by=by.pk if by else None,
        started_at=started_at,
        zone=zone,
        due_at=due,
        urgency_rank=urgency_rank,
        sensitivity_rank=sensitivity_rank,
        next_step_at=due,
        **clock,
    )
    rungs = queries.who_is_rung(owner, at) if rules.kind(kind).alert else []
    if rungs:
        duty.assigned_to_id, duty.level = rungs[0].user_id, 1
        steps = [policy.due(rungs[0].wait, at), due]
        duty.next_step_at = min(filter(None, steps), default=None)
    duty.save(force_insert=True)
    audit.record("duty.opened", by=by, at=at, subject=duty, reason=kind)
    return duty


@transaction.atomic
def open_once(
    kind: str,
    *,
    owner: Team,
    by: User | None,
    at: datetime,
    dossier: Dossier | None = None,
    subject_id: UUID | None = None,
    due: datetime | None = None,
    period: str = "",
    urgency_rank: int = rules.LAST_RANK,
    sensitivity_rank: int = rules.LAST_RANK,
) -> Duty:
    """As ``open``, unless the same is owed already: then that duty. Call under the dossier's
    lock; only duties that the acting team sees can be found."""
    found = (
        Duty.objects.unsettled()
        .filter(kind=kind, owner=owner, dossier=dossier, subject_id=subject_id)
        .first()
    )
    return found or open(
        kind,
        owner=owner,
        by=by,
        at=at,
        dossier=dossier,
        subject_id=subject_id,
        due=due,
        period=period,
        urgency_rank=urgency_rank,
        sensitivity_rank=sensitivity_rank,
    )


@transaction.atomic
def acknowledge(duty: Duty, *, by: User, at: datetime) -> Duty:
    """Take an alert: "I will see to it". Nobody further is rung.

    Raises ``Gone`` if it is not my team's, ``NotPossible`` if it is settled or taken.
    """
    found = _mine(duty, by)
    if found.acknowledged_at is not None or found.settled_at is not None:
        raise NotPossible
    found.acknowledged_at, found.acknowledged_by = at, by
    found.next_step_at = found.due_at
    found.save(update_fields=["acknowledged_at", "acknowledged_by", "next_step_at"])
    audit.record("duty.acknowledged", by=by, at=at, subject=found, reason=found.kind)
    return found


@transaction.atomic
def finish(duty: Duty, *, by: User, at: datetime, outcome: str = "done") -> Duty:
    """Tick off by hand what is done. ``outcome`` is a code.

    Raises ``Gone`` if it is not my team's, ``NotPossible`` if it is settled already or is of a
    kind that only the thing itself settles (an answer, a confirmation).
    """
    found = _mine(duty, by)
    if found.settled_at is not None or not rules.kind(found.kind).by_hand:
        raise NotPossible
    settle(found, outcome=outcome, by=by, at=at)
    return found


def _mine(duty: Duty, by: User) -> Duty:
    require(by, Permission.DUTY_SETTLE)
    rows = Duty.objects.select_for_update().filter(pk=duty.pk, owner_id__in=my_teams())
    found = rows.first()
    if found is None:
        raise Gone
    return found


@transaction.atomic
def settle(
    duty: Duty | None = None,
    *,
    outcome: str,
    by: User | None,
    at: datetime,
    kind: str = "",
    subject_id: UUID | None = None,
) -> int:
    """Settle one duty, or all of a subject (of one ``kind``, if named); return how many.

    What is settled already stays as it is: settling twice is no error.
    """
    if duty is not None:
        rows = Duty.objects.filter(pk=duty.pk)
    elif subject_id is not None:
        rows = Duty.objects.filter(subject_id=subject_id)
        rows = rows.filter(kind=kind) if kind else rows
    else:
        raise ValueError("name a duty or a subject")
    count = _settle(rows, outcome, by, at)
    if duty is not None and count:
        duty.settled_at, duty.settled_by, duty.outcome = at, by, outcome
    return count


@transaction.atomic
def settle_all_on(
    dossier: Dossier,
    *,
    outcome: str,
    by: User | None,
    at: datetime,
    kind: str = "",
    but: Collection[str] = (),
) -> int:
    """Settle whatever is still owed about a case (of one ``kind``, if named; never the kinds of
    ``but``): it is closing."""
    rows = Duty.objects.filter(dossier=dossier).exclude(kind__in=but)
    return _settle(rows.filter(kind=kind) if kind else rows, outcome, by, at)


def _settle(rows: DutyQuerySet, outcome: str, by: User | None, at: datetime) -> int:
    found = list(rows.unsettled().select_for_update().order_by("pk"))
    Duty.objects.filter(pk__in=[duty.pk for duty in found]).update(
        settled_at=at, settled_by=by, outcome=outcome, next_step_at=None
    )
    for duty in found:
        audit.record("duty.settled", by=by, at=at, subject=duty, reason=f"{duty.kind} {outcome}")
    return len(found)


@transaction.atomic
def rank_all_on(
    dossier: Dossier, *, urgency_rank: int, sensitivity_rank: int, by: User, at: datetime
) -> int:
    """Give every open duty about a case the rank the case has now; return how many changed."""
    count = (
        Duty.objects.unsettled()
        .filter(dossier=dossier)
        .update(urgency_rank=urgency_rank, sensitivity_rank=sensitivity_rank)
    )
    audit.record(
        "duty.ranked",
        by=by,
        at=at,
        dossier_id=dossier.pk,
        fields=["urgency_rank", "sensitivity_rank"],
    )
    return count


@transaction.atomic
def pass_on(dossier: Dossier, *, of: Team, to: Team, by: User, at: datetime) -> int:
    """Let another team owe what ``of`` owes, or owed, about a case; return how many rows."""
    count = Duty.objects.filter(dossier=dossier, owner=of).update(owner=to)
    audit.record("duty.passed_on", by=by, at=at, subject=to, dossier_id=dossier.pk)
    return count
