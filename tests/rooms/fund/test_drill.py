"""Eight writers at once, some of them killed: the books stay right. The long form of it is
``./run bench ledger --drill 100000``."""

import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial

import psycopg
from django.db import connections

from bench.ledger import WRITERS, drill, faults, furnish
from tests.factories import fund as made
from tests.harness import Databases

OPERATIONS = 240


def postings(owner: psycopg.Connection) -> int:
    row = owner.execute("SELECT count(*) FROM fund_posting").fetchone()
    assert row is not None
    return int(row[0])


def until_more(owner: psycopg.Connection, running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait until somebody is in the middle of the work, however fast the machine is, or nobody
    works any more."""
    before = postings(owner)
    while postings(owner) < before + WRITERS and any(one.poll() is None for one in running):
        time.sleep(0.02)


def test_writers_that_are_killed_leave_the_books_right(
    fresh_db: str, databases: Databases, connect: Callable[[str], psycopg.Connection]
) -> None:
    furnish(4)
    for _number in range(3):
        made.person()
    connections.close_all()
    owner = connect("owner")
    environment = databases.environment(fresh_db)
    killed = drill(environment, OPERATIONS, kills=2, wait=partial(until_more, owner))
    assert faults(owner) == {}
    assert killed > 0
    assert postings(owner) > 2 * WRITERS


def test_a_fault_of_the_books_is_noticed(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    made.line()
    made.paid()
    owner = connect("owner")
    assert faults(owner) == {}
    for table in ("posting", "approval", "entry"):
        owner.execute(f"ALTER TABLE fund_{table} DISABLE TRIGGER USER".encode())
    with owner.transaction(force_rollback=True):
        owner.execute("UPDATE fund_posting SET amount = amount + 1 WHERE amount > 0")
        assert {"entries that do not make nought", "the whole is not nought"} <= faults(
            owner
        ).keys()
    with owner.transaction(force_rollback=True):
        owner.execute("DELETE FROM fund_approval WHERE number = 2")
        assert faults(owner).keys() == {"payments without two people"}
    with owner.transaction(force_rollback=True):
        owner.execute("DELETE FROM fund_posting")
        assert "entries without postings" in faults(owner)
