"""For the fund: what waits, one request without a name, sign it, refuse it, pay it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may, my_teams
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.duties.models import Duty
from panoh.fund import actions as fund
from panoh.fund import queries, rules
from panoh.fund.forms import MoneyCodeForm, PayForm, SignForm
from panoh.fund.models import Request
from panoh.fund.rules import LIFECYCLE, PAID, State
from panoh.fund.templatetags.money import money
from panoh.fund.views.pieces import shown_row
from panoh.kernel.rules import Gone
from panoh.ui.templatetags.panoh import day


@page(Permission.MONEY_READ)
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """What waits for this fund, and where its lines stand."""
    book, at = queries.my_book(), timezone.now()
    context: dict[str, Any] = {"book": book, "books": may(request.user, Permission.MONEY_BOOK)}
    if book is not None:
        waiting, older = queries.waiting(book, request.GET.get("after", ""))
        context |= {
            "waiting": [shown_row(one, at) for one in waiting],
            "older": older,
            "unsigned": [shown_row(one, at) for one in queries.unsigned(book)],
            "ended": [shown_row(one, at) for one in queries.ended(book)],
            "lines": queries.standings(book),
        }
    return render(request, "fund/queue.html", context)


@page(Permission.MONEY_READ)
@require_safe
def of_duty(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """From a duty to the request it is about."""
    duty = Duty.objects.filter(pk=duty_id, owner_id__in=my_teams(), kind__startswith="money.")
    found = Request.objects.filter(pk__in=duty.values("subject_id")).first()
    if found is None:
        raise Gone
    return redirect("fund:request", found.ref)


@page(Permission.MONEY_READ)
@require_safe
def one(request: StaffRequest, request_ref: str) -> HttpResponse:
    """One request: what for, how much, who has signed; no name and no story."""
    row = queries.request_of(request_ref)
    return render(request, "fund/request.html", _told(request, row))


def _told(request: StaffRequest, row: Request) -> dict[str, Any]:
    user, signed = request.user, queries.signatures(row)
    verbs, is_other = LIFECYCLE.verbs(row.state), row.asked_by_id != user.pk
    owes_second = row.second_due_at is not None and row.signed_at is None and row.state in PAID
    may_sign = is_other and user.pk not in {one.by_id for one in signed}
    payable = rules.is_payable(
        len(signed), urgent=row.urgent, amount=row.amount, ceiling=queries.ceiling(row.book)
    )
    approves = may(user, Permission.MONEY_APPROVE)
    return {
        **shown_row(row, timezone.now()),
        "signed": signed,
        "parts": queries.parts(row),
        "first": approves and may_sign and "approve" in verbs,
        "second_sign": approves and may_sign and ("sign" in verbs or owes_second),
        "pays": may(user, Permission.MONEY_PAY) and is_other and "pay" in verbs and payable,
        "refuses": approves and is_other and "refuse" in verbs,
        "books": may(user, Permission.MONEY_BOOK),
        "takes_back": may(user, Permission.MONEY_BOOK) and is_other and "take_back" in verbs,
    }


@page(Permission.MONEY_APPROVE)
@require_http_methods(["GET", "POST"])
def approve(request: StaffRequest, request_ref: str) -> HttpResponse:
    """The first signature chooses the money; the second one signs what stands."""
    row = queries.request_of(request_ref)
    is_first = row.state == State.ASKED
    lines = queries.standings(row.book, purpose=row.purpose) if is_first else []
    form = typed(
        request,
        SignForm,
        amount=row.amount,
        lines=lines,
        is_first=is_first,
    )
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            fund.approve(row, parts=form.parts(), by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Signed."), "fund:request", request_ref)
    context = {**_told(request, row), "form": form, "is_first": is_first, "lines": lines}
    return render(request, "fund/approve.html", context)


@page(Permission.MONEY_PAY)
@require_http_methods(["GET", "POST"])
def pay(request: StaffRequest, request_ref: str) -> HttpResponse:
    """Hand the money out; the button pressed twice pays once."""
    row = queries.request_of(request_ref)
    form = typed(request, PayForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            row = fund.pay(
                row, paper=form.cleaned_data["paper"], by=request.user, at=timezone.now()
            )
        if not form.errors:
            return done(request, _paid(row), "fund:request", request_ref)
    return render(request, "fund/pay.html", {**_told(request, row), "form": form})


def _paid(row: Request) -> str:
    words = {"sum": money(row.amount), "fund": row.book.name}
    text = _("%(sum)s, from %(fund)s.") % words
    if row.second_due_at is not None and row.signed_at is None:
        text += " " + _("Second signature due %(day)s.") % {"day": _named(row.second_due_at)}
    return text


def _named(moment: datetime) -> str:
    """A day as one says it: with its name."""
    return f"{date_format(timezone.localtime(moment), 'l')}, {day(moment)}"


@page(Permission.MONEY_APPROVE)
@require_http_methods(["GET", "POST"])
def refuse(request: StaffRequest, request_ref: str) -> HttpResponse:
    """Say no, for a coded reason; who asked is told and looks for another way."""
    row = queries.request_of(request_ref)
    form = _coded(request, "money_refusals", _("Why not?"))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            code = form.cleaned_data["code"]
            fund.refuse(row, reason=code, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Refused. Who asked is told the reason."), "fund:list")
    context = {**_told(request, row), "form": form, "title": _("Say no")}
    return render(request, "fund/decide.html", context)


@page(Permission.MONEY_BOOK)
@require_http_methods(["GET", "POST"])
def take_back(request: StaffRequest, request_ref: str) -> HttpResponse:
    """The money came back: payment and promise are reversed, and both stay in the books."""
    row = queries.request_of(request_ref)
    form = _coded(request, "money_returns", _("Why?"))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            code = form.cleaned_data["code"]
            fund.take_back(row, reason=code, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("The money is back. Nothing was erased."), "fund:list")
    context = {**_told(request, row), "form": form, "title": _("The money came back")}
    return render(request, "fund/decide.html", context)


def _coded(request: StaffRequest, name: str, title: str) -> MoneyCodeForm:
    return typed(request, MoneyCodeForm, name=name, title=title)
