"""What the receiver does: receive, ask, say yes or no, propose another, tell the outcome."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from panoh.access import actions as access_actions
from panoh.access import queries as access
from panoh.access.models import Dossier, Grant, Team, User
from panoh.audit import actions as audit
from panoh.directory.models import Organisation
from panoh.duties import actions as duties
from panoh.kernel.rules import Invalid, NotPossible
from panoh.referrals import queries, rules
from panoh.referrals.actions.beats import (
    DECLINED,
    INFO,
    NEXT,
    OUTCOME,
    REPLY,
    answered,
    as_receiver,
    as_sender,
    known,
    owe,
    settle_all,
    step,
)
from panoh.referrals.models import Referral


@transaction.atomic
def receive(referral: Referral, *, by: User, at: datetime) -> Referral:
    """Note when somebody of the receiving team first opened the request; later calls change
    nothing."""
    _dossier, referral = as_receiver(referral, by)
    if referral.received_at is None:
        referral.received_at, referral.received_by = at, by
        referral.save(update_fields=["received_at", "received_by"])
    audit.record("referral.seen", by=by, at=at, subject=referral)
    return referral


@transaction.atomic
def ask_info(referral: Referral, codes: Collection[str], *, by: User, at: datetime) -> Referral:
    """Ask the sender: codes of ``info_needed``; there is no free text before a yes. The clock of
    the answer stops until the sender has answered."""
    dossier, referral = as_receiver(referral, by)
    step(referral, "ask_info")
    rules.check_codes(list(codes), queries.codes("info_needed"), "asked")
    referral.asked, referral.asked_at, referral.asked_by = list(codes), at, by
    referral.reply_due_at = None
    referral.save(update_fields=["state", "asked", "asked_at", "asked_by", "reply_due_at"])
    duties.settle(kind=REPLY, subject_id=referral.pk, outcome="asked", by=by, at=at)
    owe(
        INFO,
        referral,
        dossier,
        owner=referral.from_team,
        period="referral_info_reply",
        by=by,
        at=at,
    )
    audit.record("referral.info_asked", by=by, at=at, subject=referral, fields=sorted(codes))
    return referral


@transaction.atomic
def accept(referral: Referral, *, by: User, at: datetime) -> Referral:
    """Say yes: the categories that were offered open now, and not before.

    Raises ``Gone`` if it was withdrawn meanwhile, ``NotPossible`` if it was answered.
    """
    dossier, referral = as_receiver(referral, by)
    step(referral, "accept")
    referral.answered_at, referral.answered_by, referral.answer_channel = at, by, rules.HERE
    referral.confirmed_at, referral.confirmed_by = at, by
    referral.save(
        update_fields=[
            "state",
            "answered_at",
            "answered_by",
            "answer_channel",
            "confirmed_at",
            "confirmed_by",
        ]
    )
    _open(referral, dossier, by=by, at=at)
    answered(referral, "accepted", by=by, at=at)
    owe(NEXT, referral, dossier, owner=referral.from_team, by=by, at=at)
    audit.record("referral.accepted", by=by, at=at, subject=referral, reason=rules.HERE)
    return referral


@transaction.atomic
def confirm(referral: Referral, *, by: User, at: datetime) -> Referral:
    """Confirm a yes that was told by telephone: what was offered opens now."""
    dossier, referral = as_receiver(referral, by)
    step(referral, "confirm")
    if not referral.awaits_confirmation:
        raise NotPossible
    referral.confirmed_at, referral.confirmed_by = at, by
    referral.save(update_fields=["confirmed_at", "confirmed_by"])
    _open(referral, dossier, by=by, at=at)
    answered(referral, "confirmed", by=by, at=at)
    audit.record("referral.confirmed", by=by, at=at, subject=referral)
    return referral


def _open(referral: Referral, dossier: Dossier, *, by: User, at: datetime) -> None:
    """Release the offer until the moment that the sender set with it (the end of her consent)."""
    until = (
        Grant.objects.filter(dossier=dossier, source_id=referral.pk, ended_at=None)
        .values_list("ends_at", flat=True)
        .first()
    )
    access_actions.release(dossier, source_id=referral.pk, until=until, by=by, at=at)
    owe(
        OUTCOME,
        referral,
        dossier,
        owner=_team(referral),
        period="referral_outcome",
        by=by,
        at=at,
    )


def _team(referral: Referral) -> Team:
    team = referral.to_team
    assert team is not None  # noqa: S101 - ``as_receiver`` has seen to it
    return team


@transaction.atomic
def decline(referral: Referral, *, reason: str, by: User, at: datetime) -> Referral:
    """Say no, with a coded reason; without one it is refused (``Invalid``). The row closes for the
    receiver. A yes told by telephone can be denied as long as it was not confirmed."""
    dossier, referral = as_receiver(referral, by)
    step(referral, "deny" if referral.awaits_confirmation else "decline")
    rules.check_codes([reason], queries.codes("decline_reasons"), "reason")
    referral.decline_reason = reason
    _say_no(referral, "declined", by=by, at=at)
    owe(DECLINED, referral, dossier, owner=referral.from_team, by=by, at=at)
    audit.record("referral.declined", by=by, at=at, subject=referral, reason=reason)
    access_actions.end(dossier, source_id=referral.pk, by=by, at=at)
    return referral


@transaction.atomic
def propose_other(
    referral: Referral, *, organisation: Organisation, by: User, at: datetime
) -> Referral:
    """Say "not we, but they": the sender asks the person before anybody else is asked."""
    dossier, referral = as_receiver(referral, by)
    step(referral, "propose_other")
    referral.proposed = organisation
    _say_no(referral, "other_proposed", by=by, at=at)
    owe(NEXT, referral, dossier, owner=referral.from_team, by=by, at=at)
    audit.record("referral.other_proposed", by=by, at=at, subject=referral)
    access_actions.end(dossier, source_id=referral.pk, by=by, at=at)
    return referral


def _say_no(referral: Referral, outcome: str, *, by: User, at: datetime) -> None:
    referral.answered_at, referral.answered_by, referral.answer_channel = at, by, rules.HERE
    referral.save(
        update_fields=[
            "state",
            "decline_reason",
            "proposed",
            "answered_at",
            "answered_by",
            "answer_channel",
        ]
    )
    settle_all(referral, outcome, by=by, at=at)


@transaction.atomic
def complete(
    referral: Referral, *, outcome: str, by: User, at: datetime, steps: Collection[str] = ()
) -> Referral:
    """Tell what came of it (a code of ``referral_outcomes``): the receiver, or the sender for a
    receiver without accounts. Access runs on until its own end: help may go on.

    ``steps`` are the steps that were done of the guideline under which it was sent. Raises
    ``Invalid`` naming those that the guideline requires and that are not done.
    """
    as_side = as_receiver if referral.to_team_id in access.my_teams() else as_sender
    dossier, referral = as_side(referral, by)
    step(referral, "complete")
    if referral.confirmed_at is None:
        raise NotPossible
    if lacking := [step for step in queries.required_steps(referral) if step.code not in steps]:
        words = ", ".join(str(step.label) for step in lacking)
        raise Invalid(
            _("The guideline asks for this first: %(steps)s.") % {"steps": words}, "steps"
        )
    referral.outcome = known("referral_outcomes", outcome, "outcome")
    referral.ended_at, referral.ended_by = at, by
    referral.save(update_fields=["state", "outcome", "ended_at", "ended_by"])
    settle_all(referral, outcome, by=by, at=at)
    owe(NEXT, referral, dossier, owner=referral.from_team, by=by, at=at)
    audit.record("referral.completed", by=by, at=at, subject=referral, reason=outcome)
    return referral
