"""The clock against a slow count, day by day; summer time, ends of years, leap days."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.policy.rules import (
    Calendar,
    TimeUnit,
    add_months,
    due_after_stop,
    due_at,
    warn_at,
    working_days,
)

# The law of no country: zones with and without summer time, one where the clock goes back at
# midnight, one where a whole day was skipped.
ZONES = [
    ZoneInfo(name)
    for name in (
        *("Asia/Dushanbe", "Europe/Berlin", "America/Santiago", "Asia/Tehran"),
        *("Pacific/Apia", "Africa/Casablanca", "Australia/Lord_Howe"),
    )
]
DAYS = TimeUnit.CALENDAR_DAYS
DAY_UNITS = [TimeUnit.CALENDAR_DAYS, TimeUnit.WORKING_DAYS]
SECOND = timedelta(seconds=1)


def some_calendar(pick: random.Random) -> Calendar:
    weekend = frozenset(pick.sample(range(7), pick.randint(0, 3)))
    first = date(pick.randint(1999, 2032), 1, 1)
    off = frozenset(
        first + timedelta(days=pick.randint(0, 800)) for _ in range(pick.randint(0, 40))
    )
    return Calendar(pick.choice(ZONES), weekend, off)


def slow(
    value: int, unit: TimeUnit, start: date, stops: list[tuple[date, date]], calendar: Calendar
) -> date:
    """Day by day: a day uses up one unit if it counts and no stop lies over it. A stop lies over
    the days after the day it began, up to the day on which the clock ran again. A clock that was
    stopped on its last day has the day on which it runs again, or the next one that counts."""
    day, left = start, value
    while True:
        day += timedelta(days=1)
        runs_again = any(begun < day == ended for begun, ended in stops)
        if any(begun < day < ended for begun, ended in stops) or (runs_again and left):
            continue
        works = day.weekday() not in calendar.weekend and day not in calendar.holidays
        if works or unit is TimeUnit.CALENDAR_DAYS:
            left = max(left - 1, 0)
            if not left and not any(begun == day < ended for begun, ended in stops):
                return day
        elif not left:
            left = 1


def walked(first: date, days: int, calendar: Calendar) -> tuple[list[date], dict[date, int]]:
    """Every day that counts, found day by day; and how many there were up to each day."""
    counted, so_far, day = [], {}, first
    for _ in range(days):
        if day.weekday() not in calendar.weekend and day not in calendar.holidays:
            counted.append(day)
        so_far[day] = len(counted)
        day += timedelta(days=1)
    return counted, so_far


def test_b5_one_hundred_thousand_clocks_equal_the_slow_count() -> None:
    pick, count = random.Random(20260722), 0
    for _ in range(100):
        calendar = some_calendar(pick)
        first = min(calendar.holidays, default=date(2024, 1, 1)).replace(month=1, day=1)
        counted, so_far = walked(first, 2000, calendar)
        begin = datetime.combine(first, time(), UTC) + timedelta(days=1)
        for _ in range(1000):
            start = begin + timedelta(minutes=pick.randint(0, 1_000_000))
            value, day = pick.randint(1, 45), calendar.local_day(start)
            due = due_at(value, TimeUnit.WORKING_DAYS, start, calendar)
            assert calendar.local_day(due) == counted[so_far[day] + value - 1]
            count += 1
    assert count == 100_000


def test_b5_one_hundred_thousand_clocks_with_stops_and_more_time_equal_the_slow_count() -> None:
    pick, count = random.Random(20261123), 0
    for _ in range(200):
        calendar = some_calendar(pick)
        begin = datetime.combine(min(calendar.holidays, default=date(2024, 1, 1)), time(), UTC)
        for _ in range(500):
            unit, value, stops = pick.choice(DAY_UNITS), pick.randint(1, 15), []
            start = begin + timedelta(minutes=pick.randint(-10_000, 1_000_000))
            due = due_at(value, unit, start, calendar)
            if pick.random() < 0.5:
                room = int((due - start).total_seconds())
                stopped = start + timedelta(seconds=pick.randint(0, room))
                again = stopped + timedelta(seconds=pick.randint(0, 900_000))
                due = due_after_stop(due, unit, stopped, again, calendar)
                stops.append((calendar.local_day(stopped), calendar.local_day(again)))
            last = slow(value, unit, calendar.local_day(start), stops, calendar)
            assert calendar.local_day(due) == last
            if pick.random() < 0.5:
                more = pick.randint(1, 5)
                longer = due_at(more, unit, due, calendar)
                assert calendar.local_day(longer) == slow(more, unit, last, [], calendar)
            count += 1
    assert count == 100_000


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    return some_calendar(random.Random(draw(st.integers(0, 10_000))))


moments = st.datetimes(
    datetime(1999, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2033, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
lengths = st.integers(1, 60)


@given(calendars(), moments, lengths)
def test_b5_no_due_date_is_a_holiday_when_working_days_are_counted(
    calendar: Calendar, start: datetime, value: int
) -> None:
    due = due_at(value, TimeUnit.WORKING_DAYS, start, calendar)
    assert calendar.is_working(calendar.local_day(due))


@given(calendars(), moments, lengths, st.sampled_from(TimeUnit), st.integers(0, 5_000_000))
def test_b5_a_later_start_never_ends_earlier(
    calendar: Calendar, start: datetime, value: int, unit: TimeUnit, seconds: int
) -> None:
    later = start + timedelta(seconds=seconds)
    assert due_at(value, unit, start, calendar) <= due_at(value, unit, later, calendar)


@given(calendars(), moments, lengths, st.sampled_from(TimeUnit), st.data())
def test_b5_a_stop_gives_back_exactly_what_it_took(
    calendar: Calendar, start: datetime, value: int, unit: TimeUnit, data: st.DataObject
) -> None:
    due = due_at(value, unit, start, calendar)
    room = int((due - start).total_seconds())
    stopped = start + timedelta(seconds=data.draw(st.integers(0, room)))
    assert due_after_stop(due, unit, stopped, stopped, calendar) == due, "no stop at all"
    resumed = stopped + timedelta(seconds=data.draw(st.integers(0, 9_000_000)))
    moved = due_after_stop(due, unit, stopped, resumed, calendar)
    assert moved >= max(due, resumed)
    later = due_after_stop(due, unit, stopped, resumed + timedelta(hours=30), calendar)
    assert later >= moved
    if unit in {TimeUnit.MINUTES, TimeUnit.HOURS}:
        assert moved - resumed == due - stopped
    if unit is TimeUnit.WORKING_DAYS:
        assert calendar.is_working(calendar.local_day(moved))


@given(calendars(), moments, lengths, st.sampled_from(DAY_UNITS), st.data())
def test_b5_stops_and_more_time_equal_the_slow_count(
    calendar: Calendar, start: datetime, value: int, unit: TimeUnit, data: st.DataObject
) -> None:
    due, stops = due_at(value, unit, start, calendar), []
    now = start
    for _ in range(data.draw(st.integers(0, 3))):
        left = int((due - now).total_seconds())
        stopped = now + timedelta(seconds=data.draw(st.integers(0, left)))
        now = stopped + timedelta(seconds=data.draw(st.integers(0, 3_000_000)))
        due = due_after_stop(due, unit, stopped, now, calendar)
        stops.append((calendar.local_day(stopped), calendar.local_day(now)))
    more = data.draw(st.integers(1, 20))
    expected = slow(value, unit, calendar.local_day(start), stops, calendar)
    assert calendar.local_day(due) == expected
    longer = slow(more, unit, expected, [], calendar)
    assert calendar.local_day(due_at(more, unit, due, calendar)) == longer


@given(calendars(), moments, st.integers(1, 400))
def test_b5_hours_are_real_hours_in_summer_time(
    calendar: Calendar, start: datetime, value: int
) -> None:
    local = start.astimezone(calendar.zone)
    due = due_at(value, TimeUnit.HOURS, local, calendar)
    assert due.astimezone(UTC) - start == timedelta(hours=value)


@pytest.mark.parametrize(
    ("zone", "start", "value", "unit", "last"),
    [
        # the last day ends when the hour has come twice
        (
            "America/Santiago",
            "2026-04-03T12:00Z",
            1,
            TimeUnit.CALENDAR_DAYS,
            "2026-04-05T03:59:59Z",
        ),
        ("Europe/Berlin", "2026-03-28T12:00Z", 1, DAYS, "2026-03-29T21:59:59Z"),
        ("Europe/Berlin", "2026-10-24T12:00Z", 1, DAYS, "2026-10-25T22:59:59Z"),
        # the start is a local day: in the east it is tomorrow already
        ("Asia/Dushanbe", "2026-12-31T20:00Z", 1, DAYS, "2027-01-02T18:59:59Z"),
        ("Asia/Dushanbe", "2026-12-31T18:00Z", 1, DAYS, "2027-01-01T18:59:59Z"),
        # leap days
        ("Asia/Dushanbe", "2028-02-28T06:00Z", 1, DAYS, "2028-02-29T18:59:59Z"),
        ("Asia/Dushanbe", "2027-02-28T06:00Z", 1, DAYS, "2027-03-01T18:59:59Z"),
        ("Asia/Dushanbe", "2028-01-31T06:00Z", 1, TimeUnit.MONTHS, "2028-02-29T18:59:59Z"),
        ("Asia/Dushanbe", "2027-12-31T06:00Z", 2, TimeUnit.MONTHS, "2028-02-29T18:59:59Z"),
    ],
)
def test_b5_summer_time_year_ends_and_leap_days(
    zone: str, start: str, value: int, unit: TimeUnit, last: str
) -> None:
    calendar = Calendar(ZoneInfo(zone), frozenset({5, 6}))
    due = due_at(value, unit, datetime.fromisoformat(start), calendar)
    assert due.astimezone(UTC) == datetime.fromisoformat(last)


def test_b5_day_n_minus_1_warns() -> None:
    calendar = Calendar(
        ZoneInfo("Asia/Dushanbe"), frozenset({5, 6}), frozenset({date(2026, 3, 20)})
    )
    monday = datetime(2026, 3, 23, 18, 59, 59, tzinfo=UTC)
    # Friday is a holiday, so Thursday is the working day before Monday.
    assert warn_at(monday, TimeUnit.WORKING_DAYS, calendar).date() == date(2026, 3, 19)
    assert warn_at(monday, TimeUnit.CALENDAR_DAYS, calendar).date() == date(2026, 3, 22)
    assert warn_at(monday, TimeUnit.HOURS, calendar) == monday - timedelta(hours=1)
    assert warn_at(monday, TimeUnit.MINUTES, calendar) == monday - timedelta(minutes=1)


def test_holidays_between_two_days_leave_out_weekends() -> None:
    off = {date(2026, 3, 21), date(2026, 3, 23), date(2026, 3, 24)}
    calendar = Calendar(ZONES[0], frozenset({5, 6}), frozenset(off))
    found = calendar.days_off(date(2026, 3, 20), date(2026, 3, 23))
    assert found == [date(2026, 3, 23)]
    assert working_days(date(2026, 3, 20), date(2026, 3, 25), calendar) == 1
    assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)
