"""What is recorded, and whom an exclusion shuts out: tests that commit, to be read by others."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.people import actions as people
from panoh.people import queries
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.usefixtures("fresh_db")

Connect = Callable[[str], psycopg.Connection]
AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
PERSON = Person(given="Лола", patronymic="Каримовна", family="Озмоишзода", chosen="Сайёра")
ASKED = Facts(names=("Lola Karimovna Ozmoishzoda",))


def named() -> Dossier:
    with as_user("nigora") as by:
        dossier = access.open_dossier(team=team("ngo-cases"), by=by, at=AT)
        people.name(dossier, person=PERSON, by=by, at=AT)
        people.add_contact(dossier, kind="phone", value="+000 5551234", by=by, at=AT)
    return dossier


def test_opening_an_identity_is_recorded_without_a_value(connect: Connect) -> None:
    dossier = named()
    with as_user("nigora") as by:
        assert queries.names_of([dossier.pk], by=by, at=AT) == {dossier.pk: "Сайёра"}
        queries.person(dossier, by=by, at=AT)
        queries.contacts_of(dossier, by=by, at=AT)
        people.search(ASKED, by=by, at=AT)
    auditor = connect("auditor")
    rows = auditor.execute(
        "SELECT event, user_id FROM audit_entry WHERE dossier_id = %s", [dossier.pk]
    ).fetchall()
    assert {user for _event, user in rows} == {by.pk}
    events = [event for event, _user in rows]
    assert events.count("people.identity_read") == 3
    assert events.count("people.contact_read") == 1
    searched = auditor.execute(
        "SELECT reason, dossier_id FROM audit_entry WHERE event = 'people.searched'"
    ).fetchall()
    assert len(searched) == 1
    assert searched[0][0].endswith(" keys") and searched[0][1] is None
    everything = str(auditor.execute("SELECT * FROM audit_entry").fetchall())
    assert not any(word in everything for word in ("Лола", "Озмоиш", "Сайёра", "5551234"))


def test_whom_she_excluded_is_told_nothing(connect: Connect) -> None:
    dossier = named()
    with as_user("nigora") as by:
        people.mark_findable(dossier, purposes=["be_found"], by=by, at=AT)
    # Its verb comes later; until then only the owner writes this table.
    connect("owner").execute(
        "INSERT INTO access_never (id, dossier_id, kind, unit_id, district) "
        "SELECT gen_random_uuid(), %s, 'unit', id, '' FROM access_unit WHERE code = 'police'",
        [dossier.pk],
    )
    for who, known in (("pulod", []), ("shirin", ["ngo"])):
        with as_user(who) as by:
            found = people.search(ASKED, by=by, at=AT)
        assert [unit.code for unit in found.ask] == known


def test_no_name_stands_in_the_tables(connect: Connect) -> None:
    named()
    owner = connect("owner")
    for table in ("people_identity", "people_contactpoint", "people_nametoken", "people_search"):
        content = owner.execute(f"SELECT t::text FROM {table} t").fetchall()
        assert not any(
            canary in str(content) or canary.encode().hex() in str(content)
            for canary in ("Лола", "Озмоиш", "Сайёра", "5551234")
        )


def test_arrays_of_the_wall_agree_with_the_grants(connect: Connect) -> None:
    named()
    wrong = connect("owner").execute("SELECT table_name, wrong FROM access_verify()").fetchall()
    assert [row for row in wrong if row[1]] == []
