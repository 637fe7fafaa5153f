"""Quorum, majority, quarters: values in, answers out."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.bodies import rules
from panoh.bodies.rules import Quarter, Standing, Tally


@given(seats=st.integers(0, 200), percent=st.integers(0, 99))
def test_a_quorum_is_more_than_the_share_and_never_more_than_all(seats: int, percent: int) -> None:
    needed = rules.needed(seats, percent)
    assert needed >= 1
    if seats:
        assert needed * 100 > percent * seats
        assert (needed - 1) * 100 <= percent * seats
        assert needed <= seats


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_abstentions_carry_nothing(in_favour: int, against: int, abstained: int) -> None:
    tally = Tally(in_favour, against, abstained, percent=50)
    assert tally.carried == (in_favour > against)
    assert tally.cast == in_favour + against + abstained


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_each_day_lies_in_its_quarter(day: date) -> None:
    quarter = Quarter.of(day)
    assert quarter.first <= day <= quarter.last
    assert Quarter.of(quarter.last) == quarter
    assert quarter.next.first > quarter.last


@pytest.mark.parametrize(
    ("held", "planned", "today", "how"),
    [
        ([date(2026, 2, 3)], [], date(2026, 6, 1), Standing.HELD),
        ([], [], date(2026, 6, 1), Standing.MISSED),
        ([], [date(2026, 2, 3)], date(2026, 6, 1), Standing.MISSED),
        ([], [date(2026, 2, 3)], date(2026, 1, 1), Standing.PLANNED),
        ([], [], date(2026, 3, 31), Standing.TO_COME),
    ],
)
def test_an_empty_quarter_that_is_over_was_missed(
    held: list[date], planned: list[date], today: date, how: Standing
) -> None:
    assert rules.standing(Quarter(2026, 1), held, planned, today) is how
    assert str(how.label)


def test_quarters_run_over_the_end_of_a_year() -> None:
    found = rules.quarters(date(2025, 11, 1), date(2026, 4, 1))
    assert [str(one) for one in found] == ["2025/4", "2026/1", "2026/2"]
