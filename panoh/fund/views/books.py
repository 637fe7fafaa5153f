"""The books: lines, money that came in, statements, trial balance, cost by source, closing."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Team
from panoh.access.queries import may, my_teams
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.files.rules.sheets import TableColumn
from panoh.fund import actions as fund
from panoh.fund import queries, rules
from panoh.fund.forms import AppropriationForm, BookForm, LineForm
from panoh.fund.models import Account, Entry
from panoh.fund.queries import Statement
from panoh.fund.rules import Stage
from panoh.fund.templatetags.money import figures
from panoh.fund.views.pieces import day_asked, month_asked, months, sheet, shown_row
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy


@page(Permission.MONEY_BOOK)
@require_http_methods(["GET", "POST"])
def open_book(request: StaffRequest) -> HttpResponse:
    """The books of the account's own team begin."""
    team = Team.objects.filter(pk__in=my_teams()).order_by("pk").first()
    if team is None:
        raise Gone
    form = typed(request, BookForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            fund.open_book(team, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("The books are open."), "fund:list")
    context = {"form": form, "title": _("Open the books of a fund")}
    return render(request, "fund/form.html", context)


@page(Permission.MONEY_BOOK)
@require_http_methods(["GET", "POST"])
def add_line(request: StaffRequest) -> HttpResponse:
    """A line: money of one source for one purpose."""
    book, form = queries.require_book(), typed(request, LineForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            line = fund.open_line(book, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Saved. Now enter what came in.")
            return done(request, text, "fund:line", line.pk)
    context = {"form": form, "title": _("New line"), "book": book}
    return render(request, "fund/form.html", context)


@page(Permission.MONEY_READ)
@require_http_methods(["GET", "POST"])
def line(request: StaffRequest, line_id: UUID) -> HttpResponse:
    """One line: its four accounts, what came in, and a form for more."""
    book = queries.require_book()
    found = queries.line_of(book, line_id)
    today = policy.local_day(timezone.now())
    form = typed(request, AppropriationForm, initial={"day": today})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            fund.appropriate(found, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Entered."), "fund:line", line_id)
    standing = next(one for one in queries.standings(book) if one.line == found)
    context = {
        "form": form,
        "line": found,
        "accounts": _accounts(standing.accounts.values()),
        "came_in": queries.appropriations(found),
        "books": may(request.user, Permission.MONEY_BOOK),
    }
    return render(request, "fund/line.html", context)


def _accounts(found: Any) -> list[tuple[Account, Any, int]]:
    order = list(Stage)
    rows: list[Account] = sorted(found, key=lambda one: order.index(Stage(one.stage)))
    return [(one, Stage(one.stage).label, one.balance) for one in rows]


@page(Permission.MONEY_BOOK)
@require_POST
def reverse(request: StaffRequest, line_id: UUID, entry_id: UUID) -> HttpResponse:
    """Take back money that was entered by mistake; both rows stay."""
    queries.line_of(queries.require_book(), line_id)
    entry = Entry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise Gone
    fund.reverse(entry, by=request.user, at=timezone.now())
    return done(request, _("Taken back; both rows stay in the books."), "fund:line", line_id)


@page(Permission.MONEY_READ)
@require_safe
def statement(request: StaffRequest, account_id: int) -> HttpResponse:
    """What happened on one account in a month."""
    book, month = queries.require_book(), month_asked(request)
    account = queries.account_of(book, account_id)
    context = {"told": queries.statement(account, month), **months(book, month)}
    context["stage"] = Stage(account.stage).label
    return render(request, "fund/statement.html", context)


@page(Permission.MONEY_READ)
@require_safe
def statement_file(request: StaffRequest, account_id: int, code: str) -> HttpResponse:
    """The same as a table to take home."""
    account = queries.account_of(queries.require_book(), account_id)
    told = queries.statement(account, month_asked(request))
    columns = [
        TableColumn(_("Day"), "fund.Posting.day"),
        TableColumn(_("What"), "fund.Entry.kind"),
        TableColumn(_("Request"), "fund.Request.ref"),
        TableColumn(_("Paper"), "fund.Entry.paper"),
        TableColumn(_("Sum"), "fund.Posting.amount"),
        TableColumn(_("Balance"), "fund.Posting.amount"),
    ]
    return sheet(code, "statement", columns, _lines(told))


def _lines(told: Statement) -> list[list[str]]:
    rows = [["", _("Opening balance"), "", "", "", figures(told.opening)]]
    for row in told.rows:
        entry = row.posting.entry
        ref = entry.request.ref if entry.request else ""
        sums = [figures(row.posting.amount), figures(row.standing)]
        rows.append([row.posting.day.isoformat(), row.label, ref, entry.paper, *sums])
    return [*rows, ["", _("Closing balance"), "", "", "", figures(told.closing)]]


@page(Permission.MONEY_READ)
@require_safe
def balance(request: StaffRequest) -> HttpResponse:
    """The trial balance at the end of a day: every line, every account; together nought."""
    book, on = queries.require_book(), day_asked(request)
    rows = _balance(queries.standings(book, on))
    sums = [sum(one[1][place] for one in rows) for place in range(len(Stage))]
    context = {
        "book": book,
        "on": on,
        "rows": rows,
        "sums": sums,
        "check": sum(sums),
        "stages": [stage.label for stage in Stage],
    }
    return render(request, "fund/balance.html", context)


def _balance(found: Sequence[queries.Standing]) -> list[tuple[Any, list[int]]]:
    return [(one.line, [one.amounts[stage] for stage in Stage]) for one in found]


@page(Permission.MONEY_READ)
@require_safe
def balance_file(request: StaffRequest, code: str) -> HttpResponse:
    """The same as a table to take home."""
    rows = _balance(queries.standings(queries.require_book(), day_asked(request)))
    columns = [
        TableColumn(_("Line"), "fund.Line.name"),
        TableColumn(_("Source"), "fund.Line.source"),
        TableColumn(_("Purpose"), "fund.Line.purpose"),
        *(TableColumn(str(stage.label), "fund.DayTotal.amount") for stage in Stage),
    ]
    told = [
        [
            one.name,
            policy.label("money_sources", one.source),
            policy.label("money_purposes", one.purpose),
            *map(figures, sums),
        ]
        for one, sums in rows
    ]
    return sheet(code, "balance", columns, told)


@page(Permission.MONEY_READ)
@require_safe
def cost(request: StaffRequest) -> HttpResponse:
    """What a month's help cost, by source and kind of help; the parts make the whole."""
    month = month_asked(request)
    book = queries.require_book()
    found = queries.costs(book, month)
    context = {
        "book": book,
        **months(book, month),
        "rows": found,
        "sources": rules.by_source(found),
        "total": queries.total(found),
        "ledger": queries.spent(book, month),
    }
    return render(request, "fund/cost.html", context)


@page(Permission.MONEY_READ)
@require_safe
def cost_file(request: StaffRequest, code: str) -> HttpResponse:
    """The same as a table to take home."""
    found = queries.costs(queries.require_book(), month_asked(request))
    rows = [
        [
            policy.label("money_sources", one.source),
            policy.label("money_kinds", one.kind),
            figures(one.amount),
        ]
        for one in found
    ]
    rows.append([_("Together"), "", figures(queries.total(found))])
    columns = [
        TableColumn(_("Source"), "fund.Line.source"),
        TableColumn(_("What for"), "fund.Request.kind"),
        TableColumn(_("Sum"), "fund.Posting.amount"),
    ]
    return sheet(code, "cost", columns, rows)


@page(Permission.MONEY_BOOK)
@require_http_methods(["GET", "POST"])
def close(request: StaffRequest) -> HttpResponse:
    """Close the next month that is over, for ever."""
    book = queries.require_book()
    at = timezone.now()
    month = _next_open(book.closed_through, policy.local_day(at))
    shown = month.isoformat() if month else ""
    if request.method == "POST":
        # The month that was shown, and no other one that has ended since.
        if month is None or request.POST.get("month") != shown:
            raise NotPossible(_("This month is closed already."))
        fund.close_month(book, month=month, by=request.user, at=at)
        return done(request, _("The month is closed."), "fund:list")
    context = {
        "book": book,
        "shown": shown[:7],
        "hidden": {"month": shown},
        "unsigned": [shown_row(one, at) for one in queries.unsigned(book)],
    }
    return render(request, "fund/close.html", context)


def _next_open(closed: date | None, today: date) -> date | None:
    """The last month that is over, if it is still open; earlier ones close with it."""
    last = rules.day_before(today.replace(day=1))
    return last if closed is None or last > closed else None
