"""Emergency access: keys laid for the duty hotline, and what cannot be forged."""

import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from panoh.access import actions as access
from panoh.access.actions import keys as tending
from panoh.access.models import Dossier, Team
from panoh.access.queries import acting
from panoh.access.rules import Permission
from panoh.kernel.rules import Category, Gone, Refused
from panoh.vault import actions as vault
from tests.factories.emergency import (
    ask,
    file_of_ngo,
    hotline,
    now,
    open_file,
    phones,
    wait_over,
)
from tests.factories.people import PHONE, named
from tests.factories.referrals import answer
from tests.factories.staff import as_user, team, user
from tests.factories.vault import fresh
from tests.rooms.people.test_emergency import Connect, wraps


def test_emergency_wraps_are_of_contact_and_safety_and_go_when_sealed(
    fresh_db: str, connect: Connect
) -> None:
    owner = connect("owner")
    dossier = file_of_ngo()
    rows = owner.execute(
        "SELECT category, team_id FROM vault_datakeywrap WHERE offered = access_emergency_offer()"
    ).fetchall()
    assert rows == [(int(Category.CONTACT), team("hotline-cases").pk)]
    with as_user("hadia"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM vault_datakeywrap")
        assert cursor.fetchone() == (0,)
    owner.execute(b"UPDATE access_dossier SET sealed = true WHERE id = %d" % dossier.pk)
    assert wraps(owner) == 0


def tend(name: str = "nigora") -> None:
    """What happens between two pages of an account."""
    opened = fresh(name)
    with acting(user(name)), vault.opened(opened):
        access.tend_keys(by=user(name), at=now())


def still_owed(of: str = "ngo-cases") -> bool:
    return Team.objects.get(pk=team(of).pk).emergency_mark is not None


def test_break_glass_opens_what_was_written_before_the_hotline_was_named(
    fresh_db: str, connect: Connect
) -> None:
    owner = connect("owner")
    dossier = named()
    with as_user("nigora") as by:
        answer(dossier, team("shelter-cases"), by=by, categories=Category.CONTACT)
    hotline()
    assert wraps(owner) == 0
    tend("hadia")
    tend("shirin")
    assert wraps(owner) == 0, "only the team that holds the file can open its keys"
    tend()
    rows = owner.execute(
        "SELECT category, team_id FROM vault_datakeywrap WHERE offered = access_emergency_offer()"
    ).fetchall()
    assert rows == [(int(Category.CONTACT), team("hotline-cases").pk)]
    assert not still_owed()
    call = ask(ref=dossier.ref)
    wait_over(owner, call)
    assert open_file(call) == dossier
    assert phones(dossier, "hadia") == [PHONE]


def test_what_was_written_before_is_wrapped_slice_by_slice(
    fresh_db: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tending, "WRAPS_LOOKED_AT", 2)
    files = [named(), named(), named()]
    connect("owner").execute(b"UPDATE access_dossier SET sealed = true WHERE id = %d" % files[1].pk)
    hotline()
    found = []
    while still_owed():
        tend()
        found.append(wraps(connect("owner")))
    assert found[-1] == 2, "the sealed file has no emergency wrap"
    assert len(found) > 2 and found == sorted(found)
    hotline(None)
    assert (wraps(connect("owner")), still_owed()) == (0, False)


def test_nobody_is_told_what_another_team_owes_the_hotline(db: None) -> None:
    named()
    hotline()
    with pytest.raises(ProgrammingError), as_user("shirin"), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_emergency_owed(%s::int, 9)", [team("ngo-cases").pk])
    with as_user("shirin"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM access_emergency_owed(%s::int, 9)", [team("shelter-cases").pk]
        )
        assert cursor.fetchall() == []


def test_only_a_team_that_helps_is_named_as_hotline(db: None) -> None:
    with pytest.raises(ProgrammingError):
        hotline("police-cases")
    with as_user("hadia") as by, pytest.raises(Refused):
        access.name_hotline(team=team("hotline-cases"), by=by, at=now())
    assert Permission.BREAK_GLASS not in user("admin").permissions


FORGERIES = (
    "INSERT INTO people_emergencycall (id, user_id, team_id, danger, reason, asked_at, opens_at, "
    "review) VALUES (gen_random_uuid(), {me}, {mine}, 'danger', 'x', now(), now(), '')",
    "UPDATE people_emergencycall SET opens_at = now()",
    "DELETE FROM people_emergencycall",
    "INSERT INTO people_emergencyring (id, dossier_id, call_id, team_id, danger, rung_at, "
    "opens_at, answer) VALUES (gen_random_uuid(), {dossier}, '{call}', {mine}, 'x', now(), now(), "
    "'')",
    "UPDATE access_emergency SET wait_minutes = 0",
    "UPDATE access_emergency SET team_id = {mine}",
    "INSERT INTO access_grant (id, dossier_id, team_id, categories, source, source_id, starts_at) "
    "VALUES (gen_random_uuid(), {dossier}, {mine}, 260, 'break_glass', '{call}', now())",
    "SELECT access_name_hotline({mine})",
    "SELECT access_may_rescue({dossier}, {mine})",
    "SELECT access_in_emergency({dossier}, 4)",
    "SELECT people_open_in_emergency('{call}')",
    "SELECT people_open_in_emergency(gen_random_uuid())",
    "SELECT people_review_emergency('{call}', 'right')",
)


@pytest.mark.parametrize("forged", FORGERIES)
def test_break_glass_cannot_be_forged_in_sql(db: None, forged: str) -> None:
    dossier = file_of_ngo()
    call = ask(ref=dossier.ref)
    text = forged.format(
        me=user("hadia").pk, mine=team("hotline-cases").pk, dossier=dossier.pk, call=call.pk
    )
    with pytest.raises(ProgrammingError), as_user("hadia"), connection.cursor() as cursor:
        cursor.execute(text)


def test_the_asker_sees_no_ring_and_changes_none(db: None) -> None:
    dossier = file_of_ngo()
    ask(ref=dossier.ref)
    with as_user("hadia"), connection.cursor() as cursor:
        cursor.execute("UPDATE people_emergencyring SET opens_at = now()")
        assert cursor.rowcount == 0
        assert not Dossier.objects.filter(pk=dossier.pk).exists()


def test_nothing_opens_with_the_key_alone_before_the_gate(db: None) -> None:
    """The hotline's key pair does not open an emergency wrap: it lies under the server's key."""
    dossier = file_of_ngo()
    ask(ref=dossier.ref)
    with pytest.raises(Gone):
        phones(dossier, "hadia")
