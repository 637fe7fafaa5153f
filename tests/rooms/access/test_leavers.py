"""Somebody leaves a team: its key is replaced between two pages, and the files move under it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from panoh.access import actions as access
from panoh.access.actions import keys as tending
from panoh.access.models import User
from panoh.access.queries import acting
from panoh.people.models import Identity
from panoh.vault import actions as vault
from panoh.vault import queries, rules
from panoh.vault.models import DataKeyWrap, TeamKey, TeamKeyWrap
from panoh.vault.rules import Damaged, KeyPair
from tests.factories.clients import client_of, words
from tests.factories.staff import as_user, team, user
from tests.factories.vault import AT, fresh, identity, opened_case


def old_key(name: str) -> KeyPair:
    """What an account can keep of its team's key before it leaves."""
    found = fresh(name)
    with transaction.atomic(), acting(user(name)):
        return found.teams[team("ngo-cases").pk, 1]


def written(number: int, name: str = "nigora") -> list[Identity]:
    """So many files of the team, each with a name."""
    with as_user(name) as by:
        dossiers = access.open_dossier_many(number, team=team("ngo-cases"), by=by, at=AT)
        rows = [identity(dossier) for dossier in dossiers]
        for row in rows:
            row.written_at, row.written_by = AT, by
            row.save(force_insert=True)
        return rows


def leaves(name: str = "nigora", *, by: str = "safar") -> None:
    with as_user(by) as supervisor:
        access.leave(user=user(name), team=team("ngo-cases"), by=supervisor, at=AT)


def tend(name: str = "safar") -> int:
    """What happens between two pages of an account."""
    opened = fresh(name)
    with acting(user(name)), vault.opened(opened):
        return access.tend_keys(by=user(name), at=AT)


def versions() -> list[int]:
    with as_user("safar"):
        rows = TeamKey.objects.filter(team_id=team("ngo-cases").pk)
        return sorted(rows.values_list("version", flat=True))


def left() -> int:
    with as_user("safar"):
        return queries.left_to_move(team("ngo-cases").pk)


def opens_with(pair: KeyPair) -> int:
    """How many keys of files this old key of the team still opens."""
    count = 0
    with as_user("safar"):
        for wrap in DataKeyWrap.objects.filter(team_id=team("ngo-cases").pk):
            name = rules.KeyName(wrap.dossier_id, wrap.category, wrap.version)
            try:
                rules.unwrap_key(settings.PANOH_OUTER_KEY, pair, bytes(wrap.wrapped), name)
            except Damaged:
                continue
            count += 1
    return count


def readable(rows: list[Identity], name: str = "safar") -> list[str | None]:
    opened = fresh(name)
    with transaction.atomic(), acting(user(name)), vault.opened(opened):
        return vault.open_many(rows, "names")


def test_the_leavers_key_opens_nothing_after_and_those_who_stay_read_all(fresh_db: str) -> None:
    rows = written(3)
    kept = old_key("nigora")
    assert opens_with(kept) >= 3
    leaves()
    client_of("safar").get("/")
    assert versions() == [1, 2] and left() == 0
    assert opens_with(kept) == 0
    rows += written(1, "safar")
    assert opens_with(kept) == 0
    assert readable(rows) == ["Лола"] * 4


def test_who_has_left_gets_no_new_key_and_reads_nothing(fresh_db: str) -> None:
    rows = written(1)
    leaves()
    tend()
    with as_user("safar"):
        wraps = TeamKeyWrap.objects.filter(team_id=team("ngo-cases").pk)
        assert user("nigora").pk not in wraps.values_list("user_id", flat=True)
    opened = fresh("nigora")
    with transaction.atomic(), acting(user("nigora")), vault.opened(opened):
        assert not Identity.objects.filter(pk=rows[0].pk).exists()
        assert (team("ngo-cases").pk, 2) not in opened.teams


def test_a_closed_account_counts_as_a_leaver(fresh_db: str) -> None:
    with as_user("admin") as admin:
        access.close_account(user=user("nigora"), by=admin, at=AT)
    tend()
    assert versions() == [1, 2]


