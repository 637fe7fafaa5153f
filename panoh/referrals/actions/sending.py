"""What the sender does: draft, send, enter an answer by telephone, hand over, withdraw."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access_actions
from panoh.access import queries as access
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import actions as case_actions
from panoh.cases import actions as work
from panoh.cases import queries as cases
from panoh.consent import actions as consents
from panoh.consent import queries as consent
from panoh.consent.models import Consent, Decision
from panoh.consent.rules import APART
from panoh.directory.models import Organisation
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone, Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import queries, rules
from panoh.referrals.actions.beats import (
    CONFIRM,
    DECLINED,
    NEXT,
    answered,
    as_sender,
    await_answer,
    known,
    owe,
    settle_all,
    step,
)
from panoh.referrals.models import Referral
from panoh.referrals.rules import State


@transaction.atomic
def draft(
    dossier: Dossier,
    *,
    to: Team | Organisation,
    services: Collection[str],
    categories: Category = rules.DEFAULT_PACKET,
    urgency: str = "",
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Referral:
    """Write a request down; nobody else sees it. The minimum is taken from the case now, so the
    preview shows what will be sent.

    ``to`` is a team, or an entry of the directory (its unit's team for requests, if it is linked
    to one). ``urgency`` is a code, by default that of the case. The same ``submission`` (made
    with the form) saves once. Raises ``Gone``, ``Invalid``.
    """
    dossier = access.lock(dossier.pk)
    access.require(by, Permission.REFERRAL_SEND, on=dossier)
    if not access.holds(dossier):
        raise Gone
    if submission and (seen := Referral.objects.filter(dossier=dossier, pk=submission).first()):
        return seen
    referral = queries.written(
        dossier,
        to=to,
        services=services,
        categories=categories,
        urgency=urgency,
        by=by,
        at=at,
    )
    if submission is not None:
        referral.pk = submission
    referral.save(force_insert=True)
    audit.record("referral.drafted", by=by, at=at, subject=referral)
    return referral


@transaction.atomic
def send(referral: Referral, *, by: User, at: datetime) -> Referral:
    """Send a request. The receiver reads this row and nothing else until it says yes.

    Raises ``NotPossible`` if it is no draft or the case is closed; ``NoConsent`` if the person
    has not agreed that this unit be told all of it, or two people have not decided it for a child.
    """
    dossier, referral = as_sender(referral, by)
    step(referral, "send")
    if not cases.is_open(dossier):
        raise NotPossible(_("This case is closed. Open it again first."))
    agreed, referral.decision = cases.on_whose_word(
        dossier, referral.receiver, Category(referral.categories), at
    )
    referral.consent, referral.consent_apart = _words_given(agreed)
    referral.sent_at, referral.sent_by = at, by
    referral.ends_at = _until(agreed, referral.decision, at)
    await_answer(referral, dossier, by=by, at=at)
    referral.save(
        update_fields=[
            "state",
            "consent",
            "consent_apart",
            "decision",
            "sent_at",
            "sent_by",
            "reply_due_at",
            "ends_at",
        ]
    )
    if referral.to_team is not None:
        access_actions.offer(
            dossier,
            to=referral.to_team,
            categories=Category(referral.categories),
            source_id=referral.pk,
            until=referral.ends_at,
            by=by,
            at=at,
        )
    audit.record(
        "referral.sent",
        by=by,
        at=at,
        subject=referral,
        fields=Category(referral.categories).codes,
    )
    return referral


def _words_given(agreed: list[Consent]) -> tuple[Consent | None, Consent | None]:
    """The consent on which a request stands, and the one for papers and status, asked apart."""
    if not agreed:
        return None, None
    main = [one for one in agreed if one.categories != APART]
    apart = [one for one in agreed if one.categories == APART]
    return (main or apart)[0], apart[0] if apart else None


def _until(agreed: list[Consent], decision: Decision | None, at: datetime) -> datetime | None:
    """No longer than she agreed or two people decided, and no longer than the pack lets any grant
    live."""
    decided = decision.ends_at if decision else None
    ends = [end for end in (consent.ends_at(agreed), decided, policy.due("grant_days", at)) if end]
    return min(ends, default=None)


@transaction.atomic
def answer_info(referral: Referral, *, channel: str, by: User, at: datetime) -> Referral:
    """Say how the question was answered (a code of ``answer_channels``); the minimum is read from
    the case again, and the clock of the answer starts anew."""
    dossier, referral = as_sender(referral, by)
    step(referral, "answer_info")
    least = cases.minimum(dossier)
    referral.info_channel = known("answer_channels", channel, "channel")
    referral.info_answered_at = at
    referral.children, referral.language = least.children, least.language
    referral.care_needs, referral.danger = list(least.care_needs), least.danger_now
    answered(referral, "answered", by=by, at=at)
    await_answer(referral, dossier, by=by, at=at)
    referral.save(
        update_fields=[
            "state",
            "info_channel",
            "info_answered_at",
            "children",
            "language",
            "care_needs",
            "danger",
            "reply_due_at",
        ]
    )
    audit.record("referral.info_answered", by=by, at=at, subject=referral)
    return referral


@transaction.atomic
def accept_by_telephone(
    referral: Referral,
    *,
    channel: str = "telephone",
    said_at: datetime | None = None,
    by: User,
    at: datetime,
) -> Referral:
    """The sender enters a yes that was told otherwise, perhaps before: ``said_at``. Nothing opens
    until the receiver confirms; a receiver without accounts has nothing to confirm."""
    dossier, referral = as_sender(referral, by)
    step(referral, "accept")
    _answered_elsewhere(referral, channel, said_at, by, at)
    referral.confirmed_at = None if referral.to_team else at
    referral.save(update_fields=["state", *_ANSWER, "confirmed_at"])
    answered(referral, "accepted", by=by, at=at)
    if referral.to_team is not None:
        owe(
            CONFIRM,
            referral,
            dossier,
            owner=referral.to_team,
            period="referral_phone_confirm",
            by=by,
            at=at,
        )
    owe(NEXT, referral, dossier, owner=referral.from_team, by=by, at=at)
    audit.record("referral.accepted", by=by, at=at, subject=referral, reason=channel)
    return referral


@transaction.atomic
def decline_by_telephone(
    referral: Referral,
    *,
    reason: str,
    channel: str = "telephone",
    said_at: datetime | None = None,
    by: User,
    at: datetime,
) -> Referral:
    """The sender enters a no that was told otherwise, with its coded reason; ``said_at`` is when,
    if not now."""
    dossier, referral = as_sender(referral, by)
    step(referral, "decline")
    rules.check_codes([reason], queries.codes("decline_reasons"), "reason")
    _answered_elsewhere(referral, channel, said_at, by, at)
    referral.decline_reason = reason
    referral.save(update_fields=["state", *_ANSWER, "decline_reason"])
    answered(referral, "declined", by=by, at=at)
    owe(DECLINED, referral, dossier, owner=referral.from_team, by=by, at=at)
    audit.record("referral.declined", by=by, at=at, subject=referral, reason=reason)
    if referral.to_team is not None:
        access_actions.end(dossier, source_id=referral.pk, by=by, at=at)
    return referral


_ANSWER = ["answered_at", "answered_by", "answer_channel"]


def _answered_elsewhere(
    referral: Referral, channel: str, said_at: datetime | None, by: User, at: datetime
) -> None:
    referral.answer_channel = known("answer_channels", channel, "channel")
    if channel == rules.HERE:
        raise Invalid(_("Choose from the list."), field="channel")
    if said_at is not None and said_at > at:
        raise Invalid(_("This time lies in the future."), field="said_at")
    referral.answered_at, referral.answered_by = said_at or at, by


@transaction.atomic
def hand_over(referral: Referral, *, way: str, by: User, at: datetime) -> Referral:
    """Make the team that said yes the holder of the case. ``way``: a code of ``handover_ways``.

    This opens the whole file, so it needs consent to all of it. Raises ``NoConsent``,
    ``NotPossible`` where nothing was confirmed or the receiver has no accounts.
    """
    dossier, referral = as_sender(referral, by)
    step(referral, "hand_over")
    if referral.to_team is None or referral.confirmed_at is None:
        raise NotPossible
    try:
        cases.on_whose_word(dossier, referral.to_team, CASE_CATEGORIES, at)
    except NoConsent as problem:
        raise NoConsent(
            _(
                "Handing over opens the whole file, also papers and legal status. Ask the person "
                "for all of it first. Nothing was changed."
            )
        ) from problem
    referral.handover_way = known("handover_ways", way, "way")
    referral.ended_at, referral.ended_by = at, by
    referral.save(update_fields=["state", "handover_way", "ended_at", "ended_by"])
    settle_all(referral, "handed_over", by=by, at=at)
    audit.record("referral.handed_over", by=by, at=at, subject=referral)
    work.pass_plan(dossier, to=referral.to_team, by=by, at=at)
    access_actions.hand_over(dossier, to=referral.to_team, by=by, at=at)
    return referral


@transaction.atomic
def withdraw(referral: Referral, *, by: User, at: datetime) -> Referral:
    """Take a request back, whatever its answer; what it opened ends in the same transaction."""
    dossier, referral = as_sender(referral, by, Permission.REFERRAL_WITHDRAW)
    had_access = referral.to_team is not None and referral.state != State.DRAFT
    _end(referral, "withdrawn", by, at)
    if had_access:
        access_actions.end(dossier, source_id=referral.pk, by=by, at=at)
    return referral


@transaction.atomic
def withdraw_for_consent(
    given: Consent, *, reason: str = "", by: User, at: datetime
) -> tuple[list[Consent], list[Referral]]:
    """Take consent back and with it every open request to that receiver, and its part in the joint
    plan, in one transaction.

    Returns the consents and the requests that ended. No service, bed or payment reads them.
    """
    dossier = access.lock(given.dossier_id)
    access.require(by, Permission.CONSENT_WITHDRAW, on=dossier)
    ended = _end_towards(dossier, given, by, at)
    taken_back = consents.withdraw(given, reason=reason, by=by, at=at)
    work.end_shut_out(dossier, by=by, at=at)
    return taken_back, ended


@transaction.atomic
def withdraw_for_decision(given: Decision, *, by: User, at: datetime) -> list[Referral]:
    """Take back what was decided for a child and with it every open request to that receiver, in
    one transaction; return the requests that ended. For the holder: an advocate takes back the
    decision itself (``consent.withdraw_decision``), which ends what it opened."""
    dossier = access.lock(given.dossier_id)
    access.require(by, Permission.CONSENT_WITHDRAW, on=dossier)
    if not access.holds(dossier):
        raise Gone
    ended = _end_towards(dossier, given, by, at)
    consents.withdraw_decision(given, by=by, at=at)
    work.end_shut_out(dossier, by=by, at=at)
    audit.record("referral.decision_withdrawn", by=by, at=at, subject=given)
    return ended


def _end_towards(
    dossier: Dossier, given: Consent | Decision, by: User, at: datetime
) -> list[Referral]:
    rows = Referral.objects.filter(dossier=dossier, state__in=rules.OPEN)
    if given.unit_id is not None:
        rows = rows.filter(to_team__unit=given.unit_id)
    else:
        rows = rows.filter(to_organisation=given.organisation_id, to_team=None)
    ended = list(rows.select_related("from_team", "to_team").select_for_update(of=("self",)))
    for referral in ended:
        _end(referral, "consent_withdrawn", by, at)
    if given.unit_id is not None:
        unit = given.unit_id
        case_actions.end_protections(
            dossier, towards=lambda team: team.unit_id == unit, by=by, at=at
        )
    return ended


def _end(referral: Referral, outcome: str, by: User, at: datetime) -> None:
    step(referral, "withdraw")
    referral.ended_at, referral.ended_by = at, by
    referral.save(update_fields=["state", "ended_at", "ended_by"])
    settle_all(referral, outcome, by=by, at=at)
    audit.record("referral.withdrawn", by=by, at=at, subject=referral, reason=outcome)


@transaction.atomic
def print_letter(referral: Referral, *, by: User, at: datetime) -> Referral:
    """Note that the letter to a receiver was opened for printing: from then on paper exists.

    Raises ``NotPossible`` for a request that was not sent, was taken back or has run out.
    """
    _dossier, referral = as_sender(referral, by)
    if referral.sent_at is None or referral.state in {State.WITHDRAWN, State.LAPSED}:
        raise NotPossible
    audit.record("referral.printed", by=by, at=at, subject=referral)
    return referral
