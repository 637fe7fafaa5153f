"""Days and deadlines. A day is the pack's local day, never the UTC date."""

import calendar as months
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class TimeUnit(StrEnum):
    """In what a period is counted."""

    MINUTES = "minutes"
    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where and when people work: zone, weekend (Monday is 0) and public holidays."""

    zone: ZoneInfo
    weekend: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()

    def local_day(self, at: datetime) -> date:
        """The local date of a moment."""
        return at.astimezone(self.zone).date()

    def is_working(self, day: date) -> bool:
        """Neither weekend nor public holiday."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def end_of(self, day: date) -> datetime:
        """The last second of a local day, the second one where the hour comes twice."""
        return datetime.combine(day, time(23, 59, 59, fold=1), self.zone)

    def days_off(self, after: date, until: date) -> list[date]:
        """Public holidays after one day, up to another, that fall on no weekend."""
        return sorted(
            day
            for day in self.holidays
            if after < day <= until and day.weekday() not in self.weekend
        )


def due_at(value: int, unit: TimeUnit, start_at: datetime, calendar: Calendar) -> datetime:
    """The last moment at which the thing is still in time.

    Minutes and hours run on from `start_at`. Days and months do not count the day of the event
    and end with the last second of the local day; working days leave out weekends and holidays.
    """
    first = calendar.local_day(start_at)
    match unit:
        case TimeUnit.MINUTES:
            return start_at.astimezone(UTC) + timedelta(minutes=value)
        case TimeUnit.HOURS:
            return start_at.astimezone(UTC) + timedelta(hours=value)
        case TimeUnit.CALENDAR_DAYS:
            return calendar.end_of(first + timedelta(days=value))
        case TimeUnit.WORKING_DAYS:
            return calendar.end_of(add_working_days(first, value, calendar))
        case _:  # months
            return calendar.end_of(add_months(first, value))


def add_working_days(day: date, count: int, calendar: Calendar) -> date:
    """The `count`-th working day after `day`."""
    while count > 0:
        day += timedelta(days=1)
        count -= calendar.is_working(day)
    return day


def add_months(day: date, count: int) -> date:
    """The same day `count` months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def working_days(after: date, until: date, calendar: Calendar) -> int:
    """How many working days lie after one day, up to another."""
    days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
    return sum(map(calendar.is_working, days))


def due_after_stop(
    due: datetime, unit: TimeUnit, stopped_at: datetime, resumed_at: datetime, calendar: Calendar
) -> datetime:
    """The new last moment of a clock that stood still.

    What was left when it stopped is left when it runs again: hours to the second; days and months
    by local days, the day of the stop used up and the day of the new start not counted.
    """
    if unit in {TimeUnit.MINUTES, TimeUnit.HOURS}:
        return due.astimezone(UTC) + (resumed_at - stopped_at)
    last, stopped, resumed = map(calendar.local_day, (due, stopped_at, resumed_at))
    if unit is TimeUnit.WORKING_DAYS:
        left = working_days(stopped, last, calendar)
        # Stopped on its last day: that day is left, and no weekend takes it.
        after = resumed if left else resumed - timedelta(days=1)
        return calendar.end_of(add_working_days(after, left or 1, calendar))
    return calendar.end_of(last + (resumed - stopped))


def warn_at(due: datetime, unit: TimeUnit, calendar: Calendar) -> datetime:
    """When to warn: one minute or hour before, or the day before begins, a working day where
    working days are counted."""
    if unit is TimeUnit.MINUTES:
        return due - timedelta(minutes=1)
    if unit is TimeUnit.HOURS:
        return due - timedelta(hours=1)
    day = calendar.local_day(due) - timedelta(days=1)
    while unit is TimeUnit.WORKING_DAYS and not calendar.is_working(day):
        day -= timedelta(days=1)
    return datetime.combine(day, time(), calendar.zone)
