"""Whom a house admits, where holds and stays may go, when alarms begin."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.kernel.rules import NotPossible
from panoh.shelters.rules import (
    HOLD,
    STAY,
    Admission,
    Criteria,
    Guest,
    HoldState,
    WhyNot,
    admits,
    alarms_due,
)

WOMEN = Admission(
    frozenset({"woman"}),
    min_age=18,
    boys_until=12,
    families=True,
    situations=frozenset({"domestic_violence"}),
    care=frozenset({"wheelchair"}),
    languages=frozenset({"tg"}),
)
WOMAN = Guest("woman", (30, 30))


def why(house: Admission, *guests: Guest, **more: object) -> list[WhyNot]:
    return admits(house, Criteria(guests, **more), child_until=18, boy="man")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("guests", "more", "reasons"),
    [
        ((WOMAN,), {}, []),
        ((Guest("man", (30, 30)),), {}, [WhyNot.SEX]),
        ((Guest("woman", (17, 17)),), {}, [WhyNot.AGE]),
        # Of an age that may be either, the worse counts.
        ((Guest("woman", (14, 20)),), {}, [WhyNot.AGE]),
        ((Guest("woman"),), {}, []),
        ((WOMAN, Guest("man", (12, 12))), {}, []),
        ((WOMAN, Guest("man", (13, 13))), {}, [WhyNot.BOY]),
        ((WOMAN, Guest("man", (9, 13))), {}, [WhyNot.BOY]),
        ((WOMAN, Guest("woman", (13, 13))), {}, []),
        # A grown-up son is no child.
        ((WOMAN, Guest("man", (19, 19))), {}, [WhyNot.SEX]),
        ((WOMAN,), {"situation": "trafficking"}, [WhyNot.SITUATION]),
        ((WOMAN,), {"care": frozenset({"infant"})}, [WhyNot.CARE]),
        ((WOMAN,), {"care": frozenset({"wheelchair"})}, []),
        ((WOMAN,), {"language": "uz"}, [WhyNot.LANGUAGE]),
    ],
)
def test_e3_a_house_admits_by_its_own_criteria(
    guests: tuple[Guest, ...], more: dict[str, object], reasons: list[WhyNot]
) -> None:
    assert why(WOMEN, *guests, **more) == reasons


def test_e3_a_house_without_families_takes_nobody_along() -> None:
    alone = Admission(frozenset({"woman", "man"}))
    assert why(alone, WOMAN, Guest("woman", (3, 3))) == [WhyNot.FAMILY]
    father = Guest("man", (40, 40))
    fathers = Admission(frozenset({"man"}), families=True)
    assert why(fathers, father, Guest("woman", (8, 8)), Guest("man", (15, 15))) == []


@given(age=st.integers(0, 120), boys=st.integers(0, 30) | st.none())
def test_a_boy_comes_in_up_to_the_age_of_the_house_and_never_by_another_rule(
    age: int, boys: int | None
) -> None:
    house = Admission(frozenset({"woman"}), families=True, boys_until=boys)
    found = why(house, WOMAN, Guest("man", (age, age)))
    if age >= 18:
        assert found == [WhyNot.SEX]
    else:
        assert found == ([WhyNot.BOY] if boys is not None and age > boys else [])


def test_what_is_over_stays_over() -> None:
    for state in (HoldState.REFUSED, HoldState.RELEASED, HoldState.LAPSED, HoldState.ENDED):
        assert HOLD.verbs(state) == []
    assert STAY.verbs("held") == ["admit", "free"]
    with pytest.raises(NotPossible):
        HOLD.after("admit", HoldState.ADMITTED)


def test_alarms_are_counted_from_their_days() -> None:
    days = [date(2026, 1, 31), date(2026, 7, 31), date(2026, 10, 31)]
    assert [alarms_due(days, day) for day in (date(2026, 1, 30), *days, date(2027, 5, 1))] == [
        *(0, 1, 2, 3, 3)
    ]
