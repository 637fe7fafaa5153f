"""Units, teams and accounts: who makes, names, appoints and closes them, and who never does."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ValidationError
from django.db import ProgrammingError
from django.utils import translation

from panoh.access import actions as access
from panoh.access.models import Membership, RoleGrant, Team, Unit, User
from panoh.access.rules import Permission
from panoh.kernel.rules import Gone, Invalid, Refused
from panoh.vault import queries as keys
from tests.factories.clients import client_of
from tests.factories.staff import PASSPHRASE, as_user, team, user
from tests.rooms.access.test_sign_in import is_signed_in

AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
FIRST: dict[str, Any] = {
    "unit_name": "Идораи хаёлӣ",
    "unit_type": "operator",
    "username": "first",
    "display_name": "First (fictional)",
    "language": "tg",
    "passphrase": PASSPHRASE,
    "at": AT,
}

WRITTEN: list[Any] = [Unit, Team, User, Membership, RoleGrant]
# The tables that hold them, in the order in which they point to one another.
ACCOUNTS = (
    *("vault_teamkeywrap", "vault_unittokenkey", "vault_teamkey", "vault_accountkey"),
    *("access_membership", "access_rolegrant", "access_user", "access_team", "access_unit"),
)
Connect = Callable[[str], psycopg.Connection]


def everything() -> list[Any]:
    """All that the verbs of this file write."""
    found = [list(table.objects.order_by("pk").values()) for table in WRITTEN]
    assert all(found)
    return found


def unit_of(name: str) -> Unit:
    return team(name).unit


# What somebody looks after, as the verb and what it is told.
VERBS: dict[str, Callable[[], dict[str, Any]]] = {
    "add_unit": lambda: {
        "code": "x",
        "name": "X",
        "kind": "ngo",
        "district": "tj_3505401",
        "duty_phone": "",
    },
    "add_team": lambda: {"unit": unit_of("ngo-cases"), "name": "X", "is_intake": False},
    "name_unit": lambda: {"unit": unit_of("ngo-cases"), "names": {"ru": "Х"}},
    "name_team": lambda: {"team": team("ngo-cases"), "names": {"ru": "Х"}},
    "invite": lambda: {
        "unit": unit_of("ngo-cases"),
        "username": "x",
        "display_name": "X",
        "language": "tg",
    },
    "join": lambda: {"user": user("lola"), "team": team("ngo-cases")},
    "leave": lambda: {"user": user("safar"), "team": team("ngo-cases")},
    "close_account": lambda: {"user": user("safar")},
    "end_sessions_of": lambda: {"user": user("safar")},
    "appoint": lambda: {"user": user("lola"), "role": "soc"},
    "dismiss": lambda: {"user": user("safar"), "role": "soc"},
    "name_hotline": lambda: {"team": team("ngo-cases")},
}
# What is for the administrator alone, or looks at the unit itself; in the others the database
# compares the units, and a page then answers "not found".
OF_ALL = {"add_unit", "end_sessions_of", "name_hotline"}
NO_PRIVILEGE = "42501"


@pytest.mark.django_db
@pytest.mark.parametrize("verb", VERBS)
def test_who_manages_nothing_changes_no_unit_team_or_account(verb: str) -> None:
    """Neither a caseworker, with a colleague signed in, nor the guard of the data."""
    browser, before = client_of("safar"), everything()
    for name in ("nigora", "dilovar"):
        with as_user(name) as by, pytest.raises(Refused):
            getattr(access, verb)(**VERBS[verb](), by=by, at=AT)
    assert everything() == before
    assert is_signed_in(browser)


def chief_of_police(owner: psycopg.Connection) -> User:
    """Who manages the accounts of one unit only; the Tajik pack has no such role."""
    owner.execute(
        "INSERT INTO access_rolepermission (role, permission) VALUES ('unit-chief', 'unit_manage')"
    )
    pulod = user("pulod")
    owner.execute(
        "INSERT INTO access_rolegrant (user_id, unit_id, role, since) "
        "VALUES (%s, %s, 'unit-chief', now() - interval '1 day')",
        [pulod.pk, pulod.unit_id],
    )
    return user("pulod")


def test_who_manages_one_unit_reaches_no_account_of_another(
    fresh_db: str, connect: Connect
) -> None:
    chief = chief_of_police(connect("owner"))
    theirs, ours = client_of("safar"), client_of("pulod")
    assert is_signed_in(theirs) and is_signed_in(ours)
    before = everything()
    for verb, told in VERBS.items():
        how: Any = Refused if verb in OF_ALL else ProgrammingError
        with pytest.raises(how) as refusal, as_user(chief) as by:
            getattr(access, verb)(**told(), by=by, at=AT)
        if verb not in OF_ALL:
            assert getattr(refusal.value.__cause__, "sqlstate", "") == NO_PRIVILEGE, verb
    assert everything() == before
    assert is_signed_in(theirs)
    with as_user(chief) as by:
        made = access.add_team(
            unit=unit_of("police-cases"), name="X", is_intake=False, by=by, at=AT
        )
        assert access.end_sessions_of(user=chief, by=by, at=AT) == 1
    assert Team.objects.filter(pk=made.pk, unit=chief.unit_id).exists()
    assert not is_signed_in(ours)


# -- the first administrator -----------------------------------------------------------------------


def test_an_empty_installation_gets_an_administrator_who_reads_no_case(
    fresh_db: str, connect: Connect
) -> None:
    for table in ACCOUNTS:
        connect("owner").execute(f"DELETE FROM {table}".encode())
    made = access.set_up(**FIRST)
    with as_user(made) as by:
        assert Permission.INSTALLATION_MANAGE in by.permissions
        assert Permission.CASE_READ not in by.permissions
        assert keys.unlock(by.pk, PASSPHRASE), "their own vault is there"
    assert str(made.unit) == FIRST["unit_name"]
    rows = connect("auditor").execute("SELECT event, user_id FROM audit_entry ORDER BY seq")
    assert rows.fetchall()[-1] == ("installation.set_up", made.pk)
    with pytest.raises(Refused):
        access.set_up(**FIRST | {"username": "second"})
    assert User.objects.get() == made


@pytest.mark.django_db
def test_where_somebody_has_an_account_nothing_is_set_up_again() -> None:
    before = everything()
    with pytest.raises(Refused):
        access.set_up(**FIRST)
    assert everything() == before


@pytest.mark.django_db
def test_a_passphrase_that_everybody_would_try_sets_nothing_up() -> None:
    with pytest.raises(ValidationError):
        access.set_up(**FIRST | {"passphrase": "password"})


# -- accounts --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_units_and_teams_are_called_in_the_readers_language() -> None:
    unit, one = unit_of("ngo-cases"), team("ngo-cases")
    own = (str(unit), str(one))
    with as_user("admin") as by:
        unit = access.name_unit(unit=unit, names={"ru": " Дорога ", "en": " "}, by=by, at=AT)
        one = access.name_team(team=one, names={"ru": "Дела"}, by=by, at=AT)
    assert (unit.names, one.names) == ({"ru": "Дорога"}, {"ru": "Дела"})
    with translation.override("ru"):
        assert (str(unit), str(one)) == ("Дорога", "Дела")
    with translation.override("en"):
        assert (str(unit), str(one)) == own


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["nigora", "NiGoRa"])
def test_a_user_name_is_given_once_in_whatever_letters(username: str) -> None:
    before = everything()
    with as_user("admin") as by, pytest.raises(Invalid) as fault:
        access.invite(
            unit=unit_of("fund-money"),
            username=username,
            display_name="X",
            language="tg",
            by=by,
            at=AT,
        )
    assert fault.value.field == "username"
    assert everything() == before


@pytest.mark.django_db
def test_nobody_ends_the_session_of_somebody_else() -> None:
    browser = client_of("nigora")
    assert is_signed_in(browser)
    key = str(browser.session.session_key)
    with as_user("safar") as by, pytest.raises(Gone):
        access.end_session(key=key, by=by, at=datetime.now(UTC))
    assert is_signed_in(browser)


@pytest.mark.parametrize(("name", "shared"), [("safar", 1), ("shirin", 0)])
def test_a_search_key_is_shared_only_where_another_team_stands(
    fresh_db: str, connect: Callable[[str], psycopg.Connection], name: str, shared: int
) -> None:
    with as_user(name) as by:
        access.share_search_key(by=by, at=AT)
    rows = connect("auditor").execute(
        "SELECT event FROM audit_entry WHERE event = 'unit.search_key_shared' AND at = %s", [AT]
    )
    assert len(rows.fetchall()) == shared


def test_who_comes_to_lead_is_told_apart_from_who_comes_in(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    with as_user("safar") as by:
        for leads in (False, True):
            access.join(
                user=user("lola"), team=team("ngo-cases"), is_supervisor=leads, by=by, at=AT
            )
    rows = connect("auditor").execute(
        "SELECT event FROM audit_entry WHERE event LIKE 'team.%%' AND at = %s ORDER BY seq", [AT]
    )
    assert rows.fetchall() == [("team.joined",), ("team.part_changed",)]
