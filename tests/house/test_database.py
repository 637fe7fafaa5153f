"""The harness itself: roles, aliases, clones."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import connections


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
