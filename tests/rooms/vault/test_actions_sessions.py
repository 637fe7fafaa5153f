"""Passphrases, open sessions, drafts, and the tables that nobody writes."""

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone
from psycopg import errors

from panoh.access import actions as access
from panoh.access.queries import acting
from panoh.people.models import Identity
from panoh.vault import actions as vault
from panoh.vault import tasks
from panoh.vault.models import Draft, Sent
from panoh.vault.rules import Locked, NoKey, WrongSecret
from tests.factories.staff import PASSPHRASE, as_user, team, user
from tests.factories.vault import (
    UNTIL,
    fresh,
)

pytestmark = pytest.mark.django_db


def test_the_passphrase_changes_and_the_key_stays() -> None:
    before = fresh("lola")
    with as_user("lola") as lola:
        with pytest.raises(WrongSecret):
            vault.change_passphrase(lola.pk, "not this one", "x")
        vault.change_passphrase(lola.pk, PASSPHRASE, "another five fictional words")
        with pytest.raises(WrongSecret):
            vault.unlock(lola.pk, PASSPHRASE)
        after = vault.unlock(lola.pk, "another five fictional words")
    assert after is not None
    assert after.pair == before.pair
    assert repr(after) == f"Opened({lola.pk})"


def test_an_account_without_a_key_has_no_vault() -> None:
    with as_user("admin") as admin:
        made, _code = access.invite(
            unit=team("ngo-cases").unit,
            username="new",
            display_name="New",
            language="en",
            by=admin,
            at=timezone.now(),
        )
    with transaction.atomic(), acting(made):
        assert vault.unlock(made.pk, PASSPHRASE) is None
        with pytest.raises(NoKey):
            vault.change_passphrase(made.pk, PASSPHRASE, "x")
        vault.keep_draft(made.pk, "/x/", {"a": ["b"]}, expires_at=timezone.now() + UNTIL)
        assert not Draft.objects.exists()


def test_a_session_keeps_the_vault_open() -> None:
    own = fresh("nigora")
    sealed, secret = vault.seal_for_session(own)
    again = vault.open_from_session(own.user_id, sealed, secret)
    assert again is not None
    assert again.pair == own.pair
    other = fresh("safar")
    assert vault.open_from_session(other.user_id, sealed, secret) is None
    assert vault.open_from_session(own.user_id, sealed, vault.seal_for_session(own)[1]) is None
    assert vault.open_from_session(own.user_id, None, secret) is None
    assert vault.open_from_session(own.user_id, sealed, None) is None


def test_seeds_lie_under_the_outer_key() -> None:
    sealed = vault.seal_outer("SEED")
    assert "SEED" not in sealed
    assert vault.open_outer(sealed) == "SEED"


def test_a_draft_is_kept_for_its_writer_alone() -> None:
    page, until = "/cases/XXXX/notes/", timezone.now() + UNTIL
    nigora = user("nigora")
    with transaction.atomic(), acting(nigora):  # the vault need not be open
        vault.keep_draft(nigora.pk, page, {"text": ["first"]}, expires_at=until)
        vault.keep_draft(nigora.pk, page, {"text": ["Лола"]}, expires_at=until)
        assert "Лола".encode() not in bytes(Draft.objects.get().sealed)
        with pytest.raises(Locked):
            vault.draft(page)
    with as_user("nigora"):
        assert vault.draft(page) == {"text": ["Лола"]}
        assert vault.draft("/other/") is None
    with as_user("safar"):
        assert vault.draft(page) is None
        assert not Draft.objects.exists()
    with as_user("nigora"):
        vault.drop_draft(page)
        assert vault.draft(page) is None


def test_an_old_draft_is_gone() -> None:
    with as_user("nigora") as nigora:
        vault.keep_draft(nigora.pk, "/a/", {"a": ["1"]}, expires_at=timezone.now() - UNTIL)
        assert vault.draft("/a/") is None
        assert Draft.objects.exists()
        tasks.sweep_drafts(0)
        assert not Draft.objects.exists()


def test_what_was_sent_is_known_to_its_sender_until_it_is_swept() -> None:
    mark, until = uuid4(), timezone.now() + UNTIL
    with as_user("nigora"):
        here = f"/here/{'x' * 400}/"
        assert vault.led_before(mark) is None
        assert vault.sent_before(mark, here, expires_at=until) is None
        assert vault.sent_before(mark, "/there/", expires_at=until) == here
        assert vault.sent_before(uuid4(), "/", expires_at=timezone.now() - UNTIL) is None
        assert Sent.objects.count() == 2
        tasks.sweep_drafts(0)
        assert Sent.objects.count() == 1
    with as_user("safar"):
        assert not Sent.objects.exists()


def test_a_draft_under_a_lost_key_is_no_draft() -> None:
    with as_user("nigora") as nigora:
        vault.keep_draft(nigora.pk, "/a/", {"a": ["1"]}, expires_at=timezone.now() + UNTIL)
        vault.make_account(nigora.pk, PASSPHRASE)
    with vault.opened(fresh("nigora")), transaction.atomic(), acting(user("nigora")):
        assert vault.draft("/a/") is None


def test_a_tool_needs_somebody_who_acts() -> None:
    with pytest.raises(Locked):
        vault.drop_draft("/a/")


def test_migrations_see_a_plain_column() -> None:
    """Neither the category nor the dossier of a sealed text is part of the schema."""
    field = Identity._meta.get_field("names")
    assert field.deconstruct()[1:] == (
        "django.db.models.BinaryField",
        [],
        {"null": True, "default": None},
    )


AUTHORITY = (
    "vault_accountkey",
    "vault_teamkey",
    "vault_teamkeywrap",
    "vault_datakey",
    "vault_datakeywrap",
    "vault_unittokenkey",
)


PUT = {
    "vault_accountkey": "(user_id) VALUES (1)",
    "vault_teamkey": "(team_id) VALUES (1)",
    "vault_teamkeywrap": "(team_id) VALUES (1)",
    "vault_datakey": "(dossier_id) VALUES (1)",
    "vault_datakeywrap": "(dossier_id) VALUES (1)",
    "vault_unittokenkey": "(unit_id) VALUES (1)",
}


@pytest.mark.parametrize("who", ["app", "jobs", "auditor"])
@pytest.mark.parametrize("table", AUTHORITY)
def test_tables_of_authority_are_not_written(
    connect: Callable[[str], psycopg.Connection], who: str, table: str
) -> None:
    for statement in (
        f"INSERT INTO {table} {PUT[table]}",
        f"UPDATE {table} SET {PUT[table].split(')')[0][1:]} = 0",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            connect(who).execute(statement)


def test_jobs_sweeps_drafts_without_seeing_any(
    connect: Callable[[str], psycopg.Connection],
) -> None:
    connect("jobs").execute("SELECT vault_sweep_drafts()")


@pytest.mark.parametrize("table", [*AUTHORITY, "vault_draft"])
def test_without_a_signed_context_no_row_shows(
    connect: Callable[[str], psycopg.Connection], table: str
) -> None:
    app = connect("app")
    for name, value in (("app.teams", "1,2,3,4,5"), ("app.user", "1")):
        app.execute("SELECT set_config(%s, %s, false)", [name, value])
    assert app.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert app.execute("SELECT vault_account_public(1)").fetchone() == (None,)
    assert app.execute("SELECT * FROM vault_team_public(1)").fetchone() == (None, None)
    for role in ("jobs", "auditor"):
        with pytest.raises(errors.InsufficientPrivilege):
            connect(role).execute(f"SELECT count(*) FROM {table}")
