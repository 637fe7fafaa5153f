"""What stands in the books, who has signed, what was paid for a person, and what it cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import BigIntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from panoh.access.models import Dossier
from panoh.access.queries import my_teams, visible_to
from panoh.fund.models import Account, Approval, Book, DayTotal, Entry, Line, Posting, Request
from panoh.fund.rules import PAID, WAITING, Cost, EntryKind, Stage, month_end
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy

PAGE = 50
MOST_TO_CHOOSE = 120


# -- books


def books() -> list[Book]:
    """Every fund that one can ask."""
    return list(Book.objects.select_related("team").order_by("name", "pk"))


def my_book() -> Book | None:
    """The books of the acting account's own fund; the first, where it keeps several."""
    rows = Book.objects.select_related("team").filter(team_id__in=my_teams())
    return rows.order_by("pk").first()


def require_book() -> Book:
    """The same. Raises ``Gone`` where there is none."""
    found = my_book()
    if found is None:
        raise Gone
    return found


def ceiling(book: Book) -> int | None:
    """The most that the fast lane pays: the lower one of the pack's and the book's."""
    pack = policy.setting("fast_lane_ceiling")
    if not isinstance(pack, int) or book.fast_ceiling is None:
        return None
    return min(pack, book.fast_ceiling)


@dataclass(frozen=True, slots=True)
class Standing:
    """A line and what stands on its accounts, in the smallest unit."""

    line: Line
    accounts: dict[str, Account]
    amounts: dict[str, int]

    @property
    def free(self) -> int:
        """What may still be promised."""
        return self.amounts[Stage.FREE]


def standings(book: Book, on: date | None = None, purpose: str = "") -> list[Standing]:
    """Every line of a book (of one purpose, if named), now or at the end of a day."""
    rows = Account.objects.filter(book=book).select_related("line")
    rows = rows.filter(line__purpose=purpose) if purpose else rows
    found: dict[Line, dict[str, Account]] = {}
    for one in rows.order_by("line__source", "line__name", "line_id"):
        found.setdefault(one.line, {})[one.stage] = one
    then = _balances(book, on) if on else {}
    return [
        Standing(
            line,
            kept,
            {stage: then.get(one.pk, 0) if on else one.balance for stage, one in kept.items()},
        )
        for line, kept in found.items()
    ]


