"""A clock: why it ends on that day; stop it, let it run again, ask for more time, allow it."""

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may, my_teams
from panoh.access.rules import Permission
from panoh.desk.forms.clock import ClockStopForm, MoreTimeForm
from panoh.desk.views.typed import done, told_in, typed
from panoh.duties import actions as duties
from panoh.duties import queries as owed
from panoh.duties.models import Duty, Extension
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.ui.templatetags.panoh import day


@page(Permission.DUTY_READ)
@require_safe
def why(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """Why is this due on that day? Step by step; to the team that owes, what may be done."""
    duty, at = _duty(duty_id), timezone.now()
    [told] = owed.told([duty], at)
    # A receiver owes something about a case that it does not see: then the way back is Today.
    reads = may(request.user, Permission.CASE_READ)
    ref = duty.dossier.ref if duty.dossier is not None and reads else ""
    context = {"told": told, "steps": owed.why(duty), "duty": duty, "ref": ref}
    if may(request.user, Permission.DUTY_SETTLE) and _is_mine(duty):
        asked = owed.waiting_extension(duty)
        runs = duty.due_at is not None and not told.deadline.late
        context |= {
            "asked": asked,
            "ground": policy.label("clock_grounds", asked.ground) if asked else "",
            "more": _more_in_words(asked, at) if asked else "",
            "answers": asked is not None and asked.asked_by_id != request.user.pk,
            "stops": runs,
            "resumes": duty.stopped_at is not None,
            "extends": runs and asked is None and bool(policy.extensions(duty.period)),
        }
    return render(request, "desk/why.html", context)


def _duty(duty_id: UUID) -> Duty:
    found = Duty.objects.select_related("owner", "dossier").filter(pk=duty_id).first()
    if found is None:
        raise Gone
    return found


def _is_mine(duty: Duty) -> bool:
    """An open clock of the law that the account's own team owes."""
    return duty.settled_at is None and duty.owner_id in my_teams() and not owed.is_target(duty)


def _mine(duty_id: UUID) -> Duty:
    found = _duty(duty_id)
    if not _is_mine(found):
        raise Gone
    return found


def _more_in_words(asked: Extension, at: datetime) -> str:
    """How much more somebody asks for, or the day where no rule sets it."""
    if asked.until is None:
        return policy.period(asked.period, policy.local_day(at)).text
    last = day(policy.calendar(asked.duty.zone).local_day(asked.until))
    return _("until %(day)s (no rule of the country sets it)") % {"day": last}


@page(Permission.DUTY_SETTLE)
@require_http_methods(["GET", "POST"])
def stop(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """Stop it on a ground: nothing is due until it runs again."""
    duty = _mine(duty_id)
    form = typed(request, ClockStopForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            duties.suspend(duty, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            text = _("The clock stands still. Let it run again when the ground is gone.")
            return done(request, text, "desk:why", duty.pk)
    context = {"form": form, "title": _("Stop the clock"), "duty": duty}
    return render(request, "desk/clock_form.html", context)


@page(Permission.DUTY_SETTLE)
@require_http_methods(["GET", "POST"])
def more_time(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """Ask for more time: a colleague allows it."""
    duty = _mine(duty_id)
    offered = policy.extensions(duty.period)
    if not offered:
        raise Gone
    form = typed(request, MoreTimeForm, offered=offered, initial={"period": offered[0].key})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            duties.ask_extension(duty, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Asked. A colleague of your team must allow it; until then the day stays.")
            return done(request, text, "desk:why", duty.pk)
    context = {"form": form, "title": _("Ask for more time"), "duty": duty}
    return render(request, "desk/clock_form.html", context)


@page(Permission.DUTY_SETTLE)
@require_POST
def turn(request: StaffRequest, duty_id: UUID, verb: str) -> HttpResponse:
    """Let it run again; allow or refuse more time that a colleague asked for."""
    duty, at = _mine(duty_id), timezone.now()
    if verb == "resume":
        duties.resume(duty, by=request.user, at=at)
        text = _("The clock runs again with what was left.")
    else:
        asked = owed.waiting_extension(duty)
        if asked is None or verb not in {"allow", "refuse"}:
            raise Gone
        is_allowed = verb == "allow"
        duties.answer_extension(asked, is_allowed=is_allowed, by=request.user, at=at)
        text = _("Allowed. The new day stands below.") if is_allowed else _("Refused.")
    return done(request, text, "desk:why", duty.pk)


@page(Permission.DUTY_READ)
@require_safe
def of_asked(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """From the task to answer a colleague to the clock that it is about."""
    asked = owed.extension(_duty(duty_id).subject_id)
    return redirect("desk:why", asked.duty_id)


urls: list[URLPattern] = [
    path("duties/<uuid:duty_id>/why/", why, name="why"),
    path("duties/<uuid:duty_id>/stop/", stop, name="clock_stop"),
    path("duties/<uuid:duty_id>/more-time/", more_time, name="more_time"),
    path("duties/<uuid:duty_id>/asked/", of_asked, name="clock_asked"),
    path("duties/<uuid:duty_id>/clock/<str:verb>/", turn, name="clock_turn"),
]
