"""Call a sitting, sit, vote, close the minutes; type up one held on paper; take the files home."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.rules import Permission
from panoh.access.views.typed import done, not_done, told_in, typed
from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.forms.sittings import (
    AttendForm,
    PaperSittingForm,
    ReasonForm,
    WhenForm,
)
from panoh.bodies.models import (
    Answer,
    Body,
    Choice,
    Seat,
    Sitting,
    State,
)
from panoh.bodies.rules import (
    ABOVE,
    KINDS,
    OTHER,
    OUTCOMES,
)
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy
from panoh.ui.queries import languages

# What a page of this room itself settles; rooms above settle their own matters.
OWN = {"draft": ("adopted", "rejected"), OTHER: ("adopted", "rejected")}


@page(Permission.BODY_KEEP)
@require_http_methods(["GET", "POST"])
def call(request: StaffRequest, code: str) -> HttpResponse:
    """Call a sitting: every seat is invited."""
    body = queries.body_of(code)
    form = typed(request, WhenForm, body=body)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            row = bodies.call(
                body,
                starts_at=form.moment(),
                place=form.cleaned_data["place"],
                submission=form.cleaned_data["submission"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            text = _("The sitting is called. Every seat is invited.")
            return done(request, text, "bodies:sitting", code, row.pk)
    return as_form(request, form, body, _("Call a sitting"))


def as_form(
    request: StaffRequest, form: Any, body: Body, title: str, sitting: Sitting | None = None
) -> HttpResponse:
    """A form with its title; back to the sitting, or to the body."""
    back = reverse("bodies:body", args=[body.code])
    if sitting is not None:
        back = reverse("bodies:sitting", args=[body.code, sitting.pk])
    return render(request, "bodies/form.html", {"form": form, "title": title, "back": back})


@page(Permission.BODY_KEEP)
@require_http_methods(["GET", "POST"])
def paper(request: StaffRequest, code: str) -> HttpResponse:
    """Type up a sitting that was held on paper, on one page."""
    body, at = queries.body_of(code), timezone.now()
    form = typed(
        request,
        PaperSittingForm,
        body=body,
        seats=queries.seats_of(body, queries.local_day(body, at)),
        items=list(queries.waiting_for(body)),
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with told_in(form):
            row = bodies.type_up(
                body,
                held_at=form.moment(),
                place=data["place"],
                reason=data["reason"],
                there=form.seats(),
                results=form.results(),
                submission=data["submission"],
                by=request.user,
                at=at,
            )
        if not form.errors:
            text = _("Typed up. Now a second person of the body reads it and signs.")
            return done(request, text, "bodies:sitting", code, row.pk)
    context = {"form": form, "body": body, "back": reverse("bodies:body", args=[code])}
    return render(request, "bodies/paper.html", context)


@page(Permission.BODY_READ)
@require_safe
def one(request: StaffRequest, code: str, key: UUID) -> HttpResponse:
    """One sitting: who comes, the agenda, the votes, what was resolved."""
    body = queries.body_of(code)
    row = queries.sitting_of(body, key)
    return render(request, "bodies/sitting.html", _told(request, row))


def _told(request: StaffRequest, row: Sitting) -> dict[str, Any]:
    user, at = request.user, timezone.now()
    keeps, is_open = queries.keeps(user, row.body), row.state == State.OPEN
    attendances = queries.attendance_of(row)
    mine = [one for one in attendances if user.pk in (one.seat.user_id, one.seat.alternate_id)]
    agenda, seat = queries.agenda(row, at), queries.seat_there(row, user)
    count = queries.present(row) if is_open else None
    return {
        "row": row,
        "body": row.body,
        "state": State(row.state).label,
        "keeps": keeps,
        "is_open": is_open,
        "is_early": queries.local_day(row.body, row.starts_at) > queries.local_day(row.body, at),
        "attendances": [(one, Answer(one.answer).label) for one in attendances],
        "mine": mine[0] if mine else None,
        "answers": [choice for choice in Answer.choices if choice[0]],
        "attend": AttendForm(rows=attendances) if keeps and is_open and not row.on_paper else None,
        "present": count,
        "has_quorum": count is not None and row.needed is not None and count >= row.needed,
        "lines": [_line(one, row, seat, keeps=keeps) for one in queries.roll(row, seat)],
        "agenda": agenda,
        "put_off": row.postponements.select_related("item").order_by("at"),
        "resolutions": row.resolutions.select_related("owner__unit").order_by("number"),
        "addenda": row.addenda.order_by("number"),
        "signs": row.on_paper and row.signed_by_id is None and row.typed_by_id != user.pk,
        "languages": [one for one in languages() if one[0] in policy.languages()],
        "closed_above": is_open and _closed_above(row),
    }


def _line(told: queries.Roll, row: Sitting, seat: Seat | None, *, keeps: bool) -> dict[str, Any]:
    item = told.item
    is_open = row.state == State.OPEN and not item.outcome
    return {
        "item": item,
        "kind": KINDS.get(item.kind, item.kind),
        "tally": told.tally,
        "votes": [(one, Choice(one.choice).label) for one in told.votes],
        "mine": told.mine,
        "may_vote": is_open
        and not row.on_paper
        and told.mine is None
        and seat is not None
        and seat.votes,
        "outcome": OUTCOMES.get(item.outcome, ""),
        "settles": [(code, OUTCOMES[code]) for code in OWN.get(item.kind, ())]
        if keeps and is_open and told.tally.cast
        else [],
        "is_open": is_open,
        "may_write": keeps and is_open and not row.on_paper,
        "choices": Choice.choices,
    }


@page(Permission.BODY_READ)
@require_http_methods(["GET", "POST"])
def act(request: StaffRequest, code: str, key: UUID, verb: str) -> HttpResponse:
    """One button of the page of a sitting."""
    body = queries.body_of(code)
    row, verbs = queries.sitting_of(body, key), _VERBS
    if verb not in verbs:
        raise Gone
    to = "bodies:sitting", code, key
    if request.method != "POST":
        return redirect(*to)
    try:
        return done(request, verbs[verb](request, row), *to)
    except NotPossible as problem:
        return not_done(request, problem, *to)


def _open(request: StaffRequest, row: Sitting) -> str:
    bodies.open_sitting(row, by=request.user, at=timezone.now())
    return _("The sitting is open. Write who is there.")


def _cancel(request: StaffRequest, row: Sitting) -> str:
    bodies.cancel(row, by=request.user, at=timezone.now())
    return _("Cancelled. The agenda waits for the next sitting.")


def _closed_above(row: Sitting) -> bool:
    """Whether matters of a room above were treated: their reading ends there."""
    kinds = {one.kind for one in queries.items_of(row)}
    return bool(ABOVE & kinds.union(row.postponements.values_list("item__kind", flat=True)))


def _close(request: StaffRequest, row: Sitting) -> str:
    if _closed_above(row):
        raise NotPossible(
            _("Applications were treated: close the minutes on the page of the applications.")
        )
    bodies.close_minutes(row, by=request.user, at=timezone.now())
    return _("The minutes are closed.")


def _sign(request: StaffRequest, row: Sitting) -> str:
    bodies.sign(row, by=request.user, at=timezone.now())
    return _("Signed.")


def _attend(request: StaffRequest, row: Sitting) -> str:
    form = AttendForm(request.POST, rows=queries.attendance_of(row))
    if not form.is_valid():
        raise NotPossible
    bodies.attend(row, **form.given(), by=request.user, at=timezone.now())
    return _("Written down.")


def _answer(request: StaffRequest, row: Sitting) -> str:
    by, at, answer = request.user, timezone.now(), request.POST.get("answer", "")
    mine = [
        one
        for one in queries.attendance_of(row)
        if by.pk in (one.seat.user_id, one.seat.alternate_id)
    ]
    if not mine:
        raise Gone
    with transaction.atomic():  # the own seat, and another as its alternate: one answer for both
        for one in mine:
            bodies.answer_invitation(one, answer=answer, by=by, at=at)
    return _("Thank you. The secretary sees your answer.")


_VERBS: dict[str, Callable[[StaffRequest, Sitting], str]] = {
    "open": _open,
    "cancel": _cancel,
    "close": _close,
    "sign": _sign,
    "attend": _attend,
    "answer": _answer,
}


@page(Permission.BODY_KEEP)
@require_http_methods(["GET", "POST"])
def addendum(request: StaffRequest, code: str, key: UUID) -> HttpResponse:
    """Correct closed minutes beside them."""
    body = queries.body_of(code)
    row = queries.sitting_of(body, key)
    form = typed(request, ReasonForm, title=_("What is corrected?"))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            text = form.cleaned_data["text"]
            bodies.add_to_minutes(row, text=text, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Written beside the minutes."), "bodies:sitting", code, key)
    return as_form(request, form, body, _("Correct the minutes"), row)


@page(Permission.BODY_READ)
@require_safe
def calendar(request: StaffRequest, code: str, key: UUID) -> HttpResponse:
    """The invitation as a calendar file (RFC 5545)."""
    row = queries.sitting_of(queries.body_of(code), key)
    return HttpResponse(
        queries.invitation_file(row, settings.PANOH_ORIGIN),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="sitting.ics"'},
    )


@page(Permission.BODY_READ)
@require_safe
def minutes(request: StaffRequest, code: str, key: UUID, language: str) -> HttpResponse:
    """The minutes, or the agenda before, as PDF in one language."""
    row, at = queries.sitting_of(queries.body_of(code), key), timezone.now()
    made = bodies.print_minutes(row, language=language, by=request.user, at=at)
    return _sheet(made, "minutes.pdf")


@page(Permission.BODY_KEEP)
@require_safe
def invitation(request: StaffRequest, code: str, key: UUID, language: str) -> HttpResponse:
    """The invitation on paper, a page for each seat, as PDF in one language."""
    row, at = queries.sitting_of(queries.body_of(code), key), timezone.now()
    made = bodies.print_invitations(row, language=language, by=request.user, at=at)
    return _sheet(made, "invitation.pdf")


def _sheet(made: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(made, content_type="application/pdf", headers=headers)
