"""Commands for operators, run as an operator runs them."""

import subprocess
import sys
from collections.abc import Callable

import psycopg

from panoh.access import actions as access
from tests.factories.staff import NOW, as_user, team
from tests.harness import Databases
from tests.house.tree import ROOT


def manage(
    databases: Databases, name: str, *command: str, owner: bool = True
) -> subprocess.CompletedProcess[str]:
    environment = databases.environment(name)
    if owner:
        environment["PANOH_OWNER_DATABASE_URL"] = databases.server.url("owner", name)
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_access_verify_names_the_table_that_differs(
    fresh_db: str, databases: Databases, connect: Callable[[str], psycopg.Connection]
) -> None:
    with as_user("nigora") as by:
        access.open_dossier(team=team("ngo-cases"), by=by, at=NOW)
    good = manage(databases, fresh_db, "access", "verify")
    assert good.returncode == 0, good.stderr
    assert "access_dossier: 0 wrong" in good.stdout
    connect("owner").execute("UPDATE access_dossier SET teams = '{7}'")
    bad = manage(databases, fresh_db, "access", "verify")
    assert bad.returncode == 1
    assert "access_dossier" in bad.stderr
    blind = manage(databases, fresh_db, "access", "verify", owner=False)
    assert blind.returncode == 1
    assert "PANOH_OWNER_DATABASE_URL" in blind.stderr


def test_audit_head_says_that_nothing_is_sealed_or_prints_one(
    fresh_db: str, databases: Databases
) -> None:
    answer = manage(databases, fresh_db, "audit", "verify")
    assert answer.returncode == 0, answer.stderr
    assert "rows good" in answer.stdout


def test_roles_prints_sql_without_touching_anything(fresh_db: str, databases: Databases) -> None:
    answer = manage(databases, fresh_db, "roles", owner=False)
    assert answer.returncode == 0, answer.stderr
    assert "CREATE ROLE" in answer.stdout
    assert "PANOH_OWNER_DATABASE_URL" in answer.stdout
