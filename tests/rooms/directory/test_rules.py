"""Who fits, how near, open or not: values in, answer out."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.directory.rules import (
    Offer,
    Reach,
    Search,
    admits_age,
    check_ages,
    check_contact,
    fits,
    is_open,
    reach,
    spans,
)
from panoh.kernel.rules import Invalid

REGIONS = {"north": "north", "a": "north", "b": "north", "south": "south", "c": "south"}
AGES = st.integers(0, 120)
HOURS = {str(day): ["08:00-12:00", "13:00-17:00"] for day in range(5)}


def offer(**changes: object) -> Offer:
    plain: dict[str, object] = {
        "sexes": frozenset({"woman"}),
        "min_age": 18,
        "max_age": None,
        "languages": frozenset({"tg"}),
        "admits_children": False,
        "care": frozenset(),
    }
    return Offer(**(plain | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search("bed"), True),
        (Search("bed", sex="woman"), True),
        (Search("bed", sex="man"), False),
        (Search("bed", ages=(18, 20)), True),
        (Search("bed", ages=(14, 17)), False),
        (Search("bed", language="ru"), False),
        (Search("bed", children=True), False),
        (Search("bed", care=frozenset({"wheelchair"})), False),
    ],
)
def test_fits(search: Search, expected: bool) -> None:
    assert fits(offer(), search) is expected


def test_fits_when_more_is_offered() -> None:
    wide = offer(
        admits_children=True, care=frozenset({"wheelchair"}), sexes=frozenset({"man", "woman"})
    )
    wish = Search("bed", sex="man", children=True, care=frozenset({"wheelchair"}))
    assert fits(wide, wish)


@given(AGES, AGES, AGES, AGES)
def test_ages_meet_when_one_year_is_in_both(a: int, b: int, c: int, d: int) -> None:
    (low, high), (young, old) = sorted((a, b)), sorted((c, d))
    expected = bool(set(range(low, high + 1)) & set(range(young, old + 1)))
    assert admits_age((young, old), low, high) is expected
    assert admits_age((young, old), None, None) and admits_age(None, low, high)


@pytest.mark.parametrize(
    ("area", "country", "expected"),
    [
        ({"a"}, False, Reach.DISTRICT),
        ({"north"}, False, Reach.DISTRICT),
        ({"c"}, True, Reach.DISTRICT),
        ({"b"}, False, Reach.REGION),
        ({"c"}, False, Reach.COUNTRY),
        ({"south"}, False, Reach.COUNTRY),
        (set(), False, Reach.COUNTRY),
    ],
)
def test_reach_of_district_a(area: set[str], country: bool, expected: Reach) -> None:
    found = reach(area=area, whole_country=country, region_of=REGIONS, district="a")
    assert found is expected
    assert str(found.why)


def test_without_a_district_everybody_is_near() -> None:
    found = reach(area={"c"}, whole_country=False, region_of=REGIONS, district="")
    assert found is Reach.DISTRICT


def open_at(opening: str, hours: dict[str, list[str]], text: str, working: bool = True) -> bool:
    return is_open(
        opening, hours, datetime.fromisoformat(text), working=working, worked_yesterday=True
    )


@pytest.mark.parametrize(
    ("opening", "hours", "text", "working", "expected"),
    [
        ("always", {}, "2026-01-04T03:00", False, True),
        ("on_call", {}, "2026-01-04T03:00", False, True),
        ("by_appointment", HOURS, "2026-01-05T09:00", True, False),
        ("working_days", {}, "2026-01-05T09:00", True, True),
        ("working_days", {}, "2026-01-04T09:00", False, False),
        ("working_days", HOURS, "2026-01-05T08:00", True, True),
        ("working_days", HOURS, "2026-01-05T12:00", True, False),
        ("working_days", HOURS, "2026-01-05T16:59", True, True),
        ("working_days", HOURS, "2026-01-05T17:00", True, False),
        ("working_days", HOURS, "2026-01-05T09:00", False, False),
        ("working_days", {"0": ["20:00-06:00"]}, "2026-01-06T05:59", True, True),
        ("working_days", {"0": ["20:00-06:00"]}, "2026-01-06T06:00", True, False),
        ("working_days", {"0": ["20:00-06:00"]}, "2026-01-05T05:00", True, False),
    ],
)
def test_open(
    opening: str, hours: dict[str, list[str]], text: str, working: bool, expected: bool
) -> None:
    assert open_at(opening, hours, text, working) is expected


def test_a_night_after_a_holiday_is_shut() -> None:
    moment = datetime.fromisoformat("2026-01-06T05:00")
    night = {"0": ["20:00-06:00"]}
    assert not is_open("working_days", night, moment, working=True, worked_yesterday=False)


@pytest.mark.parametrize("text", ["8-17", "24:00-25:00", "08:00", "08:00–17:00", "xx"])
def test_unreadable_hours_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        spans([text])


def test_a_shelters_address_is_never_listed() -> None:
    with pytest.raises(Invalid):
        check_contact("shelter", "address")
    check_contact("shelter", "telephone")
    check_contact("ngo", "address")


def test_ages_stand_in_order() -> None:
    with pytest.raises(Invalid):
        check_ages(20, 18)
    check_ages(18, 18)
    check_ages(None, 18)
