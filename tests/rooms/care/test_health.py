"""What is of somebody's health: who writes and reads it is the health role and whom she agreed to;
police and prosecutors find nothing, by no path."""

import pytest
from django.db import connection

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Fact, Note
from panoh.cases.rules import told
from panoh.files import actions as files
from panoh.kernel.rules import Category
from tests.factories.cases import again, contact, record, share
from tests.factories.clients import client_of
from tests.factories.papers import pdf
from tests.factories.plans import SHARED
from tests.factories.referrals import NOW, case
from tests.factories.staff import ADMIN, as_user, user

pytestmark = pytest.mark.django_db
HEALTH = int(Category.HEALTH)
TEXT = "Ёддошти саломатии канарӣ"
CARRYING = ("cases_note", "cases_fact", "cases_plantext", "cases_plantask", "files_document")


def rows_in(table: str) -> int:
    """Rows of health that the account finds straight in SQL, past every filter of ours."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE category = %s", [HEALTH])
        return int(cursor.fetchone()[0])


def furnished() -> Dossier:
    """A case of the NGO with something of health in every table that may carry it."""
    with as_user("nigora") as by:
        found = case(by)
        dossier = found.dossier
        cases.add_note(dossier, category=Category.HEALTH, text=TEXT, by=by, at=NOW)
        record(found, "triage_signs", "injury", by=by)
        share(found, by, "clinic-cases", "mavluda", SHARED | Category.HEALTH)
        files.add(dossier, category=Category.HEALTH, title=TEXT, content=pdf("x"), by=by, at=NOW)
    return dossier


@pytest.mark.parametrize("role", ["pol", "pro", "ics", "rap"])
def test_e5_police_and_prosecutors_find_no_health_even_in_the_holders_team(role: str) -> None:
    dossier = furnished()
    with as_user("nigora"):
        assert [rows_in(table) for table in CARRYING] == [1, 1, 0, 0, 1]
    with as_user(ADMIN) as admin:
        access.appoint(user=user("nigora"), role=role, by=admin, at=NOW)
    with as_user("nigora") as by:
        assert [rows_in(table) for table in CARRYING] == [0] * 5
        assert queries.notes_of(dossier, user=by) == []
        assert Category.HEALTH not in queries.readable(by, dossier)
        # No line of the timeline tells that there is such a note.
        assert "health" not in str([step.event.detail for step in queries.timeline(dossier)])
        # Nor is it changed blindly.
        with connection.cursor() as cursor:
            cursor.execute("UPDATE cases_note SET added_at = now() WHERE category = %s", [HEALTH])
            assert cursor.rowcount == 0
    browser = client_of("nigora", "en")
    assert browser.get(f"/cases/{dossier.ref}/notes/health/").status_code == 404
    assert TEXT not in browser.get(f"/cases/{dossier.ref}/").content.decode()
    assert TEXT not in browser.get(f"/cases/{dossier.ref}/documents/").content.decode()


def test_e5_police_who_hold_the_case_find_no_health_note_of_the_doctor() -> None:
    with as_user("pulod") as by:
        held = contact(by, NOW, in_team="police-cases")
        record(held, "triage_signs", "injury", by=by)
        share(held, by, "clinic-cases", "mavluda", SHARED | Category.HEALTH)
        urgent = again(held).urgency_rank
    with as_user("mavluda") as by:
        cases.add_note(held.dossier, category=Category.HEALTH, text=TEXT, by=by, at=NOW)
        cases.record_facts(
            held.dossier, field="triage_signs", codes=["injury", "followed"], by=by, at=NOW
        )
    with as_user("pulod") as by:
        assert not Note.objects.exists()
        # What the officer asked is known to the police; what the doctor wrote is not.
        assert [fact.code for fact in Fact.objects.filter(field="triage_signs")] == ["injury"]
    assert client_of("pulod").get(f"/cases/{held.dossier.ref}/notes/health/").status_code == 404
    with as_user("pulod") as by:
        # Who does not see every sign never makes a case look less urgent.
        changed = cases.record_facts(held.dossier, field="triage_signs", codes=[], by=by, at=NOW)
        assert changed == []
        assert again(held).urgency_rank == urgent
        # And a sign that the doctor wrote already is no fault of who writes it too.
        cases.record_facts(held.dossier, field="triage_signs", codes=["followed"], by=by, at=NOW)


def test_e5_the_doctor_reads_it_and_who_was_not_given_it_does_not() -> None:
    dossier = furnished()
    with as_user("mavluda") as by:
        assert [
            text
            for _row, text in cases.read_notes(dossier, category=Category.HEALTH, by=by, at=NOW)
        ] == [TEXT]
    assert client_of("mavluda").get(f"/cases/{dossier.ref}/notes/health/").status_code == 200
    assert client_of("hadia").get(f"/cases/{dossier.ref}/notes/health/").status_code == 404


def test_e5_an_authority_in_a_joint_plan_is_told_no_health() -> None:
    assert told(SHARED | Category.HEALTH, is_authority=True) == SHARED
    assert told(SHARED | Category.HEALTH, is_authority=False) == SHARED | Category.HEALTH
