"""The person says: never these people. What stands for them already ends with it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from panoh.access import actions as access_actions
from panoh.access import queries as access
from panoh.access.models import Dossier, Never, NeverKind, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import actions as cases
from panoh.cases import queries as known
from panoh.consent import actions as consents
from panoh.consent.models import Consent, Decision
from panoh.consent.rules import Standing
from panoh.duties import actions as duties
from panoh.referrals import rules
from panoh.referrals.actions.sending import _end
from panoh.referrals.models import Referral


@transaction.atomic
def exclude(dossier: Dossier, *, by: User, at: datetime, **named: Any) -> tuple[Never, int]:
    """Write down whom the person excludes (``access.exclude``), and end what they have.

    Open requests to them are taken back, consents and decisions withdrawn, grants and offers end,
    and an advocate of theirs; their part in the joint plan ends, and what they had left to do
    comes back. Nothing here tells them why. Returns the line and how many
    requests ended. Raises as ``access.exclude``.
    """
    dossier = access.lock(dossier.pk)
    access.require(by, Permission.CONSENT_WITHDRAW, on=dossier)
    advocate = known.advocate_of(dossier)
    row = access_actions.exclude(dossier, by=by, at=at, **named)
    gone = access.excluded(dossier)
    open_rows = Referral.objects.filter(dossier=dossier, state__in=[rules.State.DRAFT, *rules.OPEN])
    ended = [
        one
        for one in open_rows.select_related("from_team", "to_team__unit", "to_organisation")
        if gone.covers(
            one.to_team.unit if one.to_team else None,
            one.to_organisation.district if one.to_organisation else "",
        )
    ]
    for referral in ended:
        _end(referral, "withdrawn", by, at)
    standing = Consent.objects.filter(dossier=dossier).standing(at)
    for given in standing.select_related("unit", "organisation"):
        place = given.organisation.district if given.organisation else ""
        still = Consent.objects.filter(pk=given.pk, withdrawn_at=None).exists()
        if still and gone.covers(given.unit, place):
            consents.withdraw(given, by=by, at=at)
    decided = Decision.objects.filter(
        dossier=dossier, state__in=[Standing.PROPOSED, Standing.SIGNED]
    )
    for decision in decided.select_related("unit", "organisation"):
        place = decision.organisation.district if decision.organisation else ""
        if gone.covers(decision.unit, place):
            consents.withdraw_decision(decision, by=by, at=at)
    if advocate is not None and (
        advocate.user_id == row.user_id or gone.covers(advocate.team.unit)
    ):
        cases.end_advocate(advocate, by=by, at=at)
    if row.kind in {NeverKind.UNIT, NeverKind.DISTRICT}:
        cases.end_shut_out(dossier, by=by, at=at)
    cases.end_protections(dossier, towards=lambda team: gone.covers(team.unit), by=by, at=at)
    audit.record("never.enforced", by=by, at=at, subject=row, reason=f"{len(ended)} requests")
    return row, len(ended)


@transaction.atomic
def declare_kin(dossier: Dossier, *, by: User, at: datetime) -> None:
    """ "This person is kin of mine": the own account is shut out, and the holder is warned."""
    dossier = access.lock(dossier.pk)
    access.require(by, Permission.CASE_READ, on=dossier)
    duties.open_once(
        "people.kin", dossier=dossier, owner=dossier.holder, period="duty_acknowledge", by=by, at=at
    )
    audit.record("kin.declared", by=by, at=at, subject=dossier, dossier_id=dossier.pk)
    cases.end_advocacy_of_kin(dossier, by=by, at=at)
    access_actions.declare_kin(dossier, by=by, at=at)
