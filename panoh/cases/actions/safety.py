"""The safety plan: what threatens, how grave it is, how to reach somebody safely; asking for
protection (row F12)."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.models.dossiers import Source
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.beats import _held, _locked, _open, _tell
from panoh.cases.models import Case, ProtectionRequest, SafetyEntry
from panoh.cases.rules import ProtectionState, SafetyKind
from panoh.consent import queries as consent
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault

REVIEW, REPLY, NEXT = "safety.review", "protection.reply", "protection.next"


@transaction.atomic
def write_safety(
    dossier: Dossier, *, kind: SafetyKind, code: str, text: str = "", by: User, at: datetime
) -> SafetyEntry:
    """Add a line to the safety plan. A threat makes the risk a thing to look at again, and rings
    the duty officer of each team that works on the case: never an authority (row A17).

    Raises ``Gone`` for who does not read the plan, ``Invalid``, ``NotPossible`` when closed.
    """
    case = _near(dossier, by)
    row = _line(case, kind, code=code, text=text, by=by, at=at)
    if kind == SafetyKind.THREAT:
        _ring(case, row, by, at)
    audit.record("safety.written", by=by, at=at, subject=row, fields=["safety"])
    return row


def _near(dossier: Dossier, by: User) -> Case:
    case = _locked(dossier, Permission.CASE_WRITE, by)
    if not queries.reads_safety(by, case.dossier):
        raise Gone
    _open(case)
    return case


def _line(
    case: Case, kind: SafetyKind, *, code: str, text: str, by: User, at: datetime
) -> SafetyEntry:
    queries.expect(rules.SAFETY_LISTS[kind], code, policy.local_day(at), "code")
    row = SafetyEntry(dossier=case.dossier, kind=kind, code=code, at=at, by=by)
    if text.strip():
        vault.seal(row, "text", text)
    row.save(force_insert=True)
    _tell(case.dossier, "safety.changed", by, at)
    return row


def _ring(case: Case, threat: SafetyEntry, by: User, at: datetime) -> None:
    """The holder, and every team that reads the plan; a receiver's account sees its own only."""
    owners = {case.dossier.holder_id: case.dossier.holder}
    for grant in reach.grants_on(case.dossier).filter(source__in=(Source.REFERRAL, Source.PLAN)):
        kind = policy.unit_types().get(grant.team.unit.type)
        quiet = kind is None or kind.is_authority or kind.is_police or kind.is_commission
        if grant.categories & Category.SAFETY and not quiet:
            owners[grant.team_id] = grant.team
    for owner in owners.values():
        duties.open(
            REVIEW,
            dossier=case.dossier,
            owner=owner,
            subject_id=threat.pk,
            period="safety_review",
            urgency_rank=case.urgency_rank,
            sensitivity_rank=case.sensitivity_rank,
            by=by,
            at=at,
        )


@transaction.atomic
def review_risk(dossier: Dossier, *, code: str, text: str, by: User, at: datetime) -> SafetyEntry:
    """Say how grave the risk is now and why. It settles what this team owes since the last
    threat; when the holder looks, what every team owes."""
    case = _near(dossier, by)
    if not text.strip():
        raise Invalid(_("Please write why."), "text")
    row = _line(case, SafetyKind.REVIEW, code=code, text=text, by=by, at=at)
    duties.settle_all_on(case.dossier, kind=REVIEW, outcome="reviewed", by=by, at=at)
    audit.record("safety.reviewed", by=by, at=at, subject=row, fields=["safety"])
    return row


@transaction.atomic
def end_safety(entry: SafetyEntry, *, by: User, at: datetime) -> SafetyEntry:
    """Say that a rule of safe contact, or what was said of the family, no longer holds; the line
    stays readable. Raises ``NotPossible`` for what happened, and for what has ended already."""
    case = _near(entry.dossier, by)
    found = queries.safety_entry(case.dossier, entry.pk)
    if found.kind not in rules.ENDING or found.ended_at is not None:
        raise NotPossible
    found.ended_at, found.ended_by = at, by
    found.save(update_fields=["ended_at", "ended_by"])
    audit.record("safety.ended", by=by, at=at, subject=found, fields=["safety"])
    return found


