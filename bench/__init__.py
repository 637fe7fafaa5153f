"""Benchmarks: each prints its figures as JSON lines; none is a test.

``installation`` gives a throwaway, durable server of its own, prepared and empty, with Django set
up as role ``app`` and settled as ``config.wsgi`` does it. Seeding is done by the owner role in SQL.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psycopg
from django.db import transaction

from config.cluster import Cluster
from config.memory import settle

ROOT = Path(__file__).resolve().parent.parent
_ABOVE = {">=", ">"}
# Django must be set up before the accounts' module is imported.
STAFF = "import django; django.setup(); from tests.factories.staff import build; build()"


def say(name: str, figure: str, value: float, unit: str, target: str = "") -> None:
    """Print one figure; ``target`` is like ``<= 1`` and decides ``met``."""
    met: bool | None = None
    if target:
        sign, bound = target.split()
        met = value >= float(bound) if sign in _ABOVE else value <= float(bound)
    print(
        json.dumps(
            {
                "name": name,
                "figure": figure,
                "value": round(value, 4),
                "unit": unit,
                "target": target,
                "met": met,
            },
            ensure_ascii=False,
        ),
        flush=True,
    )


def note(text: str) -> None:
    """Say on standard error what is going on."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def installation(*, staff: bool = False) -> Iterator[Cluster]:
    """A throwaway server with migrations run; with ``staff`` the accounts of the tests too."""
    with tempfile.TemporaryDirectory(prefix="panoh-bench-") as folder:
        os.environ.update(
            PANOH_MODE="test", PANOH_VAR=folder, DJANGO_SETTINGS_MODULE="config.settings"
        )
        cluster = Cluster(Path(folder))
        try:
            with cluster.running(note):
                owner = os.environ | {"PANOH_OWNER_DATABASE_URL": cluster.url("owner")}
                _child(owner, "manage.py", "prepare", "--database-only")
                if staff:
                    _child(dict(os.environ), "-c", STAFF)
                django.setup()
                settle()
                yield cluster
        finally:
            # For root it may stand outside the folder, where the system user can reach it.
            shutil.rmtree(cluster.home, ignore_errors=True)


def _child(environment: dict[str, str], *command: str) -> None:
    subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)


@contextmanager
def owner(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """The database's owner, for seeding."""
    with psycopg.connect(cluster.url("owner"), autocommit=True) as connection:
        yield connection


def times(work: Callable[[], object], runs: int, warm: int = 3) -> list[float]:
    """Milliseconds of each of ``runs`` calls, each in a transaction of its own."""
    found = []
    for number in range(runs + warm):
        with transaction.atomic():
            started = time.perf_counter()
            work()
            spent = (time.perf_counter() - started) * 1000
        if number >= warm:
            found.append(spent)
    return found


def in_turn(*works: Callable[[], object], runs: int) -> list[list[float]]:
    """Milliseconds of calls that are made in turn, so that a slow second of the machine meets
    each of them. The first ten are not counted: a server keeps a plan from the sixth on."""
    rounds = [[times(work, 1, warm=0)[0] for work in works] for _ in range(runs + 10)]
    return [list(spent) for spent in zip(*rounds[10:], strict=True)]


def rest(connection: psycopg.Connection) -> None:
    """Let the server end what a seed left behind, which no installation has in a usual hour:
    dead rows, missing statistics, gigabytes not yet written. Only a superuser may ask for a
    checkpoint; copying a database as files begins with one."""
    connection.execute("VACUUM ANALYZE")
    connection.execute("CREATE DATABASE bench_rest TEMPLATE template0 STRATEGY file_copy")
    connection.execute("DROP DATABASE bench_rest")
    os.sync()


def median(values: list[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def p95(values: list[float]) -> float:
    """The value that 95 of 100 stay under."""
    return statistics.quantiles(values, n=20)[-1]
