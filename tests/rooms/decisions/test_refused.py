"""What verbs of an application refuse where the page would not have asked."""

from typing import Any
from uuid import uuid4

import pytest

from panoh.cases import actions as cases
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.actions import letters
from panoh.decisions.models import Application, Batch, Ruling
from panoh.decisions.rules.application import Outcome
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy
from tests.factories.directory import neighbour
from tests.factories.referrals import NOW, later
from tests.factories.referrals import case as case_of_ngo
from tests.factories.staff import as_user
from tests.factories.status import ANSWERS, PLACE, SECRETARY, commission, completed, decided, filed
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
