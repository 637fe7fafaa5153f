"""A way back, permits to stay, the no-removal letter."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, hold_still, told_in, typed
from panoh.care import actions as care
from panoh.care import queries
from panoh.care.forms.plan import PaperForm
from panoh.care.forms.returns import DayForm, PermitForm, ReturnForm
from panoh.care.models import Return
from panoh.care.queries.returns import LISTS
from panoh.care.rules import Asylum, ReturnState
from panoh.care.views.plan import _form, _near, as_file, languages
from panoh.cases import actions as cases
from panoh.cases import queries as files
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def returns(request: StaffRequest, ref: str) -> HttpResponse:
    """Going back: where it stands and what is missing; permits and the letter."""
    _near(request)
    dossier, user = request.dossier, request.user
    cases.read(dossier, fields=["services"], by=user, at=timezone.now())
    standing = queries.returning(dossier)
    is_open = standing is not None and standing.state == ReturnState.OPEN
    writes = may(user, Permission.CASE_WRITE) and files.is_open(dossier)
    context = {
        "told": queries.returns_of(dossier),
        "standing": standing,
        "is_open": is_open,
        "stays": standing is not None and queries.stays(standing),
        "lacks": queries.why_not(standing, dossier) if standing is not None and is_open else [],
        "must_ask": queries.must_ask(dossier),
        "writes": writes,
        "reads_legal": Category.LEGAL in files.readable(user, dossier),
        "keeps": writes and may(user, Permission.LEGAL_WRITE),
        "permits": queries.permits_of(dossier, user=user),
    }
    return render(request, "care/returns.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def return_write(request: StaffRequest, ref: str) -> HttpResponse:
    """Begin a return, or change the one that is being prepared."""
    _near(request)
    hold_still(request)
    stands = _stands(queries.returning(request.dossier))
    form = typed(
        request,
        ReturnForm,
        must_ask=queries.must_ask(request.dossier),
        initial={"asylum": Asylum.NOT_ASKED.value} | stands,
        stands=stands,
    )
    if request.method == "POST" and form.is_valid():
        kept = form.cleaned_data
        with told_in(form):
            care.write_return(
                request.dossier,
                codes={name: kept[name] for name in LISTS},
                asylum=Asylum(kept["asylum"]),
                text=kept["text"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "care:returns", ref)
    note = _("Nobody is called, and no embassy, before the person agrees to that apart.")
    return _form(request, form, _("Going back"), back="care:returns", note=note)


def _stands(row: Return | None) -> dict[str, Any]:
    if row is None or row.state != ReturnState.OPEN:
        return {}
    return {
        **{name: getattr(row, name) for name in LISTS},
        "asylum": row.asylum,
        "text": queries.return_text(row),
    }


def _day(request: StaffRequest, ref: str, verb: str) -> HttpResponse:
    at = timezone.now()
    form = typed(request, DayForm, initial={"on": policy.local_day(at)})
    if request.method == "POST" and form.is_valid():
        moment = policy.moment_of(form.cleaned_data["on"], at)
        with told_in(form):
            if verb == "depart":
                care.depart(request.dossier, left_at=moment, by=request.user, at=at)
            else:
                care.arrive(request.dossier, on=moment, by=request.user, at=at)
        if not form.errors:
            text = _("Saved. The safe contacts are owed from that day on.")
            return done(request, text, "care:returns", ref)
    title = _("The person departs") if verb == "depart" else _("The person has arrived")
    return _form(request, form, title, back="care:returns")


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def depart(request: StaffRequest, ref: str) -> HttpResponse:
    """The person departs; refused with what is missing."""
    _near(request)
    return _day(request, ref, "depart")


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def arrive(request: StaffRequest, ref: str) -> HttpResponse:
    """The person has arrived."""
    _near(request)
    return _day(request, ref, "arrive")


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def give_up(request: StaffRequest, ref: str) -> HttpResponse:
    """The person does not go back."""
    _near(request)
    care.give_up(request.dossier, by=request.user, at=timezone.now())
    return done(request, _("Saved. Nothing has been sent to anyone."), "care:returns", ref)


@page(Permission.LEGAL_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def permit(request: StaffRequest, ref: str) -> HttpResponse:
    """Keep the last day of a permit."""
    _legal(request)
    form = typed(request, PermitForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            care.keep_permit(
                request.dossier, **form.cleaned_data, by=request.user, at=timezone.now()
            )
        if not form.errors:
            is_over = form.cleaned_data["ends_on"] < policy.local_day(timezone.now())
            text = _("Saved. You are warned before it ends.")
            text = _("Saved. This permit has ended already.") if is_over else text
            return done(request, text, "care:returns", ref)
    return _form(request, form, _("Permit to stay"), back="care:returns")


def _legal(request: StaffRequest) -> None:
    _near(request)
    if Category.LEGAL not in files.readable(request.user, request.dossier):
        raise Gone


@page(Permission.LEGAL_WRITE, on="ref")
@require_POST
def permit_end(request: StaffRequest, ref: str, permit_id: UUID) -> HttpResponse:
    """It was renewed, or was wrong."""
    _legal(request)
    found = queries.permit(request.dossier, permit_id)
    found.dossier = request.dossier
    care.end_permit(found, by=request.user, at=timezone.now())
    return done(request, _("Saved. The line stays readable."), "care:returns", ref)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def letter(request: StaffRequest, ref: str) -> HttpResponse:
    """The no-removal letter, the same day."""
    _near(request)
    form = typed(
        request,
        PaperForm,
        languages=languages("no_removal"),
        initial={"language": get_language()},
    )
    if request.method == "POST" and form.is_valid():
        made = care.print_letter(
            request.dossier, **form.cleaned_data, by=request.user, at=timezone.now()
        )
        return as_file(made, f"letter-{ref}.pdf")
    note = _("A draft of our own that no lawyer has read: it asks, and names no article.")
    title, label = _("Letter against removal"), _("Make the PDF")
    return _form(request, form, title, back="care:returns", note=note, label=label)


urls: list[URLPattern] = [
    path("<str:ref>/return/", returns, name="returns"),
    path("<str:ref>/return/write/", return_write, name="return_write"),
    path("<str:ref>/return/depart/", depart, name="depart"),
    path("<str:ref>/return/arrive/", arrive, name="arrive"),
    path("<str:ref>/return/give-up/", give_up, name="give_up"),
    path("<str:ref>/permit/", permit, name="permit"),
    path("<str:ref>/permit/<uuid:permit_id>/end/", permit_end, name="permit_end"),
    path("<str:ref>/letter/", letter, name="letter"),
]
