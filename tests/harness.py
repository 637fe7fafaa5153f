"""Databases for tests: one server of their own, one migrated template, a clone for each worker.

Several test runs may share the server; the last one out stops it. Tests run as role `app`.
"""

import contextlib
import fcntl
import hashlib
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from config.cluster import FLEETING, ROLES, Cluster

ROOT = Path(__file__).resolve().parent.parent
ALIASES = ("default", "plain")
KEPT_TEMPLATES = 5
STAFF = "import django; django.setup(); from tests.factories.staff import build; build()"
_number = itertools.count(1)
# Where the server lies that all workers share; the rest is each worker's own (`separate_worker`).
SHARED, SHARED_KEYS = settings.PANOH_VAR, settings.PANOH_KEYS


def cluster() -> Cluster:
    """Return the server of the tests (not started)."""
    return Cluster(SHARED, keys=SHARED_KEYS, settings=FLEETING)


def separate_worker(folder: Path) -> None:
    """Let documents, ledgers and later keys of this process lie where no other writes."""
    (folder / "keys").mkdir(mode=0o700)
    for role in ROLES:
        cluster().password(role)
    # A key appears whole; only what it is made from, whose name begins with a dot, goes again.
    for key in SHARED_KEYS.glob("[!.]*"):
        shutil.copy2(key, folder / "keys")
    settings.PANOH_VAR, settings.PANOH_KEYS = folder, folder / "keys"


def shape() -> str:
    """Return a hash of everything that shapes the template: migrations, pack, grants, libraries."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    files = [*ROOT.glob("panoh/*/migrations/**/*"), *ROOT.glob("panoh/access/**/*.py")]
    files += [*ROOT.glob("panoh/vault/**/*.py"), ROOT / "tests/factories/staff.py"]
    files += [path for path in ROOT.glob("packs/**/*") if path.is_file()]
    for path in sorted(path for path in files if path.is_file()):
        if "__pycache__" not in path.parts and path.suffix != ".mo":
            digest.update(str(path.relative_to(ROOT)).encode())
            digest.update(path.read_bytes())
    digest.update((settings.PANOH_KEYS / "context").read_bytes())
    return digest.hexdigest()[:12]


class Databases:
    """The databases of one running server."""

    def __init__(self, server: Cluster) -> None:
        self.server = server
        self.made = ""

    def _run(self, *statements: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.server.url("owner", "panoh"), autocommit=True) as owner:
            for statement in statements:
                owner.execute(statement)

    def _names(self, prefix: str) -> list[str]:
        with psycopg.connect(self.server.url("owner", "panoh"), autocommit=True) as owner:
            rows = owner.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid",
                [prefix],
            )
            return [name for (name,) in rows]

    def template(self) -> str:
        """Return the name of the migrated template, making it if migrations or pack changed."""
        name = f"template_{shape()}"
        with (self.server.home / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if name not in self._names("template_"):
                self.drop("building")
                self.create("building", "template0")
                self.prepare("building")
                self._run(
                    sql.SQL("ALTER DATABASE building RENAME TO {}").format(sql.Identifier(name))
                )
            for old in self._names("template_")[:-KEPT_TEMPLATES]:
                self.drop(old)
            for left in self._names("clone_"):
                if not Path(f"/proc/{left.split('_')[1]}").exists():
                    self.drop(left)
        return name

    def prepare(self, name: str) -> None:
        """Run `manage prepare` on a database, as an installation does."""
        environment = self.environment(name)
        owner = {"PANOH_OWNER_DATABASE_URL": self.server.url("owner", name)}
        self._child(environment | owner, "manage.py", "prepare", "--database-only")
        # The units and accounts that the tests work with, made by the actions as `app`.
        self._child(environment, "-c", STAFF)

    def _child(self, environment: dict[str, str], *command: str) -> None:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment with which a child process works on this database as `app`."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PANOH_MODE": "test",
            "PANOH_VAR": str(settings.PANOH_VAR),
            "PANOH_KEYS": str(settings.PANOH_KEYS),
            "PANOH_DATABASE_URL": self.server.url("app", name),
        }

    def create(self, name: str, template: str) -> None:
        """Copy a database; privileges on the database itself are not copied, so grant them."""
        names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
        self._run(
            *(
                sql.SQL(text).format(**names)
                for text in (
                    "CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY",
                    "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
                    "GRANT CONNECT ON DATABASE {name} TO app, jobs, auditor",
                )
            )
        )

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        # The server waits five seconds for those whom it sends away; a busy machine takes longer.
        while True:
            with contextlib.suppress(psycopg.errors.ObjectInUse):
                return self._run(drop)

    @contextlib.contextmanager
    def clone(self) -> Iterator[str]:
        """Make a fresh copy of the template and point Django at it; remove it afterwards."""
        name = f"clone_{os.getpid()}_{next(_number)}"
        self.made = self.made or self.template()
        self.create(name, self.made)
        before = {alias: connections[alias].settings_dict["NAME"] for alias in ALIASES}
        point_to(dict.fromkeys(ALIASES, name))
        try:
            yield name
        finally:
            point_to(before)
            self.drop(name)


def point_to(names: dict[str, str]) -> None:
    """Let the aliases speak to other databases from now on."""
    for alias, name in names.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name
