"""Emergency access ("break-glass"): the same page whether there is a file or not."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Emergency, Team
from panoh.access.queries import holds, my_teams, supervises
from panoh.access.rules import Permission
from panoh.cases import actions
from panoh.cases import queries as cases
from panoh.cases.rules import SafetyKind
from panoh.desk.forms.emergency import EmergencyForm, ReviewForm, RingForm
from panoh.desk.views.typed import done, told_in, typed
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Refused
from panoh.people import actions as people
from panoh.people import queries
from panoh.people.models import EmergencyCall, EmergencyRing
from panoh.policy import queries as policy


@page(Permission.BREAK_GLASS)
@require_http_methods(["GET", "POST"])
def ask(request: StaffRequest) -> HttpResponse:
    """Ask, and the calls of my teams."""
    teams = list(Team.objects.filter(pk__in=my_teams()).order_by("name"))
    if not teams:
        raise Refused
    form = typed(request, EmergencyForm, teams=teams)
    at = timezone.now()
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            try:
                call = people.ask(
                    form.cleaned_data["submission"],
                    team=form.team_chosen,
                    by=request.user,
                    at=at,
                    **form.asked(),
                )
            except Refused as problem:
                form.add_error(None, str(problem.message))
        if not form.errors:
            said = _("If there is a file, its holder has been called.")
            return done(request, said, "desk:emergency_show", call.pk)
    context = {
        "form": form,
        "left": queries.emergencies_left(by=request.user),
        "calls": queries.emergency_calls(),
    }
    return render(request, "desk/emergency.html", context)


def _call(call_id: UUID) -> EmergencyCall:
    found = (
        EmergencyCall.objects.select_related("user", "team__unit", "reviewed_by")
        .filter(pk=call_id)
        .first()
    )
    if found is None:
        raise Gone
    return found


@page(Permission.DUTY_READ)
@require_http_methods(["GET"])
def show(request: StaffRequest, call_id: UUID) -> HttpResponse:
    """One call: what was asked, and what is open now, if anything is."""
    call = _call(call_id)
    at, by = timezone.now(), request.user
    hotline = Emergency.objects.select_related("team__unit").get().team
    dossier = queries.opened_in_emergency(call)
    context: dict[str, object] = {
        "call": call,
        "danger": policy.label("danger_now", call.danger),
        "reason": queries.emergency_reason(call),
        "hotline": hotline,
        "waits": at < call.opens_at,
        "opens": hotline is not None and hotline.pk in my_teams() and call.opened_at is None,
        "reviews": call.reviewed_at is None and _may_review(call, hotline, request),
    }
    if dossier is not None and call.team_id in my_teams():
        notes = actions.read_notes(dossier, category=Category.SAFETY, by=by, at=at)
        plan = cases.safety_plan(dossier).parts
        context |= {
            "dossier": dossier,
            "ways": queries.contacts_of(dossier, by=by, at=at),
            "notes": [text for _note, text in notes if text],
            # How to reach her safely stands first, then who threatens.
            "plan": [
                (kind.label, line)
                for kind in (SafetyKind.CONTACT, SafetyKind.THREAT, SafetyKind.FAMILY)
                for line in plan[kind]
                if line.row.ended_at is None
            ],
        }
    return render(request, "desk/emergency_call.html", context)


def _may_review(call: EmergencyCall, hotline: Team | None, request: StaffRequest) -> bool:
    leads = supervises(call.team) or (hotline is not None and supervises(hotline))
    return leads and call.user_id != request.user.pk


@page(Permission.DUTY_READ)
@require_http_methods(["GET"])
def of_duty(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """From a duty to the call it is about."""
    about = _subject(duty_id, "emergency.review", "emergency.pass_on")
    return redirect("desk:emergency_show", _call(about).pk)


def _subject(duty_id: UUID, *kinds: str) -> UUID:
    duty = Duty.objects.filter(pk=duty_id, kind__in=kinds).first()
    if duty is None or duty.subject_id is None:
        raise Gone
    return duty.subject_id


@page(Permission.BREAK_GLASS)
@require_POST
def open_file(request: StaffRequest, call_id: UUID) -> HttpResponse:
    """Open after the wait; what is not there and what must not open get one answer."""
    dossier = people.open_file(_call(call_id), by=request.user, at=timezone.now())
    text = _("Contact and safety are open for the service that asked.")
    if dossier is None:
        text = _("Nothing was opened. If there is a file, its holder knows.")
    return done(request, text, "desk:emergency_show", call_id)


@page(Permission.DUTY_SETTLE)
@require_http_methods(["GET", "POST"])
def review(request: StaffRequest, call_id: UUID) -> HttpResponse:
    """Look at somebody else's emergency access."""
    call = _call(call_id)
    form = typed(request, ReviewForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            verdict = form.cleaned_data["review"]
            people.review(call, review=verdict, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Thank you."), "desk:today")
    return render(request, "desk/emergency_answer.html", {"form": form, "call": call})


@page(Permission.DUTY_SETTLE)
@require_http_methods(["GET", "POST"])
def ring(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """Answer as the holder."""
    found = (
        EmergencyRing.objects.select_related("team__unit", "dossier")
        .filter(pk=_subject(duty_id, "emergency.ring"))
        .first()
    )
    if found is None:
        raise Gone
    form = typed(request, RingForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            given = form.cleaned_data
            people.answer(
                found, answer=given["answer"], why=given["why"], by=request.user, at=timezone.now()
            )
        if not form.errors:
            return done(request, _("Saved. The file stays shut."), "desk:today")
    context = {
        "form": form,
        "ring": found,
        "danger": policy.label("danger_now", found.danger),
    }
    return render(request, "desk/emergency_answer.html", context)


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def rings(request: StaffRequest, ref: str) -> HttpResponse:
    """Every emergency call about a file that my team holds."""
    if not holds(request.dossier):
        raise Gone
    found = (
        EmergencyRing.objects.filter(dossier=request.dossier)
        .select_related("team__unit", "answered_by")
        .order_by("-rung_at")
    )
    live = set(queries.emergency_grants(request.dossier))
    context = {"dossier": request.dossier, "rings": [(row, row.call_id in live) for row in found]}
    return render(request, "desk/emergency_rings.html", context)


@page(Permission.DUTY_SETTLE, on="ref")
@require_POST
def stop(request: StaffRequest, ref: str, call_id: UUID) -> HttpResponse:
    """End an emergency access before its time."""
    found = EmergencyRing.objects.filter(dossier=request.dossier, call_id=call_id).first()
    if found is None:
        raise Gone
    people.stop(found, by=request.user, at=timezone.now())
    return done(request, _("The emergency access is ended."), "desk:emergency_rings", ref)
