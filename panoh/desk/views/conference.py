"""Case conferences: who attends, as far as the person agreed, and what was decided."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Team
from panoh.access.queries import holds, may
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Conference, Guest, Seat
from panoh.cases.rules import GuestWay, areas
from panoh.desk.forms.plan import ConferenceForm, GuestForm, TaskForm, TeamForm
from panoh.desk.views.typed import done, told_in, typed
from panoh.kernel.rules import Category, Gone


def _held(request: StaffRequest) -> None:
    if not holds(request.dossier):
        raise Gone


def _calls(request: StaffRequest) -> bool:
    return (
        holds(request.dossier)
        and queries.is_open(request.dossier)
        and may(request.user, Permission.REFERRAL_SEND)
    )


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def conferences(request: StaffRequest, ref: str) -> HttpResponse:
    """The conferences of a case that the account's teams called or attend."""
    found = queries.conferences_of(request.dossier)
    if not found and not holds(request.dossier):
        raise Gone
    context = {
        "conferences": [(one, queries.agreed_on(one.categories)) for one in found],
        "calls": _calls(request),
    }
    return render(request, "desk/conferences.html", context)


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def call(request: StaffRequest, ref: str) -> HttpResponse:
    """Call a conference for a day."""
    _held(request)
    form = typed(request, ConferenceForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            made = cases.call_conference(
                request.dossier,
                on=form.cleaned_data["on"],
                categories=form.told(),
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            text = _("Saved. Nobody is let in yet: add who attends.")
            return done(request, text, "desk:conference", ref, made.pk)
    back_url = reverse("desk:conferences", args=[ref])
    context = {"form": form, "title": _("Call a conference"), "back_url": back_url}
    return render(request, "desk/family_form.html", context)


def _conference(request: StaffRequest, conference_id: UUID) -> Conference:
    return queries.conference(request.dossier, conference_id)


def _back(found: Conference) -> dict[str, str]:
    return {"back_url": reverse("desk:conference", args=[found.dossier.ref, found.pk])}


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def conference(request: StaffRequest, ref: str, conference_id: UUID) -> HttpResponse:
    """Who attends, and what was decided, as far as the account reads it."""
    dossier, user = request.dossier, request.user
    found = _conference(request, conference_id)
    read = [one for one in queries.areas_for(user, dossier) if one in Category(found.categories)]
    cases.read(dossier, fields=[one.codes[0] for one in read], by=user, at=timezone.now())
    context = {
        "conference": found,
        "about": queries.agreed_on(found.categories),
        "holder": dossier.holder,
        "seats": queries.seats_of(found),
        "guests": [(one, GuestWay(one.way).label) for one in queries.guests_of(found)],
        "decided": queries.decided_in(found, read),
        "runs": _calls(request) and found.ended_at is None,
    }
    return render(request, "desk/conference.html", context)


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def attend(request: StaffRequest, ref: str, conference_id: UUID) -> HttpResponse:
    """Add who attends; refused where the person has not agreed to all that it is about."""
    _held(request)
    found, at = _conference(request, conference_id), timezone.now()
    form = typed(request, TeamForm, teams=queries.may_take_part(request.dossier, at))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.seat(found, team=form.chosen, by=request.user, at=at)
        if not form.errors:
            text = _("Saved. They read what it is about until the day is over.")
            return done(request, text, "desk:conference", ref, conference_id)
    context = {"form": form, "about": queries.agreed_on(found.categories), **_back(found)}
    return render(request, "desk/conference_add.html", context)


@page(Permission.REFERRAL_SEND, on="ref")
@require_POST
def seat_end(request: StaffRequest, ref: str, conference_id: UUID, seat_id: UUID) -> HttpResponse:
    """Somebody does not attend after all."""
    _held(request)
    rows = Seat.objects.filter(pk=seat_id, conference=_conference(request, conference_id))
    found = rows.first()
    if found is None:
        raise Gone
    found.dossier = request.dossier
    cases.unseat(found, by=request.user, at=timezone.now())
    return done(
        request, _("Taken back. They read nothing more."), "desk:conference", ref, conference_id
    )


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def guest(request: StaffRequest, ref: str, conference_id: UUID) -> HttpResponse:
    """Note that an organisation without accounts attends: in the room, by telephone, by letter."""
    _held(request)
    found, at = _conference(request, conference_id), timezone.now()
    form = typed(request, GuestForm, known=queries.may_be_guests(request.dossier, at))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            way = GuestWay(form.cleaned_data["way"])
            cases.seat_guest(found, organisation=form.chosen, way=way, by=request.user, at=at)
        if not form.errors:
            text = _("Saved. Tell them what the conference is about, and nothing more.")
            return done(request, text, "desk:conference", ref, conference_id)
    context = {"form": form, "about": queries.agreed_on(found.categories), **_back(found)}
    return render(request, "desk/conference_guest.html", context)


@page(Permission.REFERRAL_SEND, on="ref")
@require_POST
def guest_end(request: StaffRequest, ref: str, conference_id: UUID, guest_id: UUID) -> HttpResponse:
    """It does not attend after all."""
    _held(request)
    rows = Guest.objects.filter(pk=guest_id, conference=_conference(request, conference_id))
    found = rows.first()
    if found is None:
        raise Gone
    found.dossier = request.dossier
    cases.unseat_guest(found, by=request.user, at=timezone.now())
    return done(request, _("Taken back."), "desk:conference", ref, conference_id)


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def decide(request: StaffRequest, ref: str, conference_id: UUID) -> HttpResponse:
    """Write down what was decided: who does what until when."""
    _held(request)
    found = _conference(request, conference_id)
    about = Category(found.categories)
    seated = [one.team for one in queries.seats_of(found) if one.ended_at is None]
    doers: list[tuple[Team, Category]] = [
        (one, Category(0)) for one in (request.dossier.holder, *seated)
    ]
    form = typed(request, TaskForm, teams=doers, parts=areas(about))
    if request.method == "POST" and form.is_valid():
        kept = form.cleaned_data
        with told_in(form):
            cases.decide_task(
                found,
                team=form.chosen,
                category=form.chosen_part(),
                text=kept["text"],
                due_on=kept["due_on"],
                submission=kept["submission"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            text = _("Saved. They are told what to do.")
            return done(request, text, "desk:conference", ref, conference_id)
    note = _(
        "It becomes a task of the joint plan. An organisation that takes no part in the plan yet "
        "is let into this part of it."
    )
    title = _("Write down a decision")
    context = {"form": form, "title": title, "note": note, **_back(found)}
    return render(request, "desk/family_form.html", context)


@page(Permission.REFERRAL_SEND, on="ref")
@require_POST
def end(request: StaffRequest, ref: str, conference_id: UUID) -> HttpResponse:
    """The conference is over."""
    _held(request)
    found = _conference(request, conference_id)
    cases.end_conference(found, by=request.user, at=timezone.now())
    text = _("Ended. Who was let in by it reads nothing more; the tasks go on.")
    return done(request, text, "desk:conference", ref, conference_id)


ONE = "cases/<str:ref>/conferences/<uuid:conference_id>/"
urls: list[URLPattern] = [
    path("cases/<str:ref>/conferences/", conferences, name="conferences"),
    path("cases/<str:ref>/conferences/call/", call, name="conference_call"),
    path(ONE, conference, name="conference"),
    path(f"{ONE}attend/", attend, name="conference_attend"),
    path(f"{ONE}attend/<uuid:seat_id>/end/", seat_end, name="conference_unseat"),
    path(f"{ONE}guest/", guest, name="conference_guest"),
    path(f"{ONE}guest/<uuid:guest_id>/end/", guest_end, name="conference_guest_end"),
    path(f"{ONE}decide/", decide, name="conference_decide"),
    path(f"{ONE}end/", end, name="conference_end"),
]
