"""Interviews: begun, answered, read, decided; by several units, under the wall."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from panoh.access.models import User
from panoh.audit import queries as audited
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Answer, Case, Decision, Questionnaire, Screening
from panoh.cases.rules import Outcome
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from panoh.policy.queries import reading
from tests.factories.cases import AT, contact, share
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


def begin(case: Case, form_id: str, by: User, **more: Any) -> Screening:
    return cases.begin_screening(case.dossier, form_id=form_id, by=by, at=AT, **more)


def say(screening: Screening, by: User, seen: Any = None, **answers: str) -> None:
    """Answer questions outside repeats."""
    if seen is None:
        seen = queries.screening_of(screening.dossier, screening.pk).version
    given = {(name, 0): value for name, value in answers.items()}
    cases.answer_page(screening, answers=given, seen_version=seen, by=by, at=LATER)


# One fictional interview: deceived about the job and the pay, papers taken, held, overworked.
INTERVIEW = {
    "arrived": "yes",
    **dict.fromkeys(("d1_01", "d1_02", "d4_01", "d4_02", "d5_01", "d5_03"), "present"),
    **dict.fromkeys(("d2_01", "d5_04"), "absent"),
    "d5_11": "unknown",
}


def test_a1_one_interview_entered_by_police_and_ngo_gives_equal_signs_and_score() -> None:
    results = []
    for name, team in (("nigora", "ngo-cases"), ("pulod", "police-cases")):
        with as_user(name) as by:
            case = contact(by, in_team=team)
            screening = begin(case, "labour_delphi", by)
            say(screening, by, **INTERVIEW)
            found = queries.interview(screening, user=by)
            results.append((found.signs, queries.advice_of(found)))
            again = queries.case_of(case.dossier)
            assert (again.trafficking, again.case_category) == ("not_assessed", "potential")
    assert results[0] == results[1]
    assert results[0][1].outcome is Outcome.FORCED_LABOUR
    assert (results[0][1].asked, results[0][1].total) == (9, 67)


@pytest.mark.parametrize("reason", ["", "   "])
def test_a1_a_decision_without_reason_is_refused(reason: str) -> None:
    with as_user("nigora") as by:
        screening = begin(contact(by), "opening", by)
        with pytest.raises(Invalid):
            cases.decide(screening, code="refer", reason=reason, by=by, at=AT)
        assert not Decision.objects.exists()


def test_a1_a_decision_keeps_its_reason_sealed_and_sets_no_status() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        screening = begin(case, "labour_delphi", by)
        say(screening, by, **INTERVIEW)
        cases.decide(screening, code="refer", reason="Скрытые слова", by=by, at=AT)
        first = Decision.objects.get()
        assert "Скрытые".encode() not in bytes(first.reason or b"")
        cases.decide(screening, code="ask_again", reason="Later words", by=by, at=LATER)
        _found, _texts, decided = cases.read_screening(screening, by=by, at=LATER)
        assert [(one.code, reason) for one, reason in decided] == [
            ("ask_again", "Later words"),
            ("refer", "Скрытые слова"),
        ]
        again = queries.case_of(case.dossier)
        assert (again.trafficking, again.case_category, again.identified_by) == (
            "not_assessed",
            "potential",
            "",
        )
        with pytest.raises(Invalid):
            cases.decide(screening, code="guilty", reason="why", by=by, at=AT)


LADDER = [
    ({"no_contract": "present", "paid_less": "present"}, "labour_complaint"),
    (
        {"no_contract": "present", "papers_taken": "present", "debt_work": "present"},
        "possible_forced_labour",
    ),
    ({"paid_less": "present", "papers_taken": "present", "locked": "present"}, "refer_now"),
]


@pytest.mark.parametrize(("answers", "outcome"), LADDER, ids=[one[1] for one in LADDER])
def test_a12_three_sets_of_answers_give_three_outcomes_and_name_the_answers(
    answers: dict[str, str], outcome: str
) -> None:
    with as_user("nigora") as by:
        screening = begin(contact(by), "labour_conditions", by)
        say(screening, by, **answers)
        found = queries.advice_of(queries.interview(screening, user=by))
        assert found.outcome == outcome
        form = policy.forms()["labour_conditions"]
        steps = {one.name: one.step for one in form.questions}
        top = {"labour_complaint": "complaint", "possible_forced_labour": "possible"}
        wanted = {name for name in answers if steps[name] == top.get(outcome, "now")}
        assert {one.name for one in found.reasons} == wanted


@pytest.mark.parametrize("practice", ["forced_marriage", "bride_kidnapping", "early_marriage"])
def test_a21_a_forced_marriage_offers_the_questions_and_ends_as_one_case_with_two_codes(
    practice: str,
) -> None:
    with as_user("nigora") as by:
        case = contact(by)
        assert not queries.practice_named(case.dossier)
        one: dict[str, Any] = {"by": by, "at": AT}
        cases.record_facts(case.dossier, field="related_practices", codes=[practice], **one)
        assert queries.practice_named(case.dossier)
        assert queries.forms_to_ask(case.dossier) == ["opening"]
        screening = begin(case, "opening", by)
        say(screening, by, made_to="present")
        assert queries.forms_to_ask(case.dossier) == ["general"]
        cases.decide(screening, code="look_closer", reason="She was sold.", by=by, at=AT)
        cases.record_facts(case.dossier, field="exploitation_forms", codes=["slavery_like"], **one)
        assert Case.objects.count() == 1
        assert queries.codes_of(case.dossier, "related_practices") == [practice]
        assert queries.codes_of(case.dossier, "exploitation_forms") == ["slavery_like"]


def test_another_form_of_exploitation_switches_the_result_off() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        screening = begin(case, "labour_delphi", by)
        say(screening, by, **INTERVIEW)
        cases.record_facts(
            case.dossier, field="exploitation_forms", codes=["prostitution"], by=by, at=AT
        )
        assert queries.advice_of(queries.interview(screening, user=by)).outcome is Outcome.OFF


# -- states, corrections, versions --------------------------------------------------------------


def test_not_asked_is_the_default_and_a_correction_keeps_the_earlier_answer() -> None:
    with as_user("nigora") as by:
        screening = begin(contact(by), "opening", by)
        found = queries.interview(screening, user=by)
        assert {one.state for one in found.signs} == {"not_asked"}
        assert len(found.signs) == 9
        say(screening, by, debt="present")
        say(screening, by, debt="absent", hurt="unknown")
        states = {one.name: one.state for one in queries.interview(screening, user=by).signs}
        assert (states["debt"], states["hurt"], states["watched"]) == (
            *("absent", "unknown", "not_asked"),
        )
        rows = Answer.objects.filter(name="debt").order_by("version")
        assert [(row.value, row.replaced_at is None) for row in rows] == [
            ("present", False),
            ("absent", True),
        ]


def test_a_changed_form_leaves_old_answers_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with as_user("nigora") as by:
        case = contact(by)
        old = begin(case, "opening", by)
        say(old, by, debt="present")
        form = policy.forms()["opening"]
        changed = policy.form_of(form.source.replace("Is there a debt", "Do you owe anything"))
        newer = replace(policy.pack(), forms={**policy.forms(), "opening": changed})
        monkeypatch.setattr(reading, "pack", lambda: newer)
        new = begin(case, "opening", by)
        assert old.questionnaire_id != new.questionnaire_id
        for screening, words in ((old, "Is there a debt"), (new, "Do you owe anything")):
            question = queries.form_of(queries.screening_of(case.dossier, screening.pk)).find(
                "debt"
            )
            assert question is not None
            assert question.label.into("en").startswith(words)
        assert queries.interview(old, user=by).values == {("debt", 0): "present"}
        assert Questionnaire.objects.count() == 2


def test_a_kept_form_is_what_its_digest_says_and_never_changes() -> None:
    with as_user("nigora") as by:
        begin(contact(by), "opening", by)
        with pytest.raises(IntegrityError), transaction.atomic():
            Questionnaire.objects.create(
                digest="0" * 64, form_id="opening", source="other", first_used_at=AT
            )
        with pytest.raises(ProgrammingError), transaction.atomic():
            Questionnaire.objects.update(source="other")


def test_a_question_that_is_no_longer_asked_counts_for_nothing() -> None:
    with as_user("nigora") as by:
        screening = begin(contact(by), "labour_delphi", by)
        say(screening, by, **INTERVIEW)
        say(screening, by, arrived="no")
        found = queries.interview(screening, user=by)
        assert {one.state for one in found.signs if one.name.startswith("d4")} == {"not_asked"}
        say(screening, by, arrived="yes")
        assert queries.advice_of(queries.interview(screening, user=by)).outcome == (
            "trafficking_for_forced_labour"
        )


def test_what_another_answer_closes_is_neither_kept_nor_lost_unseen() -> None:
    """A stray answer would count, and its interview not open, once the question is asked."""

    def live() -> dict[str, str]:
        return {row.name: row.value for row in Answer.objects.filter(replaced_at=None)}

    with as_user("nigora") as by:
        screening = begin(contact(by), "labour_delphi", by)
        with pytest.raises(Invalid, match="closes this question"):
            say(screening, by, arrived="no", d4_01="perhaps")
        assert live() == {}
        say(screening, by, arrived="yes", d4_01="present")
        say(screening, by, arrived="no", d4_01="present")  # as it stood: nothing new is typed
        assert live() == {"arrived": "no", "d4_01": "present"}
        say(screening, by, d4_01="")
        assert live() == {"arrived": "no", "d4_01": ""}
        states = {one.name: one.state for one in queries.interview(screening, user=by).signs}
        assert states["d4_01"] == "not_asked"


def test_nothing_is_asked_while_it_is_not_safe_to_talk() -> None:
    with as_user("nigora") as by:
        case = contact(by, safe_to_talk="no")
        with pytest.raises(NotPossible):
            begin(case, "opening", by)
        assert not Screening.objects.exists()


def test_the_same_submission_begins_once_and_an_unknown_form_is_nothing() -> None:
    with as_user("nigora") as by:
        case, key = contact(by), uuid4()
        assert begin(case, "opening", by, submission=key) == begin(
            case, "opening", by, submission=key
        )
        assert Screening.objects.count() == 1
        with pytest.raises(Gone):
            begin(case, "../opening", by)


def test_a_language_that_the_form_lacks_is_not_kept() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        assert begin(case, "opening", by, language="uz").language == "uz"
        assert begin(case, "general", by, language="uz").language == ""


def test_two_workers_at_once_lose_nothing() -> None:
    with as_user("nigora") as by:
        screening = begin(contact(by), "opening", by)
        say(screening, by, seen=1, debt="present")
        say(screening, by, seen=1, hurt="present")
        with pytest.raises(cases.Changed) as both:
            say(screening, by, seen=1, debt="absent")
        assert (both.value.theirs, both.value.yours) == (
            {"debt.0": "present"},
            {"debt.0": "absent"},
        )
        assert queries.interview(screening, user=by).values == {
            ("debt", 0): "present",
            ("hurt", 0): "present",
        }


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("debt", "perhaps", Invalid),
        ("debt", "present absent", Invalid),
        ("nothing_such", "present", Gone),
        ("alone", "present", Gone),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: str, problem: type[Exception]) -> None:
    with as_user("nigora") as by:
        screening = begin(contact(by), "opening", by)
        with pytest.raises(problem):
            say(screening, by, **{name: value})
        assert not Answer.objects.exists()


# -- who sees what ------------------------------------------------------------------------------


def test_health_is_asked_of_and_shown_to_those_who_read_health() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        screening = begin(case, "general", by)
        say(screening, by, gen_07="present", gen_25="present", seen_heard="Long words")
        rows = {row.name: row.category for row in Answer.objects.all()}
        assert rows["gen_07"] == Category.HEALTH
        assert rows["gen_25"] == Category.STORY
        share(case, by, "police-cases", "pulod", Category.CORE | Category.STORY)
    with as_user("pulod") as police:
        found, texts, _decided = cases.read_screening(screening, by=police, at=LATER)
        assert {one.name for one in found.signs} & {"gen_07", "gen_08", "gen_09"} == set()
        assert ("gen_07", 0) not in found.values
        assert found.closed == {"gen_07", "gen_08", "gen_09", "note_violence"}
        assert texts == {("seen_heard", 0): "Long words"}
        assert not Answer.objects.filter(name="gen_07").exists(), "the wall hides it too"
        with pytest.raises(Gone):
            say(screening, police, gen_07="absent")


def test_who_reads_of_health_and_writes_nothing_of_it_does_so_in_an_interview_too() -> None:
    with as_user("nigora") as by:
        screening = begin(contact(by), "general", by)
    with as_user("safar") as by:
        assert "gen_07" in queries.interview(screening, user=by).read_only
        with pytest.raises(Refused):
            say(screening, by, gen_07="present", gen_25="present")
        assert not Answer.objects.exists()


def test_who_was_not_given_the_story_sees_no_interview() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        screening = begin(case, "opening", by)
        say(screening, by, debt="present")
        share(case, by, "police-cases", "pulod", Category.CORE)
    with as_user("pulod") as police:
        assert not queries.may_screen(police, case.dossier)
        assert not Screening.objects.exists()
        assert not Answer.objects.exists()
        with pytest.raises(Gone):
            begin(case, "opening", police)
        with pytest.raises(Gone):
            cases.read_screening(screening, by=police, at=AT)


def test_texts_are_sealed_and_an_emptied_one_is_taken_back() -> None:
    with as_user("nigora") as by:
        screening = begin(contact(by), "general", by)
        say(screening, by, seen_heard="She hid the telephone")
        row = Answer.objects.get()
        assert row.value == ""
        assert b"telephone" not in bytes(row.text or b"")
        say(screening, by, seen_heard="")
        _found, texts, _decided = cases.read_screening(screening, by=by, at=LATER)
        assert texts == {}


def test_beginning_answering_reading_and_deciding_are_recorded() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        screening = begin(case, "opening", by)
        say(screening, by, debt="present")
        cases.read_screening(screening, by=by, at=LATER)
        cases.decide(screening, code="refer", reason="why", by=by, at=LATER)
        events = [row.event for row in audited.who_saw(case.pk)]
        assert {
            *("screening.begun", "screening.answered", "screening.read", "screening.decided"),
        } <= set(events)


def test_a_closed_case_takes_no_more_answers() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        screening = begin(case, "opening", by)
        cases.close(case.dossier, reason="person_wish", by=by, at=AT)
        with pytest.raises(NotPossible):
            say(screening, by, debt="present")
        with pytest.raises(NotPossible):
            begin(case, "general", by)
        with pytest.raises(NotPossible):
            cases.decide(screening, code="refer", reason="why", by=by, at=AT)


def test_an_account_that_may_not_write_is_refused() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        screening = begin(case, "opening", by)
        share(case, by, "legal-cases", "latif", Category.CORE)
    with as_user("latif") as other, pytest.raises(Gone):
        say(screening, other, debt="present")
