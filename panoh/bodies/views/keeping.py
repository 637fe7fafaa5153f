"""Which bodies there are, what one is like, who sits there, who coordinates."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.forms.keeping import (
    BodyForm,
    CoordinationForm,
    EndBodyForm,
    SeatForm,
    TermForm,
)
from panoh.bodies.models import Coordination, Seat
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy


@page(Permission.BODY_READ)
@require_safe
def overview(request: StaffRequest) -> HttpResponse:
    """My bodies, my invitations; for who counts, bodies that did not sit."""
    at = timezone.now()
    counts = may(request.user, Permission.COUNTS_READ)
    context = {
        "mine": queries.my_bodies(),
        "ended": queries.my_ended_bodies(),
        "invited": queries.invitations(request.user, at),
        "counts": counts,
        "silent": queries.without_sittings(policy.local_day(at)) if counts else [],
    }
    return render(request, "bodies/list.html", context)


@page(Permission.BODY_READ)
@require_safe
def one(request: StaffRequest, code: str) -> HttpResponse:
    """One body: quarters, sittings, seats, what is open."""
    body, at = queries.body_of(code), timezone.now()
    today = queries.local_day(body, at)
    kind = policy.body_kinds().get(body.kind)
    context = {
        "body": body,
        "kind": kind,
        "place": policy.place(body.place) if body.place else None,
        "keeps": body.ended_on is None and queries.keeps(request.user, body),
        "quarters": queries.calendar(body, today).rows if body.quarterly else [],
        "sittings": queries.sittings_of(body),
        "seats": queries.seats_of(body, today),
        "resolutions": queries.open_resolutions(body),
        "proposals": queries.proposals_of(body),
        "events": queries.events_of(body),
        "late_lessons": queries.lessons_missing(body, today),
        "drafts": queries.drafts_of(body)[:3],
        "today": today,
    }
    return render(request, "bodies/body.html", context)


@page(Permission.INSTALLATION_MANAGE)
@require_http_methods(["GET", "POST"])
def found(request: StaffRequest) -> HttpResponse:
    """Found a body; its rules are those of the pack."""
    form = typed(request, BodyForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.found(**form.given(), by=request.user, at=timezone.now())
        if not form.errors:
            return done(
                request, _("The body is founded. Its team gives the seats."), "bodies:found"
            )
    context = {
        "form": form,
        "title": _("Found or end a body"),
        "back": reverse("desk:more"),
        "kinds": policy.body_kinds().values(),
        "known": queries.all_bodies(),
    }
    return render(request, "bodies/found.html", context)


@page(Permission.INSTALLATION_MANAGE)
@require_http_methods(["GET", "POST"])
def end(request: StaffRequest, code: str) -> HttpResponse:
    """End a body; what it wrote stays."""
    body = queries.all_bodies().filter(code=code).first()
    if body is None:
        raise Gone
    at = timezone.now()
    form = typed(request, EndBodyForm, initial={"on": queries.local_day(body, at)})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.end(body, on=form.cleaned_data["on"], by=request.user, at=at)
        if not form.errors:
            return done(request, _("The body is ended. What it wrote stays."), "bodies:found")
    context = {
        "form": form,
        "title": _("End a body"),
        "body": body,
        "back": reverse("bodies:found"),
        "label": _("End this body"),
        "tone": "warning",
    }
    return render(request, "bodies/end.html", context)


@page(Permission.INSTALLATION_MANAGE)
@require_http_methods(["GET", "POST"])
def coordination(request: StaffRequest) -> HttpResponse:
    """Who coordinates referrals, since when; moving it is one dated change."""
    form = typed(request, CoordinationForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.move_coordination(**form.given(), by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Written down. Open tasks go with it on that day.")
            return done(request, text, "bodies:coordination")
    rows = Coordination.objects.select_related("unit").order_by("-since")
    context = {
        "form": form,
        "title": _("Who coordinates referrals"),
        "back": reverse("desk:more"),
        "rows": rows,
    }
    return render(request, "bodies/coordination.html", context)


@page(Permission.BODY_KEEP)
@require_http_methods(["GET", "POST"])
def add_seat(request: StaffRequest, code: str) -> HttpResponse:
    """Give a seat."""
    body = queries.body_of(code)
    form = typed(request, SeatForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.seat(body, **form.given(), by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("The seat is given."), "bodies:body", code)
    context = {"form": form, "title": _("Give a seat"), "back": reverse("bodies:body", args=[code])}
    return render(request, "bodies/form.html", context)


@page(Permission.BODY_KEEP)
@require_http_methods(["GET", "POST"])
def seat(request: StaffRequest, code: str, key: UUID) -> HttpResponse:
    """Change the term, the training or the alternate of a seat."""
    body = queries.body_of(code)
    rows = Seat.objects.select_related("alternate", "user", "body__team")
    if request.method == "POST":
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(pk=key, body=body).first()
    if row is None:
        raise Gone
    form = typed(request, TermForm, seat=row)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.change_seat(row, **form.given(), by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Saved."), "bodies:body", code)
    title = f"{row.title} · {row.sitter}"
    context = {"form": form, "title": title, "back": reverse("bodies:body", args=[code])}
    return render(request, "bodies/form.html", context)
