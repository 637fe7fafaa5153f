"""Migrations can be taken back, or say why not; schema and data stand apart."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from panoh.decisions import actions as decisions
from tests.factories.referrals import NOW
from tests.factories.staff import as_user
from tests.factories.status import commission, filed
from tests.harness import Databases
from tests.house.matrix_world import furnished
from tests.house.tree import ROOMS, ROOT

LOADER = MigrationLoader(None, ignore_no_migrations=True)
OURS = sorted(key for key in LOADER.disk_migrations if key[0] in ROOMS)


def one_way(operations: list[Operation]) -> list[str]:
    """Operations that cannot be taken back."""
    return [type(one).__name__ for one in operations if not one.reversible]


def mixed(operations: list[Operation]) -> bool:
    """Whether rows are rewritten in the migration that changes tables (pending trigger events)."""
    data = any(isinstance(one, migrations.RunPython) for one in operations)
    schema = any(
        isinstance(one, migrations.AddField | migrations.AlterField | migrations.RemoveField)
        for one in operations
    )
    return data and schema


@pytest.mark.parametrize("key", OURS, ids=".".join)
def test_a_migration_can_be_taken_back_or_says_why(key: tuple[str, str]) -> None:
    migration: Any = LOADER.disk_migrations[key]
    module = __import__(type(migration).__module__, fromlist=["x"])
    if one_way(migration.operations):
        assert "Irreversible:" in (module.__doc__ or ""), one_way(migration.operations)
    assert not mixed(migration.operations)


def test_a_one_way_migration_is_noticed() -> None:
    assert one_way([migrations.RunSQL("SELECT 1")]) == ["RunSQL"]
    assert one_way([migrations.RunSQL("SELECT 1", migrations.RunSQL.noop)]) == []
    field = migrations.AddField("a", "b", models.IntegerField())
    assert mixed([field, migrations.RunPython(lambda *_: None)])


def test_there_is_one_line_of_migrations() -> None:
    assert len(OURS) > 0
    assert LOADER.detect_conflicts() == {}
    assert all(Path(name).suffix == "" and name[:4].isdigit() for _, name in OURS)


BACK_AND_FORTH = """
import gc; gc.disable()
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
owner = connections["owner"]
applied = lambda: set(MigrationRecorder(owner).applied_migrations())
rooms = [room.rpartition(".")[2] for room in settings.ROOMS]
def ask(question):
    with owner.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()
def rows():
    tables = ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ours = [name for name, in tables if name.partition("_")[0] in rooms]
    return {name: ask(f"SELECT count(*) FROM {name}")[0][0] for name in ours}
def back(room, name):  # what stands on it goes with it, in one line
    call_command("migrate", room, name, database="owner", verbosity=0, interactive=False)
def forth():
    call_command("prepare", "--database-only")
"""
# To where most tables were made; what is wrong if a step over old rows did nothing.
TO_OLD = """
full = applied()
for room, start in (("bodies", "0004"), ("decisions", "0005"), ("duties", "0002"),
                    ("files", "0003"), ("referrals", "0003"), ("statistics", "0002")):
    back(room, next(name for app, name in full if app == room and name.startswith(start)))
before = rows()
assert sum(map(bool, before.values())) >= 70, before
withdrawn = ("SELECT FROM bodies_item i JOIN decisions_application a ON a.id = i.subject_id "
             "WHERE a.state = 'withdrawn' AND (i.outcome, i.settled_by_id, i.settled_at) "
             "IS DISTINCT FROM ('withdrawn', a.filed_by_id, a.ended_at)")
endless = "SELECT FROM referrals_referral WHERE sent_at IS NOT NULL AND ends_at IS NULL"
assert len(ask(withdrawn)) == 1, "it waits for a sitting"
forth()
assert applied() == full
after = rows()
assert {name: (n, after[name]) for name, n in before.items() if after[name] < n} == {}
assert after["referrals_referral"] and ask(endless) == [] == ask(withdrawn)
"""
TO_NOTHING = """
for room in rooms:
    if room in {app for app, _ in applied()}:
        back(room, "zero")
assert not {app for app, _ in applied()} & set(rooms)
forth()
"""


@pytest.mark.parametrize("way", [TO_OLD, TO_NOTHING], ids=["to what is old", "to nothing"])
def test_migrations_go_back_and_forth_on_a_filled_database(
    fresh_db: str, databases: Databases, way: str
) -> None:
    """A country stands in it, with a row behind every key of an address. Back to where most of its
    tables were made, and up again with the rows that stand there, as an update meets them; and
    every room to nothing, from the top down, and up."""
    furnished()
    with as_user("nigora") as by:
        row = filed(commission(), by=by)
        decisions.withdraw(row, by=by, at=NOW)
    done = as_owner(fresh_db, databases, BACK_AND_FORTH + way)
    assert done.returncode == 0, done.stderr[-3000:]


def as_owner(name: str, databases: Databases, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process that knows the owner of this database, as an update does."""
    environment = databases.environment(name)
    environment["PANOH_OWNER_DATABASE_URL"] = databases.server.url("owner", name)
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


IMPATIENT = """
import django; django.setup()
from django.core.management import CommandError, call_command
from panoh.access.management.commands import prepare
prepare.LOCK_WAIT, prepare.TRIES = "100ms", 2
call_command("prepare", "--database-only")
"""


def test_an_update_waits_shortly_for_who_works_on_the_database_and_says_so(
    fresh_db: str, databases: Databases
) -> None:
    """Whoever waits for a table holds up all who come after: so no page stands still for long."""
    with psycopg.connect(databases.server.url("owner", fresh_db)) as busy:
        busy.execute("LOCK TABLE access_rolepermission")
        done = as_owner(fresh_db, databases, IMPATIENT)
        assert done.returncode != 0
        said = done.stderr.splitlines()
        assert said[:2] == [f"Somebody works on the database; {left} more tries" for left in (1, 0)]
        assert "Somebody still works on the database" in said[-1]
        busy.rollback()
    done = as_owner(fresh_db, databases, IMPATIENT)
    assert (done.returncode, done.stderr) == (0, "")
