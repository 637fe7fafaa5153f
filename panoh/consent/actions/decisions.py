"""What is best for a child: one person proposes, an independent advocate signs, both in acts of
their own (CRC art. 3 and 12). Only then may a share be sent."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access_actions
from panoh.access import queries as access
from panoh.access.models import Dossier, Grant, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.consent import queries, rules
from panoh.consent.models import Decision
from panoh.consent.rules import DECIDING, Proposal, Standing
from panoh.directory.models import Organisation
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault

SIGN, DECIDED = "child.sign", "child.decided"


@transaction.atomic
def propose(
    dossier: Dossier,
    *,
    recipient: Team | Organisation,
    categories: Category,
    until: date,
    reason: str,
    view: str,
    present: Collection[str],
    branch: str,
    adult_on: date | None = None,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Decision:
    """Write down which data one receiver should get until when, why that is best and as little
    as possible, and what the child says in her or his own words; ask the advocate to sign.

    ``present`` are those in the room when the child was asked, ``branch`` the age branch,
    ``adult_on`` the day of coming of age where it is known: no share outlives it. Nothing opens
    by this. The same ``submission`` saves once. Raises ``Gone``, ``Invalid``, ``NotPossible``
    for an adult or without an advocate.
    """
    dossier = access.lock(dossier.pk)
    access.require(by, Permission.DECISION_PROPOSE, on=dossier)
    if not access.holds(dossier):
        raise Gone
    if submission and (seen := Decision.objects.filter(dossier=dossier, pk=submission).first()):
        return seen
    receiver = queries.to(recipient)
    today = policy.local_day(at)
    rules.check_proposal(
        Proposal(
            branch=branch,
            categories=categories,
            until=until,
            reason=reason,
            view=view,
            present=present,
            blocking=queries.blocking(present),
            last_day=adult_on,
        ),
        today=today,
    )
    advocate = _advocate(dossier)
    place = receiver.organisation.district if receiver.organisation else ""
    if access.excluded(dossier).covers(receiver.unit, place):
        raise NotPossible(access.EXCLUDED)
    told = receiver.unit.pk if receiver.unit else None
    rules.check_apart(advocate.team.unit_id, dossier.holder.unit_id, by.unit_id, told)
    decision = Decision(
        id=submission or uuid4(),
        dossier=dossier,
        unit=receiver.unit,
        team=receiver.team,
        organisation=receiver.organisation,
        categories=int(categories),
        present=list(present),
        until=until,
        ends_at=policy.pack().calendar.end_of(until),
        proposed_at=at,
        proposed_by=by,
        proposed_unit=by.unit_id,
    )
    vault.seal_many([(decision, "reason", reason), (decision, "view", view)])
    decision.save(force_insert=True)
    _owe_signature(decision, advocate.team, by, at)
    audit.record("decision.proposed", by=by, at=at, subject=decision, fields=categories.codes)
    return decision


def _advocate(dossier: Dossier) -> Grant:
    found = access.advocate_grant(dossier)
    if found is None:
        raise NotPossible(
            _("First name an independent advocate: two people decide. Nothing was sent.")
        )
    return found


def _owe_signature(decision: Decision, team: Team, by: User, at: datetime) -> None:
    duties.open(
        SIGN,
        dossier=decision.dossier,
        owner=team,
        subject_id=decision.pk,
        period="child_signature",
        by=by,
        at=at,
    )


@transaction.atomic
def ask_signature(dossier: Dossier, *, by: User, at: datetime) -> int:
    """Ask the advocate of now to sign what waits: the former one was replaced. Return how many.

    A consequence of naming an advocate: the caller holds the lock and asked for the permission.
    """
    advocate = _advocate(dossier)
    waiting = list(Decision.objects.filter(dossier=dossier, state=Standing.PROPOSED))
    for decision in waiting:
        decision.dossier = dossier
        duties.settle(subject_id=decision.pk, kind=SIGN, outcome="replaced", by=by, at=at)
        _owe_signature(decision, advocate.team, by, at)
        audit.record("decision.asked_again", by=by, at=at, subject=decision)
    return len(waiting)


@transaction.atomic
def read_decision(decision: Decision, *, by: User, at: datetime) -> tuple[str, str, str]:
    """The reason, the child's view and the advocate's answer. The reading is recorded."""
    access.require(by, Permission.CASE_READ, on=decision.dossier, category=Category.SAFETY)
    found = _visible(decision)
    texts = vault.open(found, "reason", "view", "answer")
    audit.record("decision.read", by=by, at=at, subject=found)
    reason, view, answer = (text or "" for text in texts)
    return reason, view, answer


@transaction.atomic
def sign(decision: Decision, *, by: User, at: datetime) -> Decision:
    """The second signature, by the named advocate in an act of her own: now it may be sent.

    Towards an authority it takes effect after the pack's delay, as consent does. Raises ``Gone``
    for anybody else, ``NotPossible`` if it no longer waits, or the same unit would sign twice.
    """
    dossier, found = _as_advocate(decision, by)
    rules.check_apart(
        by.unit_id,
        dossier.holder.unit_id,
        found.proposed_unit,
        found.unit_id,
    )
    if found.ends_at < at:
        raise NotPossible
    found.state = DECIDING.after("sign", found.state)
    found.signed_at, found.signed_by = at, by
    receiver = queries.receiver_of(found)
    found.effective_at = policy.due(queries.AUTHORITY_DELAY, at) if receiver.is_authority else at
    found.save(update_fields=["state", "signed_at", "signed_by", "effective_at"])
    _answered(found, dossier, "signed", by, at)
    audit.record("decision.signed", by=by, at=at, subject=found)
    return found


@transaction.atomic
def refuse(decision: Decision, *, answer: str, by: User, at: datetime) -> Decision:
    """The advocate does not sign, and says why; nothing is sent. Raises as ``sign``."""
    dossier, found = _as_advocate(decision, by)
    found.state = DECIDING.after("refuse", found.state)
    found.ended_at, found.ended_by = at, by
    vault.seal(found, "answer", answer)
    found.save(update_fields=["state", "ended_at", "ended_by", "answer"])
    _answered(found, dossier, "refused", by, at)
    audit.record("decision.refused", by=by, at=at, subject=found)
    return found


def _as_advocate(decision: Decision, by: User) -> tuple[Dossier, Decision]:
    dossier = access.lock(decision.dossier_id)
    access.require(by, Permission.DECISION_SIGN, on=dossier)
    if not access.is_advocate(dossier):
        raise Gone
    return dossier, _visible(decision, lock=True)


def _visible(decision: Decision, *, lock: bool = False) -> Decision:
    rows = Decision.objects.filter(pk=decision.pk).select_related(*queries.RECEIVER)
    found = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if found is None:
        raise Gone
    return found


def _answered(decision: Decision, dossier: Dossier, outcome: str, by: User, at: datetime) -> None:
    """The question to the advocate is settled; the holder goes on."""
    duties.settle(subject_id=decision.pk, kind=SIGN, outcome=outcome, by=by, at=at)
    duties.open(
        DECIDED,
        dossier=dossier,
        owner=dossier.holder,
        subject_id=decision.pk,
        period="duty_acknowledge",
        by=by,
        at=at,
    )


@transaction.atomic
def withdraw_decision(decision: Decision, *, by: User, at: datetime) -> Decision:
    """Take a decision back, as the holder or as the advocate: what the receiver reads by it ends
    in this transaction, and the receiver is asked to destroy copies. Raises ``Gone``,
    ``NotPossible`` if it has ended already."""
    dossier = access.lock(decision.dossier_id)
    holds = access.holds(dossier)
    needs = Permission.CONSENT_WITHDRAW if holds else Permission.DECISION_SIGN
    access.require(by, needs, on=dossier)
    if not (holds or access.is_advocate(dossier)):
        raise Gone
    found = _visible(decision, lock=True)
    found.state = DECIDING.after("withdraw", found.state)
    found.ended_at, found.ended_by = at, by
    found.save(update_fields=["state", "ended_at", "ended_by"])
    duties.settle(subject_id=found.pk, outcome="withdrawn", by=by, at=at)
    if found.signed_at is not None:
        _undo(dossier, found, holds=holds, by=by, at=at)
    audit.record("decision.withdrawn", by=by, at=at, subject=found)
    return found


def _undo(dossier: Dossier, found: Decision, *, holds: bool, by: User, at: datetime) -> None:
    duties.open(
        "consent.destroy_copies",
        dossier=dossier,
        owner=found.team or dossier.holder,
        subject_id=found.pk,
        period="destroy_copies_confirm",
        by=by,
        at=at,
    )
    if not holds:
        duties.open(
            DECIDED,
            dossier=dossier,
            owner=dossier.holder,
            subject_id=found.pk,
            period="duty_acknowledge",
            by=by,
            at=at,
        )
    if found.unit is not None and holds:
        access_actions.end(dossier, unit=found.unit, by=by, at=at)
    elif found.unit is not None:
        access_actions.end_as_advocate(dossier, unit=found.unit, by=by, at=at)


@transaction.atomic
def end_decisions(dossier: Dossier, *, by: str = "consent", at: datetime) -> int:
    """End every decision about somebody who is a child no longer, and what it opened; return how
    many. Works as role ``jobs``: from that day on only the person's own word counts."""
    rows = Decision.objects.select_for_update().filter(
        dossier=dossier, state__in=[Standing.PROPOSED, Standing.SIGNED]
    )
    ended = list(rows.defer("reason", "view", "answer"))  # of which that role has no right
    for decision in ended:
        was_signed = decision.signed_at is not None
        decision.state, decision.ended_at = DECIDING.after("end", decision.state), at
        decision.save(update_fields=["state", "ended_at"])
        duties.settle(subject_id=decision.pk, outcome="of_age", by=None, at=at)
        audit.record("decision.ended", by=by, at=at, subject=decision)
        if was_signed and decision.unit_id is not None:
            access_actions.end_by_clock(dossier, unit_id=decision.unit_id, by=by, at=at)
    return len(ended)
