"""Leaving safely: the plan, the day, the contacts after it; numbers for the service (row E16)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, hold_still, told_in, typed
from panoh.cases import actions as cases
from panoh.cases import queries, rules
from panoh.cases.forms.leaving import ContactForm, InterviewForm, LeavingForm, LeftForm
from panoh.cases.models import Leaving
from panoh.cases.rules import Lack
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.vault import queries as vault


def _near(request: StaffRequest) -> None:
    if not queries.reads_leaving(request.user, request.dossier):
        raise Gone


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def leaving(request: StaffRequest, ref: str) -> HttpResponse:
    """Where the plan stands, what is missing, and what is owed since the person left."""
    _near(request)
    dossier, user = request.dossier, request.user
    cases.read(dossier, fields=["services"], by=user, at=timezone.now())
    told = queries.leavings_of(dossier)
    standing = told[0] if told and told[0].row.left_at is None else None
    lacks = queries.lacks_of(standing.row if standing else None, dossier)
    writes = may(user, Permission.CASE_WRITE)
    context = {
        "standing": standing,
        "lacks": [one.label for one in lacks],
        "past": told[1:] if standing else told,
        "contacts": queries.contacts_of(dossier),
        "writes": writes,
        "plans": writes and queries.is_open(dossier),
        "signs": writes
        and standing is not None
        and Lack.SIGNATURE in lacks
        and rules.SIGNATURES.issuperset(lacks)
        and queries.may_sign_leaving(user, standing.row, dossier),
        "agrees": writes
        and standing is not None
        and Lack.ADVOCATE in lacks
        and rules.SIGNATURES.issuperset(lacks)
        and queries.may_agree(user, standing.row, dossier),
        "ready": standing is not None and not lacks,
        "asks": writes and bool(queries.interviewed_about(user, dossier)),
    }
    return render(request, "cases/leaving.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def leaving_plan(request: StaffRequest, ref: str) -> HttpResponse:
    """Write the plan, or a newer version of it."""
    _near(request)
    hold_still(request)
    stands = _stands(queries.newest_leaving(request.dossier))
    starts = {"risk": rules.Risk.NOT_ASKED.value} | stands
    form = typed(request, LeavingForm, initial=starts, stands=stands)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = {**form.cleaned_data, "risk": rules.Risk(form.cleaned_data["risk"])}
        with told_in(form):
            cases.plan_leaving(request.dossier, **given, by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Saved. Nothing has been sent to anyone.")
            return done(request, text, "cases:leaving", ref)
    return render(request, "cases/leaving_form.html", {"form": form, "title": _("Plan of leaving")})


def _stands(found: Leaving | None) -> dict[str, Any]:
    if found is None or found.left_at is not None:
        return {}
    return {
        "wish": vault.open_many([found], "wish", missing="")[0] or "",
        "plan": vault.open_many([found], "plan", missing="")[0] or "",
        "destination": found.destination,
        "risk": found.risk,
        "is_informed": found.is_informed,
    }


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def leaving_sign(request: StaffRequest, ref: str, leaving_id: UUID) -> HttpResponse:
    """A supervisor signs the version that was shown."""
    cases.sign_leaving(_shown(request, leaving_id), by=request.user, at=timezone.now())
    return done(request, _("Signed."), "cases:leaving", ref)


@page(Permission.DECISION_SIGN, on="ref")
@require_POST
def leaving_agree(request: StaffRequest, ref: str, leaving_id: UUID) -> HttpResponse:
    """The child's advocate signs the version that was shown."""
    cases.agree_leaving(_shown(request, leaving_id), by=request.user, at=timezone.now())
    return done(request, _("Signed."), "cases:leaving", ref)