def test_a_colleague_who_is_no_supervisor_waits_and_then_moves_files_too(
    fresh_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = written(5)
    third = another_member()
    monkeypatch.setattr(tending, "SLICE", 2)
    leaves()
    assert tend(third.username) == 0 and versions() == [1]
    assert tend() == 2 and versions() == [1, 2]
    before = left()
    assert tend(third.username) == 2
    assert left() == before - 2
    while tend(third.username):
        pass
    assert left() == 0 and readable(rows, third.username) == ["Лола"] * 5


def another_member() -> User:
    with as_user("safar") as by:
        access.join(user=user("lola"), team=team("ngo-cases"), by=by, at=AT)
        vault.let_in(team("ngo-cases").pk, user("lola").pk)
    return user("lola")


def test_a_supervisor_who_was_not_let_in_yet_replaces_no_key_and_moves_no_file(
    fresh_db: str,
) -> None:
    rows = written(1)
    with as_user("safar") as by:
        access.join(user=user("lola"), team=team("ngo-cases"), is_deputy=True, by=by, at=AT)
    leaves()
    assert tend("lola") == 0 and versions() == [1]
    assert tend() and versions() == [1, 2] and readable(rows) == ["Лола"]


def test_what_was_killed_in_between_goes_on_and_loses_nothing(
    fresh_db: str, monkeypatch: pytest.MonkeyPatch, connect: Callable[[str], psycopg.Connection]
) -> None:
    rows = written(4)
    leaves()
    monkeypatch.setattr(tending, "SLICE", 2)
    move = vault.rewrap_team

    def killed(team_id: int, limit: int = 500) -> int:
        move(team_id, limit)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            connect("owner").execute("SELECT pg_terminate_backend(%s)", cursor.fetchone())
        return move(team_id, limit)

    monkeypatch.setattr(vault, "rewrap_team", killed)
    assert tend() == 0
    connection.close()
    assert versions() == [1] and readable(rows) == ["Лола"] * 4
    monkeypatch.setattr(vault, "rewrap_team", move)
    while tend():
        pass
    assert versions() == [1, 2] and left() == 0 and readable(rows) == ["Лола"] * 4


def test_two_at_once_make_one_key(fresh_db: str) -> None:
    rows = written(3)
    another = another_member()
    with as_user("safar") as by:
        access.join(user=another, team=team("ngo-cases"), is_deputy=True, by=by, at=AT)
    leaves()
    start = Barrier(2)

    def work(name: str) -> None:
        opened = fresh(name)
        start.wait()
        try:
            with acting(user(name)), vault.opened(opened):
                access.tend_keys(by=user(name), at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ["safar", another.username]))
    while tend():
        pass
    assert versions() == [1, 2]
    assert readable(rows) == readable(rows, another.username) == ["Лола"] * 3


def test_who_leaves_while_the_key_is_replaced_is_a_leaver_of_the_new_one(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    """The leaving waits for the wrapping, takes the new wrap away, and marks the new version."""
    lola = another_member()
    leaves()
    opened = fresh("safar")
    ngo, owner = team("ngo-cases").pk, connect("owner")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), acting(user("safar")), vault.opened(opened):
            vault.renew_team(ngo, queries.holders(ngo))
            leaving = pool.submit(
                owner.execute,
                "WITH gone AS (UPDATE access_membership SET until = now() WHERE user_id = %s "
                "AND team_id = %s AND until IS NULL RETURNING 1) SELECT * FROM gone",
                [lola.pk, ngo],
            )
            waits = connect("owner")
            while not waits.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            ).fetchone()[0]:  # type: ignore[index]
                assert not leaving.done(), "the leaving did not wait"
        leaving.result()
    owner.execute("DELETE FROM vault_teamkeywrap WHERE user_id = %s", [lola.pk])
    with as_user("safar"):
        assert queries.is_stale(ngo) and queries.holders(ngo) == [user("safar").pk]
    tend()
    assert versions() == [1, 2, 3]


def test_nobody_wraps_the_key_for_somebody_who_has_left(fresh_db: str) -> None:
    leaves()
    with as_user("safar"), pytest.raises(Exception, match="wall"), transaction.atomic():
        vault.let_in(team("ngo-cases").pk, user("nigora").pk)


def test_the_page_of_the_team_says_what_is_still_to_do(fresh_db: str) -> None:
    written(2)
    third = another_member()
    leaves()
    page = client_of(third, "en").get("/access/teams/")
    assert "Its key is replaced as soon as a supervisor opens a page" in words(page)
    opened = fresh("safar")
    with transaction.atomic(), acting(user("safar")), vault.opened(opened):
        vault.renew_team(team("ngo-cases").pk, queries.holders(team("ngo-cases").pk))
        page_left = queries.left_to_move(team("ngo-cases").pk)
    assert page_left >= 2
    page = client_of(third, "en").get("/access/teams/")
    assert "Somebody left this team" not in words(page)


@pytest.mark.django_db
def test_a_team_that_nobody_left_keeps_its_key() -> None:
    opened_case()
    assert tend() == 0
    with as_user("safar"):
        assert not queries.is_stale(team("ngo-cases").pk)
