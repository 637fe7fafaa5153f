"""Beds at random against a slow oracle that keeps its own account of every moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from panoh.access.models import Dossier
from panoh.kernel.rules import NotPossible
from panoh.shelters import actions as shelters
from panoh.shelters import queries
from panoh.shelters.models import Bed, Hold, House, Stay
from panoh.shelters.rules import Guest
from tests.factories.houses import AT, WOMAN, case_of, house, wanted
from tests.factories.staff import as_user

ROOMS = (("1", 1, ""), ("2", 2, ""), ("3", 2, ""))
BEDS = sum(beds for _name, beds, _sex in ROOMS)
GIRL = Guest("woman", (7, 7))
HOLD = timedelta(minutes=30)


@dataclass
class Held:
    """What the oracle knows of one hold: its beds, from when to when, and whether they came."""

    hold: Hold
    begin: datetime
    end: datetime | None
    size: int
    came: bool = False
    over: bool = False
    left: set[int] = field(default_factory=set)


class Beds(RuleBasedStateMachine):
    """Time goes on; people ask, come, leave, or do not come."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = transaction.atomic()
        self.stack.__enter__()
        self.now = AT
        self.all: list[Held] = []
        self.nights: list[tuple[int, datetime, datetime | None]] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.stack.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        self.house: House = house(*ROOMS)
        with as_user("hadia") as by:
            self.people: list[Dossier] = [case_of(by) for _ in range(5)]

    # -- the oracle

    def taken(self) -> int:
        """How many beds somebody has now, counted one by one."""
        return sum(
            one.size - len(one.left)
            for one in self.all
            if not one.over and (one.came or (one.end is not None and self.now < one.end))
        )

    def beds_taken(self) -> set[int]:
        """The beds that somebody has now, looked up one by one."""
        return {
            one.bed_id
            for one in Stay.objects.all()
            if not one.during.isempty
            and one.during.lower <= self.now
            and (one.during.upper is None or self.now < one.during.upper)
        }

    def of(self, dossier: Dossier) -> list[Held]:
        return [one for one in self.all if one.hold.dossier_id == dossier.pk and not one.over]

    def is_held(self, one: Held) -> bool:
        return not one.came and not one.over and one.end is not None and self.now < one.end

    @contextmanager
    def expect(self, *, possible: bool) -> Iterator[None]:
        """It works, or is refused, as the oracle says."""
        if possible:
            yield
            return
        with pytest.raises(NotPossible):
            yield

    # -- what happens

    @rule(minutes=st.integers(1, 45))
    def time_goes_on(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(who=st.integers(0, 4), size=st.integers(1, 3))
    def ask(self, who: int, size: int) -> None:
        dossier = self.people[who]
        free = BEDS - self.taken() >= size
        double = any(self.is_held(one) for one in self.of(dossier))
        made = None
        with as_user("hadia") as by, self.expect(possible=free and not double):
            made = shelters.hold(
                self.house.pk,
                dossier=dossier,
                people=[WOMAN, *[GIRL] * (size - 1)],
                until=self.now + HOLD,
                by=by,
                at=self.now,
            )
        if made is not None:
            self.all.append(Held(made, self.now, self.now + HOLD, size))

    @rule(pick=st.integers(0, 30))
    def come(self, pick: int) -> None:
        if not self.all:
            return
        one = self.all[pick % len(self.all)]
        lives = any(other.came and other is not one for other in self.of(one.hold.dossier))
        before = one.begin < self.now
        done = False
        with as_user("shirin") as by, self.expect(possible=self.is_held(one) and not lives):
            shelters.admit(one.hold, by=by, at=self.now)
            done = True
        one.came = one.came or done
        assert before or not one.left

    @rule(pick=st.integers(0, 30), part=st.booleans())
    def go(self, pick: int, part: bool) -> None:
        here = [one for one in self.all if one.came and not one.over]
        if not here:
            return
        self.now += timedelta(minutes=1)
        one = here[pick % len(here)]
        who = [one.size] if part else []
        leaving = ({one.size} if part else set(range(1, one.size + 1))) - one.left
        with as_user("shirin") as by, self.expect(possible=bool(leaving)):
            shelters.leave(one.hold, outcome="hospital", who=who, by=by, at=self.now)
        one.left |= leaving
        one.over = len(one.left) == one.size

    @rule(pick=st.integers(0, 30), by_house=st.booleans())
    def let_go(self, pick: int, by_house: bool) -> None:
        if not self.all:
            return
        one = self.all[pick % len(self.all)]
        possible = self.is_held(one)
        done = False
        with as_user("shirin" if by_house else "hadia") as by, self.expect(possible=possible):
            if by_house:
                shelters.refuse(one.hold, reason="no_staff_now", by=by, at=self.now)
            else:
                shelters.release(one.hold, by=by, at=self.now)
            done = True
        one.over = one.over or done

    @rule(pick=st.integers(0, 30), to=st.integers(0, BEDS - 1))
    def change_bed(self, pick: int, to: int) -> None:
        self.now += timedelta(minutes=1)
        with as_user("shirin") as by:
            here = list(Stay.objects.filter(state="in").order_by("admitted_at", "pk"))
            beds = list(Bed.objects.filter(house=self.house).order_by("pk"))
            if not here:
                return
            stay, bed = here[pick % len(here)], beds[to]
            # The own bed is free again at the moment in which it is left.
            free = bed.pk == stay.bed_id or bed.pk not in self.beds_taken()
            with self.expect(possible=free):
                shelters.move(stay, bed=bed, by=by, at=self.now)

    # -- what is always true

    @invariant()
    def beds_are_counted_right(self) -> None:
        if not hasattr(self, "house"):
            return
        with as_user("hadia"):
            offers = queries.free(wanted(), at=self.now)
        free = BEDS - self.taken()
        assert [one.free for one in offers] == ([free] if free else [])

    @invariant()
    def nobody_shares_a_bed(self) -> None:
        if not hasattr(self, "house"):
            return
        with as_user("shirin"):
            rows = list(Stay.objects.values_list("bed_id", "during", "pk"))
        spans: dict[int, list[tuple[datetime, datetime, UUID]]] = {}
        for bed, during, key in rows:
            if during.isempty:
                continue
            end = during.upper or self.now + timedelta(days=9999)
            for begun, ended, _other in spans.get(bed, []):
                assert end <= begun or ended <= during.lower
            spans.setdefault(bed, []).append((during.lower, end, key))


@pytest.mark.django_db
def test_e2_beds_at_random_agree_with_a_slow_oracle() -> None:
    run_state_machine_as_test(
        Beds,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
