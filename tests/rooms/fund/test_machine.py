"""The ledger against a slow oracle: every movement is replayed day by day, each time."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from panoh.access.models import Dossier
from panoh.fund import actions as fund
from panoh.fund import queries
from panoh.fund.models import Entry, Line, Request
from panoh.kernel.rules import Problem
from panoh.policy import queries as policy
from tests.factories import fund as made
from tests.factories.fund import FIRST, KEEPER, NIGHT, SECOND
from tests.factories.staff import as_user

DAY = policy.local_day(NIGHT)
CEILING = policy.number("fast_lane_ceiling")
Account = tuple[int, str]
STAGES = ("given", "free", "promised", "spent")
PEOPLE = st.sampled_from((KEEPER, FIRST, SECOND))
# The last days of a month that can be closed, and the first ones of the next.
DAYS = st.integers(0, 9).map(lambda back: DAY - timedelta(back))


@dataclass
class Asked:
    """A request as the oracle knows it."""

    row: Request
    line: int
    urgent: bool
    state: str = "asked"
    signed: list[str] = field(default_factory=list)


class Oracle:
    """All movements in a list; every question reads all of it."""

    def __init__(self) -> None:
        self.moved: list[tuple[date, Account, int]] = []
        self.closed = date.min

    def standing(self, account: Account, on: date) -> int:
        return sum(amount for day, one, amount in self.moved if one == account and day <= on)

    def move(self, day: date, line: int, source: str, target: str, amount: int) -> bool:
        """Do it, unless the day is closed or an account of money would be below nought once."""
        return self.move_all(day, [(line, source, -amount), (line, target, amount)])

    def move_all(self, day: date, parts: list[tuple[int, str, int]]) -> bool:
        before = list(self.moved)
        self.moved += [(day, (line, stage), amount) for line, stage, amount in parts]
        days = {one for one, _account, _amount in self.moved}
        bad = day <= self.closed or any(
            self.standing((line, stage), on) < 0
            for line, stage, _amount in parts
            if stage != "given"
            for on in days
        )
        if bad:
            self.moved = before
        return not bad


class Books(RuleBasedStateMachine):
    """Money in, out and back, by anybody, on any of ten days."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = transaction.atomic()
        self.scope.__enter__()
        self.oracle = Oracle()
        self.lines: list[Line] = [
            made.line(0, name=name, purpose=purpose)
            for name, purpose in (("one", "travel"), ("two", "travel"), ("food", "living"))
        ]
        self.about: Dossier = made.person()
        self.asked: list[Asked] = []
        self.came: list[tuple[Entry, int, int, bool]] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.scope.__exit__(None, None, None)

    def tried(self, by: str, do: Callable[[Any], Any]) -> Any:
        """What the verb gave, or ``None`` where it was refused."""
        try:
            with as_user(by) as account:
                return do(account)
        except Problem:
            return None

    @rule(line=st.integers(0, 2), amount=st.integers(-1, 60_000), day=DAYS)
    def bring(self, line: int, amount: int, day: date) -> None:
        entry = self.tried(
            KEEPER,
            lambda by: fund.appropriate(self.lines[line], amount=amount, day=day, by=by, at=NIGHT),
        )
        expected = amount > 0 and self.oracle.move(day, line, "given", "free", amount)
        assert (entry is not None) == expected
        if entry:
            self.came.append((entry, line, amount, False))

    @rule(number=st.integers(0, 9))
    def reverse(self, number: int) -> None:
        if not self.came:
            return
        at = number % len(self.came)
        entry, line, amount, is_back = self.came[at]
        done = self.tried(KEEPER, lambda by: fund.reverse(entry, by=by, at=NIGHT))
        expected = not is_back and self.oracle.move(DAY, line, "free", "given", amount)
        assert (done is not None) == expected
        self.came[at] = (entry, line, amount, is_back or expected)

    @rule(amount=st.integers(1, 60_000), urgent=st.booleans(), line=st.integers(0, 1))
    def ask(self, amount: int, urgent: bool, line: int) -> None:
        given: dict[str, Any] = {"kind": "taxi", "book": self.lines[0].book}
        row = self.tried(
            made.ASKER,
            lambda by: fund.ask(self.about, amount=amount, urgent=urgent, by=by, at=NIGHT, **given),
        )
        assert (row is not None) == (not urgent or amount <= CEILING)
        if row:
            self.asked.append(Asked(row, line, urgent))

    @rule(number=st.integers(0, 9), by=PEOPLE, off=st.booleans())
    def sign(self, number: int, by: str, off: bool) -> None:
        if not self.asked:
            return
        one = self.asked[number % len(self.asked)]
        line = 2 if off else one.line
        parts = [(self.lines[line], one.row.amount)]
        done = self.tried(by, lambda who: fund.approve(one.row, parts=parts, by=who, at=NIGHT))
        assert (done is not None) == self.signed(one, by, line)

    def signed(self, one: Asked, by: str, line: int) -> bool:
        amount = one.row.amount
        if by in one.signed or one.state not in {"asked", "promised", "paid"}:
            return False
        if one.state == "asked":
            if line == 2 or not self.oracle.move(DAY, line, "free", "promised", amount):
                return False
            one.state = "promised"
        elif len(one.signed) > 1:
            return False
        elif one.state == "promised":
            one.state = "approved"
        one.signed.append(by)
        return True

    @rule(number=st.integers(0, 9), by=PEOPLE)
    def pay(self, number: int, by: str) -> None:
        if not self.asked:
            return
        one = self.asked[number % len(self.asked)]
        done = self.tried(by, lambda who: fund.pay(one.row, by=who, at=NIGHT))
        again = one.state == "paid"
        fast = one.urgent and one.state == "promised"
        expected = again or (
            (one.state == "approved" or fast)
            and self.oracle.move(DAY, one.line, "promised", "spent", one.row.amount)
        )
        assert (done is not None) == expected
        one.state = "paid" if expected else one.state

    @rule(number=st.integers(0, 9), by=PEOPLE)
    def refuse(self, number: int, by: str) -> None:
        if not self.asked:
            return
        one = self.asked[number % len(self.asked)]
        done = self.tried(by, lambda who: fund.refuse(one.row, reason="no_money", by=who, at=NIGHT))
        expected = one.state == "asked" or (
            one.state in {"promised", "approved"}
            and self.oracle.move(DAY, one.line, "promised", "free", one.row.amount)
        )
        assert (done is not None) == expected
        one.state = "refused" if expected else one.state

    @rule(number=st.integers(0, 9))
    def take_back(self, number: int) -> None:
        if not self.asked:
            return
        one, amount = self.asked[number % len(self.asked)], 0
        done = self.tried(
            KEEPER, lambda who: fund.take_back(one.row, reason="not_used", by=who, at=NIGHT)
        )
        amount = one.row.amount
        expected = one.state == "paid" and self.oracle.move_all(
            DAY, [(one.line, "spent", -amount), (one.line, "free", amount)]
        )
        assert (done is not None) == expected
        one.state = "returned" if expected else one.state

    @rule()
    def close(self) -> None:
        last = DAY.replace(day=1) - timedelta(days=1)
        book = self.lines[0].book
        done = self.tried(KEEPER, lambda by: fund.close_month(book, month=last, by=by, at=NIGHT))
        assert (done is not None) == (self.oracle.closed < last)
        self.oracle.closed = last

    @invariant()
    def the_books_say_what_the_oracle_says(self) -> None:
        with as_user(KEEPER):
            for on in (DAY - timedelta(9), DAY - timedelta(5), DAY):
                found: dict[Account, int] = defaultdict(int)
                keys = [line.pk for line in self.lines]
                for one in queries.standings(self.lines[0].book, on):
                    for stage, amount in one.amounts.items():
                        found[keys.index(one.line.pk), stage] = amount
                for account in ((line, stage) for line in range(3) for stage in STAGES):
                    assert found[account] == self.oracle.standing(account, on), (account, on)
                assert sum(found.values()) == 0
            now = {one.line.pk: one.amounts for one in queries.standings(self.lines[0].book)}
            assert all(amounts["free"] >= 0 for amounts in now.values())


@pytest.mark.django_db
def test_the_ledger_does_what_a_slow_oracle_does() -> None:
    with translation.override("en"):
        run_state_machine_as_test(
            Books,
            settings=settings(
                max_examples=8,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