def _balances(book: Book, on: date) -> dict[int, int]:
    sums = (
        DayTotal.objects.filter(account=OuterRef("pk"), day__lte=on)
        .order_by()
        .values("account")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    rows = Account.objects.filter(book=book).annotate(
        then=Coalesce(Subquery(sums, output_field=BigIntegerField()), Value(0))
    )
    return {one.pk: int(one.then) for one in rows}


def balance(account: Account, on: date | None = None) -> int:
    """What stands on an account, now or at the end of a day, in the smallest unit."""
    rows = DayTotal.objects.filter(account=account)
    rows = rows.filter(day__lte=on) if on else rows
    return int(rows.aggregate(total=Sum("amount"))["total"] or 0)


def line_of(book: Book, key: UUID) -> Line:
    """A line of this book. Raises ``Gone``."""
    found = Line.objects.filter(pk=key, book=book).first()
    if found is None:
        raise Gone
    return found


def account_of(book: Book, key: int) -> Account:
    """An account of this book. Raises ``Gone``."""
    found = Account.objects.select_related("line").filter(pk=key, book=book).first()
    if found is None:
        raise Gone
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a statement; ``standing`` is the balance after it."""

    posting: Posting
    standing: int

    @property
    def label(self) -> str:
        """What was done."""
        return str(EntryKind(self.posting.entry.kind).label)


@dataclass(frozen=True, slots=True)
class Statement:
    """What happened on an account in a month."""

    account: Account
    opening: int
    rows: Sequence[Row]
    closing: int


def statement(account: Account, month: date) -> Statement:
    """The statement of the month of a day."""
    first, last = month.replace(day=1), month_end(month)
    opening = standing = balance(account, first - timedelta(days=1))
    rows = []
    found = Posting.objects.filter(account=account, day__gte=first, day__lte=last)
    for one in found.select_related("entry__request", "entry__by").order_by("day", "pk"):
        standing += one.amount
        rows.append(Row(one, standing))
    return Statement(account, opening, rows, standing)


def months(book: Book, until: date) -> list[date]:
    """The first days of the months from the first entry to that of ``until``, newest first; at
    most ten years."""
    days = Entry.objects.filter(book=book).order_by("day").values_list("day", flat=True)
    first, found = days.first() or until, [until.replace(day=1)]
    while found[-1] > first and len(found) < MOST_TO_CHOOSE:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def costs(book: Book, month: date) -> list[Cost]:
    """What was spent in the month of a day, by source and kind of help; money that came back is
    taken off in the month in which it came back. Together it is what the ledger spent (row D5)."""
    rows = (
        Posting.objects.filter(
            book=book,
            account__stage=Stage.SPENT,
            day__gte=month.replace(day=1),
            day__lte=month_end(month),
        )
        .values_list("account__line__source", "entry__request__kind")
        .annotate(total=Sum("amount"))
        .order_by("account__line__source", "entry__request__kind")
    )
    return [Cost(source, kind, int(total)) for source, kind, total in rows]


def spent(book: Book, month: date) -> dict[str, int]:
    """What the accounts of each source say was spent in a month, from their day totals."""
    rows = (
        DayTotal.objects.filter(
            book=book,
            account__stage=Stage.SPENT,
            day__gte=month.replace(day=1),
            day__lte=month_end(month),
        )
        .values_list("account__line__source")
        .annotate(total=Sum("amount"))
        .order_by("account__line__source")
    )
    return {source: int(total) for source, total in rows}


def appropriations(line: Line) -> list[tuple[Entry, int, bool]]:
    """Money that came in for a line, newest first: entry, sum, was it taken back."""
    rows = Posting.objects.filter(account__line=line, account__stage=Stage.FREE)
    rows = rows.filter(entry__kind=EntryKind.APPROPRIATION).select_related("entry__by")
    found = list(rows.order_by("-day", "-pk")[:PAGE])
    keys = [one.entry_id for one in found]
    back = set(Entry.objects.filter(reverses__in=keys).values_list("reverses_id", flat=True))
    return [(one.entry, one.amount, one.entry_id in back) for one in found]


# -- requests


def _requests() -> QuerySet[Request]:
    return Request.objects.select_related("book__team", "asked_by", "asked_team__unit")


def waiting(book: Book, after: str = "") -> tuple[list[Request], str]:
    """A page of what waits for this fund, urgent ones first and then the oldest, and behind which
    reference the next one begins, if there is one. ``after`` is that of the page before."""
    rows = _requests().filter(book=book, state__in=WAITING)
    last = Request.objects.filter(book=book, ref=after).first() if after.isalnum() else None
    if last is not None:
        behind = Q(asked_at__gt=last.asked_at) | Q(asked_at=last.asked_at, pk__gt=last.pk)
        behind &= Q(urgent=last.urgent)
        rows = rows.filter(behind | Q(urgent=False) if last.urgent else behind)
    found = list(rows.order_by("-urgent", "asked_at", "pk")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].ref if len(found) > PAGE else ""


# Paid on one signature, and the second is owed.
_UNSIGNED = Q(state__in=PAID, second_due_at__isnull=False, signed_at=None)


def unsigned(book: Book) -> list[Request]:
    """Paid on one signature, and the second is owed; the longest owed first."""
    rows = _requests().filter(_UNSIGNED, book=book)
    return list(rows.order_by("second_due_at", "pk")[:PAGE])


def ended(book: Book) -> list[Request]:
    """The newest ones that wait for nothing more of the fund."""
    rows = _requests().filter(~_UNSIGNED, book=book).exclude(state__in=WAITING)
    return list(rows.order_by("-asked_at", "pk")[:PAGE])


def request_of(ref: str) -> Request:
    """A request by its own reference, for the fund that was asked. Raises ``Gone``."""
    found = _requests().filter(ref=ref, book_id__in=my_teams()).first()
    if found is None:
        raise Gone
    return found


def on_dossier(dossier: Dossier) -> list[Request]:
    """Every request for money for this person, newest first, as far as ``money`` is reached."""
    rows = visible_to(_requests().filter(dossier=dossier))
    return list(rows.order_by("-asked_at", "pk"))


def paid_on(dossier: Dossier) -> list[Request]:
    """What was paid for this person, oldest first, as far as ``money`` is reached."""
    rows = visible_to(_requests().filter(dossier=dossier, state__in=PAID))
    return list(rows.order_by("paid_at", "pk"))


def own_request(dossier: Dossier, key: UUID) -> Request:
    """A request about this person, for those who help. Raises ``Gone``."""
    found = visible_to(_requests().filter(dossier=dossier, pk=key)).first()
    if found is None:
        raise Gone
    return found


def signatures(request: Request) -> list[Approval]:
    """Who has signed, first one first; for the fund only."""
    rows = Approval.objects.filter(request=request).select_related("by")
    return list(rows.order_by("number"))


def parts(request: Request) -> list[tuple[Line, int]]:
    """Which lines bear the request, and how much each; for the fund only."""
    rows = Posting.objects.filter(
        entry__request=request,
        entry__kind=EntryKind.COMMITMENT,
        account__stage=Stage.PROMISED,
    ).select_related("account__line")
    return [(one.account.line, one.amount) for one in rows.order_by("pk")]


def total(rows: Iterable[Cost]) -> int:
    """The whole of several costs."""
    return sum(row.amount for row in rows)
