"""Which hours nobody stands: by tables, and against a slow oracle."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from panoh.intake.rules import gaps, span_of

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def hours(*pairs: tuple[int, int]) -> list[tuple[datetime, datetime]]:
    return [(DAY + timedelta(hours=a), DAY + timedelta(hours=b)) for a, b in pairs]


def found(covered: list[tuple[int, int]], since: int, until: int) -> list[tuple[int, int]]:
    (span,) = hours((since, until))
    return [
        (int((a - DAY).total_seconds() // 3600), int((b - DAY).total_seconds() // 3600))
        for a, b in gaps(hours(*covered), *span)
    ]


def test_hours_between_shifts_are_empty() -> None:
    assert found([], 0, 24) == [(0, 24)]
    assert found([(0, 24)], 0, 24) == []
    assert found([(8, 16), (0, 8)], 0, 24) == [(16, 24)]
    assert found([(2, 4), (3, 6), (10, 30)], 0, 24) == [(0, 2), (6, 10)]
    assert found([(-5, 3), (30, 40)], 0, 24) == [(3, 24)]


spans = st.lists(
    st.tuples(st.integers(-10, 40), st.integers(1, 12)).map(lambda one: (one[0], one[0] + one[1]))
)


@given(spans, st.integers(0, 20), st.integers(0, 20))
def test_an_hour_is_empty_exactly_when_no_shift_touches_it(
    covered: list[tuple[int, int]], since: int, length: int
) -> None:
    until = since + length
    empty = {hour for a, b in found(covered, since, until) for hour in range(a, b)}
    assert empty == {
        hour for hour in range(since, until) if not any(a <= hour < b for a, b in covered)
    }


def test_a_shift_that_ends_before_it_begins_ends_on_the_next_day() -> None:
    zone = ZoneInfo("Etc/GMT-5")
    day = span_of(date(2026, 3, 2), time(8), time(20), zone)
    night = span_of(date(2026, 3, 2), time(20), time(8), zone)
    assert day == (DAY + timedelta(hours=3), DAY + timedelta(hours=15))
    assert night == (day[1], day[0] + timedelta(days=1))
