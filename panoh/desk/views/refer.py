"""Who can help, exactly what they will see, and sending it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import excluded, holds
from panoh.access.rules import Permission
from panoh.cases import queries as cases
from panoh.cases import rules as case_rules
from panoh.cases.models import Case
from panoh.consent import queries as consents
from panoh.consent.models import Consent, Decision
from panoh.desk import queries as desk
from panoh.desk.forms.requests import RequestForm, WhoForm
from panoh.desk.views.typed import done, given, told_in
from panoh.directory import actions as register
from panoh.directory import queries as directory
from panoh.directory.models import Organisation
from panoh.kernel.rules import Category, Gone
from panoh.referrals import actions as referrals
from panoh.referrals import queries
from panoh.referrals.models import Referral
from panoh.referrals.rules import ALWAYS, State
from panoh.vault import actions as vault

# Answers about children with which a place must take children too.
WITH_CHILDREN = frozenset({"one", "two", "three_or_more"})
# Legal status and papers are agreed apart and ticked by hand, never offered first (A19).
NEVER_FIRST = Category.LEGAL | ALWAYS


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def refer(request: StaffRequest, ref: str) -> HttpResponse:
    """Who can help this person: the answers of the case are filled in already. When nobody can,
    alternatives stand there and the need is counted."""
    dossier, user, at = request.dossier, request.user, timezone.now()
    case = _held(request)
    known = _known(case)
    chosen = given(request)
    asked = known if chosen is None else chosen
    form = WhoForm(asked if chosen is not None or known["service"] else None, initial=known)
    told = list(consents.live_on(dossier, at).exclude(categories=0))
    context = {
        "case": case,
        "form": form,
        "sends": _may_be_sent(case),
        "is_adult": _has_word(case),
        "agreed": _agreed(case, told),
        "service": asked.get("service", ""),
    }
    if request.method == "POST":
        vault.drop_draft(request.path)
    if form.is_bound and form.is_valid():
        search = form.search().without(children=case.children in WITH_CHILDREN)
        found = directory.find(search, at=at, never=excluded(dossier))
        context["found"] = found
        waiting = desk.waiting_at(dossier)
        context["people"] = desk.helpers(found.entries, told, waiting, user=user)
        context["instead"] = [
            (one.label, desk.helpers(one.entries, told, waiting, user=user))
            for one in found.alternatives
        ]
        if found.reach is None:
            register.count_unmet(search, reason=found.reason, about=dossier, by=user, at=at)
    return render(request, "desk/refer.html", context)


def _held(request: StaffRequest) -> Case:
    if not holds(request.dossier):
        raise Gone
    return cases.case_of(request.dossier)


def _may_be_sent(case: Case) -> bool:
    return case.state == case_rules.State.OPEN and _has_word(case)


def _has_word(case: Case) -> bool:
    """An adult speaks alone; for a child two people must have decided something."""
    now = timezone.now()
    return case_rules.may_send(case.age_branch) or consents.decided(case.dossier, now).exists()


def _known(case: Case) -> dict[str, str]:
    """What the case says already; an answer of which a register knows nothing narrows nothing."""
    asked = cases.codes_of(case.dossier, "services_asked")
    return {
        "service": asked[0] if asked else "",
        "district": case.district,
        "sex": case.sex if case.sex != "own_words" else "",
        "age_band": case.age_band,
        "language": case.language if case.language != "other" else "",
    }


def _agreed(case: Case, told: list[Consent]) -> list[Organisation]:
    """Receivers that the person agreed to, or that two people decided on for a child: with them
    the way is shortest."""
    words: Iterable[Consent | Decision] = told
    if not case_rules.may_send(case.age_branch):
        words = consents.decided(case.dossier, timezone.now())
    entries = directory.of_units(one.unit for one in words if one.unit)
    found = dict[Any, Organisation]()
    for one in words:
        entry = one.organisation or entries.get(one.unit_id or 0)
        if entry is not None:
            found.setdefault(entry.pk, entry)
    return list(found.values())


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def preview(request: StaffRequest, ref: str, organisation_id: UUID) -> HttpResponse:
    """Exactly what this receiver will see before its yes, what a yes opens, what stays shut.

    It is sent only as it was shown: if the case or the choice changed meanwhile, the new preview
    is shown first.
    """
    dossier, user, at = request.dossier, request.user, timezone.now()
    case = _held(request)
    to = directory.organisation(organisation_id)
    receiver = consents.to(to)
    agreed = desk.agreed(dossier, receiver, at)
    chosen = given(request)
    first = _first(request, case, agreed)
    form = RequestForm(first if chosen is None else chosen, agreed=agreed.now)
    if chosen is None and not form.is_valid():
        form = RequestForm(initial=first, agreed=agreed.now)  # nobody has typed anything wrong
    proposal = None
    if form.is_valid():
        with told_in(form):
            proposal = queries.written(dossier, to=to, by=user, at=at, **form.chosen())
    if proposal is not None and "send" in request.POST:
        sent = _send(request, form, to, proposal)
        if sent is not None:
            return done(request, _said(sent), "desk:request", sent.ref)
    context = {
        "case": case,
        "form": form,
        "to": to,
        "receiver": receiver,
        "agreed": agreed,
        "proposal": proposal,
        "preview": queries.preview(proposal) if proposal else None,
        "shown": queries.mark(proposal) if proposal else "",
        "is_adult": cases.may_send(dossier) or agreed.now,
        "young": not cases.may_send(dossier),
        "is_open": cases.is_open(dossier),
        "can_send": proposal is not None
        and _may_be_sent(case)
        and agreed.covers(Category(proposal.categories)),
        "ask_url": desk.ask_url(dossier, to, user=user),
        "telephones": desk.ways_to(to),
    }
    return render(request, "desk/preview.html", context)


def _first(request: StaffRequest, case: Case, agreed: desk.Agreed) -> dict[str, Any]:
    """What is chosen before anybody chose: the help that was looked for, what was agreed to."""
    looked_for = request.GET.get("help", "")
    services = [looked_for] if looked_for else list(agreed.services)
    return {
        "services": services or cases.codes_of(case.dossier, "services_asked"),
        "categories": (agreed.now & ~NEVER_FIRST).codes,
        "urgency": case.urgency,
        "submission": str(uuid4()),
    }


def _send(
    request: StaffRequest, form: RequestForm, to: Organisation, proposal: Referral
) -> Referral | None:
    """Write the request down and send it; sent twice is no fault. None with the reason in the
    form."""
    user, at = request.user, timezone.now()
    if form.cleaned_data["shown"] != queries.mark(proposal):
        form.add_error(None, _("This has changed since you saw it. Read it once more, then send."))
        return None
    sent = None
    with told_in(form), transaction.atomic():
        sent = referrals.draft(
            request.dossier,
            to=to,
            by=user,
            at=at,
            submission=form.cleaned_data["submission"],
            **form.chosen(),
        )
        if sent.state == State.DRAFT:
            sent = referrals.send(sent, by=user, at=at)
    return None if form.errors else sent


def _said(sent: Referral) -> str:
    if sent.to_team is None:
        return _("Saved. Nothing has left yet: print the letter or call, then enter the answer.")
    return _("Sent. They see these lines and nothing else until they say yes.")
