"""Who can help, exactly what they will see, and sending it."""

from collections.abc import Collection
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import holds
from panoh.access.rules import Permission
from panoh.cases import queries as cases
from panoh.cases.models import Case
from panoh.consent import queries as consents
from panoh.desk import queries as desk
from panoh.desk.forms.requests import RequestForm, WhoForm
from panoh.desk.views.typed import done, told_in
from panoh.directory import actions as register
from panoh.directory import queries as directory
from panoh.directory.models import Organisation
from panoh.directory.queries import Found
from panoh.kernel.rules import Category, Gone, Invalid
from panoh.referrals import actions as referrals
from panoh.referrals import queries, rules
from panoh.referrals.models import Referral
from panoh.referrals.rules import ALWAYS, DEFAULT_PACKET, State

# How many children a case may have recorded that a place must take too.
WITH_CHILDREN = frozenset({"one", "two", "three_or_more"})
# Legal status and papers are agreed apart and ticked by hand, never offered first (A19).
NEVER_FIRST = Category.LEGAL | ALWAYS


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def refer(request: StaffRequest, ref: str) -> HttpResponse:
    """Who can help this person: the answers of the case are filled in already. When nobody can,
    alternatives stand there and the need is counted."""
    case, at = _held(request), timezone.now()
    known = _known(case)
    asked = request.POST if request.method == "POST" else known
    form = WhoForm(asked if asked.get("service") or request.method == "POST" else None)
    form.initial = known
    found = None
    if form.is_bound and form.is_valid():
        search = form.search().without(children=case.children in WITH_CHILDREN)
        found = directory.find(search, at=at)
        if found.reach is None:
            register.count_unmet(
                search, reason=found.reason, about=request.dossier, by=request.user, at=at
            )
    told = consents.live_on(request.dossier, at).exclude(categories=0)
    context = {
        "case": case,
        "form": form,
        "found": found,
        "people": desk.helpers(found.entries, case=case, user=request.user, at=at) if found else [],
        "instead": _instead(found, case, request) if found else [],
        "agreed": desk.agreed_helpers(told),
        "service": form["service"].value() or "",
        "sends": _may_be_sent(case),
    }
    return render(request, "desk/refer.html", context)


def _instead(found: Found, case: Case, request: StaffRequest) -> list[tuple[str, list[desk.Helper]]]:
    """What can be offered when nobody was found, with who can give it."""
    user, at = request.user, timezone.now()
    return [
        (one.label, desk.helpers(one.entries, case=case, user=user, at=at))
        for one in found.alternatives
    ]


def _held(request: StaffRequest) -> Case:
    if not holds(request.dossier):
        raise Gone
    return cases.case_of(request.dossier)


def _may_be_sent(case: Case) -> bool:
    return cases.may_send(case.dossier) and cases.is_open(case.dossier)


def _known(case: Case) -> dict[str, str]:
    """What the case says already; what is not known narrows nothing."""
    asked = cases.codes_of(case.dossier, "services_asked")
    return {
        "service": asked[0] if asked else "",
        "district": case.district,
        "sex": case.sex if case.sex != "own_words" else "",
        "age_band": case.age_band,
        "language": case.language if case.language != "other" else "",
    }


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def preview(request: StaffRequest, ref: str, organisation_id: UUID) -> HttpResponse:
    """Exactly what this receiver will see before its yes, what a yes opens, what stays shut.

    It is sent only as it was shown: if the case or the choice changed meanwhile, the page shows
    the new preview first.
    """
    case, at = _held(request), timezone.now()
    to = directory.organisation(organisation_id)
    agreed = desk.agreed(request.dossier, consents.to(to), at)
    form = RequestForm(
        request.POST if request.method == "POST" else None,
        agreed=agreed.now,
        initial=_initial(request, case, agreed),
    )
    chosen = _chosen(form, agreed)
    proposal = None
    if not form.is_bound or form.is_valid():
        with told_in(form) if form.is_bound else told_nowhere():
            proposal = queries.written(request.dossier, to=to, by=request.user, at=at, **chosen)
    mark = rules.mark(proposal) if proposal else ""
    if proposal and "send" in request.POST and not form.errors:
        if form.cleaned_data["shown"] != mark:
            form.add_error(None, _("This changed since you saw it. Look once more, then send."))
        else:
            with told_in(form):
                sent = _send(request, form, to, chosen)
            if not form.errors:
                return done(request, _said(sent), "desk:request", sent.ref)
    if form.is_bound:
        form.data["shown"] = mark  # type: ignore[index]
    context = {
        "case": case,
        "form": form,
        "to": to,
        "helper": desk.helper(to, at),
        "agreed": agreed,
        "proposal": proposal,
        "preview": queries.preview(proposal) if proposal else None,
        "mark": mark,
        "sends": _may_be_sent(case),
        "can_send": bool(proposal) and agreed.covers(Category(proposal.categories)),
        "ask_url": desk.ask_url(case.dossier, to),
    }
    return render(request, "desk/preview.html", context)