def _shown(request: StaffRequest, leaving_id: UUID) -> Leaving:
    _near(request)
    found = queries.newest_leaving(request.dossier)
    if found is None or found.pk != leaving_id:
        raise Gone
    found.dossier = request.dossier
    return found


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def leaving_left(request: StaffRequest, ref: str) -> HttpResponse:
    """The person has left; also entered afterwards."""
    _near(request)
    at = timezone.now()
    form = typed(request, LeftForm, initial={"on": policy.local_day(at), "how": "planned"})
    if request.method == "POST" and form.is_valid():
        verb = cases.note_gone if form.cleaned_data["how"] == "gone" else cases.leave
        with told_in(form):
            verb(
                request.dossier,
                left_at=policy.moment_of(form.cleaned_data["on"], at),
                by=request.user,
                at=at,
            )
        if not form.errors:
            text = _("Saved. The safe contacts are owed from that day on.")
            return done(request, text, "cases:leaving", ref)
    note = _("If the person went without a plan, nobody is blamed: somebody sees to them now.")
    context = {"form": form, "title": _("The person has left"), "note": note}
    return render(request, "cases/leaving_form.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def leaving_contact(request: StaffRequest, ref: str, safe_id: UUID) -> HttpResponse:
    """What a try to reach the person has found: one answer and "save"."""
    _near(request)
    found = queries.safe_contact(request.dossier, safe_id)
    found.dossier = request.dossier
    at = timezone.now()
    starts = {"on": policy.local_day(at), "channel": "telephone"}
    form = typed(request, ContactForm, initial=starts)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.note_contact(found, **form.cleaned_data, by=request.user, at=at)
        if not form.errors:
            text = _("Saved. Nothing has been sent to anyone.")
            return done(request, text, "cases:leaving", ref)
    context = {
        "form": form,
        "title": queries.contact_label(found),
        "note": _("First look in the safety plan how the person may be reached safely."),
    }
    return render(request, "cases/leaving_form.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def leaving_interview(request: StaffRequest, ref: str) -> HttpResponse:
    """Closing interview, by somebody else than the own worker."""
    _near(request)
    at = timezone.now()
    units = queries.interviewed_about(request.user, request.dossier)
    form = typed(request, InterviewForm, units=units, initial={"on": policy.local_day(at)})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.hold_interview(
                request.dossier,
                about=form.chosen,
                answers=form.answers(),
                on=form.cleaned_data["on"],
                by=request.user,
                at=at,
            )
        if not form.errors:
            text = _("Saved. The service reads numbers of many people, never these answers.")
            return done(request, text, "cases:leaving", ref)
    note = _("Ask alone. Every question may stay open. The service never reads these answers.")
    context = {"form": form, "title": _("Closing interview"), "note": note}
    return render(request, "cases/leaving_form.html", context)


@page(Permission.COUNTS_READ)
@require_http_methods(["GET"])
def exit_counts(request: StaffRequest) -> HttpResponse:
    """What people who left said of the own organisation: numbers of whole groups."""
    found = queries.exit_counts()
    rows = [
        (label, [(words, found[code].get(answer, 0)) for answer, words in _answers()])
        for code, label in policy.choices("exit_questions")
        if code in found
    ]
    return render(request, "cases/exit_counts.html", {"rows": rows})


def _answers() -> list[tuple[str, Any]]:
    return list(rules.EXIT_ANSWERS.items())


urls: list[URLPattern] = [
    path("<str:ref>/leaving/", leaving, name="leaving"),
    path("<str:ref>/leaving/plan/", leaving_plan, name="leaving_plan"),
    path("<str:ref>/leaving/sign/<uuid:leaving_id>/", leaving_sign, name="leaving_sign"),
    path("<str:ref>/leaving/agree/<uuid:leaving_id>/", leaving_agree, name="leaving_agree"),
    path("<str:ref>/leaving/left/", leaving_left, name="leaving_left"),
    path("<str:ref>/leaving/contact/<uuid:safe_id>/", leaving_contact, name="leaving_contact"),
    path("<str:ref>/leaving/interview/", leaving_interview, name="leaving_interview"),
]
