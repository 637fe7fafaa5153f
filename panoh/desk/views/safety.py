"""The safety plan, asking the police for protection, and rights."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import holds, may, my_teams, reaches
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import ProtectionRequest, RightEntry
from panoh.cases.rules import ENDING, ProtectionState, RightState, SafetyKind
from panoh.desk.forms.safety import ProtectionAnswerForm, ProtectionForm, RightForm, SafetyForm
from panoh.desk.views.typed import done, hold_still, told_in, typed
from panoh.duties import queries as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy


def _near(request: StaffRequest) -> None:
    if not queries.reads_safety(request.user, request.dossier):
        raise Gone


def _held(request: StaffRequest) -> None:
    if not holds(request.dossier):
        raise Gone


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def safety(request: StaffRequest, ref: str) -> HttpResponse:
    """The whole plan; how to reach the person safely stands first."""
    _near(request)
    dossier, user, at = request.dossier, request.user, timezone.now()
    cases.read(dossier, fields=["safety"], by=user, at=at)
    found = queries.safety_plan(dossier)
    writes = may(user, Permission.CASE_WRITE) and queries.is_open(dossier)
    order = (SafetyKind.CONTACT, SafetyKind.THREAT, SafetyKind.REVIEW, SafetyKind.FAMILY)
    context = {
        "case": queries.case_of(dossier),
        "parts": [(kind.value, kind.label, kind in ENDING, found.parts[kind]) for kind in order],
        "review_is_due": found.review_is_due,
        "protections": [
            (row, text, _words(row), ProtectionState(row.state).label)
            for row, text in queries.protections_of(dossier)
        ],
        "writes": writes,
        "asks": writes and holds(dossier) and may(user, Permission.REFERRAL_SEND),
    }
    return render(request, "desk/safety.html", context)


def _words(row: ProtectionRequest) -> dict[str, str]:
    return {
        "measure": policy.label("protection_measures", row.measure),
        "danger": policy.label("danger_now", row.danger),
        "answer": policy.label("protection_answers", row.answer) if row.answer else "",
    }


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def safety_line(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """Add one line to a part of the plan."""
    _near(request)
    if code not in {one.value for one in SafetyKind}:
        raise Gone
    kind = SafetyKind(code)
    form = typed(request, SafetyForm, kind=kind)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            given = {**form.cleaned_data, "by": request.user, "at": timezone.now()}
            if kind == SafetyKind.REVIEW:
                cases.review_risk(request.dossier, **given)
            else:
                cases.write_safety(request.dossier, kind=kind, **given)
        if not form.errors:
            text = _("Saved. Nothing has been sent to anyone outside the teams of this case.")
            return done(request, text, "desk:safety", ref)
    note = _("A new threat calls the duty officer and asks for a new look at the risk.")
    context = {
        "form": form,
        "title": kind.label,
        "note": note if kind == SafetyKind.THREAT else "",
        "back_url": reverse("desk:safety", args=[ref]),
    }
    return render(request, "desk/family_form.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def safety_end(request: StaffRequest, ref: str, entry_id: UUID) -> HttpResponse:
    """A rule, or what was said of the family, no longer holds."""
    _near(request)
    found = queries.safety_entry(request.dossier, entry_id)
    found.dossier = request.dossier
    cases.end_safety(found, by=request.user, at=timezone.now())
    return done(request, _("Saved. The line stays readable."), "desk:safety", ref)


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def protect(request: StaffRequest, ref: str) -> HttpResponse:
    """Ask for protection; the page says what the police will see."""
    _held(request)
    form = typed(request, ProtectionForm, teams=queries.protectors())
    if request.method == "POST" and form.is_valid():
        kept = form.cleaned_data
        with told_in(form):
            cases.ask_protection(
                request.dossier,
                to=form.chosen,
                measure=kept["measure"],
                danger=kept["danger"],
                text=kept["text"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("Sent. The clock for the answer runs."), "desk:safety", ref)
    note = _(
        "They will see what is needed, whether there is danger now, and who asks. They will not "
        "see a name, a place, or the plan. The person must have agreed that they be told."
    )
    back_url = reverse("desk:safety", args=[ref])
    title = _("Ask for protection")
    context = {"form": form, "title": title, "label": title, "note": note, "back_url": back_url}
    return render(request, "desk/family_form.html", context)


@page(Permission.REFERRAL_WITHDRAW, on="ref")
@require_POST
def unprotect(request: StaffRequest, ref: str, protection_id: UUID) -> HttpResponse:
    """Take a request for protection back."""
    _held(request)
    found = queries.protection(protection_id)
    if found.dossier_id != request.dossier.pk:
        raise Gone
    found.dossier = request.dossier
    cases.withdraw_protection(found, by=request.user, at=timezone.now())
    return done(request, _("Taken back. They no longer see it."), "desk:safety", ref)


@page(Permission.REFERRAL_ANSWER)
@require_http_methods(["GET", "POST"])
def protection(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """What the asked team reads: the request and nothing else; and its answer."""
    duty = Duty.objects.filter(pk=duty_id, owner_id__in=my_teams()).first()
    found = queries.protection(duty.subject_id if duty else None)
    if duty is None or found.to_team_id not in my_teams():
        raise Gone
    at = timezone.now()
    form = typed(request, ProtectionAnswerForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.answer_protection(
                found, answer=form.cleaned_data["answer"], by=request.user, at=at
            )
        if not form.errors:
            return done(request, _("Sent. They are told."), "desk:today")
    context = {
        "one": found,
        "words": _words(found),
        "state": ProtectionState(found.state),
        "deadline": duties.deadline(duty, at),
        "form": form,
    }
    return render(request, "desk/protection.html", context)


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def rights(request: StaffRequest, ref: str) -> HttpResponse:
    """Every right with what happened to it, each with its day and language; also for print."""
    dossier = request.dossier
    _services(request)
    at = timezone.now()
    cases.read(dossier, fields=["services"], by=request.user, at=at)
    found = queries.rights_of(dossier, at)
    context = {
        "case": queries.case_of(dossier),
        "rights": [
            (
                one,
                RightState(one.state).label if one.state else "",
                [
                    (row, RightState(row.state).label, _language(row.language), text)
                    for row, text in one.entries
                ],
            )
            for one in found
        ],
        "sources": list(dict.fromkeys(one.source for one in found if one.source)),
        "writes": may(request.user, Permission.CASE_WRITE),
    }
    return render(request, "desk/rights.html", context)


def _services(request: StaffRequest) -> None:
    if not reaches(request.dossier) & Category.SERVICES:
        raise Gone


def _language(code: str) -> str:
    return policy.label("spoken_languages", code)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def right(request: StaffRequest, ref: str, right_code: str) -> HttpResponse:
    """Write down what happened to one right."""
    _services(request)
    if policy.code("rights", right_code) is None:
        raise Gone
    at = timezone.now()
    hold_still(request)
    said = RightEntry.objects.filter(dossier=request.dossier, code=right_code)
    last = said.order_by("at", "pk").last()
    starts = {"on": policy.local_day(at), "language": queries.case_of(request.dossier).language}
    form = typed(request, RightForm, initial=starts, stands={"state": last.state if last else ""})
    if request.method == "POST" and form.is_valid():
        kept = form.cleaned_data
        with told_in(form):
            cases.record_right(
                request.dossier,
                code=right_code,
                state=RightState(kept["state"]),
                on=kept["on"],
                language=kept["language"],
                reason=kept["reason"],
                by=request.user,
                at=at,
            )
        if not form.errors:
            text = _("Saved. Nothing has been sent to anyone.")
            return done(request, text, "desk:rights", ref)
    back_url = reverse("desk:rights", args=[ref])
    context = {"form": form, "title": policy.label("rights", right_code), "back_url": back_url}
    return render(request, "desk/family_form.html", context)


urls: list[URLPattern] = [
    path("cases/<str:ref>/safety/", safety, name="safety"),
    path("cases/<str:ref>/safety/ask/", protect, name="protect"),
    path("cases/<str:ref>/safety/ask/<uuid:protection_id>/", unprotect, name="unprotect"),
    path("cases/<str:ref>/safety/end/<uuid:entry_id>/", safety_end, name="safety_end"),
    path("cases/<str:ref>/safety/add/<str:code>/", safety_line, name="safety_line"),
    path("protection/<uuid:duty_id>/", protection, name="protection"),
    path("cases/<str:ref>/rights/", rights, name="rights"),
    path("cases/<str:ref>/rights/<str:right_code>/", right, name="right"),
]
