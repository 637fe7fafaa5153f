"""What stands on an agenda: vote, settle, put off, declare a conflict, resolve."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.rules import Permission
from panoh.access.views.typed import done, not_done, told_in, typed
from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.forms.sittings import (
    TOUCHED,
    MatterForm,
    ReasonForm,
    ResolutionForm,
    VotesForm,
)
from panoh.bodies.models import (
    Item,
)
from panoh.bodies.rules import (
    OTHER,
)
from panoh.bodies.views.sittings import OWN, as_form
from panoh.kernel.codes import new_ref
from panoh.kernel.rules import Gone, NotPossible


@page(Permission.BODY_READ)
@require_http_methods(["GET", "POST"])
def item(request: StaffRequest, code: str, key: UUID, verb: str) -> HttpResponse:
    """One button beside a matter: vote, settle, put off, declare a conflict."""
    body = queries.body_of(code)
    row = queries.item_of(body, key)
    if verb not in _ITEM_VERBS:
        raise Gone
    # Without a sitting it waits for the next one: a conflict can be declared before it is called.
    to: list[Any] = ["bodies:sitting", code, row.sitting_id]
    if row.sitting_id is None:
        to = ["bodies:body", code]
    if request.method != "POST":
        return redirect(*to)
    try:
        return done(request, _ITEM_VERBS[verb](request, row), *to)
    except NotPossible as problem:
        return not_done(request, problem, *to)


def _vote(request: StaffRequest, row: Item) -> str:
    by, at = request.user, timezone.now()
    seat = queries.seat_there(row.sitting, by) if row.sitting else None
    # Whoever sits nowhere is told so by the verb.
    seat = seat or queries.my_seat(row.body, by, queries.local_day(row.body, at))
    if seat is None:
        raise Gone
    bodies.vote(row, seat=seat, choice=request.POST.get("choice", ""), by=by, at=at)
    return _("The vote is written down.")


def _settle(request: StaffRequest, row: Item) -> str:
    outcome = request.POST.get("outcome", "")
    if outcome not in OWN.get(row.kind, ()):
        raise Gone
    bodies.settle_item(row, outcome=outcome, by=request.user, at=timezone.now())
    return _("Written down.")


def _postpone(request: StaffRequest, row: Item) -> str:
    form = ReasonForm(request.POST, title="")
    if not form.is_valid():
        raise NotPossible(_("Say why it is put off."))
    why = form.cleaned_data["text"]
    bodies.postpone(row, why=why, by=request.user, at=timezone.now())
    return _("Put off to the next sitting.")


def _conflict(request: StaffRequest, row: Item) -> str:
    bodies.declare_conflict(row, by=request.user, at=timezone.now())
    return _("Written down. You neither vote on this matter nor read it.")


_ITEM_VERBS: dict[str, Callable[[StaffRequest, Item], str]] = {
    "vote": _vote,
    "settle": _settle,
    "postpone": _postpone,
    "conflict": _conflict,
}


@page(Permission.BODY_KEEP)
@require_http_methods(["GET", "POST"])
def votes(request: StaffRequest, code: str, key: UUID) -> HttpResponse:
    """How those who are there voted on a matter, or whom it touches: written by the secretary."""
    body = queries.body_of(code)
    row = queries.item_of(body, key)
    if row.sitting is None:
        raise Gone
    # What was sent keeps every seat: who comes second is told that the first vote stands.
    seats = queries.may_vote(row, again=request.method == "POST")
    form = typed(request, VotesForm, seats=seats)
    if request.method == "POST" and form.is_valid():
        with told_in(form), transaction.atomic():
            for seat, choice in form.given():
                now: dict[str, Any] = {"by": request.user, "at": timezone.now()}
                if choice == TOUCHED:
                    bodies.declare_conflict(row, seat=seat, **now)
                else:
                    bodies.vote(row, seat=seat, choice=choice, **now)
        if not form.errors:
            return done(request, _("Written down."), "bodies:sitting", code, row.sitting.pk)
    return as_form(request, form, body, _("How did they vote?"), row.sitting)


@page(Permission.BODY_KEEP)
@require_http_methods(["GET", "POST"])
def resolve(request: StaffRequest, code: str, key: UUID) -> HttpResponse:
    """Write down what somebody is to do, until when."""
    body = queries.body_of(code)
    row = queries.sitting_of(body, key)
    form = typed(request, ResolutionForm, body=body)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.resolve(row, **form.given(), by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Resolved; its owner owes it."), "bodies:sitting", code, key)
    return as_form(request, form, body, _("What was resolved?"), row)


@page(Permission.BODY_KEEP)
@require_http_methods(["GET", "POST"])
def matter(request: StaffRequest, code: str, key: UUID) -> HttpResponse:
    """Another matter for this agenda."""
    body = queries.body_of(code)
    row = queries.sitting_of(body, key)
    form = typed(request, MatterForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.table(
                OTHER,
                body=body,
                sitting=row,
                subject_id=None,
                number=new_ref(),
                due_on=None,
                title=form.cleaned_data["title"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("It is on the agenda."), "bodies:sitting", code, key)
    return as_form(request, form, body, _("Another matter"), row)
