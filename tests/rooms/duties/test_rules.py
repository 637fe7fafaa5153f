"""Who is rung, what stands first and how a deadline is said."""

import ast
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.duties import rules
from panoh.duties.rules import Person, Rung
from panoh.policy.rules import Calendar, Standing, TimeUnit, due_at
from tests.house.tree import dotted, parse, sources

ZONE = ZoneInfo("Asia/Dushanbe")
CALENDAR = Calendar(ZONE, frozenset({5, 6}), frozenset({date(2026, 3, 23)}))
FRIDAY = datetime(2026, 3, 20, 5, 0, tzinfo=UTC)
STEPS = [("duty_officer", "a"), ("deputy", "b"), ("supervisor", "c")]


def person(number: int, *steps: str) -> Person:
    return Person(number, frozenset(steps))


def test_people_are_rung_in_the_order_of_the_steps_each_once() -> None:
    people = [
        person(1, "supervisor"),
        person(2, "deputy"),
        person(3, "duty_officer", "supervisor"),
        person(4),
    ]
    assert rules.ladder(people, STEPS, 9) == [Rung(3, "a"), Rung(2, "b"), Rung(1, "c")]
    assert rules.ladder(people, STEPS, 2) == [Rung(3, "a"), Rung(2, "b")]
    assert rules.ladder([person(4)], STEPS, 9) == []


def test_an_alert_goes_on_and_what_is_late_goes_to_the_last_step() -> None:
    rungs = [Rung(3, "a"), Rung(2, "b"), Rung(1, "c")]
    assert rules.next_rung(rungs, 1, 3, ringing=True) == Rung(2, "b")
    assert rules.next_rung(rungs, 3, 1, ringing=True) is None
    assert rules.next_rung(rungs, 0, None, ringing=False) == Rung(1, "c")
    assert rules.next_rung(rungs, 1, 1, ringing=False) is None
    assert rules.next_rung([], 0, None, ringing=False) is None


@pytest.mark.parametrize(
    ("due", "unit", "said"),
    [
        (timedelta(minutes=15), TimeUnit.MINUTES, "15 minutes left"),
        (timedelta(minutes=59), TimeUnit.HOURS, "59 minutes left"),
        (timedelta(minutes=119), TimeUnit.HOURS, "1 hour left"),
        (timedelta(hours=-2), TimeUnit.HOURS, "2 hours late"),
        (timedelta(hours=72), TimeUnit.HOURS, "3 days left"),
        (timedelta(days=5), TimeUnit.WORKING_DAYS, "2 working days left"),
        (timedelta(days=-1), TimeUnit.WORKING_DAYS, "1 working day late"),
        (timedelta(days=10), TimeUnit.MONTHS, "10 days left"),
        (timedelta(days=-1), TimeUnit.CALENDAR_DAYS, "1 day late"),
        (timedelta(hours=1), TimeUnit.CALENDAR_DAYS, "today"),
        (timedelta(hours=-1), TimeUnit.WORKING_DAYS, "late since today"),
    ],
)
def test_a_deadline_is_said_in_words(due: timedelta, unit: TimeUnit, said: str) -> None:
    left = rules.time_left(FRIDAY + due, FRIDAY, unit, CALENDAR)
    assert rules.left_in_words(left) == said


@given(st.integers(0, 60), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_days_left_are_the_days_given(count: int, later: timedelta) -> None:
    """On the day on which a clock starts, all its days are left; nothing is rounded up."""
    at = FRIDAY + later
    for unit in (TimeUnit.WORKING_DAYS, TimeUnit.CALENDAR_DAYS):
        due = due_at(count, unit, at, CALENDAR)
        left = rules.time_left(due, at, unit, CALENDAR)
        assert (left.value, left.late) == (count, False)


def test_the_source_of_the_clock_is_said() -> None:
    def deadline(standing: Standing, article: str = "") -> rules.Deadline:
        return rules.Deadline("3 hours left", article, standing, late=False, due_at=FRIDAY)

    assert deadline(Standing.TARGET).text == "3 hours left, service target, not law"
    assert "article 5" in deadline(Standing.VERIFIED, "article 5").text
    unset = rules.Deadline("", "", Standing.UNSET, late=False, due_at=None)
    assert unset.text == "the day is not set"
    assert deadline(Standing.UNSET).text == "3 hours left"
    stopped = rules.Deadline("", "", Standing.TARGET, late=False, due_at=FRIDAY, stopped=True)
    assert stopped.text == "the clock stands still"


def test_the_order_explains_itself() -> None:
    said = rules.why_here(
        late=True, urgency="Immediately", sensitivity="Sensitive", alert=True, rung=True
    )
    assert said == "late · nobody has taken the alert yet · Immediately · Sensitive"
    assert rules.why_here(late=False, urgency="", sensitivity="", alert=False, rung=False) == ""


def test_every_kind_that_is_opened_has_words() -> None:
    """A kind without words would be shown as "something to see to"."""
    opened = {
        str(call.args[0].value)
        for path in sources("panoh")
        for call in ast.walk(parse(path))
        if isinstance(call, ast.Call)
        and dotted(call.func) in {"duties.open", "duties.open_once"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert opened
    assert opened - rules.KINDS.keys() == set()
    assert rules.kind("long.forgotten") is rules.UNNAMED
