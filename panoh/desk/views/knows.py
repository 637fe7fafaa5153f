"""Who knows about me? One page for the person; stopping one receiver at once."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import holds, may
from panoh.access.rules import Permission
from panoh.audit.queries import Seen
from panoh.cases import queries as cases
from panoh.cases.models import Order
from panoh.cases.rules.orders import ORDER_FIELDS
from panoh.consent import queries as consents
from panoh.consent.models import Consent
from panoh.consent.queries import Knower
from panoh.decisions import actions as decisions
from panoh.desk import rules
from panoh.desk.views.typed import done
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals import queries
from panoh.referrals.models import Referral
from panoh.vault import queries as vault


@dataclass(slots=True)
class Told:
    """One receiver in the words of the page.

    ``reads`` is open to it now, ``agreed`` may be told; ``seen`` is what was looked at already.
    """

    name: str
    is_asked: bool = False
    reads: list[str] = field(default_factory=list)
    agreed: list[str] = field(default_factory=list)
    until: datetime | None = None
    waits: datetime | None = None
    seen: list[rules.Look] = field(default_factory=list)
    told_at: datetime | None = None
    copies: list[tuple[Duty, str]] = field(default_factory=list)
    consent: Consent | None = None

    @property
    def is_live(self) -> bool:
        """Whether it knows, or may be told, from now on."""
        return bool(self.consent or self.reads or self.is_asked)


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def knows(request: StaffRequest, ref: str) -> HttpResponse:
    """Every receiver: what, until when, what it has read, printed or taken along already."""
    if not holds(request.dossier):
        raise Gone
    at = timezone.now()
    letters = _letters(request)
    told = [_told(one, letters, at) for one in consents.who_knows(request.dossier, at)]
    live = [one for one in told if one.is_live]
    others = consents.live_on(request.dossier, at).filter(unit=None, organisation=None)
    context = {
        "live": live,
        "past": [one for one in told if not one.is_live and (one.seen or one.copies)],
        "others": [(one, policy.label("consent_purposes", one.purpose)) for one in others],
        "stops": may(request.user, Permission.CONSENT_WITHDRAW),
        "orders": _orders(request),
        "holder": request.dossier.holder,
        "at": at,
    }
    return render(request, "desk/knows.html", context)


def _orders(request: StaffRequest) -> list[tuple[Order, list[str], str]]:
    """What a court or authority was given on an order that the person knows of: the order, what
    it named, and who gave it for those who read what is legal."""
    found = cases.handed_over(request.dossier)
    reads = cases.may_read(request.user, Category.LEGAL)
    issuers = vault.open_many(found, "issuer", missing="") if reads else [""] * len(found)
    return [
        (one, [str(ORDER_FIELDS[name].label) for name in one.fields], issuer or "")
        for one, issuer in zip(found, issuers, strict=True)
    ]


def _letters(request: StaffRequest) -> dict[object, datetime]:
    """When receivers without accounts were first told something, by the organisation."""
    sent = queries.on_dossier(request.dossier).exclude(sent_at=None).filter(to_team=None)
    return {one.to_organisation_id: one.sent_at for one in sent if one.sent_at}


def _told(one: Knower, letters: dict[object, datetime], at: datetime) -> Told:
    organisation = one.receiver.organisation
    return Told(
        one.name,
        one.is_asked,
        _labels(one.reads),
        _labels(one.agreed),
        one.until,
        one.waits(at),
        _looks(one.seen),
        letters.get(organisation.pk) if organisation else None,
        [(duty, policy.label("copies_answers", duty.outcome)) for duty in one.copies],
        one.can_stop,
    )


def _looks(seen: list[Seen]) -> list[rules.Look]:
    return rules.looks((row.event, row.at) for row in seen)


def _labels(categories: Category) -> list[str]:
    return [policy.label("data_categories", code) for code in categories.codes]


@page(Permission.CONSENT_WITHDRAW, on="ref")
@require_http_methods(["GET", "POST"])
def stop(request: StaffRequest, ref: str, consent_id: UUID) -> HttpResponse:
    """Stop one receiver: its requests, its access and the consent end in one transaction.

    Stopped already is no fault.
    """
    if not holds(request.dossier):
        raise Gone
    at = timezone.now()
    found = Consent.objects.filter(dossier=request.dossier, pk=consent_id)
    given = found.select_related("unit", "team", "organisation").first()
    if given is None:
        raise Gone
    if given.withdrawn_at is not None:
        messages.info(request, _("This was stopped already."))
        return redirect("desk:knows", ref)
    receiver = consents.receiver_of(given)
    if request.method == "POST":
        if given.unit is not None:
            decisions.end_for_consent(request.dossier, unit=given.unit, by=request.user, at=at)
        referrals.withdraw_for_consent(given, by=request.user, at=at)
        name = receiver.name or policy.label("consent_purposes", given.purpose)
        text = _("Stopped: %(name)s. No service, bed or payment ends because of this.")
        return done(request, text % {"name": name}, "desk:knows", ref)
    context = {
        "name": receiver.name,
        "purpose": policy.label("consent_purposes", given.purpose),
        "seen": _looks(_seen(request, given)),
        "ending": _ending(request, given),
    }
    return render(request, "desk/stop.html", context)


def _seen(request: StaffRequest, given: Consent) -> list[Seen]:
    return consents.seen_by(request.dossier, given.unit) if given.unit else []


def _ending(request: StaffRequest, given: Consent) -> list[Referral]:
    """The open requests that end with it."""
    return [
        one
        for one in queries.waiting(request.dossier)
        if (one.to_team and one.to_team.unit_id == given.unit_id)
        or (one.to_team is None and one.to_organisation_id == given.organisation_id)
    ]
