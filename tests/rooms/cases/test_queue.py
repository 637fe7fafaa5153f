"""The commission's queue: who stands in it, what it shows, and a message to the holder."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from panoh.access import actions as access
from panoh.access.models import Dossier, Team
from panoh.cases import actions as cases
from panoh.cases.models import Queued
from panoh.consent import actions as consents
from panoh.consent.models import Consent
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, Refused
from panoh.people import actions as people
from panoh.people.rules.person import Person
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW, answer, case
from tests.factories.staff import as_user, team, user

NAME = "Озмоишгулмоҳ"
SECRETARY, RAPPORTEUR = "ibrohim", "rustam"
TODAY = datetime.now(UTC)


@pytest.fixture
def commission(db: None) -> Team:
    """A team of the commission's unit, to which a yes can be said."""
    with as_user(SECRETARY) as by:
        unit = by.unit
    assert unit is not None
    with as_user("admin") as by:
        return access.add_team(unit=unit, name="commission-desk", is_intake=True, by=by, at=NOW)


def agreed(commission: Team, status: str = "yes", **asked: Any) -> Dossier:
    """A grown woman with a name, asked about an application for status."""
    with as_user("nigora") as by:
        dossier = case(by, age_branch="adult").dossier
        people.name(dossier, person=Person(given=NAME), by=by, at=NOW)
        told = {"purpose": "status", "answer": status, "at": TODAY, "asked_now": True}
        answer(dossier, commission, by=by, **(told | asked))
    return dossier


def queue(name: str = SECRETARY) -> list[str]:
    with as_user(name) as by:
        return [row.code for row in cases.read_queue(by=by, at=TODAY)]


def owed(dossier: Dossier) -> list[str]:
    with as_user("nigora"):
        return list(
            Duty.objects.filter(dossier=dossier, kind__startswith="queue.", settled_at=None)
            .order_by("kind")
            .values_list("kind", flat=True)
        )


def test_b2_the_queue_shows_nobody(commission: Team) -> None:
    dossier = agreed(commission)
    for name in (SECRETARY, RAPPORTEUR):
        page = client_of(name, "en").get("/queue/")
        text = page.content.decode()
        assert page.status_code == 200 and queue()[0] in text
        for secret in (NAME, dossier.ref, "nigora", "Fictional Road NGO"):
            assert secret not in text
    assert queue() == queue(RAPPORTEUR), "the reference stays"


def test_b2_every_identity_url_is_not_found_and_no_break_glass(commission: Team) -> None:
    dossier = agreed(commission)
    for name in (SECRETARY, RAPPORTEUR):
        browser = client_of(name, "en")
        code = queue(name)[0]
        for ref in (dossier.ref, code):
            for part in ("", "person/", "person/name/", "notes/story/", "knows/", "documents/"):
                assert browser.get(f"/cases/{ref}/{part}").status_code == 404
        text = browser.get("/queue/").content.decode() + browser.get("/").content.decode()
        assert "/emergency/" not in text and "/cases/" not in text
        assert browser.get("/emergency/").status_code == 403
        with as_user(name):
            assert not Dossier.objects.exists() and not Queued.objects.exists()


def test_b2_the_message_reaches_the_holder_as_a_duty(commission: Team) -> None:
    dossier = agreed(commission)
    browser, code = client_of(SECRETARY, "en"), queue()[0]
    for _again in range(2):
        got = browser.post("/queue/ask/", {"code": code, "message": "papers"}, follow=True)
        assert "is asked to pass the message on" in words(got)
    assert owed(dossier) == ["queue.papers"], "owed once"
    assert "the commission needs another paper" in words(client_of("nigora", "en").get("/"))


@pytest.mark.parametrize(
    "asked",
    [
        {"status": "no"},
        {"status": "later"},
        {"asked_now": False},
    ],
    ids=str,
)
def test_b2_who_did_not_agree_is_never_in_it(commission: Team, asked: dict[str, Any]) -> None:
    agreed(commission, **asked)
    assert queue() == []


def test_b2_who_takes_it_back_leaves_the_queue_and_gets_no_message(commission: Team) -> None:
    dossier = agreed(commission)
    code = queue()[0]
    with as_user("nigora") as by:
        given = Consent.objects.get(dossier=dossier, purpose="status")
        consents.withdraw(given, reason="", by=by, at=TODAY + timedelta(seconds=1))
    assert queue() == []
    with as_user(SECRETARY) as by, pytest.raises(Gone):
        cases.ask_holder(code=code, message="call", by=by, at=TODAY)
    assert owed(dossier) == []


