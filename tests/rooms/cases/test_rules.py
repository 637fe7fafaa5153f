"""Age first, urgency and sensitivity, act–means–purpose."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.cases import rules
from panoh.cases.rules import LIFECYCLE, Branch, Delicate, Element, Reason, State
from panoh.kernel.rules import NotPossible

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("year", "branch"),
    [(2009, "child"), (2008, "unknown"), (2007, "adult"), (1950, "adult"), (2026, "child")],
)
def test_in_the_year_that_decides_the_age_is_unknown(year: int, branch: str) -> None:
    assert rules.branch_of_year(year, TODAY, 18) == branch


@given(st.integers(1900, 2026), st.dates(date(2026, 1, 1), date(2040, 12, 31)))
def test_nobody_is_called_adult_who_may_be_a_child(year: int, day: date) -> None:
    if rules.branch_of_year(year, day, 18) is Branch.ADULT:
        last_birthday = date(year + 18, 12, 31)
        assert last_birthday <= day or year + 18 < day.year


def test_nothing_is_sent_for_a_child_or_an_unknown_age() -> None:
    assert [rules.may_send(branch) for branch in Branch] == [True, False, False]
    assert not rules.may_send("")


def test_the_lifecycle_is_a_table() -> None:
    assert LIFECYCLE.after("close", State.OPEN) == State.CLOSED
    assert LIFECYCLE.after("reopen", State.CLOSED) == State.OPEN
    with pytest.raises(NotPossible):
        LIFECYCLE.after("close", State.CLOSED)


def test_the_most_urgent_reason_decides_unless_a_person_does() -> None:
    reasons = [Reason("danger_now", "x", 2), Reason("triage_signs", "y", 1)]
    assert rules.urgency_of(reasons, None, 4) == 1
    assert rules.urgency_of(reasons, 3, 4) == 3
    assert rules.urgency_of([], None, 4) == 4


def test_first_steps_stand_in_the_order_of_the_pack_each_once() -> None:
    reasons = [
        Reason("a", "x", 1, "safe_place"),
        Reason("a", "y", 1, "doctor_now"),
        Reason("a", "z", 1, "safe_place"),
        Reason("a", "w", 1),
    ]
    order = ["doctor_now", "safety_steps", "safe_place"]
    assert rules.first_steps(reasons, order) == ["doctor_now", "safe_place"]


@pytest.mark.parametrize(
    ("sealed", "branch", "safe", "chosen", "found"),
    [
        (True, "child", "no", None, (1, Delicate.SEALED)),
        (True, "adult", "yes", 3, (3, Delicate.CHOSEN)),
        (False, "child", "yes", None, (2, Delicate.CHILD)),
        (False, "unknown", "yes", None, (2, Delicate.AGE_UNKNOWN)),
        (False, "adult", "no", None, (2, Delicate.NOT_SAFE_TO_TALK)),
        (False, "adult", "not_yet_known", None, (3, None)),
    ],
)
def test_sensitivity_says_why(
    sealed: bool, branch: str, safe: str, chosen: int | None, found: tuple[int, Delicate | None]
) -> None:
    assert (
        rules.sensitivity_of(
            sealed=sealed, branch=branch, safe_to_talk=safe, chosen=chosen, ranks=[1, 2, 3]
        )
        == found
    )


def test_a11_three_elements_add_up() -> None:
    whole = rules.elements(["transfer"], ["deceit"], ["forced_labour"], under_18=False)
    assert whole.complete
    assert rules.elements([], ["not_yet_known"], ["", "x"], under_18=False).missing == [
        Element.ACT,
        Element.MEANS,
    ]


def test_a11_under_18_it_is_complete_with_no_means() -> None:
    assert rules.elements(["receipt"], [], ["servitude"], under_18=True).complete
    assert not rules.elements(["receipt"], [], ["servitude"], under_18=False).complete
    assert rules.elements(["receipt"], [], [], under_18=True).missing == [Element.PURPOSE]


codes = st.lists(st.sampled_from(["a", "b", "not_yet_known", ""]), max_size=3)


@given(codes, codes, codes, st.booleans())
def test_agreement_never_counts(
    acts: list[str], means: list[str], purposes: list[str], under_18: bool
) -> None:
    """Art. 3(b): irrelevant where a means was used; where none is known it proves nothing."""
    assert not rules.elements(acts, means, purposes, under_18=under_18).agreement_counts


def test_events_and_states_have_words() -> None:
    assert rules.event_label("case.opened") == "First contact"
    assert rules.event_label("stay.ended") == "A step"
    assert [str(state.label) for state in State] == ["Open", "Closed"]
    assert all(str(one.label) for one in (*Element, *Delicate))


@pytest.mark.parametrize(
    ("adult_on", "year", "branch"),
    [
        (TODAY, None, "adult"),
        (date(2026, 11, 23), None, "child"),
        (date(2026, 11, 23), 1990, "child"),  # the day counts, not the year
        (None, 2007, "adult"),
        (None, 2008, "unknown"),
        (None, 2009, "child"),
        (None, None, "child"),
    ],
)
def test_c13_a_child_comes_of_age_on_the_day_or_in_a_year_that_is_not_sure(
    adult_on: date | None, year: int | None, branch: str
) -> None:
    assert rules.age_of(adult_on, year, 18).branch(TODAY) == branch


def test_c13_who_was_born_on_the_last_of_february_comes_of_age_the_day_after() -> None:
    assert rules.comes_of_age(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert rules.comes_of_age(date(2008, 2, 28), 18) == date(2026, 2, 28)
