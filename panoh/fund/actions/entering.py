"""One movement of money as the verbs make it: an entry, its postings at once, and its check."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.access.models import User
from panoh.fund.models import Account, Book, Entry, Line, Posting, Request
from panoh.fund.rules import MOVES, EntryKind
from panoh.kernel.rules import NotPossible

# What the database refuses, in words. Whatever else it refuses is a fault of the programme.
REFUSALS: dict[str, str | Promise] = {
    "fund_never_below_zero": _("There is not enough money there. Nothing was changed."),
    "fund_month_closed": _("This month is closed. Enter it in an open one; nothing was changed."),
    "fund_two_approvers": _("Two different people sign first. Nothing was paid."),
    "fund_never_by_its_asker": _("Whoever asked for money never signs for it."),
    "fund_approves_once": _("You have signed already: the second signature is somebody else's."),
    "fund_off_purpose": _("This money is for another purpose. Nothing was changed."),
    "fund_parts_make_the_whole": _("The parts do not make the whole sum."),
    "fund_entry_once": _("This was done already. Nothing was done twice."),
}


@contextmanager
def said() -> Iterator[None]:
    """Turn a refusal of the books into ``NotPossible``; nothing of what was tried stays."""
    try:
        with transaction.atomic():
            yield
            with connection.cursor() as cursor:
                # At the end of the transaction it would be too late for words.
                cursor.execute("SET CONSTRAINTS public.fund_check_entry IMMEDIATE")
                cursor.execute("SET CONSTRAINTS public.fund_check_entry DEFERRED")
    except IntegrityError as fault:
        diag = getattr(fault.__cause__, "diag", None)
        words = REFUSALS.get(getattr(diag, "constraint_name", None) or "")
        if words is None:
            raise
        raise NotPossible(words) from fault


def enter(
    book: Book,
    kind: EntryKind,
    parts: Sequence[tuple[Line, int]],
    *,
    day: date,
    by: User,
    at: datetime,
    request: Request | None = None,
    paper: str = "",
) -> Entry:
    """Move sums along each line as this kind of entry does."""
    entry = Entry(book=book, kind=kind, day=day, request=request, paper=paper, at=at, by=by)
    source, target = MOVES[kind]
    found = Account.objects.filter(line__in=[line for line, _sum in parts])
    accounts = {(one.line_id, one.stage): one for one in found}
    rows = [
        Posting(entry=entry, account=accounts[line.pk, stage], book=book, day=day, amount=amount)
        for line, part in parts
        for stage, amount in ((source, -part), (target, part))
    ]
    _write([entry], rows)
    return entry


def mirror(entries: Sequence[Entry], *, day: date, by: User, at: datetime) -> list[Entry]:
    """Take entries back: their mirrors, all postings in one statement, so that accounts are
    locked in one order."""
    made, rows = [], []
    for old in entries:
        new = Entry(book_id=old.book_id, kind=EntryKind.REVERSAL, day=day, at=at, by=by)
        new.request_id, new.reverses, new.paper = old.request_id, old, old.paper
        made.append(new)
        rows += [
            Posting(
                entry=new,
                account_id=one.account_id,
                book_id=one.book_id,
                day=day,
                amount=-one.amount,
            )
            for one in old.postings.all()
        ]
    _write(made, rows)
    return made


def _write(entries: Sequence[Entry], rows: Sequence[Posting]) -> None:
    with said():
        for entry in entries:
            entry.save(force_insert=True)
        Posting.objects.bulk_create(rows)
