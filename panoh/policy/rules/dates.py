"""Days and deadlines. A day is the pack's local day, never the UTC date."""

import calendar as months
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
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
        """The last second of a local day."""
        return datetime.combine(day, time(23, 59, 59), self.zone)


def due_at(value: int, unit: TimeUnit, start_at: datetime, calendar: Calendar) -> datetime:
    """The last moment at which the thing is still in time.

    Minutes and hours run on from `start_at`. Days and months do not count the day of the event
    and end with the last second of the local day; working days leave out weekends and holidays.
    """
    first = calendar.local_day(start_at)
    match unit:
        case TimeUnit.MINUTES:
            return start_at + timedelta(minutes=value)
        case TimeUnit.HOURS:
            return start_at + timedelta(hours=value)
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
