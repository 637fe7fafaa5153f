"""A fictional fund with money in it, and requests for money in every state."""

from datetime import UTC, datetime
from typing import Any

from panoh.access.models import Dossier
from panoh.fund import actions as fund
from panoh.fund import queries
from panoh.fund.models import Book, Line, Request
from panoh.policy import queries as policy
from tests.factories.cases import contact
from tests.factories.staff import as_user, team

# Three of the fund, and who asks. Gulnoz keeps the books.
KEEPER, FIRST, SECOND, ASKER = "gulnoz", "davron", "parviz", "nigora"
# A Friday evening where the fund works: its second signature is due on Monday.
NIGHT = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
TAXI = 20_000


def book() -> Book:
    """The fund's books, opened once."""
    with as_user(KEEPER) as by:
        found = Book.objects.select_related("team").filter(team=team("fund-money")).first()
        return found or fund.open_book(team("fund-money"), name="Fictional Fund", by=by, at=NIGHT)


def line(
    amount: int = 1_000_000, *, name: str = "Gift 7", source: str = "donor", purpose: str = "travel"
) -> Line:
    """A line with money that came in on the day."""
    kept = book()
    with as_user(KEEPER) as by:
        made = fund.open_line(kept, name=name, source=source, purpose=purpose, by=by, at=NIGHT)
        if amount:
            day = policy.local_day(NIGHT)
            fund.appropriate(made, amount=amount, day=day, by=by, at=NIGHT)
    return made


def person() -> Dossier:
    """Somebody without a name, whom the NGO helps."""
    with as_user(ASKER) as by:
        return contact(by).dossier


def asked(dossier: Dossier | None = None, amount: int = TAXI, **more: Any) -> Request:
    """Money for a taxi, asked for by the NGO."""
    about = dossier or person()
    given: dict[str, Any] = {"kind": "taxi", "book": book(), **more}
    with as_user(ASKER) as by:
        return fund.ask(about, amount=amount, by=by, at=NIGHT, **given)


def sign(request: Request, *accounts: str, at: datetime = NIGHT) -> Request:
    """Signed by these, the first one from the only line of its purpose."""
    for name in accounts:
        with as_user(name) as by:
            found = queries.standings(request.book, purpose=request.purpose)
            parts = [(found[0].line, request.amount)]
            request = fund.approve(request, parts=parts, by=by, at=at)
    return request


def paid(request: Request | None = None, by: str = KEEPER, at: datetime = NIGHT) -> Request:
    """Signed by two, and handed out."""
    row = sign(request or asked(), FIRST, SECOND)
    with as_user(by) as account:
        return fund.pay(row, by=account, at=at)
