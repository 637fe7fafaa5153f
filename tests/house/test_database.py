"""The harness itself: roles, aliases, clones, files."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.utils import translation

from panoh.files import queries as files
from panoh.statistics import queries as statistics
from tests.harness import SHARED, Databases, cluster


@pytest.mark.django_db
@pytest.mark.parametrize("alias", ["default", "plain"])
def test_tests_run_as_app(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("app", False)


def test_fresh_db_commits(fresh_db: str, connect: Callable[[str], psycopg.Connection]) -> None:
    owner = connect("owner")
    owner.execute("CREATE TABLE mark (id int)")
    assert owner.info.dbname == fresh_db
    assert connections["default"].settings_dict["NAME"] == fresh_db


@pytest.mark.django_db
def test_fresh_db_leaves_nothing(connect: Callable[[str], psycopg.Connection]) -> None:
    found = connect("owner").execute("SELECT to_regclass('mark')").fetchone()
    assert found == (None,)


def test_workers_meet_in_the_server_alone(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> None:
    """What one worker writes beside the database stands in nobody else's backup."""
    own = tmp_path_factory.getbasetemp()  # pytest makes one for each worker
    given = databases.environment("any")
    for path in (files.folder(), statistics.ledger_heads(), settings.PANOH_KEYS):
        assert path.is_relative_to(own)
    assert Path(given["PANOH_VAR"]).is_relative_to(own)
    assert Path(given["PANOH_KEYS"]).is_relative_to(own)
    assert cluster().var == SHARED and not SHARED.is_relative_to(own)
    for role in ("owner", "app", "jobs", "auditor"):
        key = f"database-{role}"
        assert (settings.PANOH_KEYS / key).read_text() == (cluster().keys / key).read_text()


@pytest.mark.parametrize("turn", ["first", "again"])
def test_a_test_leaves_its_language_to_nobody(turn: str) -> None:
    assert translation.get_language() == settings.LANGUAGE_CODE, turn
    translation.activate("ru")
