"""Keep the books of a fund."""

from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.fund.actions.entering import enter, mirror, said
from panoh.fund.models import Book, Entry, Line
from panoh.fund.rules import EntryKind, month_end
from panoh.kernel.rules import Gone, Invalid, NotPossible, checked_sum
from panoh.policy import queries as policy


@transaction.atomic
def open_book(team: Team, *, name: str, by: User, at: datetime) -> Book:
    """Open the books of the acting account's fund, in the pack's currency, with the pack's ceiling
    of the fast lane. Raises ``Gone``, ``Invalid``, ``NotPossible``."""
    reach.require(by, Permission.MONEY_BOOK)
    if team.pk not in reach.my_teams():
        raise Gone
    if not name.strip():
        raise Invalid(_("Give the fund a name."), "name")
    if Book.objects.filter(team=team).exists():
        raise NotPossible(_("The books of this team are open already."))
    book = Book(team=team, name=name.strip(), opened_at=at, opened_by=by)
    book.currency = str(policy.setting("currency"))
    ceiling = policy.setting("fast_lane_ceiling")
    book.fast_ceiling = ceiling if isinstance(ceiling, int) else None
    book.save(force_insert=True)
    audit.record("book.opened", by=by, at=at, subject=team)
    return book


@transaction.atomic
def open_line(
    book: Book,
    *,
    name: str,
    source: str,
    purpose: str,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Line:
    """Open a line: money of one source for one purpose. The same ``submission`` opens one. Raises
    ``Gone``, ``Invalid``."""
    book = _kept(book, by)
    if submission and (seen := Line.objects.filter(pk=submission).first()):
        return seen
    for code, known, field in (
        (source, "money_sources", "source"),
        (purpose, "money_purposes", "purpose"),
    ):
        if policy.code(known, code) is None:
            raise Invalid(_("Choose one from the list."), field)
    if not name.strip():
        raise Invalid(_("Say from which agreement or budget heading it comes."), "name")
    if Line.objects.filter(book=book, name=name.strip(), purpose=purpose).exists():
        raise Invalid(_("There is such a line already."), "name")
    line = Line(id=submission or uuid4(), book=book, name=name.strip(), source=source)
    line.purpose, line.opened_at, line.opened_by = purpose, at, by
    line.save(force_insert=True)
    audit.record("line.opened", by=by, at=at, subject=line)
    return line


@transaction.atomic
def appropriate(
    line: Line, *, amount: int, day: date, paper: str = "", by: User, at: datetime
) -> Entry:
    """Enter money that came in for a line, by its paper. ``amount`` in the smallest unit. Raises
    ``Gone``, ``Invalid``, ``NotPossible`` for a closed month."""
    book = _kept(Book(pk=line.book_id), by)
    checked_sum(amount, "amount")
    _check_day(day, at)
    entry = enter(
        book, EntryKind.APPROPRIATION, [(line, amount)], day=day, paper=paper.strip(), by=by, at=at
    )
    audit.record("money.appropriated", by=by, at=at, subject=entry)
    return entry


@transaction.atomic
def reverse(entry: Entry, *, by: User, at: datetime) -> Entry:
    """Take back money that was entered by mistake; both rows stay. For an entry of a request there
    is ``take_back``. Raises ``Gone``, ``NotPossible``."""
    _kept(Book(pk=entry.book_id), by)
    found = Entry.objects.filter(pk=entry.pk, request=None).first()
    if found is None:
        raise Gone
    if found.kind == EntryKind.REVERSAL or Entry.objects.filter(reverses=found).exists():
        raise NotPossible
    (made,) = mirror([found], day=policy.local_day(at), by=by, at=at)
    audit.record("money.reversed", by=by, at=at, subject=made)
    return made


@transaction.atomic
def close_month(book: Book, *, month: date, by: User, at: datetime) -> Book:
    """Close a month that is over, for ever; what is found later is entered in an open one.
    ``month`` is any day of it; earlier ones close with it. Raises ``Gone``, ``NotPossible``."""
    book = _kept(book, by)
    last = month_end(month)
    if last >= policy.local_day(at):
        raise NotPossible(_("This month is not over yet."))
    if book.closed_through is not None and last <= book.closed_through:
        raise NotPossible(_("This month is closed already."))
    book.closed_through = last
    with said():
        book.save(update_fields=["closed_through"])
    audit.record("month.closed", by=by, at=at, subject=book, reason=last.isoformat())
    return book


def _kept(book: Book, by: User) -> Book:
    """The books of the acting account's own fund, locked. Raises ``Gone``."""
    reach.require(by, Permission.MONEY_BOOK)
    rows = Book.objects.select_for_update(of=("self",)).select_related("team")
    found = rows.filter(pk=book.pk, team_id__in=reach.my_teams()).first()
    if found is None:
        raise Gone
    return found


def _check_day(day: date, at: datetime) -> None:
    if day > policy.local_day(at):
        raise Invalid(_("This day has not come yet."), "day")
