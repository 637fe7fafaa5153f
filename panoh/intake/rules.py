"""Which hours nobody stands; values in, answer out."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# From one moment up to another, the second left out.
Span = tuple[datetime, datetime]


def gaps(covered: Iterable[Span], since: datetime, until: datetime) -> list[Span]:
    """The spans between ``since`` and ``until`` that no covered span touches, in order.

    Covered spans may overlap and come in any order.
    """
    found, reached = [], since
    for begin, end in sorted(covered):
        if begin > reached:
            found.append((reached, min(begin, until)))
        reached = max(reached, end)
        if reached >= until:
            return [span for span in found if span[0] < span[1]]
    found.append((reached, until))
    return [span for span in found if span[0] < span[1]]


def span_of(day: date, begin: time, end: time, zone: ZoneInfo) -> Span:
    """A shift as people write it: its day and two times of the clock. One that ends no later than
    it begins ends on the next day."""
    last = day if end > begin else day + timedelta(days=1)
    return datetime.combine(day, begin, zone), datetime.combine(last, end, zone)
