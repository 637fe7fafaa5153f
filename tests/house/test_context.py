"""The signed context: written at each outermost BEGIN, believed once, seen by nobody."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import DataError, Error, connection, transaction

from config.database import base
from panoh.kernel.context import ACTING, Acting

SETTINGS = ("app.teams", "app.user", "app.pid", "app.until", "app.sig")


@pytest.fixture
def acting() -> Iterator[Acting]:
    token = ACTING.set(Acting(user_id=7, team_ids=(3, 5)))
    yield Acting(user_id=7, team_ids=(3, 5))
    ACTING.reset(token)


def one(text: str, *values: str | int | datetime) -> object:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        row = cursor.fetchone()
    assert row is not None
    return row[0]


def context() -> list[str]:
    return [str(one("SELECT coalesce(current_setting(%s, true), '')", name)) for name in SETTINGS]


def test_a_transaction_carries_the_context_and_takes_it_along(
    fresh_db: str, acting: Acting
) -> None:
    with transaction.atomic():
        assert one("SELECT ctx_ok()") is True
        assert context()[:2] == ["3,5", "7"]
        with transaction.atomic():
            assert one("SELECT ctx_user()") == 7
    assert context() == [""] * 5
    assert one("SELECT ctx_ok()") is False


def test_nobody_acting_writes_nothing(fresh_db: str) -> None:
    with transaction.atomic():
        assert context() == [""] * 5
        assert one("SELECT ctx_ok()") is False


@pytest.mark.parametrize(("name", "forged"), [("app.teams", "3,5,9"), ("app.user", "8")])
def test_a_changed_context_is_not_believed(
    fresh_db: str, acting: Acting, name: str, forged: str
) -> None:
    with transaction.atomic():
        one("SELECT set_config(%s, %s, true)", name, forged)
        assert one("SELECT ctx_ok()") is False


def test_a_context_is_worth_nothing_in_another_connection(
    fresh_db: str, acting: Acting, connect: Callable[[str], psycopg.Connection]
) -> None:
    with transaction.atomic():
        stolen = context()
        with connect("app").transaction() as thief:
            other = thief.connection
            for name, value in zip(SETTINGS, stolen, strict=True):
                other.execute("SELECT set_config(%s, %s, true)", [name, value])
            assert other.execute("SELECT ctx_ok()").fetchone() == (False,)


def test_the_signature_does_not_show_in_the_list_of_queries(
    fresh_db: str, acting: Acting, connect: Callable[[str], psycopg.Connection]
) -> None:
    with transaction.atomic():
        pid, signature = context()[2], context()[4]
        base.write_context(connection)
        found = connect("app").execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s", [int(pid)]
        )
        row = found.fetchone()
    assert row is not None
    assert "set_config" in row[0]
    assert signature not in row[0]


def test_a_context_that_cannot_be_written_leaves_no_open_transaction(
    fresh_db: str, acting: Acting, connect: Callable[[str], psycopg.Connection]
) -> None:
    pid = one("SELECT pg_backend_pid()")
    connect("owner").execute("SELECT 1")
    connect("app").execute("SELECT pg_terminate_backend(%s)", [pid])
    with pytest.raises(Error), transaction.atomic():
        pytest.fail("the transaction must not begin")
    with transaction.atomic():
        assert one("SELECT ctx_ok()") is True


def test_times_are_read_whole_and_in_utc(fresh_db: str) -> None:
    exact = datetime(2026, 3, 1, 23, 59, 59, 120, tzinfo=UTC)
    assert one("SELECT %s::timestamptz", exact.astimezone(ZoneInfo("Asia/Dushanbe"))) == exact
    found = one("SELECT '0001-01-01 00:00:00+00'::timestamptz")
    assert found == datetime(1, 1, 1, tzinfo=UTC)
    assert one("SELECT NULL::timestamptz") is None
    with pytest.raises(DataError):
        one("SELECT 'infinity'::timestamptz")
