"""Silence past the limit, and consent that runs out."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from panoh.access import queries as access
from panoh.access.models import Dossier, Team
from panoh.audit import actions as audit
from panoh.cases import queries as cases
from panoh.consent.rules import Standing
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.policy import queries as policy
from panoh.referrals.actions.beats import (
    CONSENT_GONE,
    ENDS_SOON,
    UNANSWERED,
    owe,
    step,
)
from panoh.referrals.models import Referral
from panoh.referrals.rules import WAITING, State

# How many rows one run of a clock touches: it holds their locks until it is done.
SLICE = 500
ENDS_SOON_PERIOD = "consent_ends_soon"
GOING_ON = frozenset({*WAITING, State.ACCEPTED})


@transaction.atomic
def escalate_overdue(*, at: datetime, by: str = "referrals") -> int:
    """Let the sender's team know that nobody answered in time; return how many were silent.

    Standard RF-2: a missed clock alerts the supervisors of both agencies. The receiver's own duty
    to answer is late by now and rings its supervisor; the sender's is opened here as late as the
    answer is, so that it rings the sender's. Runs as the role of background jobs.
    """
    silent = list(
        Referral.objects.select_for_update(skip_locked=True)
        .filter(state=State.SENT, escalated_at=None, reply_due_at__lt=at)
        .order_by("reply_due_at")
    )
    for referral in silent:
        referral.escalated_at = at
        referral.save(update_fields=["escalated_at"])
        owe(
            UNANSWERED,
            referral,
            Dossier(pk=referral.dossier_id),
            owner=Team(pk=referral.from_team_id),
            due=referral.reply_due_at,
            by=None,
            at=at,
        )
        audit.record("referral.unanswered", by=by, at=at, subject=referral)
    _settle_answered(at)
    return len(silent)


def _settle_answered(at: datetime) -> None:
    """A receiver who answers late cannot see, and so not settle, the duty of the sender."""
    silence = Duty.objects.unsettled().filter(kind=UNANSWERED)
    late = Referral.objects.filter(pk__in=silence.values("subject_id")).exclude(state=State.SENT)
    for referral in late:
        duties.settle(
            kind=UNANSWERED, subject_id=referral.pk, outcome=referral.state, by=None, at=at
        )


@transaction.atomic
def warn_of_end(*, at: datetime, by: str = "referrals") -> int:
    """Let the holder ask ahead of the end (pack, ``consent_ends_soon``) whether to go on; return
    how many were warned. Once for each request, and not for a closed case; as background jobs."""
    warned = Duty.objects.filter(kind=ENDS_SOON, subject_id=OuterRef("pk"))
    rows = Referral.objects.filter(
        ~Exists(warned),
        state__in=[*GOING_ON, State.COMPLETED],
        ends_at__gt=at,
        ends_at__lte=policy.due(ENDS_SOON_PERIOD, at) or at,
    )
    count = 0
    for dossier, referral in _due(rows):
        if cases.is_open(dossier):
            _owe_holder(ENDS_SOON, referral, dossier, due=referral.ends_at, at=at)
            audit.record("referral.ends_soon", by=by, at=at, subject=referral)
            count += 1
    return count


@transaction.atomic
def lapse_ended(*, at: datetime, by: str = "referrals") -> int:
    """End each request whose time is over; return how many.

    Access went with its grant, at that very moment; what is owed about the request ends now, but
    for the holder's talk with the person. Runs as the role of background jobs.
    """
    count = 0
    going_on = Referral.objects.filter(state__in=GOING_ON)
    # What two people decided for a child who is of age now has ended before its own day.
    of_age = going_on.filter(decision__state=Standing.ENDED)
    for dossier, referral in chain(_due(going_on.filter(ends_at__lte=at)), _due(of_age)):
        step(referral, "lapse")
        referral.ended_at = at
        referral.save(update_fields=["state", "ended_at"])
        duties.settle(subject_id=referral.pk, outcome="consent_ended", by=None, at=at)
        if cases.is_open(dossier):
            _owe_holder(CONSENT_GONE, referral, dossier, at=at)
        audit.record("referral.lapsed", by=by, at=at, subject=referral)
        count += 1
    return count


def _due(rows: QuerySet[Referral]) -> Iterator[tuple[Dossier, Referral]]:
    """A slice of the rows, each under its dossier's lock as in any verb, if it is due still. Where
    somebody is at work on the case at this moment, the next run sees to it."""
    for pk, dossier_id in list(rows.order_by("ends_at").values_list("pk", "dossier_id")[:SLICE]):
        dossier = access.lock_by_clock(dossier_id)
        referral = rows.filter(pk=pk).select_for_update().first() if dossier else None
        if dossier and referral:
            yield dossier, referral


def _owe_holder(
    kind: str, referral: Referral, dossier: Dossier, *, due: datetime | None = None, at: datetime
) -> None:
    owe(kind, referral, dossier, owner=Team(pk=dossier.holder_id), due=due, by=None, at=at)
