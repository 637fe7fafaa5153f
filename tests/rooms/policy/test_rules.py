"""Deadlines, lengths in words, the Tajik alphabet."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from panoh.policy.rules import (
    Calendar,
    Code,
    CodeList,
    Period,
    Standing,
    TimeUnit,
    Words,
    add_months,
    add_working_days,
    due_at,
    length_in_words,
    tajik_key,
)

ZONE = ZoneInfo("Asia/Dushanbe")
HOLIDAY = date(2026, 3, 23)
CALENDAR = Calendar(ZONE, frozenset({5, 6}), frozenset({HOLIDAY}))
# 22:00 in UTC on Thursday is already Friday in the zone of the pack.
LATE_THURSDAY = datetime(2026, 3, 19, 22, tzinfo=UTC)
days = st.dates(date(2000, 1, 1), date(2090, 1, 1))
moments = st.builds(datetime.combine, days, st.times(timezones=st.just(UTC)))
counts = st.integers(1, 400)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (15, TimeUnit.MINUTES, "2026-03-20T03:15:00+05:00"),
        (24, TimeUnit.HOURS, "2026-03-21T03:00:00+05:00"),
        (3, TimeUnit.CALENDAR_DAYS, "2026-03-23T23:59:59+05:00"),
        (1, TimeUnit.WORKING_DAYS, "2026-03-24T23:59:59+05:00"),  # weekend, then a holiday
        (5, TimeUnit.WORKING_DAYS, "2026-03-30T23:59:59+05:00"),
        (3, TimeUnit.MONTHS, "2026-06-20T23:59:59+05:00"),
    ],
)
def test_a_deadline_is_counted_in_local_days(value: int, unit: TimeUnit, expected: str) -> None:
    assert due_at(value, unit, LATE_THURSDAY, CALENDAR) == datetime.fromisoformat(expected)


@given(moments, counts)
def test_working_days_are_never_shorter_than_calendar_days(start: datetime, count: int) -> None:
    working = due_at(count, TimeUnit.WORKING_DAYS, start, CALENDAR)
    assert working >= due_at(count, TimeUnit.CALENDAR_DAYS, start, CALENDAR)
    assert CALENDAR.is_working(CALENDAR.local_day(working))


@given(moments, counts)
def test_working_days_between_are_exactly_so_many(start: datetime, count: int) -> None:
    first = CALENDAR.local_day(start)
    last = add_working_days(first, count, CALENDAR)
    days = [first + timedelta(days=step) for step in range(1, (last - first).days + 1)]
    assert sum(CALENDAR.is_working(day) for day in days) == count


@given(moments, counts, st.sampled_from(TimeUnit))
def test_a_longer_period_never_ends_earlier(start: datetime, count: int, unit: TimeUnit) -> None:
    shorter = due_at(count, unit, start, CALENDAR)
    assert start < shorter <= due_at(count + 1, unit, start, CALENDAR)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-15", 12, "2027-12-15"),
        ("2026-12-15", 1, "2027-01-15"),
    ],
)
def test_months_end_with_the_last_day_of_a_short_one(day: str, count: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), count) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["1 working day", "2 working days", "5 working days"]),
        ("ru", ["1 рабочий день", "2 рабочих дня", "5 рабочих дней"]),
        ("tg", ["1 рӯзи корӣ", "2 рӯзи корӣ", "5 рӯзи корӣ"]),
    ],
)
def test_a_length_is_said_as_the_language_says_it(language: str, words: list[str]) -> None:
    with override(language):
        assert [length_in_words(n, TimeUnit.WORKING_DAYS) for n in (1, 2, 5)] == words


@pytest.mark.parametrize("unit", TimeUnit)
def test_every_unit_has_words(unit: TimeUnit) -> None:
    with override("en"):
        assert length_in_words(3, unit).startswith("3 ")


def period(**more: object) -> Period:
    values: dict[str, object] = {
        "key": "x",
        "label": Words({"en": "X"}),
        "value": 3,
        "unit": TimeUnit.HOURS,
        "start": "y",
        **more,
    }
    return Period(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "standing", "text"),
    [
        ({"value": None, "target": True}, Standing.UNSET, "not set"),
        ({"target": True}, Standing.TARGET, "3 hours"),
        ({}, Standing.UNVERIFIED, "3 hours"),
        ({"verified": True}, Standing.VERIFIED, "3 hours"),
    ],
)
def test_a_period_says_how_far_it_can_be_trusted(
    more: Mapping[str, object], standing: Standing, text: str
) -> None:
    with override("en"):
        assert (period(**more).standing, period(**more).text) == (standing, text)
        assert str(standing.label)


def test_words_follow_the_reader_and_fall_back_to_english() -> None:
    words = Words({"tg": "Зан", "en": "Woman"})
    with override("tg"):
        assert f"{words}" == "Зан"
    assert [words.into("uz"), words.into("tg-tj")] == ["Woman", "Зан"]


def test_an_old_case_shows_the_list_of_its_date() -> None:
    old = Code("a", Words({"en": "Old"}), valid_to=date(2020, 12, 31))
    new = Code("a", Words({"en": "New"}), valid_from=date(2021, 1, 1))
    gone = Code("b", Words({"en": "Gone"}), valid_to=date(2019, 6, 30))
    listed = CodeList("x", Words({"en": "X"}), (old, new, gone))
    assert listed.on(date(2019, 6, 30)) == (old, gone)
    assert listed.on(date(2020, 12, 31)) == (old,)
    assert listed.on(date(2021, 1, 1)) == (new,)
    assert listed.find("a", date(2020, 1, 1)) is old
    assert listed.find("a") is new
    assert listed.find("b", date(2025, 1, 1)) is gone  # never lost, only no longer offered
    assert listed.find("c") is None


def test_six_letters_stand_after_their_sisters() -> None:
    words = [
        "ҷон",
        "чой",
        "ҳаво",
        "хона",
        "ӯ",
        "уток",
        "қалам",
        "калам",
        "ӣ",
        "иқлим",
        "ғор",
        "гов",
    ]
    expected = ["гов", "ғор", "иқлим", "ӣ", "калам", "қалам", "уток", "ӯ", "хона", "ҳаво", "чой"]
    assert sorted(words, key=tajik_key) == [*expected, "ҷон"]
    assert sorted(["яблоко", "Asht", "5 август"], key=tajik_key) == ["5 август", "яблоко", "Asht"]


@given(st.text())
def test_any_text_can_be_sorted(text: str) -> None:
    assert tajik_key(text) == tajik_key(text.casefold())
