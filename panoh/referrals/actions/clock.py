"""Silence past the limit."""

from datetime import datetime

from django.db import transaction

from panoh.access.models import Dossier, Team
from panoh.audit import actions as audit
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.referrals.actions.beats import UNANSWERED, owe
from panoh.referrals.models import Referral
from panoh.referrals.rules import State


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
