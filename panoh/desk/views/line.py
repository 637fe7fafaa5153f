"""The emergency desk: who stands, what is urgent, the log of calls, and the next shift."""

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Unit
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.desk import queries as desk
from panoh.desk.forms.line import CallForm, GiveForm, OutcomeForm, ShiftForm
from panoh.desk.views.typed import done, told_in, typed
from panoh.duties import queries as owed
from panoh.intake import actions as intake
from panoh.intake import queries
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy

URGENT = 5


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET"])
def line(request: StaffRequest) -> HttpResponse:
    """One page for the night: who stands, what was handed over, what is urgent, what is open."""
    team, at = queries.desk(), timezone.now()
    urgent = owed.owed_by([team.pk], limit=URGENT)
    context = {
        "team": team,
        "beds": may(request.user, Permission.BED_HOLD),
        "standing": queries.on_duty(team, at),
        "gap": queries.first_gap(team, at),
        "at": at,
        "given": queries.waiting(team),
        "tasks": desk.tasks(urgent, user=request.user, at=at),
        "calls": queries.open_calls(team, at),
    }
    return render(request, "desk/line.html", context)


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET"])
def call_log(request: StaffRequest) -> HttpResponse:
    """Every call of the desk, newest first."""
    before = _moment(request.GET.get("before", ""))
    calls = queries.log(queries.desk(), timezone.now(), before)
    older = calls[-1].call.called_at.isoformat() if len(calls) == queries.PAGE else ""
    return render(request, "desk/call_log.html", {"calls": calls, "older": older})


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Gone from None
    if timezone.is_naive(found):
        raise Gone
    return found


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET", "POST"])
def call_add(request: StaffRequest) -> HttpResponse:
    """Write a call down; nothing is sent to anyone."""
    form = typed(request, CallForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            made = intake.log_call(
                team=queries.desk(), by=request.user, at=timezone.now(), **form.answers()
            )
        if not form.errors:
            text = _("Saved. Nothing has been sent to anyone.")
            return done(request, text, "desk:call", made.pk)
    return render(request, "desk/call_add.html", {"form": form})


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET", "POST"])
def call(request: StaffRequest, call_id: UUID) -> HttpResponse:
    """One call: first help, the note, and what came of it."""
    found, at = queries.call(call_id), timezone.now()
    form = typed(request, OutcomeForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            outcome = form.cleaned_data["outcome"]
            intake.end_call(found, outcome=outcome, by=request.user, at=at)
        if not form.errors:
            return done(request, _("Saved."), "desk:line")
    row = policy.code("danger_now", found.danger_now)
    step = row.extra["first_step"] if row else ""
    context = {
        "form": form,
        "line": queries.Line(found, at),
        "note": intake.read_call(found, by=request.user, at=at),
        "first": policy.label("first_steps", step) if step else "",
    }
    return render(request, "desk/call.html", context)


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET", "POST"])
def roster(request: StaffRequest) -> HttpResponse:
    """Who stands when; put a shift in."""
    team, at = queries.desk(), timezone.now()
    form = typed(
        request,
        ShiftForm,
        members=queries.members(team, at),
        units=list(Unit.objects.order_by("name")),
        initial={"day": policy.local_day(at), "unit": str(team.unit_id)},
    )
    if request.method == "POST" and form.is_valid():
        starts_at, ends_at = form.span
        with told_in(form):
            intake.plan_shift(
                team=team,
                unit=form.sender,
                user=form.who,
                starts_at=starts_at,
                ends_at=ends_at,
                submission=form.cleaned_data["submission"],
                by=request.user,
                at=at,
            )
        if not form.errors:
            return done(request, _("Saved."), "desk:roster")
    context = {
        "form": form,
        "shifts": queries.roster(team, at),
        "gap": queries.first_gap(team, at),
        "at": at,
    }
    return render(request, "desk/roster.html", context)


@page(Permission.CONTACT_CREATE)
@require_POST
def shift_drop(request: StaffRequest, shift_id: UUID) -> HttpResponse:
    """Nobody comes after all."""
    intake.drop_shift(queries.shift(shift_id), by=request.user, at=timezone.now())
    return done(request, _("Taken out of the roster. Your team is alerted."), "desk:roster")


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET", "POST"])
def give_over(request: StaffRequest) -> HttpResponse:
    """What is open, and what the next shift must know beside it."""
    team, at = queries.desk(), timezone.now()
    form = typed(request, GiveForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            intake.give_handover(team=team, by=request.user, at=at, **form.cleaned_data)
        if not form.errors:
            text = _("Handed over. It stays yours until somebody takes over by name.")
            return done(request, text, "desk:line")
    context = {
        "form": form,
        "calls": queries.open_calls(team, at),
        "owed": queries.owed(team, at),
    }
    return render(request, "desk/give_over.html", context)


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET", "POST"])
def take_over(request: StaffRequest, handover_id: UUID) -> HttpResponse:
    """Read what was handed over, and take it by name."""
    given, at = queries.handover(handover_id), timezone.now()
    if request.method == "POST":
        intake.take_over(given, by=request.user, at=at)
        return done(request, _("You have taken over. The open calls are yours."), "desk:line")
    if given.taken_at is not None:
        return redirect("desk:line")
    context = {
        "given": given,
        "note": queries.note_of(given),
        "is_mine": given.given_by_id == request.user.pk,
        "calls": queries.open_calls(given.team, at),
        "owed": queries.owed(given.team, at),
    }
    return render(request, "desk/take_over.html", context)


urls: list[URLPattern] = [
    path("line/", line, name="line"),
    path("line/calls/", call_log, name="call_log"),
    path("line/calls/add/", call_add, name="call_add"),
    path("line/calls/<uuid:call_id>/", call, name="call"),
    path("line/roster/", roster, name="roster"),
    path("line/roster/<uuid:shift_id>/drop/", shift_drop, name="shift_drop"),
    path("line/hand-over/", give_over, name="give_over"),
    path("line/hand-over/<uuid:handover_id>/", take_over, name="take_over"),
]
