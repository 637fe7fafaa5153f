"""A fictional fund in motion: money of four sources, requests in every state, one fast payment."""

from datetime import timedelta

from panoh.access.models import User
from panoh.cases.models import Case
from panoh.cases.rules import State
from panoh.desk.management.demo.country import Country
from panoh.fund import actions as fund
from panoh.fund import queries
from panoh.fund.models import Book, Line, Request
from panoh.kernel.rules import Problem
from panoh.policy import queries as policy

FUND, ASKING = "sanduq", "ravshan"
REQUESTS = 24
# What came in for each line, and what is asked for at a time, in the smallest unit.
CAME, ASKED = 2_000_000, (2_000, 40_000)
SINCE = timedelta(hours=30)


def make(country: Country) -> None:
    """The books, what came in, and what people asked for since."""
    unit = country.teams[FUND].unit
    people = list(User.objects.filter(unit=unit).order_by("pk"))
    book = _book(country, people[-1])
    made = [_request(country, book, people, place) for place in range(REQUESTS)]
    country.say(f"{sum(made)} fictional requests for money stand")


def _book(country: Country, by: User) -> Book:
    name = next(row["name_tg"] for row in country.plan["unit"] if row["code"] == FUND)
    at = country.now - SINCE * REQUESTS
    with country.acting(by):
        book = fund.open_book(country.teams[FUND], name=name, by=by, at=at)
        for source in policy.codes("money_sources"):
            for purpose in policy.codes("money_purposes"):
                line = fund.open_line(
                    book,
                    name=f"Демо: {source.label('tg')}",
                    source=source.code,
                    purpose=purpose.code,
                    by=by,
                    at=at,
                )
                day = policy.local_day(at)
                fund.appropriate(line, amount=CAME, day=day, paper="000", by=by, at=at)
    return book


def _request(country: Country, book: Book, people: list[User], place: int) -> bool:
    """One request, as far on its way as it is old."""
    at = country.now - SINCE * (REQUESTS - place)
    asker, dice = country.workers[ASKING], country.dice
    with country.acting(asker):
        about = dice.choice(list(Case.objects.filter(state=State.OPEN).order_by("pk")))
        try:
            row = fund.ask(
                about.dossier,
                book=book,
                kind=country.one("money_kinds"),
                amount=dice.randint(*ASKED),
                urgent=place % 4 == 0,
                by=asker,
                at=at,
            )
        except Problem:
            country.refused += 1
            return False
    signers = people[: 1 if row.urgent else 2] if place < REQUESTS - 4 else people[: place % 2]
    for by in signers:
        with country.acting(by):
            row = fund.approve(row, parts=_parts(country, row), by=by, at=at)
    if place < REQUESTS - 6:
        with country.acting(people[-1]) as by:
            row = fund.pay(row, by=by, at=at)
    if place < REQUESTS - 9:
        with country.acting(asker):
            fund.receive(row, receipt=country.one("money_receipts"), by=asker, at=at)
    return True


def _parts(country: Country, row: Request) -> list[tuple[Line, int]]:
    found = queries.standings(row.book, purpose=row.purpose)
    return [(country.dice.choice(found).line, row.amount)]
