"""The plan of one person: needs, goals, steps, what was given, reviews."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.care import actions as care
from panoh.care import queries
from panoh.care.forms.plan import (
    CareReviewForm,
    CareStepForm,
    NeedForm,
    ServedForm,
    StepEndForm,
)
from panoh.care.models import Need
from panoh.cases import actions as cases
from panoh.cases import queries as files
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm


def _near(request: StaffRequest) -> None:
    if not queries.reads_care(request.user, request.dossier):
        raise Gone


def _form(
    request: StaffRequest,
    form: CleanForm,
    title: str | Promise,
    back: str = "care:plan",
    **words: str | Promise,
) -> HttpResponse:
    back_url = reverse(back, args=[request.dossier.ref])
    context = {"form": form, "title": title, "back_url": back_url, **words}
    return render(request, "care/form.html", context)


def _need(request: StaffRequest, need_id: UUID) -> Need:
    _near(request)
    found = queries.need(request.dossier, need_id)
    found.dossier = request.dossier
    return found


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def plan(request: StaffRequest, ref: str) -> HttpResponse:
    """What the person needs and wants, what is done and was given, how things are."""
    _near(request)
    dossier, user = request.dossier, request.user
    cases.read(dossier, fields=["services"], by=user, at=timezone.now())
    context = {
        "needs": queries.needs_of(dossier),
        "reviews": queries.reviews_of(dossier),
        "asked": queries.asked_elsewhere(dossier),
        "joint": files.plan_of(dossier) is not None,
        "writes": may(user, Permission.CASE_WRITE) and files.is_open(dossier),
        "goes": queries.returning(dossier),
    }
    return render(request, "care/plan.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def need(request: StaffRequest, ref: str) -> HttpResponse:
    """Add a need."""
    _near(request)
    form = typed(request, NeedForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            care.assess_need(
                request.dossier, **form.cleaned_data, by=request.user, at=timezone.now()
            )
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "care:plan", ref)
    return _form(request, form, _("What is needed"))


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def step(request: StaffRequest, ref: str, need_id: UUID) -> HttpResponse:
    """Add a step towards a goal."""
    found = _need(request, need_id)
    form = typed(request, CareStepForm, providers=queries.providers())
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            care.add_step(
                found,
                text=form.cleaned_data["text"],
                due_on=form.cleaned_data["due_on"],
                provider=form.chosen,
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "care:plan", ref)
    title = policy.label("services", found.service)
    note = _("It tells nobody outside. To ask another service, send a request.")
    return _form(request, form, title, note=note)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def step_end(request: StaffRequest, ref: str, care_step_id: UUID) -> HttpResponse:
    """What came of a step."""
    _near(request)
    found = queries.step(request.dossier, care_step_id)
    found.dossier = request.dossier
    form = typed(request, StepEndForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            care.end_step(found, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "care:plan", ref)
    title = policy.label("services", found.need.service)
    return _form(request, form, title)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def served(request: StaffRequest, ref: str, need_id: UUID) -> HttpResponse:
    """Write into the log what was given."""
    found = _need(request, need_id)
    today = policy.local_day(timezone.now())
    form = typed(request, ServedForm, providers=queries.providers(), initial={"on": today})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            care.log_service(
                found,
                on=form.cleaned_data["on"],
                outcome=form.cleaned_data["outcome"],
                text=form.cleaned_data["text"],
                provider=form.chosen,
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "care:plan", ref)
    title = policy.label("services", found.service)
    return _form(request, form, title)


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def drop(request: StaffRequest, ref: str, need_id: UUID) -> HttpResponse:
    """The person no longer wants this."""
    care.drop_need(_need(request, need_id), by=request.user, at=timezone.now())
    return done(request, _("Saved. The line stays readable."), "care:plan", ref)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def review(request: StaffRequest, ref: str) -> HttpResponse:
    """How things are, rated by the person."""
    _near(request)
    at = timezone.now()
    form = typed(request, CareReviewForm, initial={"on": policy.local_day(at)})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            care.review(request.dossier, **form.cleaned_data, by=request.user, at=at)
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "care:plan", ref)
    return _form(request, form, _("How things are"))


def languages(code: str) -> list[tuple[str, str]]:
    """The languages of a letter, each under its own name."""
    names = dict(settings.LANGUAGES)
    return [(one, str(names.get(one, one))) for one in queries.letter_languages(code)]


def as_file(content: bytes, name: str) -> HttpResponse:
    """A PDF to keep or print; its name says nothing of the person, and nobody caches it."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


urls: list[URLPattern] = [
    path("<str:ref>/", plan, name="plan"),
    path("<str:ref>/need/", need, name="need"),
    path("<str:ref>/need/<uuid:need_id>/step/", step, name="step"),
    path("<str:ref>/need/<uuid:need_id>/given/", served, name="served"),
    path("<str:ref>/need/<uuid:need_id>/drop/", drop, name="drop"),
    path("<str:ref>/step/<uuid:care_step_id>/", step_end, name="step_end"),
    path("<str:ref>/review/", review, name="review"),
]
