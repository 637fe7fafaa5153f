"""The time to recover and reflect: what it gives, what is not used yet, no interview in it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may, reaches
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.cases import actions as cases
from panoh.cases import queries as known
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.forms.reflection import EndForm, QuestioningForm, UsedForm
from panoh.decisions.models import Reflection
from panoh.decisions.rules.reflection import BEGINS
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy


def _helps(request: StaffRequest) -> bool:
    return bool(reaches(request.dossier) & Category.SERVICES) and not known.is_authority(
        request.user
    )


def _running(request: StaffRequest) -> Reflection:
    row = queries.running(request.dossier)
    if row is None or not _helps(request):
        raise Gone
    return row


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def reflection(request: StaffRequest, ref: str) -> HttpResponse:
    """Where it stands; to who helps also what it gives and what was not used yet."""
    dossier, at = request.dossier, timezone.now()
    cases.read(dossier, fields=["core"], by=request.user, at=at)
    writes = may(request.user, Permission.CASE_WRITE) and known.is_open(dossier)
    running = queries.running(dossier)
    context = {
        "told": queries.told_reflection(dossier, at),
        "interviews": queries.interviews_of(dossier),
        "running": running,
        "helps": _helps(request),
        "writes": writes,
        "begins": writes and running is None and known.case_of(dossier).trafficking in BEGINS,
    }
    return render(request, "decisions/reflection.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def begin(request: StaffRequest, ref: str) -> HttpResponse:
    """Begin it where the presumption stands."""
    decisions.begin_reflection(request.dossier, by=request.user, at=timezone.now())
    return done(request, _("The time to recover has begun."), "decisions:reflection", ref)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def used(request: StaffRequest, ref: str) -> HttpResponse:
    """Note what the person had."""
    row, at = _running(request), timezone.now()
    offered = [(one.code, one.label) for one in queries.entitlements(row) if not one.used_on]
    form = typed(request, UsedForm, offered=offered, initial={"on": policy.local_day(at)})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            decisions.use_entitlement(row, **form.cleaned_data, by=request.user, at=at)
        if not form.errors:
            return done(request, _("Saved."), "decisions:reflection", ref)
    context = {"form": form, "title": _("What the person had")}
    return render(request, "decisions/form.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def end(request: StaffRequest, ref: str) -> HttpResponse:
    """End it: before its last day by the person's own word only."""
    row = _running(request)
    form = typed(request, EndForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            decisions.end_reflection(row, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Ended. No service, bed or payment ends because of this.")
            return done(request, text, "decisions:reflection", ref)
    context = {"form": form, "title": _("End the time to recover")}
    return render(request, "decisions/form.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def interview(request: StaffRequest, ref: str) -> HttpResponse:
    """Plan an interview by investigators."""
    at = timezone.now()
    form = typed(request, QuestioningForm, initial={"on": policy.local_day(at)})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            decisions.plan_interview(request.dossier, **form.cleaned_data, by=request.user, at=at)
        if not form.errors:
            return done(request, _("Saved."), "decisions:reflection", ref)
    context = {"form": form, "title": _("Interview by investigators")}
    return render(request, "decisions/form.html", context)


urls: list[URLPattern] = [
    path("<str:ref>/reflection/", reflection, name="reflection"),
    path("<str:ref>/reflection/begin/", begin, name="reflection_begin"),
    path("<str:ref>/reflection/used/", used, name="reflection_used"),
    path("<str:ref>/reflection/end/", end, name="reflection_end"),
    path("<str:ref>/interview/", interview, name="interview"),
]
