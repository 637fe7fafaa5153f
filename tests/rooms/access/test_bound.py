"""With free SQL inside a valid context: settings that change half-way, moments without end, and
what a programme that reads a row would run."""

import base64
import pickle
import re
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import connections

from panoh.kernel.rules import Category
from tests.factories.staff import team, user
from tests.rooms.access.test_models import PROTECTED, act, plant

TURNED = "SELECT {column}, set_config('app.teams', '{theirs}', true) FROM {table}"
BARE = (
    "SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = 'public' AND ("
    "strpos(qual, 'current_setting') > 0 AND strpos(qual, 'END IS NOT NULL') = 0 "
    "OR strpos(with_check, 'current_setting') > 0)"
)
# Every moment that `app` may write, and the promise of its table.
MOMENTS = (
    "SELECT c.relname || '.' || a.attname, (SELECT pg_get_constraintdef(k.oid) "
    " FROM pg_constraint k WHERE k.conrelid = c.oid AND k.conname = 'moments_of_calendars'), "
    "a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
    "JOIN pg_type y ON y.oid = a.atttypid WHERE c.relnamespace = 'public'::regnamespace "
    "AND c.relkind = 'r' AND NOT a.attisdropped "
    "AND y.typname IN ('timestamptz', 'timestamp', 'date', 'tstzrange', 'daterange') "
    "AND has_column_privilege('app', c.oid, a.attnum, 'INSERT, UPDATE')"
)
RAN: list[str] = []


def note(word: str) -> None:
    """What planted bytes would run."""
    RAN.append(word)


class Planted:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (note, ("run",))


def column_of(table: str) -> str:
    return "id" if table == "access_dossier" else "dossier_id"


