"""Migrations can be taken back, or say why not; schema and data stand apart."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

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
left = lambda: {app for app, _ in MigrationRecorder(connections["owner"]).applied_migrations()}
rooms = [room.rpartition(".")[2] for room in settings.ROOMS]
for room in rooms:
    if room in left():  # what stands on it goes with it, in one line
        call_command("migrate", room, "zero", database="owner", verbosity=0, interactive=False)
assert not left() & set(rooms)
call_command("prepare", "--database-only")
"""


def test_migrations_go_back_and_forth_on_a_filled_database(
    fresh_db: str, databases: Databases
) -> None:
    """Every room to nothing, from the top down, and up again; a country stands in it, with a row
    behind every key of an address."""
    furnished()
    environment = databases.environment(fresh_db)
    environment["PANOH_OWNER_DATABASE_URL"] = databases.server.url("owner", fresh_db)
    done = subprocess.run(
        [sys.executable, "-c", BACK_AND_FORTH],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
