"""The third wall in plain SQL, as role ``app``: what a stolen application password could try.

``TABLES`` says for every table of the database what it is; a new table fails until it is named
here. The expectation is written by hand and not read from the registry that it checks.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.database.base import WRITE, signed
from panoh.kernel.context import Acting
from panoh.kernel.rules import CASE_CATEGORIES, Category
from tests.factories.staff import team, user

Connect = Callable[[str], psycopg.Connection]

# Case-scoped tables: the category that opens a row; "row" = the row's own column; None = holder
# only; "source" = the request's own row; "also" = the team named in the row, beside the holder.
PROTECTED: dict[str, Category | str | None] = {
    "access_dossier": CASE_CATEGORIES,
    "duties_duty": "also",
    "people_identity": Category.IDENTITY,
    "people_contactpoint": Category.CONTACT,
    "people_nametoken": Category.IDENTITY,
    "consent_consent": None,
    "cases_case": Category.CORE,
    "cases_fact": "row",
    "cases_apartfact": None,
    "cases_note": "row",
    "cases_event": Category.CORE,
    "files_document": "row",
    "referrals_referral": "source",
    "exchange_external": "also",
}
# Tables of authority: app reads (some rows), writes nothing.
AUTHORITY = {
    "access_unit",
    "access_team",
    "access_user",
    "access_membership",
    "access_rolegrant",
    "access_rolepermission",
    "access_territory",
    "access_grant",
    "access_listing",
    "vault_accountkey",
    "vault_teamkey",
    "vault_teamkeywrap",
    "vault_datakey",
    "vault_datakeywrap",
    "vault_unittokenkey",
}
# Nothing at all for app.
CLOSED = {
    "access_never",
    "access_protected",
    "access_allowed",
    "audit_context_key",
    "audit_head",
    "people_nationaltoken",
}
# No case in them.
ELSEWHERE = {
    "audit_entry",
    "vault_draft",
    "people_search",
    "directory_organisation",
    "directory_contact",
    "directory_service",
    "directory_unmetneed",
    "exchange_import",
    "exchange_part",
}
LIBRARIES = ("django_", "account_", "mfa_", "plain_cache", "procrastinate_", "auth_")

PLAIN = {
    "character varying": "",
    "text": "",
    "integer": 1,
    "smallint": 1,
    "bigint": 1,
    "boolean": False,
    "timestamp with time zone": "2026-01-01",
    "date": "2026-01-01",
    "bytea": b"sealed",
    "ARRAY": [],
    "jsonb": "{}",
}


def act(connection: psycopg.Connection, user_id: int, *teams: int) -> None:
    """Write a valid context into the open transaction of a plain connection."""
    until = int(time.time()) + 60
    values = signed(Acting(user_id, teams), connection.info.backend_pid, until)
    connection.execute(WRITE.encode(), values)


def tables(owner: psycopg.Connection) -> set[str]:
    """Every table of the schema."""
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'p', 'v', 'm')"
    )
    return {name for (name,) in rows}


def _first(connection: psycopg.Connection, statement: str, values: list[object]) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return row


@dataclass
class Planted:
    """One dossier and its rows, made by the owner: table -> ids by category number."""

    dossier: int
    rows: dict[str, dict[int, object]] = field(default_factory=dict)


def plant(owner: psycopg.Connection, holder: int, by: int) -> Planted:
    """A dossier of team ``holder`` with a row in each protected table, and one per category."""
    (dossier,) = _first(
        owner,
        "INSERT INTO access_dossier (ref, holder, sealed, opened_at) "
        "VALUES (%s, %s, false, now()) RETURNING id",
        [uuid4().hex[:10].upper(), holder],
    )
    owner.execute(
        "INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, starts_at)"
        " VALUES (gen_random_uuid(), %s, %s, 511, 0, 'holder', now())",
        [dossier, holder],
    )
    planted = Planted(dossier)
    for table, kind in PROTECTED.items():
        if table == "access_dossier":
            continue
        masks = [int(c) for c in CASE_CATEGORIES] if kind == "row" else [0]
        planted.rows[table] = {
            mask: _row(owner, table, dossier, mask, team_id=holder, by=by) for mask in masks
        }
    return planted


SPECIAL: dict[str, dict[str, object]] = {
    "cases_case": {"state": "open", "scope": "not_yet_known"},
    "cases_apartfact": {},
    "consent_consent": {},
    "referrals_referral": {},
}


def _row(
    owner: psycopg.Connection, table: str, dossier: int, mask: int, *, team_id: int, by: int
) -> object:
    columns = owner.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = "
        "'public' AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL",
        [table],
    ).fetchall()
    values: dict[str, object] = {}
    for name, kind in columns:
        if kind == "uuid":
            values[name] = uuid4()
        elif name == "token":
            values[name] = uuid4().bytes[:8]
        elif name in {"code", "ref"}:
            values[name] = uuid4().hex[:10].upper()
        elif name.endswith("_by_id") or name == "user_id":
            values[name] = by
        elif name.endswith(("team_id", "owner_id")):
            values[name] = team_id
        else:
            values[name] = PLAIN[kind]
    values |= {"dossier_id": dossier} | SPECIAL.get(table, {})
    if mask:
        values["category"] = mask
    names = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    key = "dossier_id" if "id" not in values else "id"
    # Only the wall is looked at here: the rooms' own checks have tests of their own.
    for (check,) in owner.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table]
    ).fetchall():
        owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{check}"'.encode())
    owner.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})".encode(), list(values.values()))
    return values[key]


def seen(app: psycopg.Connection, table: str, planted: Planted) -> set[object]:
    """The keys of the planted rows of a table that this connection can read."""
    column = "id" if table != "cases_case" else "dossier_id"
    rows = app.execute(
        f"SELECT {column} FROM {table} WHERE dossier_id = %s".encode(), [planted.dossier]
    )
    return {key for (key,) in rows}


def grant(owner: psycopg.Connection, dossier: int, to: int, mask: int, source: UUID) -> None:
    """A live grant, as acceptance makes it."""
    owner.execute(
        "INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, "
        "source_id, starts_at, ends_at) VALUES (gen_random_uuid(), %s, %s, %s, 0, 'referral', "
        "%s, now(), now() + interval '1 day')",
        [dossier, to, mask, source],
    )


@pytest.fixture
def sides(fresh_db: str, connect: Connect) -> Iterator[tuple[psycopg.Connection, ...]]:
    """The owner, and two connections of ``app``."""
    yield connect("owner"), connect("app"), connect("app")


def test_every_table_is_known(sides: tuple[psycopg.Connection, ...]) -> None:
    owner, *_rest = sides
    known = PROTECTED.keys() | AUTHORITY | CLOSED | ELSEWHERE
    found = {name for name in tables(owner) if not name.startswith(LIBRARIES)}
    assert found == known


def test_matrix_of_category_and_table(sides: tuple[psycopg.Connection, ...]) -> None:
    """For each category alone: exactly its rows open, in every table, and no other."""
    owner, app, _other = sides
    nigora, holder = user("nigora"), team("ngo-cases")
    guest = team("shelter-cases")
    for category in [*CASE_CATEGORIES, Category.ASK]:
        planted = plant(owner, holder.pk, nigora.pk)
        request = planted.rows["referrals_referral"][0]
        assert isinstance(request, UUID)
        source = request if category is Category.ASK else uuid4()
        grant(owner, planted.dossier, guest.pk, int(category), source)
        for team_id, mask in ((holder.pk, None), (guest.pk, category), (guest.pk + 999, 0)):
            with app.transaction():
                act(app, nigora.pk, team_id)
                for table, kind in PROTECTED.items():
                    if table == "access_dossier":
                        continue
                    everything = planted.rows[table]
                    if mask is None:
                        expected = set(everything.values())
                    elif kind == "row":
                        expected = {key for bit, key in everything.items() if bit & mask}
                    elif kind == "source":
                        expected = set(everything.values()) if mask & Category.ASK else set()
                    elif isinstance(kind, Category):
                        expected = set(everything.values()) if kind & mask else set()
                    else:
                        expected = set()
                    assert seen(app, table, planted) == expected, (table, category, team_id)


def test_the_request_of_one_team_is_not_seen_by_another(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    owner, app, _other = sides
    nigora = user("nigora")
    planted = plant(owner, team("ngo-cases").pk, nigora.pk)
    everything = int(CASE_CATEGORIES | Category.ASK)
    grant(owner, planted.dossier, team("shelter-cases").pk, everything, uuid4())
    with app.transaction():
        act(app, nigora.pk, team("shelter-cases").pk)
        assert seen(app, "referrals_referral", planted) == set()
        assert seen(app, "cases_case", planted) == {planted.dossier}


def test_no_context_no_rows(sides: tuple[psycopg.Connection, ...]) -> None:
    owner, app, other = sides
    nigora, holder = user("nigora"), team("ngo-cases")
    planted = plant(owner, holder.pk, nigora.pk)
    with app.transaction():
        assert seen(app, "cases_case", planted) == set()
        # Teams without a signature.
        app.execute("SELECT set_config('app.teams', %s, true)", [str(holder.pk)])
        assert seen(app, "cases_case", planted) == set()
    with app.transaction():
        act(app, nigora.pk, holder.pk)
        assert seen(app, "cases_case", planted)
        replayed = [
            _first(app, "SELECT current_setting(%s)", [f"app.{name}"])[0]
            for name in ("teams", "user", "pid", "until", "sig")
        ]
        # Another team under the same signature.
        app.execute("SELECT set_config('app.teams', '2,3,4,5,6,7,8', true)")
        assert seen(app, "cases_case", planted) == set()
    with other.transaction():
        other.execute(WRITE.encode(), replayed)
        assert seen(other, "cases_case", planted) == set()
    with app.transaction():
        late = signed(Acting(nigora.pk, (holder.pk,)), app.info.backend_pid, int(time.time()) - 1)
        app.execute(WRITE.encode(), late)
        assert seen(app, "cases_case", planted) == set()
    with app.transaction():
        act(app, nigora.pk, holder.pk)
    with app.transaction():
        assert seen(app, "cases_case", planted) == set(), "the context outlived its transaction"


FORGERIES = (
    "INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, starts_at) "
    "VALUES (gen_random_uuid(), {dossier}, {mine}, 511, 0, 'former_holder', now())",
    "UPDATE access_grant SET categories = 511",
    "DELETE FROM access_grant",
    "UPDATE access_dossier SET holder = {mine}",
    "UPDATE access_dossier SET teams = ARRAY[{mine}]",
    "INSERT INTO access_membership (user_id, team_id, since, is_supervisor, is_deputy, "
    "is_duty_officer) VALUES ({me}, {theirs}, now(), true, false, false)",
    "INSERT INTO access_rolegrant (user_id, unit_id, role, since) VALUES ({me}, 1, 'adm', now())",
    "INSERT INTO access_rolepermission (role, permission) VALUES ('pol', 'case_read')",
    "UPDATE access_user SET unit_id = 1",
    "DELETE FROM access_never",
    "INSERT INTO access_listing (team_id, opened_at, dossier_id) VALUES ({mine}, now(), {dossier})",
    "INSERT INTO vault_datakeywrap (dossier_id, category, version, team_id, team_version, wrapped) "
    "VALUES ({dossier}, 2, 1, {mine}, 1, '')",
    "UPDATE vault_teamkey SET public = ''",
    "UPDATE vault_accountkey SET private_wrapped = ''",
    "UPDATE cases_case SET teams = ARRAY[{mine}]",
    "UPDATE cases_case SET holder = {mine}",
    "UPDATE cases_case SET fresh_until = 'infinity'",
    "UPDATE cases_case SET dossier_id = dossier_id",
    "INSERT INTO cases_event (id, dossier_id, teams) VALUES (gen_random_uuid(), {dossier}, NULL)",
    "DELETE FROM cases_case",
    "TRUNCATE cases_case",
    "UPDATE audit_entry SET event = 'x'",
    "DELETE FROM audit_entry",
    "SELECT * FROM audit_entry",
    "SELECT * FROM audit_context_key",
    "SELECT * FROM people_nationaltoken",
    "SELECT public.access_recount(ARRAY[{dossier}::bigint])",
    "SELECT public.access_protect('cases_case', 0, '', false, '', false, false)",
    "SELECT public.access_apply('cases_case')",
    "SELECT public.access_reach({dossier}, 511, NULL)",
    "SELECT public.access_offer({dossier}, {mine}, 511, gen_random_uuid(), now(), NULL)",
    "SELECT public.access_release({dossier}, gen_random_uuid(), now(), NULL)",
    "SELECT public.access_hand_over({dossier}, {mine}, now(), NULL)",
    "SELECT public.access_put_wraps(ARRAY[{dossier}::bigint], ARRAY[2], ARRAY[1], ARRAY[{mine}], "
    "ARRAY[1], ARRAY[''::bytea], ARRAY[NULL::uuid])",
    "SELECT public.access_put_data_keys(ARRAY[{dossier}::bigint], ARRAY[2], ARRAY[99], "
    "ARRAY[{mine}], ARRAY[1], ARRAY[''::bytea], ARRAY[NULL::uuid])",
    "SELECT public.access_put_team_key({theirs}, 99, '', '')",
    "SELECT public.access_put_team_wrap({theirs}, 1, {me}, '')",
    "SELECT public.access_join({me}, {theirs}, now(), true, true, true)",
    "SELECT public.access_appoint({me}, 'adm', now())",
    "SELECT public.access_put_unit('x', 'x', 'ngo', '', '')",
    "SELECT public.access_set_up('x', 'x', 'ngo', 'x', 'x', 'en', 'x', 'adm', now())",
    "SELECT public.access_open_dossiers(ARRAY['X'], {theirs}, now(), false)",
    "CREATE TABLE mine (x int)",
    "CREATE TEMP TABLE mine (x int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY",
    "DROP POLICY app_reads ON cases_case",
    "SET ROLE owner",
    "SET SESSION AUTHORIZATION owner",
    "SET session_replication_role = replica",
    "SELECT * FROM pg_authid",
    "COPY cases_case TO PROGRAM 'cat'",
    "COPY cases_case FROM STDIN",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
)


def test_forgeries_fail(sides: tuple[psycopg.Connection, ...]) -> None:
    """A police account with a valid context of its own, a foreign dossier, and free SQL."""
    owner, app, _other = sides
    theirs, mine = team("ngo-cases"), team("police-cases")
    me = user("pulod")
    planted = plant(owner, theirs.pk, user("nigora").pk)
    before = fingerprint(owner)
    for statement in FORGERIES:
        text = statement.format(dossier=planted.dossier, mine=mine.pk, theirs=theirs.pk, me=me.pk)
        with pytest.raises(psycopg.Error) as caught, app.transaction():
            act(app, me.pk, mine.pk)
            app.execute(text.encode())
        assert caught.value.sqlstate in {"42501", "0A000"}, (statement, caught.value)
    assert fingerprint(owner) == before


def fingerprint(owner: psycopg.Connection) -> list[object]:
    """What the forgeries try to change, as one comparable value."""
    names = (
        "access_grant",
        "access_dossier",
        "access_membership",
        "access_rolegrant",
        "access_user",
        "cases_case",
        "vault_datakeywrap",
    )
    digest = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t"
    return [owner.execute(digest.format(name).encode()).fetchone() for name in names]


def test_a_foreign_row_is_not_changed_silently_and_not_shown(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    owner, app, _other = sides
    planted = plant(owner, team("ngo-cases").pk, user("nigora").pk)
    with app.transaction():
        act(app, user("pulod").pk, team("police-cases").pk)
        assert app.execute("UPDATE cases_case SET version = 99").rowcount == 0
        assert app.execute("UPDATE duties_duty SET level = 99").rowcount == 0
        assert app.execute("SELECT count(*) FROM cases_case").fetchone() == (0,)
    (version,) = _first(
        owner, "SELECT version FROM cases_case WHERE dossier_id = %s", [planted.dossier]
    )
    assert version == 1


@pytest.mark.parametrize("first", ["withdraw", "write"])
def test_a_withdrawal_beside_a_new_row_leaves_nobody_inside(
    sides: tuple[psycopg.Connection, ...], connect: Connect, first: str
) -> None:
    """Two transactions at once, in both orders; the second waits for the first to commit."""
    owner, app, _other = sides
    second_owner = connect("owner")
    nigora, holder, guest = user("nigora"), team("ngo-cases"), team("shelter-cases")
    planted = plant(owner, holder.pk, nigora.pk)
    grant(owner, planted.dossier, guest.pk, int(CASE_CATEGORIES), uuid4())

    def withdraw(connection: psycopg.Connection) -> None:
        connection.execute(
            "UPDATE access_grant SET ended_at = now() WHERE dossier_id = %s AND team_id = %s",
            [planted.dossier, guest.pk],
        )

    def write(connection: psycopg.Connection) -> None:
        _row(
            connection,
            "cases_note",
            planted.dossier,
            int(Category.STORY),
            team_id=holder.pk,
            by=nigora.pk,
        )

    one, two = (withdraw, write) if first == "withdraw" else (write, withdraw)
    with owner.transaction():
        one(owner)
        waiting = threading.Thread(target=two, args=(second_owner,))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive(), "the second did not wait for the first"
    waiting.join(20)
    assert not waiting.is_alive()
    with app.transaction():
        act(app, nigora.pk, guest.pk)
        for table in planted.rows:
            assert seen(app, table, planted) == set(), table
    assert wrong(owner) == []


def wrong(owner: psycopg.Connection) -> list[tuple[str, int]]:
    """Tables whose arrays differ from the grants."""
    return [row for row in owner.execute("SELECT * FROM access_verify()").fetchall() if row[1]]


def test_verify_can_find_a_wrong_row(sides: tuple[psycopg.Connection, ...]) -> None:
    owner, *_rest = sides
    plant(owner, team("ngo-cases").pk, user("nigora").pk)
    assert wrong(owner) == []
    owner.execute("UPDATE cases_case SET teams = '{7}'")
    assert [table for table, _count in wrong(owner)] == ["cases_case"]


def test_reach_that_begins_and_ends_by_the_clock(sides: tuple[psycopg.Connection, ...]) -> None:
    """Past ``fresh_until`` all but the holder see nothing, until the sweeper recounts."""
    owner, app, _other = sides
    nigora, holder, guest = user("nigora"), team("ngo-cases"), team("shelter-cases")
    late = team("clinic-cases")
    planted = plant(owner, holder.pk, nigora.pk)
    grant(owner, planted.dossier, guest.pk, int(Category.CORE), uuid4())
    owner.execute(
        "INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, "
        "source_id, starts_at) VALUES (gen_random_uuid(), %s, %s, 1, 0, 'referral', "
        "gen_random_uuid(), clock_timestamp() + interval '0.4 seconds')",
        [planted.dossier, late.pk],
    )

    def who() -> set[int]:
        found = set()
        for team_id in (holder.pk, guest.pk, late.pk):
            with app.transaction():
                act(app, nigora.pk, team_id)
                if seen(app, "cases_case", planted):
                    found.add(team_id)
        return found

    assert who() == {holder.pk, guest.pk}
    owner.execute("SELECT pg_sleep(0.5)")
    assert who() == {holder.pk}
    assert owner.execute("SELECT access_sweep()").fetchone() == (1,)
    assert who() == {holder.pk, guest.pk, late.pk}
    assert wrong(owner) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["grant", "end", "row", "never", "hand"]),
        st.integers(0, 2),
        st.integers(1, 511),
    ),
    max_size=8,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_arrays_equal_grants_whatever_happens(
    sides: tuple[psycopg.Connection, ...], steps: list[tuple[str, int, int]]
) -> None:
    owner, *_rest = sides
    nigora = user("nigora").pk
    guests = [team(name) for name in ("shelter-cases", "police-cases", "clinic-cases")]
    planted = plant(owner, team("ngo-cases").pk, nigora)
    for verb, which, mask in steps:
        guest = guests[which]
        if verb == "grant":
            grant(owner, planted.dossier, guest.pk, mask, uuid4())
        elif verb == "end":
            owner.execute(
                "UPDATE access_grant SET ended_at = now() WHERE dossier_id = %s AND team_id = %s",
                [planted.dossier, guest.pk],
            )
        elif verb == "row":
            _row(owner, "cases_note", planted.dossier, 1 << (mask % 9), team_id=guest.pk, by=nigora)
        elif verb == "never":
            owner.execute(
                "INSERT INTO access_never (id, dossier_id, kind, unit_id, district) "
                "VALUES (gen_random_uuid(), %s, 'unit', %s, '')",
                [planted.dossier, guest.unit_id],
            )
        else:
            owner.execute("DELETE FROM access_never WHERE dossier_id = %s", [planted.dossier])
    assert wrong(owner) == []