@transaction.atomic
def ask_protection(
    dossier: Dossier,
    *,
    to: Team,
    measure: str,
    danger: str,
    text: str = "",
    by: User,
    at: datetime,
) -> ProtectionRequest:
    """Ask the police to protect somebody. It reads this request, and never the plan behind it.

    Only the holder asks, and only on the person's word about this receiver (for a child on the
    decision of two people). Raises ``NoConsent``, ``Invalid``, ``NotPossible``.
    """
    case = _held(dossier, Permission.REFERRAL_SEND, by)
    _open(case)
    today = policy.local_day(at)
    queries.expect("protection_measures", measure, today, "measure")
    queries.expect("danger_now", danger, today, "danger")
    if to not in queries.protectors() or to == case.dossier.holder:
        raise Invalid(_("This answer is not in the list."), "to")
    agreed, decision = queries.on_whose_word(case.dossier, to, rules.PROTECTION_TELLS, at)
    row = ProtectionRequest(
        dossier=case.dossier,
        from_team=case.dossier.holder,
        to_team=to,
        measure=measure,
        danger=danger,
        sent_at=at,
        sent_by=by,
        due_at=policy.due("protection_reply", at),
    )
    if text.strip():
        vault.seal(row, "text", text)
    row.save(force_insert=True)
    ends = [
        consent.ends_at(agreed),
        decision.ends_at if decision else None,
        policy.due("grant_days", at),
    ]
    access.offer(
        case.dossier,
        to=to,
        categories=Category.ASK,
        source_id=row.pk,
        until=min((end for end in ends if end), default=None),
        by=by,
        at=at,
    )
    duties.open(
        REPLY,
        dossier=case.dossier,
        owner=to,
        subject_id=row.pk,
        period="protection_reply",
        due=row.due_at,
        urgency_rank=case.urgency_rank,
        by=by,
        at=at,
    )
    audit.record("protection.asked", by=by, at=at, subject=row)
    return row


@transaction.atomic
def answer_protection(
    request: ProtectionRequest, *, answer: str, by: User, at: datetime
) -> ProtectionRequest:
    """The asked team says what it does. It opens nothing; the sender is told. Raises ``Gone``
    for anybody else, ``NotPossible`` if it was answered or taken back."""
    dossier = reach.lock(request.dossier_id)
    reach.require(by, Permission.REFERRAL_ANSWER, on=dossier, category=Category.ASK)
    found = queries.protection(request.pk)
    if found.to_team_id not in reach.my_teams():
        raise Gone
    if found.state != ProtectionState.SENT:
        raise NotPossible
    queries.expect("protection_answers", answer, policy.local_day(at), "answer")
    found.state, found.answer = ProtectionState.ANSWERED, answer
    found.answered_at, found.answered_by = at, by
    found.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    duties.settle(kind=REPLY, subject_id=found.pk, outcome=answer, by=by, at=at)
    duties.open(
        NEXT,
        dossier=dossier,
        owner=found.from_team,
        subject_id=found.pk,
        period="duty_acknowledge",
        by=by,
        at=at,
    )
    audit.record("protection.answered", by=by, at=at, subject=found, reason=answer)
    return found


@transaction.atomic
def withdraw_protection(request: ProtectionRequest, *, by: User, at: datetime) -> ProtectionRequest:
    """Take a request back: the receiver reads it no more and owes nothing."""
    case = _held(request.dossier, Permission.REFERRAL_WITHDRAW, by)
    found = queries.protection(request.pk)
    if found.state == ProtectionState.WITHDRAWN:
        raise NotPossible
    _take_back(found, case.dossier, "withdrawn", by, at)
    return found


@transaction.atomic
def end_protections(
    dossier: Dossier, *, towards: Callable[[Team], bool], by: User, at: datetime
) -> int:
    """The person no longer wants these teams to know: what they were asked for is taken back, and
    they owe no answer. For the holder; returns how many requests ended."""
    case = _held(dossier, Permission.CONSENT_WITHDRAW, by)
    standing = ProtectionRequest.objects.filter(dossier=case.dossier)
    rows = standing.exclude(state=ProtectionState.WITHDRAWN).select_related("to_team__unit")
    ended = [row for row in rows if towards(row.to_team)]
    for row in ended:
        _take_back(row, case.dossier, "consent_withdrawn", by, at)
    if ended:
        audit.record("protection.ended", by=by, at=at, subject=case, reason=str(len(ended)))
    return len(ended)


def _take_back(
    found: ProtectionRequest, dossier: Dossier, outcome: str, by: User, at: datetime
) -> None:
    found.state = ProtectionState.WITHDRAWN
    found.save(update_fields=["state"])
    duties.settle(kind=REPLY, subject_id=found.pk, outcome=outcome, by=by, at=at)
    access.end(dossier, source_id=found.pk, by=by, at=at)
    audit.record("protection.withdrawn", by=by, at=at, subject=found, reason=outcome)