def test_a_statement_shows_no_other_teams_rows_by_a_setting_that_changes_in_it(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    owner, app, _other = sides
    lola, mine, theirs = user("lola"), team("ngo-other").pk, team("ngo-cases").pk
    own = plant(owner, mine, lola.pk).dossier
    plant(owner, theirs, user("nigora").pk)
    seen = 0
    for table in PROTECTED:
        column = column_of(table)
        with app.transaction():
            act(app, lola.pk, mine)
            turned = TURNED.format(column=column, theirs=f"{mine},{theirs}", table=table)
            found = {key for key, _said in app.execute(turned.encode())}
        with app.transaction():
            act(app, lola.pk, mine)
            app.execute(f"DECLARE slow CURSOR FOR SELECT {column} FROM {table}".encode())
            first = app.execute("FETCH 1 FROM slow").fetchall()
            app.execute("SELECT set_config('app.teams', %s, true)", [f"{mine},{theirs}"])
            later = app.execute("FETCH ALL FROM slow").fetchall()
        found |= {key for (key,) in first + later}
        assert found <= {own, None}, table
        seen += own in found
    assert seen > len(PROTECTED) / 2, "own rows are read"


def test_what_is_shut_stays_shut_when_a_statement_loses_its_context(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    """What is of the health from the police; a whole file from somebody who is kin."""
    owner, app, _other = sides
    pulod, police = user("pulod"), team("police-cases").pk
    # A row that asks for neither, so that the rest is found out later.
    owner.execute(
        "INSERT INTO duties_duty (id, kind, owner_id, period, opened_at, is_late, urgency_rank, "
        "sensitivity_rank, level, outcome) VALUES (gen_random_uuid(), 'x', %s, '', now(), false, "
        "9, 9, 0, '')",
        [police],
    )
    held = plant(owner, police, pulod.pk).dossier
    lost = "set_config('app.user', '0', true)"
    with app.transaction():
        act(app, pulod.pk, police)
        rows = app.execute(f"SELECT category, {lost} FROM cases_note".encode()).fetchall()
        assert len(rows) > 2
        assert int(Category.HEALTH) not in {category for category, _said in rows}
    owner.execute(
        "INSERT INTO access_never (id, dossier_id, kind, district, user_id, words, by_kin, "
        "added_at, added_by) "
        "VALUES (gen_random_uuid(), %s, 'account', '', %s, '', true, now(), %s)",
        [held, pulod.pk, pulod.pk],
    )
    for table in PROTECTED:
        for question in ("SELECT {0}, {1} FROM {2}", "SELECT {0}, 1 FROM {2} WHERE {1} = '0'"):
            with app.transaction():
                act(app, pulod.pk, police)
                text = question.format(column_of(table), lost, table)
                found = app.execute(text.encode()).fetchall()
            assert held not in {key for key, _said in found}, table


def test_an_administrator_of_the_police_makes_no_caseworker_of_an_officer(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    """Another role, or none at all, does not open what is kept from the police."""
    owner, app, _other = sides
    pulod, police = user("pulod"), team("police-cases")
    plant(owner, police.pk, pulod.pk)
    (admin,) = owner.execute(
        "INSERT INTO access_user (username, display_name, language, unit_id, is_active, "
        "invitation, password) VALUES ('chief', 'Chief', 'tg', %s, true, '', '!') RETURNING id",
        [police.unit_id],
    ).fetchone() or (0,)
    owner.execute(
        "INSERT INTO access_rolegrant (user_id, unit_id, role, since) "
        "VALUES (%s, %s, 'unit-chief', now() - interval '1 day')",
        [admin, police.unit_id],
    )
    owner.execute(
        "INSERT INTO access_rolepermission (role, permission) VALUES ('unit-chief', 'unit_manage')"
    )
    appoint = "SELECT access_appoint(%s::int, %s, now())"
    with app.transaction():
        act(app, admin)
        app.execute(appoint, [pulod.pk, "pol"])
    for role in ("ngo", "rap", "hot"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
            act(app, admin)
            app.execute(appoint, [pulod.pk, role])
    shut = "SELECT count(*) FROM cases_apartfact"
    for taken in ("", "pol"):
        if taken:
            with app.transaction():
                act(app, admin)
                app.execute("SELECT access_dismiss(%s::int, %s, now())", [pulod.pk, taken])
        with app.transaction():
            act(app, pulod.pk, police.pk)
            assert app.execute(shut).fetchone() == (0,), taken or "with the role"


def test_every_policy_that_reads_a_setting_is_bound(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    owner, *_rest = sides
    bound = owner.execute(
        "SELECT count(*) FROM pg_policies WHERE strpos(qual, 'END IS NOT NULL') > 0"
    ).fetchone()
    assert bound is not None and bound[0] > len(PROTECTED)
    assert owner.execute(BARE).fetchall() == []
    owner.execute(
        "CREATE POLICY careless ON cases_case FOR SELECT TO app USING "
        "(holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[]))"
    )
    assert owner.execute(BARE).fetchall() == [("cases_case.careless",)]
    owner.execute("SELECT access_install_privileges()")
    assert owner.execute(BARE).fetchall() == []
    rules = "SELECT array_agg(x.* ORDER BY tablename, policyname)::text FROM pg_policies x"
    stands = owner.execute(rules).fetchone()
    owner.execute("SELECT access_install_privileges()")
    assert owner.execute(rules).fetchone() == stands, "once is enough"
    owner.execute(
        "CREATE POLICY odd ON cases_case FOR SELECT TO app USING "
        "(current_setting('app.teams', true) <> '')"
    )
    with pytest.raises(psycopg.errors.RaiseException, match="odd of cases_case"):
        owner.execute("SELECT access_install_privileges()")


def test_no_moment_that_app_may_write_is_without_end(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    owner, app, _other = sides
    found = owner.execute(MOMENTS).fetchall()
    assert len(found) > 100
    assert [
        name for name, rule, column in found if not re.search(rf"\b{column}\b", rule or "")
    ] == []
    for value in ("infinity", "-infinity", "0044-03-15 BC", "9999-01-01"):
        with pytest.raises(psycopg.errors.CheckViolation), app.transaction():
            app.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, scheduled_at) "
                "VALUES ('default', 'x', NULL, '{}', %s)",
                [value],
            )


def test_a_moment_of_before_is_brought_within_the_calendars(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    """As an update does it: else nobody could change such a row, and the round that meets it stops
    there for all the others."""
    owner, *_rest = sides
    promise = "SELECT convalidated FROM pg_constraint WHERE conname = 'moments_of_calendars' AND {}"
    all_of_them = promise.format("NOT convalidated")
    assert owner.execute(all_of_them.encode()).fetchall() == []
    plant(owner, team("ngo-other").pk, user("lola").pk)
    odd = (
        ("duties_duty", "opened_at", "-infinity"),
        ("procrastinate_jobs", "scheduled_at", "infinity"),
        # A column that nobody changes, in a row that is changed.
        ("cases_case", "opened_at", "infinity"),
        ("audit_entry", "at", "infinity"),
    )
    owner.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'x', '{}')"
    )
    for table, column, value in odd:
        owner.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS moments_of_calendars".encode()
        )
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        done = owner.execute(f"UPDATE {table} SET {column} = '{value}'".encode())
        assert done.rowcount > 0, table
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    owner.execute("SELECT access_install_privileges()")
    ends = {"infinity": "2999-01-01", "-infinity": "1900-01-01"}
    for table, column, value in odd[:3]:
        owner.execute(f"UPDATE {table} SET {column} = {column}".encode())
        shown = owner.execute(f"SELECT DISTINCT {column}::date::text FROM {table}".encode())
        assert shown.fetchall() == [(ends[value],)], table
    left = owner.execute(
        all_of_them.replace("convalidated FROM", "conrelid::regclass::text FROM").encode()
    )
    assert left.fetchall() == [("audit_entry",)], "the log stays as it was written, and is named"
    stands = owner.execute(b"SELECT DISTINCT at::text FROM audit_entry")
    assert stands.fetchall() == [("infinity",)]


@pytest.mark.django_db
def test_the_cache_runs_nothing_that_stands_in_it() -> None:
    """Its table is the application's to write: a row of it is data and nothing else."""
    RAN.clear()
    cache.set("planted", 1, 60)
    assert cache.get("planted") == 1
    planted = base64.b64encode(pickle.dumps(Planted())).decode()
    with connections["plain"].cursor() as cursor:
        cursor.execute("UPDATE plain_cache SET value = %s", [planted])
        assert cursor.rowcount == 1
    assert cache.get("planted", "nothing") == "nothing"
    assert RAN == []
    pickle.loads(base64.b64decode(planted))  # noqa: S301 - what a cache of pickles does
    assert RAN == ["run"]


@pytest.mark.django_db
def test_what_was_spent_stays_spent_however_much_is_kept() -> None:
    """A flood of other keys (a guess each) gives no code back, and no tries."""
    assert cache.add("code-of-a-telephone", True, 60)
    for number in range(700):
        cache.set(f"{number:04}", [float(number)], 60)
    assert not cache.add("code-of-a-telephone", True, 60)
    assert cache.get("0000") == [0.0]
    assert cache.touch("0000", -1) and cache.get("0000") is None
    assert cache.add("0000", "again", 60) and cache.get("0000") == "again"
    assert cache.delete("0000") and not cache.delete("0000")
    cache.clear()
    assert cache.get("0699") is None
