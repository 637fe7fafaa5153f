"""When a yes may be saved, and what it covers."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.consent import rules
from panoh.consent.rules import Answer, Question
from panoh.kernel.rules import CASE_CATEGORIES, Category, Invalid, NoConsent

TODAY = date(2026, 3, 2)
SETS = st.integers(0, int(CASE_CATEGORIES)).map(Category)
GOOD = Question(
    purpose="service",
    answer=Answer.YES,
    categories=rules.DEFAULT,
    until=TODAY,
    present=["nobody"],
    blocking=[],
    language="tg",
    read_in="tg",
    script_read=True,
    interpreter="not_needed",
    told_limits=True,
    names_receiver=True,
    receiver_is_authority=False,
    asked_apart=False,
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"answer": Answer.NO, "until": None, "categories": rules.NOTHING},
        {"answer": Answer.LATER, "until": None, "blocking": ["husband"], "present": ["husband"]},
        {"answer": Answer.NO, "blocking": ["officer"], "present": ["officer"]},
        {"purpose": "be_called", "blocking": ["husband"], "present": ["husband"]},
        {"read_in": "ru", "interpreter": "chosen_by_person", "present": ["interpreter"]},
        {"categories": Category.LEGAL},
        {"receiver_is_authority": True, "asked_apart": True},
        {"names_receiver": False, "categories": rules.NOTHING, "purpose": "be_found"},
    ],
)
def test_what_may_be_saved(changes: dict[str, object]) -> None:
    rules.check(replace(GOOD, **changes), today=TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"script_read": False},
        {"read_in": "ru"},
        {"read_in": "ru", "interpreter": "needed_not_found"},
        {"blocking": ["husband"], "present": ["husband"]},
        {"blocking": ["employer"], "present": ["employer"], "purpose": "police"},
    ],
)
def test_h18_no_consent(changes: dict[str, object]) -> None:
    with pytest.raises(NoConsent):
        rules.check(replace(GOOD, **changes), today=TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"told_limits": False}, "told_limits"),
        ({"present": []}, "present"),
        ({"present": ["nobody", "supporter"]}, "present"),
        ({"until": None}, "until"),
        ({"until": date(2026, 3, 1)}, "until"),
        ({"categories": rules.NOTHING}, "categories"),
        ({"categories": Category.LEGAL | Category.CORE}, "categories"),
        ({"receiver_is_authority": True}, "purpose"),
    ],
)
def test_a_fault_names_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        rules.check(replace(GOOD, **changes), today=TODAY)  # type: ignore[arg-type]
    assert raised.value.field == field


def test_a_refusal_before_the_script_is_not_saved_either() -> None:
    with pytest.raises(NoConsent):
        rules.check(replace(GOOD, answer=Answer.NO, script_read=False), today=TODAY)


def test_a_child_is_never_asked_the_question_of_an_adult() -> None:
    with pytest.raises(NoConsent):
        rules.check_branch("child")
    rules.check_branch("adult")
    rules.check_branch("unknown")


def test_a_recorder_keeps_to_what_its_unit_may_record() -> None:
    rules.check_recorder("be_called", ["be_called"])
    with pytest.raises(Invalid):
        rules.check_recorder("service", ["be_called"])


@given(SETS, st.lists(SETS, max_size=4))
def test_what_is_missing_is_what_nobody_covers(wanted: Category, covered: list[Category]) -> None:
    left = rules.missing(wanted, [int(one) for one in covered])
    together = Category(0)
    for one in covered:
        together |= one
    assert left == wanted & ~together
    assert left | (wanted & together) == wanted


def test_every_standing_of_a_decision_has_its_word() -> None:
    assert len({str(one.label) for one in rules.Standing}) == len(rules.Standing)
