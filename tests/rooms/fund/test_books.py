"""The books: money in, nothing changed, nothing below nought, closed months."""

from datetime import date, timedelta
from random import Random

import pytest
from django.db import IntegrityError

from panoh.fund import actions as fund
from panoh.fund import queries
from panoh.fund.actions.entering import said
from panoh.fund.models import Account, Book, Entry, Line, Posting
from panoh.fund.rules import Stage
from panoh.kernel.rules import Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from tests.factories import fund as made
from tests.factories.fund import FIRST, KEEPER, NIGHT, SECOND
from tests.factories.staff import as_user, team

DAY = policy.local_day(NIGHT)

pytestmark = pytest.mark.django_db


def amounts(book: Book, on: date | None = None) -> dict[str, int]:
    """What stands on the accounts of the only line."""
    (found,) = queries.standings(book, on)
    return found.amounts


def test_money_moves_from_given_to_spent_and_makes_nought() -> None:
    line = made.line(100_000)
    row = made.asked()
    with as_user(KEEPER):
        assert amounts(row.book) == {"given": -100_000, "free": 100_000, "promised": 0, "spent": 0}
    row = made.sign(row, FIRST)
    with as_user(KEEPER):
        assert amounts(row.book)["promised"] == made.TAXI
    row = made.sign(row, SECOND)
    with as_user(KEEPER) as by:
        fund.pay(row, by=by, at=NIGHT)
        found = amounts(row.book)
        assert found == {"given": -100_000, "free": 80_000, "promised": 0, "spent": made.TAXI}
        assert sum(found.values()) == 0
        assert line.book_id == row.book_id


def test_only_the_own_fund_keeps_its_books() -> None:
    line = made.line()
    with as_user("firuz") as by:  # the same role, and of no fund
        with pytest.raises(Gone):
            fund.open_book(team("fund-money"), name="Mine", by=by, at=NIGHT)
        with pytest.raises(Gone):
            fund.appropriate(line, amount=5, day=DAY, by=by, at=NIGHT)
        assert queries.my_book() is None
        assert not Account.objects.exists() and not Entry.objects.exists()
    with as_user("nigora") as by, pytest.raises(Refused):
        fund.appropriate(line, amount=5, day=DAY, by=by, at=NIGHT)


def test_books_open_once_in_the_currency_of_the_pack() -> None:
    book = made.book()
    assert (book.currency, book.fast_ceiling) == ("tjs", policy.setting("fast_lane_ceiling"))
    with as_user(KEEPER) as by, pytest.raises(NotPossible):
        fund.open_book(team("fund-money"), name="Again", by=by, at=NIGHT)


@pytest.mark.parametrize("amount", [0, -1, 10**13])
def test_sums_that_nobody_enters(amount: int) -> None:
    line = made.line(0)
    with as_user(KEEPER) as by, pytest.raises(Invalid):
        fund.appropriate(line, amount=amount, day=DAY, by=by, at=NIGHT)


def test_a_line_has_a_source_a_purpose_and_a_name_of_its_own() -> None:
    book = made.line().book
    with as_user(KEEPER) as by:
        for name, source, purpose in (
            ("", "donor", "travel"),
            ("New", "moon", "travel"),
            ("New", "donor", "fun"),
            ("Gift 7", "local", "travel"),
        ):
            with pytest.raises(Invalid):
                fund.open_line(book, name=name, source=source, purpose=purpose, by=by, at=NIGHT)


def test_a_mistake_is_reversed_and_both_rows_stay() -> None:
    line = made.line(500)
    with as_user(KEEPER) as by:
        entry = Entry.objects.get()
        back = fund.reverse(entry, by=by, at=NIGHT)
        assert amounts(line.book) == {"given": 0, "free": 0, "promised": 0, "spent": 0}
        assert Entry.objects.count() == 2
        for again in (entry, back):
            with pytest.raises(NotPossible):
                fund.reverse(again, by=by, at=NIGHT)


def test_money_that_is_promised_is_not_taken_back() -> None:
    line = made.line(made.TAXI)
    made.sign(made.asked(), FIRST)
    with as_user(KEEPER) as by:
        with pytest.raises(NotPossible, match="not enough money"):
            fund.reverse(Entry.objects.get(kind="appropriation"), by=by, at=NIGHT)
        assert amounts(line.book)["promised"] == made.TAXI


