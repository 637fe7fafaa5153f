"""Sums that split without a rest, months, and what may be paid."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.fund import rules
from panoh.fund.forms import month_of
from panoh.fund.rules import Cost, EntryKind, Stage, State
from panoh.kernel.rules import LARGEST_SUM, Invalid, checked_sum, in_minor, split


@given(
    st.integers(0, LARGEST_SUM),
    st.lists(st.integers(0, 10_000), min_size=1, max_size=9).filter(any),
)
def test_d5_parts_equal_the_whole_to_the_diram(whole: int, weights: list[int]) -> None:
    parts = split(whole, weights)
    assert sum(parts) == whole
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        # Never further from its exact share than one smallest unit.
        assert 0 <= part * total - (whole * weight // total) * total <= total
        assert part == 0 or weight > 0


def test_splitting_is_the_same_each_time() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(1, [1, 1]) == [1, 0]
    assert split(0, [3, 4]) == [0, 0]
    assert split(101, [60, 40]) == [61, 40]


@pytest.mark.parametrize(("whole", "weights"), [(10, []), (10, [0, 0]), (-1, [1]), (5, [2, -1])])
def test_what_cannot_be_split(whole: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(whole, weights)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("200", 20_000),
        ("12,5", 1_250),
        ("12.05", 1_205),
        ("1 200", 120_000),
        ("1\u00a0200,00", 120_000),
        ("0.01", 1),
        ("7.500", 750),
    ],
)
def test_sums_as_people_write_them(text: str, amount: int) -> None:
    assert in_minor(text, 2) == amount


@pytest.mark.parametrize(
    "text",
    ["", "0", "0,00", "-5", "1e9", "1.234", "12..5", "½", "٣", "NaN", "10000000000.01", "9" * 40],
)
def test_zero_negative_huge_and_broken_sums_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        in_minor(text, 2)


@pytest.mark.parametrize("amount", [0, -1, LARGEST_SUM + 1])
def test_sums_that_nobody_may_move(amount: int) -> None:
    with pytest.raises(Invalid):
        checked_sum(amount)


def test_months_end_on_their_last_day() -> None:
    assert rules.month_end(date(2026, 2, 3)) == date(2026, 2, 28)
    assert rules.month_end(date(2028, 2, 29)) == date(2028, 2, 29)
    assert rules.month_end(date(2026, 12, 31)) == date(2026, 12, 31)
    assert month_of("2026-02", date(2026, 5, 5)) == date(2026, 2, 1)
    assert month_of("", date(2026, 5, 5)) == date(2026, 5, 1)
    assert [month_of(text, date(2026, 5, 5)) for text in ("x", "2026-13", "9999-12")] == [None] * 3


@pytest.mark.parametrize(
    ("signatures", "urgent", "amount", "ceiling", "payable"),
    [
        (0, True, 1, 100, False),
        (1, False, 1, 100, False),
        (1, True, 100, 100, True),
        (1, True, 101, 100, False),
        (1, True, 1, None, False),
        (2, False, 10**9, None, True),
    ],
)
def test_d4_one_signature_is_enough_only_in_the_fast_lane(
    signatures: int, urgent: bool, amount: int, ceiling: int | None, payable: bool
) -> None:
    found = rules.is_payable(signatures, urgent=urgent, amount=amount, ceiling=ceiling)
    assert found is payable


def test_every_state_and_stage_has_words() -> None:
    assert all(str(one.label) for group in (State, Stage, EntryKind) for one in group)


def test_cost_by_source_makes_the_whole() -> None:
    rows = [Cost("donor", "taxi", 5), Cost("donor", "food", 7), Cost("local", "food", 1)]
    assert rules.by_source(rows) == {"donor": 12, "local": 1}


def test_parts_that_do_not_make_the_sum_are_refused() -> None:
    assert rules.chosen_parts(10, [4, 0, 6]) == [4, 6]
    for wanted in ([], [9], [11, -1], [5, 6]):
        with pytest.raises(Invalid):
            rules.chosen_parts(10, wanted)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"most": 9}, "amount"),
        ({"urgent": True}, "urgent"),
        ({"urgent": True, "ceiling": 9}, "urgent"),
        ({"most": 10, "ceiling": 9}, ""),
        ({"most": 10, "urgent": True, "ceiling": 10}, ""),
        ({}, ""),
    ],
)
def test_d4_a_request_keeps_to_the_most_of_its_kind_and_to_the_ceiling_of_its_lane(
    given: dict[str, Any], field: str
) -> None:
    asked: dict[str, Any] = {"most": None, "ceiling": None, "urgent": False, **given}
    if not field:
        rules.check_request(10, **asked)
        return
    with pytest.raises(Invalid) as refusal:
        rules.check_request(10, **asked)
    assert refusal.value.field == field
