"""Backups of the fictional country: two folders, a code in the safe, another database."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from config.backup import NOT_SAVED, bring_back, pair_of_code, take
from panoh.files import queries as files
from panoh.vault.rules import new_recovery_code
from tests.harness import ALIASES, ROOT, Databases, point_to

CODE = new_recovery_code()


@dataclass
class Place:
    """Where one installation has its things, and the two folders of its backups."""

    databases: Databases
    name: str
    folder: Path

    @property
    def owner(self) -> str:
        return self.databases.server.url("owner", self.name)

    def save(self) -> str:
        """Take a backup; its name."""
        return take(
            self.owner,
            secrets=settings.PANOH_KEYS,
            documents=files.folder(),
            to=self.folder / "sealed",
            keys=self.folder / "keys",
            public=pair_of_code(CODE).public,
        )

    def bring(self, into: str, backup: str, keys: str = "", code: str = CODE) -> None:
        """Restore into another database, secrets and documents into folders of their own."""
        (self.folder / "secrets").mkdir(exist_ok=True)
        bring_back(
            self.databases.server.url("owner", into),
            secrets=self.folder / "secrets",
            documents=self.folder / "documents",
            backup=self.folder / "sealed" / backup,
            keys=self.folder / "keys" / (keys or backup),
            code=code,
        )


def ready(place: Place, name: str) -> None:
    """What every start does, then work on that database from here on."""
    environment = place.databases.environment(name)
    owner = {"PANOH_OWNER_DATABASE_URL": place.databases.server.url("owner", name)}
    manage(environment | owner, "prepare", "--database-only")
    point_to(dict.fromkeys(ALIASES, name))


def manage(environment: dict[str, str], *command: str, **more: Any) -> str:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rows_of(address: str) -> dict[str, tuple[int, str]]:
    """Each table with the number of its rows and a sum over all that stands in them."""
    with psycopg.connect(address) as owner:
        tables = owner.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        ).fetchall()
        question = sql.SQL(
            "SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') "
            "FROM {} t"
        )
        found: dict[str, tuple[int, str]] = {}
        for (table,) in tables:
            row = owner.execute(question.format(sql.Identifier(table))).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
    return {table: row for table, row in found.items() if table not in NOT_SAVED}


def by_command(place: Place, into: str) -> str:
    """Code, backup, restore into an empty installation, as in the howto; what the last one says."""
    environment = place.databases.environment(place.name)
    owner = {"PANOH_OWNER_DATABASE_URL": place.owner}
    home = {"PANOH_KEYS": str(place.folder / "home")}
    shutil.copytree(settings.PANOH_KEYS, place.folder / "home")
    (place.folder / "home" / "backup-public").unlink(missing_ok=True)
    code = manage(environment | owner | home, "backup", "--new-code").splitlines()[0]
    said = manage(
        environment | owner | home,
        *("backup", str(place.folder / "sealed"), "--keys", str(place.folder / "keys")),
    )
    name = said.split(":")[0]
    there = place.databases.environment(into) | {
        "PANOH_OWNER_DATABASE_URL": place.databases.server.url("owner", into),
        "PANOH_KEYS": str(place.folder / "there"),
        "PANOH_VAR": str(place.folder / "var"),
    }
    read, write = os.pipe()
    os.write(write, f"{code}\n".encode())
    os.close(write)
    said = manage(
        there,
        *("restore", str(place.folder / "sealed" / name), str(place.folder / "keys" / name)),
        *("--secrets-fd", str(read)),
        pass_fds=[read],
    )
    os.close(read)
    return said
