"""What the pages of this room share: the month, the day, a table to take home."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from panoh.access.middleware import StaffRequest
from panoh.files.rules.sheets import CSV, XLSX, TableColumn, as_csv, as_xlsx
from panoh.fund import queries
from panoh.fund.forms import month_of
from panoh.fund.models import Book, Request
from panoh.fund.rules import State
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy

# From which list the reason of an ended request is.
REASONS = {State.REFUSED: "money_refusals", State.RETURNED: "money_returns"}


def month_asked(request: StaffRequest) -> date:
    """The first day of the month that the address asks for, else of this one. Raises ``Gone``."""
    found = month_of(request.GET.get("month", ""), policy.local_day(timezone.now()))
    if found is None:
        raise Gone
    return found


def day_asked(request: StaffRequest) -> date:
    """The day that the address asks for, else today. Raises ``Gone``."""
    text = request.GET.get("on", "")
    try:
        return date.fromisoformat(text) if text else policy.local_day(timezone.now())
    except ValueError:
        raise Gone from None


def months(book: Book, month: date) -> dict[str, Any]:
    """What a page of one month shows: that month, and those that can be asked for instead."""
    shown, today = month.strftime("%Y-%m"), policy.local_day(timezone.now())
    known = [one.strftime("%Y-%m") for one in queries.months(book, today)]
    return {"shown": shown, "months": known if shown in known else [shown, *known]}


def why(one: Request) -> str:
    """Why the fund said no, or why the money came back; nothing otherwise."""
    return policy.label(REASONS[State(one.state)], one.reason) if one.reason else ""


def shown_row(one: Request, at: datetime) -> dict[str, Any]:
    """A request as a card shows it: where it stands, and what is owed on it."""
    due = one.second_due_at
    return {
        "one": one,
        "state": State(one.state).label,
        "why": why(one),
        "second": due if due and one.signed_at is None else None,
        "late": due is not None and one.signed_at is None and due < at,
    }


def sheet(
    code: str, name: str, columns: Sequence[TableColumn], rows: Sequence[Sequence[str]]
) -> HttpResponse:
    """A table to take home, as ``csv`` or ``xlsx``; nothing in it runs. Raises ``Gone``."""
    made = {"csv": (CSV, as_csv), "xlsx": (XLSX, as_xlsx)}
    if code not in made:
        raise Gone
    kind, write = made[code]
    return HttpResponse(
        write([one.title for one in columns], rows),
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{code}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
