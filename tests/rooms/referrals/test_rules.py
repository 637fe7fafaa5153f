"""The lifecycle as a lawyer reads it (RF-1), and the least that is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.kernel.rules import CASE_CATEGORIES, Category, Invalid, NotPossible
from panoh.referrals import rules
from panoh.referrals.rules import ALWAYS, DEFAULT_PACKET, LIFECYCLE, State, packet

TABLE = {
    ("send", State.DRAFT): State.SENT,
    ("ask_info", State.SENT): State.INFO_ASKED,
    ("answer_info", State.INFO_ASKED): State.SENT,
    ("accept", State.SENT): State.ACCEPTED,
    ("accept", State.INFO_ASKED): State.ACCEPTED,
    ("decline", State.SENT): State.DECLINED,
    ("decline", State.INFO_ASKED): State.DECLINED,
    ("deny", State.ACCEPTED): State.DECLINED,
    ("propose_other", State.SENT): State.OTHER_PROPOSED,
    ("propose_other", State.INFO_ASKED): State.OTHER_PROPOSED,
    ("confirm", State.ACCEPTED): State.ACCEPTED,
    ("complete", State.ACCEPTED): State.COMPLETED,
    ("hand_over", State.ACCEPTED): State.HANDED_OVER,
    ("withdraw", State.DRAFT): State.WITHDRAWN,
    ("withdraw", State.SENT): State.WITHDRAWN,
    ("withdraw", State.INFO_ASKED): State.WITHDRAWN,
    ("withdraw", State.ACCEPTED): State.WITHDRAWN,
    ("lapse", State.SENT): State.LAPSED,
    ("lapse", State.INFO_ASKED): State.LAPSED,
    ("lapse", State.ACCEPTED): State.LAPSED,
}
VERBS = sorted({step.verb for step in LIFECYCLE.steps})


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("verb", VERBS)
def test_rf1_every_verb_in_every_state(verb: str, state: State) -> None:
    if expected := TABLE.get((verb, state)):
        assert LIFECYCLE.after(verb, state) == expected
    else:
        with pytest.raises(NotPossible):
            LIFECYCLE.after(verb, state)


def test_every_state_has_words_and_is_reached() -> None:
    assert set(LIFECYCLE.states) == {state.value for state in State}
    assert all(str(state.label) for state in State)


@given(st.integers(0, 1023).map(Category))
def test_a_packet_always_holds_the_minimum_and_never_more_than_a_case(chosen: Category) -> None:
    found = packet(chosen)
    assert found & ALWAYS == ALWAYS
    assert not found & ~CASE_CATEGORIES
    assert found & ~ALWAYS == chosen & CASE_CATEGORIES & ~ALWAYS


def test_a19_the_default_packet_has_no_papers_and_no_status() -> None:
    assert not DEFAULT_PACKET & (Category.LEGAL | Category.STORY | Category.IDENTITY)


@pytest.mark.parametrize("codes", [[], ["nonsense"], ["call_me", "nonsense"], ["free text"]])
def test_only_codes_are_taken(codes: list[str]) -> None:
    with pytest.raises(Invalid):
        rules.check_codes(codes, ["call_me"], "asked")
    rules.check_codes(["call_me"], ["call_me"], "asked")


def test_every_line_of_the_minimum_has_words() -> None:
    assert rules.LINES.keys() == rules.MINIMUM.keys()
