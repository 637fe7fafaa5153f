"""Papers, sittings, rulings, notice, appeal; what no refusal does (B4, B7, B8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from panoh.access.models import Dossier
from panoh.bodies import actions as bodies
from panoh.bodies import queries as sittings
from panoh.bodies.actions.sittings import PaperResult
from panoh.bodies.models import Item
from panoh.care.models import CareStep, Need, Served
from panoh.cases import queries as cases
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.models import Application, HalfPage, Moved, Ruling
from panoh.decisions.rules.application import Kind, Outcome, State
from panoh.duties.models import Duty
from panoh.kernel.rules import Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from tests.factories.care import needed
from tests.factories.referrals import NOW, case, later
from tests.factories.staff import as_user, user
from tests.factories.status import (
    ANSWERS,
    MEMBER,
    SECOND,
    SECRETARY,
    agreed,
    commission,
    completed,
    decided,
    filed,
    ruled,
    sitting,
    vote,
)
from tests.factories.terms import terms

pytestmark = pytest.mark.django_db
TODAY = policy.local_day(NOW)


def owed(dossier: Dossier) -> list[str]:
    rows = Duty.objects.unsettled().filter(dossier=dossier, kind__startswith="status.")
    return sorted(rows.values_list("kind", flat=True))


def status_of(dossier: Dossier) -> list[str]:
    return cases.codes_of(dossier, "victim_law_status")


# -- papers and deciding --------------------------------------------------------------------------


def test_b4_missing_papers_are_named_and_added() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
        with pytest.raises(NotPossible, match="Add papers"):
            decisions.supply(row, documents=["identity"], by=by, at=NOW)
    with as_user(SECRETARY) as by:
        found = queries.asked(row.number)
        for wrong in ([], ["moon_stone"]):
            with pytest.raises(Invalid):
                decisions.ask_papers(found, missing=wrong, by=by, at=NOW)
        decisions.ask_papers(found, missing=["identity", "mandate"], by=by, at=NOW)
        with pytest.raises(NotPossible, match="Papers are missing"):
            decisions.complete(found, by=by, at=NOW)
    with as_user("nigora") as by:
        assert owed(row.dossier) == ["status.papers"]
        done = decisions.supply(row, documents=["identity"], by=by, at=NOW)
        assert (done.state, done.missing, done.documents) == (
            "filed",
            ["mandate"],
            ["identity", "statement"],
        )
        assert owed(row.dossier) == ["status.receive"]


def test_b4_a_decision_needs_grounds_votes_and_an_open_sitting() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    row = completed(row)
    with as_user(SECRETARY) as by:
        give: dict[str, Any] = {"outcome": Outcome.GRANTED, "by": by, "at": later(minutes=3)}
        with pytest.raises(NotPossible):
            decisions.decide(row, grounds=["signs_enough"], **give)
    sitting(body)
    with as_user(SECRETARY) as by:
        for grounds, said in (
            ([], "on which grounds"),
            (["signs_missing"], "belongs to the other decision"),
            (["moon"], "not in the list"),
        ):
            with pytest.raises(Invalid, match=said):
                decisions.decide(row, grounds=grounds, **(give | {"by": by}))
        with pytest.raises(NotPossible):
            decisions.decide(row, grounds=["signs_enough"], **(give | {"by": by}))
    vote(row, Outcome.REFUSED)
    with as_user(SECRETARY) as by, pytest.raises(NotPossible, match="votes say something else"):
        decisions.decide(row, grounds=["signs_enough"], **(give | {"by": by}))
    with as_user(SECRETARY):
        assert not Ruling.objects.exists()


def test_b4_a_decision_stores_role_date_ground_and_the_version_of_the_rules() -> None:
    body = commission()
    _sitting, (row,) = decided(body, {Outcome.GRANTED: 1})
    with as_user("nigora"):
        ruling = queries.ruling_of(row)
        assert ruling is not None
        assert (ruling.outcome, ruling.grounds) == ("granted", ["signs_enough"])
        assert (ruling.decided_on, ruling.pack_version) == (TODAY, policy.pack().version)
        steps = list(Moved.objects.order_by("at", "verb").values_list("verb", "role", "ground"))
        assert ("grant", "tcs", "signs_enough") in steps
        assert {verb for verb, _role, _ground in steps} == {"file", "complete", "grant"}
        for changed in ({"outcome": "refused"}, {"pack_version": "0"}, {"effective_at": None}):
            with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
                Ruling.objects.filter(pk=ruling.pk).update(**changed)


def test_b4_who_comes_second_is_told_who_was_first() -> None:
    body = commission()
    _sitting, (row,) = decided(body, {Outcome.GRANTED: 1})
    with as_user(SECOND) as by, pytest.raises(NotPossible, match="Decided already: Granted"):
        decisions.decide(
            row, outcome=Outcome.REFUSED, grounds=["signs_missing"], by=by, at=later(minutes=4)
        )


def test_b4_a_decision_of_an_earlier_day_needs_a_reason_and_a_second_signature() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    row = completed(row)
    sitting(body)
    vote(row, Outcome.GRANTED)
    tomorrow = later(days=1)
    with as_user(SECRETARY) as by:
        give: dict[str, Any] = {"outcome": Outcome.GRANTED, "grounds": ["signs_enough"]}
        give |= {"on": TODAY, "by": by, "at": tomorrow}
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"reason": ""}, "An earlier day needs a reason"),
            ({"reason": "moon"}, "not in the list"),
            ({"on": TODAY - timedelta(days=9)}, "Not before the sitting"),
        ]
        for typed, said in wrong:
            with pytest.raises(Invalid, match=said):
                decisions.decide(row, **(give | typed))
        ruling = decisions.decide(row, **give, reason="no_connection")
        assert ruling.effective_at is None
        assert Application.objects.get(pk=row.pk).state == State.COMPLETE
        with pytest.raises(NotPossible, match="somebody else"):
            decisions.sign_ruling(ruling, by=by, at=tomorrow)
        with pytest.raises(IntegrityError), transaction.atomic():
            Ruling.objects.filter(pk=ruling.pk).update(effective_at=tomorrow)
        with pytest.raises(NotPossible, match="second signature"):
            decisions.close_minutes(ruling.sitting, by=by, at=tomorrow)
    with as_user(MEMBER) as by:
        signed = decisions.sign_ruling(ruling, by=by, at=tomorrow)
        assert signed.second_by_id == by.pk
        assert Application.objects.get(pk=row.pk).state == State.GRANTED
        with pytest.raises(NotPossible, match="Nothing waits"):
            decisions.sign_ruling(ruling, by=by, at=tomorrow)


def test_b4_access_ends_with_the_minutes() -> None:
    body = commission()
    held, (row,) = decided(body, {Outcome.GRANTED: 1})
    with as_user(MEMBER):
        assert HalfPage.objects.count() == 1
    with as_user(SECRETARY) as by:
        decisions.close_minutes(held, by=by, at=later(minutes=5))
    for name in (MEMBER, SECRETARY):
        with as_user(name):
            assert not Application.objects.exists()
            assert not HalfPage.objects.exists()
            # What was decided stays in the body's own register: number and code.
            assert [one.number for one in Ruling.objects.all()] == [row.number]


def test_b4_a_sitting_held_on_paper_is_typed_up_afterwards() -> None:
    body = commission()
    with as_user("nigora") as by:
        rows = [filed(body, by=by) for _one in range(2)]
    rows = [completed(row) for row in rows]
    with as_user(SECRETARY) as by:
        seats = [one.pk for one in sittings.seats_of(body, TODAY)]
        items = [sittings.item_about(row.pk) for row in rows]
        held = bodies.type_up(
            body,
            held_at=NOW - timedelta(days=3),
            reason="Барқ набуд",
            there=seats,
            results=[
                PaperResult(item=item.pk, in_favour=2, against=0, abstained=0)
                for item in items
                if item is not None
            ],
            by=by,
            at=NOW,
        )
        give: dict[str, Any] = {"outcome": Outcome.GRANTED, "grounds": ["signs_enough"]}
        with pytest.raises(NotPossible):
            decisions.decide(rows[0], **give, by=by, at=NOW)
    with as_user(SECOND) as by:
        bodies.sign(held, by=by, at=NOW)
    with as_user(SECRETARY) as by:
        for row in rows:
            ruling = decisions.decide(row, **give, by=by, at=NOW)
            assert (ruling.decided_on, ruling.reason) == (
                policy.local_day(NOW - timedelta(days=3)),
                "paper_sitting",
            )
            assert (ruling.second_by, ruling.effective_at) == (user(SECOND), NOW)
        decisions.close_minutes(held, by=by, at=NOW)


# -- telling, appeal, what no refusal does --------------------------------------------------------


def test_b7_the_ngo_sees_receipt_number_sitting_day_and_outcome() -> None:
    body = commission()
    _sitting, (row,) = decided(body, {Outcome.REFUSED: 1})
    with as_user("nigora"):
        (told,) = queries.applications_of(row.dossier)
        assert (told.row.number, told.sits_on, told.outcome) == (row.number, TODAY, "Refused")
        assert told.grounds == ["Signs are missing"]


def test_b7_a_decision_without_an_opinion_is_flagged() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by, opinion="")
    row = completed(row)
    held = sitting(body)
    with (
        as_user(SECRETARY),
        pytest.raises(IntegrityError, match="bodies_settled_stays"),
        transaction.atomic(),
    ):
        Item.objects.filter(subject_id=row.pk).update(remark="")
    assert ruled(row, Outcome.GRANTED).has_opinion is False
    said = {"tg": "бе назари ташкилоти ҷамъиятӣ", "ru": "без мнения общественной организации"}
    for language, words in said.items():
        with as_user(SECRETARY):
            (line,) = sittings.minutes_data(held, language, NOW)["items"]
        assert (line["number"], line["title"]) == (row.number, words), "in the minutes themselves"
    # The opinion of an office of the state is none of civil society.
    row.by_unit_type, row.opinion = "social_service", "supports"
    assert not queries.has_opinion(row)
    row.by_unit_type = "ngo"
    assert queries.has_opinion(row)


def test_b8_a_refusal_starts_the_appeal_clock_a_lawyers_task_and_a_look_at_the_plan() -> None:
    body = commission()
    with terms(appeal_days=10, notice_days=3):
        _sitting, (row,) = decided(body, {Outcome.REFUSED: 1})
        with as_user("nigora") as by:
            assert owed(row.dossier) == ["status.lawyer", "status.notice", "status.plan"]
            for way, on in (("pigeon", TODAY), ("in_person", TODAY + timedelta(days=1))):
                with pytest.raises(Invalid):
                    decisions.tell(row, way=way, on=on, by=by, at=later(minutes=9))
            decisions.tell(row, way="in_person", on=TODAY, by=by, at=later(minutes=9))
            assert owed(row.dossier) == ["status.appeal", "status.lawyer", "status.plan"]
            due = Duty.objects.get(kind="status.appeal").due_at
            assert due is not None and policy.local_day(due) == TODAY + timedelta(days=10)
            assert status_of(row.dossier) == ["refused"]
            with pytest.raises(NotPossible):
                decisions.tell(row, way="in_person", on=TODAY, by=by, at=later(minutes=9))


def test_b8_a_refusal_changes_no_service_record() -> None:
    body = commission()
    with as_user("nigora") as by:
        opened = case(by)
        needed(opened.dossier, by=by)

        def services() -> list[Any]:
            return [
                list(table.objects.filter(dossier=opened.dossier).order_by("pk").values())
                for table in (Need, CareStep, Served)
            ] + [cases.is_open(opened.dossier), opened.dossier.holder_id]

        before = services()
        row = filed(body, by=by, about=opened)
    row = completed(row)
    sitting(body)
    ruled(row, Outcome.REFUSED)
    with as_user("nigora") as by:
        row.dossier = opened.dossier
        decisions.tell(row, way="lawyer", on=TODAY, by=by, at=later(minutes=9))
        assert services() == before


def test_b8_consent_to_exploitation_decides_nothing() -> None:
    """Procedural status, status under the law and consent to exploitation are three facts."""
    from panoh.cases import actions as facts

    body = commission()
    found = []
    for said in ("yes", "no"):
        with as_user("nigora") as by:
            opened = case(by)
            now: dict[str, Any] = {"by": by, "at": NOW}
            facts.record_facts(opened.dossier, field="consented", codes=[said], **now)
            facts.record_facts(opened.dossier, field="procedural_status", codes=["witness"], **now)
            row = filed(body, by=by, about=opened)
            page = HalfPage.objects.get(pk=row.pk)
            found.append((row.state, page.forms, page.acts, page.means, page.sex))
            assert cases.codes_of(opened.dossier, "procedural_status") == ["witness"]
            assert status_of(opened.dossier) == ["applied"]
    assert found[0] == found[1]


def test_b4_granted_becomes_the_status_and_category_when_she_is_told() -> None:
    body = commission()
    _sitting, (row,) = decided(body, {Outcome.GRANTED: 1})
    with as_user("nigora") as by:
        decisions.tell(row, way="in_person", on=TODAY, by=by, at=later(minutes=9))
        assert status_of(row.dossier) == ["granted"]
        assert cases.case_of(row.dossier).case_category == "status_holder"
        assert owed(row.dossier) == []


def test_b4_refusal_appeal_reversal() -> None:
    body = commission()
    upper = commission("far", "tj_3501266", "anor", "bahor", "chaman")
    _sitting, (row,) = decided(body, {Outcome.REFUSED: 1})
    with as_user("nigora") as by:
        decisions.tell(row, way="in_person", on=TODAY, by=by, at=later(minutes=9))
        give: dict[str, Any] = {"body": upper, "answers": ANSWERS, "by": by}
        with pytest.raises(NoConsent), transaction.atomic():
            decisions.appeal(row, **give, at=NOW)
        agreed(row.dossier, upper, by=by)
        made = decisions.appeal(row, **give, at=NOW)
        assert (made.kind, made.former_id) == (Kind.APPEAL, row.pk)
        assert Application.objects.get(pk=row.pk).state == State.APPEALED
        assert owed(row.dossier) == ["status.plan", "status.receive"]
        assert status_of(row.dossier) == ["appealed"]
    made = completed(made, "anor")
    sitting(upper, "anor")
    ruled(made, Outcome.GRANTED, "anor", grounds=["appeal_right"])
    with as_user("anor"):
        item = sittings.item_about(made.pk)
        assert item is not None and item.outcome == "reversed"
    with as_user("nigora") as by:
        made.dossier = row.dossier
        decisions.tell(made, way="in_person", on=TODAY, by=by, at=later(minutes=9))
        assert status_of(row.dossier) == ["granted"]
        with pytest.raises(NotPossible, match="decided already"):
            decisions.file(row.dossier, body=body, answers=ANSWERS, by=by, at=NOW)
        assert status_of(row.dossier) == ["granted"], "nothing is asked for any more"


def test_b8_an_appeal_that_is_taken_back_leaves_the_decision_before_it() -> None:
    body = commission()
    upper = commission("far", "tj_3501266", "anor", "bahor", "chaman")
    _sitting, (row,) = decided(body, {Outcome.REFUSED: 1})
    with as_user("nigora") as by:
        decisions.tell(row, way="in_person", on=TODAY, by=by, at=later(minutes=9))
        with pytest.raises(NotPossible, match="the way is the appeal"), transaction.atomic():
            decisions.file(row.dossier, body=body, answers=ANSWERS, by=by, at=NOW)
        agreed(row.dossier, upper, by=by)
        made = decisions.appeal(row, body=upper, answers=ANSWERS, by=by, at=NOW)
        decisions.withdraw(made, by=by, at=NOW)
        assert status_of(row.dossier) == ["refused"]


def test_b8_she_may_let_it_stand() -> None:
    body = commission()
    _sitting, (row,) = decided(body, {Outcome.REFUSED: 1})
    with as_user("nigora") as by:
        decisions.tell(row, way="in_person", on=TODAY, by=by, at=later(minutes=9))
        decisions.let_stand(row, by=by, at=later(minutes=9))
        assert owed(row.dossier) == ["status.plan"]


# -- the database, past the programme -------------------------------------------------------------


def test_b4_no_ruling_without_a_sitting_and_none_by_hand() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    row = completed(row)
    held = sitting(body)
    with as_user(SECRETARY) as by:
        item = sittings.item_about(row.pk)
        given: dict[str, Any] = {
            "dossier_id": row.dossier_id,
            "application": row,
            "body": body,
            "team": body.team,
            "sitting": held,
            "item": item,
            "number": row.number,
            "kind": row.kind,
            "outcome": "granted",
            "grounds": ["signs_enough"],
            "has_opinion": True,
            "decided_on": TODAY,
            "entered_on": TODAY,
            "entered_at": NOW,
            "entered_by": by,
            "pack_version": "x",
            "effective_at": NOW,
        }
        bad: tuple[dict[str, Any], ...] = (
            {"grounds": []},
            {"outcome": "moon"},
            {"decided_on": TODAY - timedelta(days=1)},
        )
        for wrong in bad:
            with pytest.raises(IntegrityError), transaction.atomic():
                Ruling(**(given | wrong)).save(force_insert=True)
        with pytest.raises(IntegrityError), transaction.atomic():
            Ruling(**(given | {"number": "other"})).save(force_insert=True)
    with as_user(MEMBER) as by, pytest.raises(ProgrammingError), transaction.atomic():
        Ruling(**(given | {"entered_by": by})).save(force_insert=True)
    with as_user("nigora") as by, pytest.raises(ProgrammingError), transaction.atomic():
        Ruling(**(given | {"entered_by": by})).save(force_insert=True)
