"""From signs to advice: the dimension rule, the ladder, what is switched off."""

import ast
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.cases import rules
from panoh.cases.rules import Branch, Dimension, Outcome, Sign, SignState
from panoh.kernel.rules import Invalid
from panoh.policy import queries as policy
from tests.house.tree import PANOH, dotted, parse, sources

D1, D2, D3 = (
    "deceptive_recruitment",
    "coercive_recruitment",
    "recruitment_by_abuse_of_vulnerability",
)
D4, D5, D6 = (
    "exploitation",
    "coercion_at_destination",
    "abuse_of_vulnerability_at_destination",
)


def sign(name: str, state: str = "present", **more: object) -> Sign:
    return Sign(name, SignState(state), **more)  # type: ignore[arg-type]


def positive(*dimensions: str) -> list[Sign]:
    """Two strong signs in each of these dimensions."""
    return [
        sign(f"{one}_{at}", dimension=one, adult="strong", child="strong")
        for one in dimensions
        for at in (1, 2)
    ]


# -- the dimension rule: the test cases that come with the second-hand table --------------------


@pytest.mark.parametrize(
    ("strong", "medium", "weak", "expected"),
    [
        (0, 0, 0, False),
        (1, 0, 0, False),
        (1, 0, 1, True),
        (1, 1, 0, True),
        (2, 0, 0, True),
        (0, 2, 0, False),
        (0, 2, 1, True),
        (0, 3, 0, True),
        (0, 1, 5, False),
        (0, 0, 7, False),
    ],
)
def test_a_dimension_is_positive(strong: int, medium: int, weak: int, expected: bool) -> None:
    assert Dimension("x", strong, medium, weak).positive is expected


@given(st.tuples(*[st.integers(0, 6)] * 3), st.integers(0, 2))
def test_one_more_sign_never_makes_a_dimension_negative(
    counts: tuple[int, int, int], which: int
) -> None:
    more = list(counts)
    more[which] += 1
    assert Dimension("x", *counts).positive <= Dimension("x", *more).positive


@pytest.mark.parametrize(
    ("dimensions", "outcome", "supports"),
    [
        ((), Outcome.NO_EXPLOITATION, False),
        ((D4,), Outcome.LABOUR_RIGHTS, False),
        ((D1, D4), Outcome.DECEIVED, False),
        ((D1, D4, D5), Outcome.FORCED_LABOUR, True),
        ((D2, D4, D5), Outcome.FORCED_LABOUR, True),
        ((D1, D2, D4, D5), Outcome.FORCED_LABOUR, True),
        # No published result: a person weighs it.
        ((D2, D4), Outcome.NEEDS_PERSON, None),
        ((D4, D5), Outcome.NEEDS_PERSON, None),
        ((D3, D4), Outcome.NEEDS_PERSON, None),
        ((D4, D6), Outcome.NEEDS_PERSON, None),
        ((D1,), Outcome.NEEDS_PERSON, None),
        ((D5,), Outcome.NEEDS_PERSON, None),
    ],
)
def test_an_adults_result(
    dimensions: tuple[str, ...], outcome: Outcome, supports: bool | None
) -> None:
    found = rules.advice("dimensions", positive(*dimensions))
    assert (found.outcome, found.supports) == (outcome, supports)


def test_every_mixture_has_an_answer_and_a_child_needs_no_means() -> None:
    for size in range(7):
        for dimensions in itertools.combinations((D1, D2, D3, D4, D5, D6), size):
            rules.advice("dimensions", positive(*dimensions))
            child = rules.advice("dimensions", positive(*dimensions), branch=Branch.CHILD)
            assert (child.outcome is Outcome.CHILD_EXPLOITED) is (D4 in dimensions)


def test_an_unknown_age_has_the_childs_weights_and_says_so() -> None:
    signs = [
        sign(str(at), dimension=D4, adult="weak", child="strong", state=state)
        for at, state in enumerate(("present", "present"))
    ]
    assert rules.advice("dimensions", signs).outcome is Outcome.NO_EXPLOITATION
    found = rules.advice("dimensions", signs, branch=Branch.UNKNOWN)
    assert found.outcome is Outcome.CHILD_EXPLOITED
    assert found.notes


def test_only_present_counts_and_a_sign_without_a_childs_weight_is_not_in_that_list() -> None:
    for state in ("absent", "unknown", "not_asked"):
        one = sign("a", state, dimension=D4, adult="strong", child="strong")
        assert rules.count([one], is_adult=True) == (Dimension(D4, 0, 0, 0),)
    adult_only = positive(D4)[0], sign("b", dimension=D4, adult="medium")
    assert rules.count(adult_only, is_adult=True)[0].positive
    assert not rules.count(adult_only, is_adult=False)[0].positive


# -- switched off, never approximated (DE-1) ----------------------------------------------------