def test_b2_another_unit_reads_nothing_of_it(commission: Team) -> None:
    agreed(commission)
    with as_user("nigora") as by, pytest.raises(Refused):
        cases.read_queue(by=by, at=TODAY)


def test_b2_the_rapporteur_reads_and_asks_nothing(commission: Team) -> None:
    dossier = agreed(commission)
    code = queue(RAPPORTEUR)[0]
    browser = client_of(RAPPORTEUR, "en")
    assert "/queue/ask/" not in browser.get("/queue/").content.decode()
    assert browser.post("/queue/ask/", {"code": code, "message": "call"}).status_code == 403
    assert owed(dossier) == []
    with pytest.raises(DatabaseError), as_user(RAPPORTEUR), connection.cursor() as cursor:
        cursor.execute("SELECT cases_ask_holder(%s, 'call')", [code])


@pytest.mark.parametrize(
    ("code", "message"), [("0000000000", "call"), ("", "call"), ("mine", "any words")]
)
def test_b2_only_a_line_of_the_queue_and_a_message_of_the_list(
    commission: Team, code: str, message: str
) -> None:
    dossier = agreed(commission)
    typed = {"code": queue()[0] if code == "mine" else code, "message": message}
    assert client_of(SECRETARY).post("/queue/ask/", typed).status_code == 404
    assert owed(dossier) == []


@pytest.mark.parametrize("kind", ["excluded", "kin"])
def test_b2_who_is_excluded_by_name_or_kin_reads_nothing_of_it(
    fresh_db: str, connect: Callable[[str], psycopg.Connection], kind: str
) -> None:
    unit = user(SECRETARY).unit
    assert unit is not None
    with as_user("admin") as by:
        desk = access.add_team(unit=unit, name="commission-desk", is_intake=True, by=by, at=NOW)
    dossier = agreed(desk)
    code = queue()[0]
    connect("owner").execute(
        "INSERT INTO access_never (id, dossier_id, kind, user_id, by_kin)"
        " VALUES (gen_random_uuid(), %s, 'account', %s, %s)",
        [dossier.pk, user(SECRETARY).pk, kind == "kin"],
    )
    assert queue() == []
    with as_user(SECRETARY) as by, pytest.raises(Gone):
        cases.ask_holder(code=code, message="call", by=by, at=TODAY)
    assert queue(RAPPORTEUR) == [code], "a colleague goes on"


@pytest.mark.parametrize("change", ["sealed", "excluded", "child", "closed"])
def test_b2_sealed_excluded_child_and_closed_stand_apart(
    fresh_db: str, connect: Callable[[str], psycopg.Connection], change: str
) -> None:
    with as_user(SECRETARY) as by:
        unit = by.unit
    assert unit is not None
    with as_user("admin") as by:
        desk = access.add_team(unit=unit, name="commission-desk", is_intake=True, by=by, at=NOW)
    dossier = agreed(desk)
    assert len(queue()) == 1
    owner = connect("owner")
    statements = {
        "sealed": "UPDATE access_dossier SET sealed = true WHERE id = %s",
        "excluded": "INSERT INTO access_never (id, dossier_id, kind, unit_id, district)"
        f" VALUES (gen_random_uuid(), %s, 'unit', {unit.pk}, '')",
        "child": "UPDATE cases_case SET age_branch = 'child' WHERE dossier_id = %s",
        "closed": "UPDATE cases_case SET state = 'closed', closed_at = now(), close_reason = 'x'"
        " WHERE dossier_id = %s",
    }
    owner.execute(statements[change], [dossier.pk])
    assert queue() == []


def test_b2_reading_and_asking_are_recorded_without_the_file(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    with as_user(SECRETARY) as by:
        unit = by.unit
    assert unit is not None
    with as_user("admin") as by:
        desk = access.add_team(unit=unit, name="commission-desk", is_intake=True, by=by, at=NOW)
    dossier = agreed(desk)
    with as_user(SECRETARY) as by:
        cases.ask_holder(code=queue()[0], message="sitting", by=by, at=TODAY)
    rows = connect("auditor").execute(
        "SELECT event, unit_id, dossier_id FROM audit_entry WHERE event LIKE 'queue.%' ORDER BY seq"
    )
    assert sorted(set(rows.fetchall())) == sorted(
        [
            ("queue.read", unit.pk, None),
            ("queue.message", None, dossier.pk),
            ("queue.asked", unit.pk, None),
        ]
    )
    assert team("ngo-cases").pk == dossier.holder_id
