"""For who helps a person: ask a fund for money, see what came of it, say how it was received."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import reaches
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.cases import queries as cases
from panoh.fund import actions as fund
from panoh.fund import queries
from panoh.fund.forms import MoneyCodeForm, MoneyForm
from panoh.fund.models import Request
from panoh.fund.rules import State
from panoh.fund.templatetags.money import money
from panoh.fund.views.pieces import why
from panoh.kernel.rules import Category, Gone


def _near(request: StaffRequest) -> None:
    if not reaches(request.dossier) & Category.MONEY:
        raise Gone


@page(Permission.MONEY_ASK, on="ref")
@require_http_methods(["GET", "POST"])
def person(request: StaffRequest, ref: str) -> HttpResponse:
    """What was asked for this person, and a form for more."""
    _near(request)
    books = queries.books()
    ceilings = [most for book in books if (most := queries.ceiling(book)) is not None]
    form = typed(
        request,
        MoneyForm,
        books=books,
        ceiling=max(ceilings, default=None),
    )
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            row = fund.ask(request.dossier, **form.given(), by=request.user, at=timezone.now())
        if not form.errors:
            words = {"sum": money(row.amount), "fund": row.book.name}
            text = _("%(sum)s asked from %(fund)s. No name was told.") % words
            return done(request, text, "fund:person", ref)
    context: dict[str, Any] = {
        "form": form,
        "books": books,
        "is_open": cases.is_open(request.dossier),
        "requests": [
            (one, State(one.state).label, why(one)) for one in queries.on_dossier(request.dossier)
        ],
    }
    return render(request, "fund/person.html", context)


@page(Permission.MONEY_ASK, on="ref")
@require_http_methods(["GET", "POST"])
def receipt(request: StaffRequest, ref: str, money_id: UUID) -> HttpResponse:
    """Say how it is proved that the person got the money."""
    row = _own(request, money_id)
    form = typed(
        request,
        MoneyCodeForm,
        name="money_receipts",
        title=_("How is it proved?"),
    )
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            code = form.cleaned_data["code"]
            fund.receive(row, receipt=code, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Saved. No name is needed."), "fund:person", ref)
    return render(request, "fund/receipt.html", {"form": form, "one": row})


@page(Permission.MONEY_ASK, on="ref")
@require_POST
def withdraw(request: StaffRequest, ref: str, money_id: UUID) -> HttpResponse:
    """Take a request back before anybody has signed it; taken back twice is no fault."""
    row = _own(request, money_id)
    if row.state != State.WITHDRAWN:
        fund.withdraw(row, by=request.user, at=timezone.now())
    return done(request, _("Taken back."), "fund:person", ref)


def _own(request: StaffRequest, money_id: UUID) -> Request:
    _near(request)
    return queries.own_request(request.dossier, money_id)