@pytest.mark.parametrize("other", ["prostitution", "sexual_services", "begging", "organs_tissue"])
def test_another_form_of_exploitation_switches_the_result_off(other: str) -> None:
    signs = positive(D1, D4, D5)
    found = rules.advice(
        "dimensions", signs, known_forms=["forced_labour"], forms_of_case=["forced_labour", other]
    )
    assert (found.outcome, found.supports, found.dimensions) == (Outcome.OFF, None, ())
    on = rules.advice(
        "dimensions", signs, known_forms=["forced_labour"], forms_of_case=["forced_labour"]
    )
    assert on.outcome is Outcome.FORCED_LABOUR


def test_the_weighted_list_of_the_country_speaks_of_labour_only() -> None:
    weighted = [form for form in policy.forms().values() if form.method == "dimensions"]
    assert [(form.form_id, form.known_forms) for form in weighted] == [
        ("labour_delphi", ("forced_labour",))
    ]


# -- the ladder and the lists -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ([], Outcome.NOTHING_SAID),
        (["complaint"], Outcome.LABOUR_COMPLAINT),
        (["complaint"] * 6, Outcome.LABOUR_COMPLAINT),
        (["complaint", "possible"], Outcome.POSSIBLE),
        (["complaint", "possible", "now"], Outcome.REFER_NOW),
        (["now"], Outcome.REFER_NOW),
    ],
)
def test_the_most_severe_answer_speaks(steps: list[str], outcome: Outcome) -> None:
    signs = [sign(str(at), step=step) for at, step in enumerate(steps)]
    found = rules.advice("ladder", [*signs, sign("other", "absent", step="now")])
    assert found.outcome is outcome
    assert {one.step for one in found.reasons} == ({steps[-1]} if steps else set())


def test_general_signs_have_reasons_and_no_total() -> None:
    found = rules.advice("signs", [sign("a", leads_to=("x", "y")), sign("b", "absent")])
    assert (found.outcome, found.next_forms, found.dimensions) == (
        Outcome.SUPPORTS,
        ("x", "y"),
        (),
    )
    assert (found.asked, found.total) == (2, 2)
    assert rules.advice("signs", [sign("a", "unknown")]).supports is False


def test_nothing_named_is_not_nothing_there() -> None:
    found = rules.advice("opening", [sign("a", "not_asked"), sign("b", "absent")])
    assert (found.outcome, found.asked, found.total) == (Outcome.NOTHING_SAID, 1, 2)


def test_indicators_of_forced_labour_are_named_once() -> None:
    signs = [sign("a", ilo_11=("deception", "isolation")), sign("b", ilo_11=("isolation",))]
    assert rules.advice("opening", signs).ilo_11 == ("deception", "isolation")


# -- a decision is a person's -------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "  ", "\n\t"])
def test_a_decision_without_a_reason_is_refused(reason: str) -> None:
    with pytest.raises(Invalid):
        rules.refused_without_reason(reason)


def test_what_somebody_else_answered_meanwhile_is_named() -> None:
    held = {("a", 0): ("present", 3), ("b", 0): ("absent", 2), ("c", 0): ("absent", 3)}
    written = {("a", 0): "absent", ("b", 0): "present", ("c", 0): "absent"}
    assert rules.differing(written, held, 2) == {("a", 0): ("present", "absent")}
    assert rules.differing(written, held, 3) == {}


SCORE = {"advice", "advice_of", "Advice", "Outcome", "Dimension", "count"}
STATUS = {"assess", "classify", "record_facts", "change", "_reclassify"}


def test_a1_no_code_path_sets_a_status_from_a_score() -> None:
    """Nothing that writes knows of a score: no action reads advice, and the one module that
    computes it writes nothing. What an interview's actions call sets no status."""
    readers = {}
    for path in sources("panoh"):
        names = {dotted(node).rpartition(".")[2] for node in ast.walk(parse(path)) if _named(node)}
        text = path.read_text()
        # A ruling and an estimate have outcomes of their own.
        own = PANOH / "cases" in path.parents or re.search(
            r"cases\.rules import[^\n]*Outcome", text
        )
        if "advice_of" in names or "rules.advice" in text or (own and "Outcome" in names):
            readers[path.relative_to(PANOH).as_posix()] = names
    assert set(readers) == {
        "cases/rules/screening.py",
        "cases/queries/screening.py",
        "cases/views/screening.py",
    }
    for reader, names in readers.items():
        assert not names & STATUS, reader
    verbs = parse(PANOH / "cases" / "actions" / "screening.py")
    calls = [node for node in ast.walk(verbs) if isinstance(node, ast.Call)]
    called = {dotted(node.func).rpartition(".")[2] for node in calls}
    assert not called & (SCORE | STATUS)


def _named(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute)
