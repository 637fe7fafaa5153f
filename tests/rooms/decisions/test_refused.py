"""What verbs of an application refuse where the page would not have asked."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from panoh.cases import actions as cases
from panoh.cases.models import Case
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.actions import letters
from panoh.decisions.models import Application, Batch, Interview, Reflection, Ruling, Used
from panoh.decisions.rules.application import Outcome
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from tests.factories.cases import share
from tests.factories.directory import neighbour
from tests.factories.packs import pack_with
from tests.factories.referrals import NOW, later
from tests.factories.referrals import case as case_of_ngo
from tests.factories.staff import as_user
from tests.factories.status import (
    ANSWERS,
    PLACE,
    SECRETARY,
    agreed,
    commission,
    completed,
    decided,
    filed,
    sitting,
    vote,
)
from tests.rooms.decisions.test_reflection import presumed

pytestmark = pytest.mark.django_db


def test_b4_a_closed_case_and_a_row_of_another_case_file_nothing() -> None:
    body = commission()
    with as_user("nigora") as by:
        row, other = filed(body, by=by), case_of_ngo(by).dossier
        own, row.dossier = row.dossier, other
        with pytest.raises(Gone):
            decisions.wish(row, hearing="in_person", by=by, at=NOW)
        row.dossier = own
        cases.close(other, reason="contact_lost", by=by, at=NOW)
        with pytest.raises(NotPossible, match="closed"):
            decisions.file(other, body=body, answers=ANSWERS, by=by, at=NOW)
        assert Application.objects.get() == row


def test_b4_nothing_is_decided_outside_a_sitting_and_no_ruling_without_an_application() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    row = completed(row)
    with as_user(SECRETARY) as by, pytest.raises(NotPossible, match="open sitting"):
        decisions.decide(row, outcome=Outcome.GRANTED, grounds=["signs_enough"], by=by, at=NOW)
    with as_user(SECRETARY) as by, pytest.raises(Gone):
        decisions.sign_ruling(Ruling(application_id=uuid4()), by=by, at=NOW)


def test_b7_a_letter_tells_of_what_was_decided_and_of_nothing_else() -> None:
    body = commission(place=neighbour())
    with as_user("nigora") as by:
        waits = filed(body, by=by)
    _held, (refused,) = decided(body, {Outcome.REFUSED: 1})
    printed: dict[str, Any] = {"language": "en", "is_named": False, "at": later(minutes=9)}
    with as_user("nigora") as by:
        for row, code, fault in (
            (waits, "receipt of love", Gone),
            (waits, letters.NOTICE, NotPossible),
            (waits, letters.CERTIFICATE, NotPossible),
            (refused, letters.CERTIFICATE, NotPossible),
        ):
            with pytest.raises(fault):
                decisions.print_letter(row, code=code, by=by, **printed)
    with as_user(SECRETARY) as by, pytest.raises(NotPossible):
        decisions.print_decisions([], language="en", by=by, at=NOW)


def test_b7_after_a_decision_no_wish_is_changed() -> None:
    body = commission(place=neighbour())
    _held, (refused,) = decided(body, {Outcome.REFUSED: 1})
    with as_user("nigora") as by:
        row = Application.objects.get(pk=refused.pk)
        with pytest.raises(NotPossible, match="decided already"):
            decisions.wish(row, hearing="in_person", by=by, at=later(minutes=9))
        assert Application.objects.get(pk=refused.pk).hearing == "not_wanted"


def test_b7_nobody_asks_for_the_letters_of_another_commission() -> None:
    body = commission(place=neighbour())
    decided(body, {Outcome.REFUSED: 1})
    commission("other-status", PLACE, "secretary-two", "sub-two", "member-two")
    today = policy.local_day(NOW)
    with as_user("secretary-two") as by, pytest.raises(Gone):
        decisions.ask_letters(body, since=today, until=today, language="en", by=by, at=NOW)
    assert not Batch.objects.exists()


def test_b14_on_a_closed_case_no_time_to_recover_begins() -> None:
    with as_user("nigora") as by:
        dossier = presumed(by)
        row = queries.running(dossier)
        assert row is not None
        row.pk = uuid4()
        with pytest.raises(Gone):
            decisions.use_entitlement(row, code="doctor", on=policy.local_day(NOW), by=by, at=NOW)
        cases.close(dossier, reason="contact_lost", by=by, at=NOW)
        with pytest.raises(NotPossible):
            decisions.begin_reflection(dossier, by=by, at=NOW)


def test_b4_another_team_that_knows_the_case_files_and_takes_back_nothing() -> None:
    body = commission()
    with as_user("nigora") as by:
        about = case_of_ngo(by)
        share(about, by, "shelter-cases", "shirin", Category.CORE | Category.SERVICES)
        row = filed(body, by=by, about=about)
    with as_user("shirin") as by:
        assert Case.objects.get() == about
        with pytest.raises(Gone):
            decisions.withdraw(row, by=by, at=NOW)
        with pytest.raises(Gone):
            decisions.file(about.dossier, body=body, answers=ANSWERS, by=by, at=NOW)
    with as_user("nigora"):
        assert Application.objects.get().state == "filed"


def test_b8_each_commission_works_on_what_was_handed_in_to_it() -> None:
    """The one to which somebody appeals knows the case, and does nothing about what was before."""
    body = commission()
    upper = commission("far", "tj_3501266", "anor", "bahor", "chaman")
    _held, (row,) = decided(body, {Outcome.REFUSED: 1})
    with as_user("nigora") as by:
        day = policy.local_day(NOW)
        decisions.tell(row, way="in_person", on=day, by=by, at=later(minutes=9))
        agreed(row.dossier, upper, by=by)
        made = decisions.appeal(row, body=upper, answers=ANSWERS, by=by, at=NOW)
        again = decisions.appeal(
            row, body=upper, answers=ANSWERS, by=by, at=NOW, submission=made.pk
        )
        assert again.pk == made.pk, "pressed twice appeals once"
    with as_user("anor") as by, pytest.raises(Gone):
        decisions.complete(row, by=by, at=NOW)
    with as_user(SECRETARY) as by, pytest.raises(Gone):
        decisions.complete(made, by=by, at=NOW)
    with as_user("nigora"):
        assert {one.state for one in Application.objects.all()} == {"appealed", "filed"}


def test_b4_while_a_second_signature_is_missing_nothing_is_told_or_taken_back() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    row = completed(row)
    sitting(body)
    vote(row, Outcome.GRANTED)
    day, tomorrow = policy.local_day(NOW), later(days=1)
    with as_user(SECRETARY) as by:
        decisions.decide(
            row,
            outcome=Outcome.GRANTED,
            grounds=["signs_enough"],
            on=day,
            reason="no_connection",
            by=by,
            at=tomorrow,
        )
    with as_user("nigora") as by:
        with pytest.raises(NotPossible, match="second signature"):
            decisions.withdraw(row, by=by, at=tomorrow)
        with pytest.raises(NotPossible, match="no decision"):
            decisions.tell(row, way="in_person", on=day, by=by, at=tomorrow)
        for code in (letters.NOTICE, letters.CERTIFICATE):
            with pytest.raises(NotPossible):
                decisions.print_letter(
                    row, code=code, language="en", is_named=False, by=by, at=tomorrow
                )
        assert Application.objects.get().state == "complete"


def test_b7_no_more_letters_at_once_than_the_pack_lets_through(tmp_path: Path) -> None:
    body = commission(place=neighbour())
    decided(body, {Outcome.REFUSED: 2})
    today, old = policy.local_day(NOW), 'key = "letters_at_once"\nvalue = 1000'
    change = {"pack.toml": (old, old.replace("1000", "1"))}
    with pack_with(tmp_path, change), as_user(SECRETARY) as by:
        with pytest.raises(Invalid, match="At most 1 letters"):
            decisions.ask_letters(body, since=today, until=today, language="en", by=by, at=NOW)
        assert not Batch.objects.exists()


def test_b14_police_that_read_the_services_use_and_end_nothing_of_it() -> None:
    with as_user("nigora") as by:
        dossier = presumed(by)
        row = queries.running(dossier)
        assert row is not None
        everything = Category.CORE | Category.SERVICES
        share(Case.objects.get(), by, "police-cases", "pulod", everything)
    day = policy.local_day(NOW)
    with as_user("pulod") as by:
        with pytest.raises(Gone):
            decisions.use_entitlement(row, code="doctor", on=day, by=by, at=NOW)
        with pytest.raises(Gone):
            decisions.end_reflection(row, words="x", by=by, at=NOW)
    with as_user("nigora"):
        assert Reflection.objects.get().ended_at is None
        assert not Used.objects.exists()


def test_b14_on_a_closed_case_no_interview_is_planned() -> None:
    with as_user("nigora") as by:
        dossier = case_of_ngo(by).dossier
        cases.close(dossier, reason="contact_lost", by=by, at=NOW)
        with pytest.raises(NotPossible):
            decisions.plan_interview(dossier, on=policy.local_day(NOW), by=by, at=NOW)
        assert not Interview.objects.exists()