def test_a_closed_month_takes_nothing_and_stays_closed() -> None:
    line = made.line(0)
    february = date(2026, 2, 28)
    with as_user(KEEPER) as by:
        fund.appropriate(line, amount=7, day=february, by=by, at=NIGHT)
        book = fund.close_month(line.book, month=date(2026, 2, 3), by=by, at=NIGHT)
        assert book.closed_through == february
        with pytest.raises(NotPossible, match="closed"):
            fund.appropriate(line, amount=5, day=february, by=by, at=NIGHT)
        for month in (february, date(2026, 1, 1), DAY):
            with pytest.raises(NotPossible):
                fund.close_month(line.book, month=month, by=by, at=NIGHT)
        fund.appropriate(line, amount=5, day=date(2026, 3, 1), by=by, at=NIGHT)
        with pytest.raises(Invalid):
            fund.appropriate(line, amount=5, day=DAY + timedelta(days=1), by=by, at=NIGHT)


def test_what_is_entered_afterwards_never_leaves_an_earlier_day_below_nought() -> None:
    """Money came on the sixth; a payment dated the fifth would have been paid from nothing."""
    made.line(made.TAXI)
    row = made.asked()
    with as_user(FIRST) as by:
        found = queries.standings(row.book, purpose="travel")[0].line
        before = NIGHT - timedelta(days=1)
        with pytest.raises(NotPossible, match="not enough money"):
            fund.approve(row, parts=[(found, made.TAXI)], by=by, at=before)
        fund.approve(row, parts=[(found, made.TAXI)], by=by, at=NIGHT)


def test_a_balance_on_any_day() -> None:
    line = made.line(0)
    with as_user(KEEPER) as by:
        for number in range(1, 6):
            fund.appropriate(line, amount=number, day=date(2026, 2, number), by=by, at=NIGHT)
        free = Account.objects.get(line=line, stage=Stage.FREE)
        days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 3), date(2026, 2, 28)]
        assert [queries.balance(free, on) for on in days] == [0, 1, 6, 15]
        assert queries.balance(free) == 15
        assert amounts(line.book, date(2026, 2, 2))["free"] == 3
        told = queries.statement(free, date(2026, 2, 9))
        assert [row.standing for row in told.rows] == [1, 3, 6, 10, 15]
        assert (told.opening, told.closing) == (0, 15)


def test_d2_a_thousand_random_entries_balance_to_the_diram() -> None:
    dice = Random(7)
    lines = [
        made.line(0, name=f"{source} {purpose}", source=source, purpose=purpose)
        for source in ("republican", "local", "donor", "private")
        for purpose in ("travel", "living")
    ]
    expected = dict.fromkeys((line.pk for line in lines), 0)
    taken: list[tuple[Entry, Line, int]] = []
    for _batch in range(20):
        # Each in its own transaction, as a context of somebody acting lives a minute only.
        with as_user(KEEPER) as by:
            for _number in range(50):
                if taken and dice.random() < 0.2:
                    entry, line, amount = taken.pop(dice.randrange(len(taken)))
                    fund.reverse(entry, by=by, at=NIGHT)
                    expected[line.pk] -= amount
                    continue
                line, amount = dice.choice(lines), dice.randint(1, 10**9)
                entry = fund.appropriate(line, amount=amount, day=DAY, by=by, at=NIGHT)
                expected[line.pk] += amount
                taken.append((entry, line, amount))
    with as_user(KEEPER):
        found = queries.standings(lines[0].book)
        assert {one.line.pk: one.free for one in found} == expected
        assert sum(sum(one.amounts.values()) for one in found) == 0
        assert sum(Posting.objects.values_list("amount", flat=True)) == 0
        assert Entry.objects.count() == 1_000


def test_a_fund_has_a_name() -> None:
    with as_user(KEEPER) as by:
        with pytest.raises(Invalid):
            fund.open_book(team("fund-money"), name=" ", by=by, at=NIGHT)
        assert not Book.objects.exists()


def test_what_a_request_moved_is_not_reversed_beside_it() -> None:
    """Else the request would say paid while the books say that the money is there."""
    made.line()
    row = made.paid()
    with as_user(KEEPER) as by:
        for entry in Entry.objects.filter(request=row):
            with pytest.raises(Gone):
                fund.reverse(entry, by=by, at=NIGHT)
        assert not Entry.objects.filter(kind="reversal").exists()


def test_a_fault_of_the_database_that_has_no_words_is_not_hidden() -> None:
    line = made.line()
    with as_user(KEEPER) as by:
        again = Line(book_id=line.book_id, name=line.name, source="donor", purpose="travel")
        again.opened_at, again.opened_by = NIGHT, by
        with pytest.raises(IntegrityError, match="duplicate key"), said():
            again.save(force_insert=True)
        assert Line.objects.count() == 1
