"""The vault at work: teams, offers, withdrawals, leavers, drafts, tokens."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone
from psycopg import errors
from pytest_django import DjangoAssertNumQueries

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.access.queries import acting
from panoh.kernel.rules import Category, NotPossible
from panoh.people.models import ContactPoint, Identity
from panoh.vault import actions as vault
from panoh.vault import queries, rules, tasks
from panoh.vault.models import DataKey, DataKeyWrap, Draft, TeamKey, TeamKeyWrap, UnitTokenKey
from panoh.vault.queries import Opened
from panoh.vault.rules import Damaged, Locked, NoKey, WrongSecret
from tests.factories.staff import PASSPHRASE, as_user, team, user

pytestmark = pytest.mark.django_db
# The database compares a grant's end with its own clock.
AT = datetime.now(UTC)
UNTIL = timedelta(days=90)


def opened_case(name: str = "nigora", of: str = "ngo-cases") -> Dossier:
    with as_user(name) as by:
        return access.open_dossier(team=team(of), by=by, at=AT)


def identity(dossier: Dossier, names: str | None = "Лола", details: str | None = None) -> Identity:
    row = Identity(dossier=dossier)
    vault.seal_many([(row, "names", names), (row, "details", details)])
    return row


def versions(dossier: Dossier) -> list[int]:
    keys = DataKey.objects.filter(dossier_id=dossier.pk, category=Category.IDENTITY)
    return sorted(keys.values_list("version", flat=True))


def offer(dossier: Dossier, to: str, categories: Category = Category.IDENTITY) -> UUID:
    source = uuid4()
    with as_user("nigora") as by:
        access.offer(
            dossier, to=team(to), categories=categories, source_id=source, until=None, by=by, at=AT
        )
    return source


def fresh(name: str) -> Opened:
    """The vault of an account, opened with its passphrase now."""
    with transaction.atomic(), acting(user(name)):
        found = vault.unlock(user(name).pk, PASSPHRASE)
    assert found is not None
    return found


def test_what_a_team_seals_its_other_members_read() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier, "Лола", "born in spring")
        assert "Лола".encode() not in (row.names or b"")
    with as_user("safar"):
        assert vault.open(row, "names") == "Лола"
        assert vault.open(row, "names", "details") == ("Лола", "born in spring")


def test_nothing_is_sealed_as_nothing() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier, "", None)
        assert (row.names, row.details) == (None, None)
        assert vault.open(row, "names", "details") == (None, None)
        assert vault.open(row, "names") is None
        assert vault.open_many([row], "names") == [None]
    assert versions(dossier) == []


def test_another_team_has_no_key() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
    for stranger in ("shirin", "lola", "pulod", "admin"):
        with as_user(stranger):
            with pytest.raises(NoKey):
                vault.open(row, "names")
            with pytest.raises(NoKey):
                vault.open_many([row], "names")
            assert vault.open_many([row], "names", missing="—") == ["—"]


def test_nobody_seals_into_a_category_that_is_not_theirs() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        identity(dossier)
    with as_user("shirin"), pytest.raises(NoKey), transaction.atomic():
        identity(dossier)


def test_without_an_open_vault_nothing_opens() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
    with transaction.atomic(), acting(user("nigora")):
        assert not vault.is_open()
        with pytest.raises(Locked):
            vault.open(row, "names")
        with pytest.raises(Locked):
            identity(dossier)


def test_a_moved_text_does_not_open() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row, other = identity(dossier), identity(dossier, "Нигина")
        other.names, row.details = row.names, row.names
        with pytest.raises(Damaged):
            vault.open(other, "names")
        with pytest.raises(Damaged):
            vault.open(row, "details")
        with pytest.raises(Damaged):
            vault.open_many([row, other], "names")


def test_only_sealed_fields_are_opened() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
        with pytest.raises(TypeError, match="not sealed"):
            vault.seal(row, "reason", "x")


def test_categories_have_keys_of_their_own() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        identity(dossier)
        point = ContactPoint(dossier=dossier)
        vault.seal(point, "value", "+000 000")
        assert vault.open(point, "value") == "+000 000"
        found = DataKey.objects.filter(dossier_id=dossier.pk).values_list("category", flat=True)
        assert sorted(found) == [Category.IDENTITY, Category.CONTACT]


def test_many_are_sealed_and_opened_with_few_questions(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with as_user("nigora") as by:
        dossiers = access.open_dossier_many(20, team=team("ngo-cases"), by=by, at=AT)
        rows = [Identity(dossier=dossier) for dossier in dossiers]
        vault.seal_many([(row, "names", f"Name {n}") for n, row in enumerate(rows)])
        own = vault.OPENED.get()
        assert own is not None
        own.keys.clear()
        with django_assert_max_num_queries(2):
            assert vault.open_many(rows, "names") == [f"Name {n}" for n in range(20)]


def test_an_offer_opens_at_acceptance_and_not_before() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
    source = offer(dossier, "shelter-cases")
    with as_user("nigora"):
        later = identity(dossier, "written after the offer")
    with as_user("shirin") as shirin:
        for one in (row, later):
            with pytest.raises(NoKey):
                vault.open(one, "names")
        # The sender is not online: only the receiver acts.
        access.release(dossier, source_id=source, until=None, by=shirin, at=AT)
        assert vault.open_many([row, later], "names") == ["Лола", "written after the offer"]
        point = ContactPoint(dossier=dossier)
        with pytest.raises(NoKey), transaction.atomic():
            vault.seal(point, "value", "a category that was not offered")


def test_what_is_written_after_acceptance_is_read_by_both() -> None:
    dossier = opened_case()
    source = offer(dossier, "shelter-cases")
    with as_user("shirin") as shirin:
        access.release(dossier, source_id=source, until=None, by=shirin, at=AT)
        row = identity(dossier, "by the receiver")
    with as_user("nigora"):
        assert vault.open(row, "names") == "by the receiver"
    with as_user("pulod"), pytest.raises(NoKey):
        vault.open(row, "names")


def test_a_withdrawal_takes_the_key_and_the_next_write_makes_a_new_one() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
    source = offer(dossier, "shelter-cases")
    with as_user("shirin") as shirin:
        access.release(dossier, source_id=source, until=None, by=shirin, at=AT)
        assert vault.open(row, "names") == "Лола"
    with as_user("nigora") as nigora:
        access.end(dossier, source_id=source, by=nigora, at=AT)
        assert versions(dossier) == [1]
        after = identity(dossier, "after the withdrawal")
        assert versions(dossier) == [1, 2]
        assert rules.key_version_of(after.names or b"") == 2
        assert vault.open_many([row, after], "names") == ["Лола", "after the withdrawal"]
        identity(dossier)
        assert versions(dossier) == [1, 2], "not stale any more"
    with vault.opened(fresh("shirin")), transaction.atomic(), acting(user("shirin")):
        for one in (row, after):
            with pytest.raises(NoKey):
                vault.open(one, "names")


def test_a_new_member_reads_after_being_let_in() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
    members = team("ngo-cases")
    with as_user("safar") as safar:
        access.join(user=user("lola"), team=members, by=safar, at=AT)
        assert not queries.member_has_key(members.pk, user("lola").pk)
    with vault.opened(fresh("lola")), transaction.atomic(), acting(user("lola")):
        with pytest.raises(NoKey):
            vault.open(row, "names")
        with pytest.raises(NoKey):
            vault.let_in(members.pk, user("lola").pk)
    with as_user("safar"):
        vault.let_in(members.pk, user("lola").pk)
        assert queries.member_has_key(members.pk, user("lola").pk)
    with vault.opened(fresh("lola")), transaction.atomic(), acting(user("lola")):
        assert vault.open(row, "names") == "Лола"


def test_a_member_who_was_not_let_in_does_not_write_either() -> None:
    """Nothing is sealed that the writer's own team could not read again."""
    dossier = opened_case()
    with as_user("nigora"):
        identity(dossier)
    with as_user("safar") as safar:
        access.join(user=user("lola"), team=team("ngo-cases"), by=safar, at=AT)
    with vault.opened(fresh("lola")), transaction.atomic(), acting(user("lola")):
        with pytest.raises(NoKey):
            identity(dossier)
        with pytest.raises(NoKey):
            vault.seal(ContactPoint(dossier=dossier), "value", "a category without a key")


def test_a_version_that_stands_is_not_made_again() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
        name = rules.KeyName(dossier.pk, Category.IDENTITY, 1)
        for version in (1, 3):
            again = rules.KeyName(dossier.pk, name.category, version)
            with pytest.raises(NoKey), transaction.atomic():
                vault._put("access_put_data_keys", {again: rules.new_key()})
        assert vault.open(row, "names") == "Лола"


def test_an_empty_dossier_is_offered_without_keys() -> None:
    dossier = opened_case()
    source = offer(dossier, "shelter-cases")
    with as_user("nigora"):
        row = identity(dossier)
    with as_user("shirin") as shirin:
        access.release(dossier, source_id=source, until=None, by=shirin, at=AT)
        assert vault.open(row, "names") == "Лола"


def test_an_account_that_was_never_opened_is_not_let_in() -> None:
    with as_user("admin") as admin:
        ngo = team("ngo-cases").unit
        made, _code = access.invite(
            unit=ngo, username="new", display_name="New", language="en", by=admin, at=timezone.now()
        )
    with as_user("safar") as safar:
        access.join(user=made, team=team("ngo-cases"), by=safar, at=AT)
        with pytest.raises(NotPossible):
            vault.let_in(team("ngo-cases").pk, made.pk)


def test_a_team_has_one_first_key() -> None:
    with as_user("safar"), pytest.raises(NotPossible):
        vault.make_team(team("ngo-cases").pk, team("ngo-cases").unit_id)


def new_team() -> tuple[int, str]:
    """A team of safar's alone, and its recovery code."""
    with as_user("admin") as admin:
        made = access.add_team(
            unit=team("ngo-cases").unit, name="sealed", is_intake=False, by=admin, at=AT
        )
        access.join(user=user("safar"), team=made, is_supervisor=True, by=admin, at=AT)
    with as_user("safar"):
        assert not queries.has_key(made.pk)
        code = vault.make_team(made.pk, made.unit_id)
        assert queries.has_key(made.pk)
    return made.pk, code


def test_the_code_in_the_safe_opens_the_team_again() -> None:
    """The only member forgot the passphrase: a new key pair, and the paper from the safe."""
    team_id, code = new_team()
    with as_user("safar") as safar:
        dossier = access.open_dossier(team=team("sealed"), by=safar, at=AT)
        row = identity(dossier)
        vault.make_account(safar.pk, PASSPHRASE)
    with vault.opened(fresh("safar")), transaction.atomic(), acting(user("safar")):
        with pytest.raises(NoKey):
            vault.open(row, "names")
        for wrong in ("", rules.new_recovery_code()):
            with pytest.raises(WrongSecret):
                vault.recover_team(team_id, wrong)
        vault.recover_team(team_id, code.lower())
        assert vault.open(row, "names") == "Лола"


def test_there_is_nothing_to_recover_where_no_key_is() -> None:
    with as_user("admin"):
        for tool in (
            lambda: vault.recover_team(1, rules.new_recovery_code()),
            lambda: vault.renew_team(999, []),
            lambda: vault.rewrap_team(999),
        ):
            with pytest.raises(NoKey):
                tool()


def test_a_leavers_key_opens_nothing_after_the_teams_key_was_renewed() -> None:
    team_id, code = new_team()
    with as_user("safar") as safar:
        dossiers = access.open_dossier_many(3, team=team("sealed"), by=safar, at=AT)
        rows = [identity(dossier) for dossier in dossiers]
        own = vault.OPENED.get()
        assert own is not None
        old = own.teams[team_id, 1]
        vault.renew_team(team_id, [safar.pk])
        assert vault.rewrap_team(team_id, limit=2) == 2
        assert vault.rewrap_team(team_id) == 1
        assert vault.rewrap_team(team_id) == 0
        for wrap in DataKeyWrap.objects.filter(team_id=team_id):
            name = rules.KeyName(wrap.dossier_id, wrap.category, wrap.version)
            with pytest.raises(Damaged):
                rules.unwrap_key(bytes(32), old, bytes(wrap.wrapped), name)
        own.keys.clear()
        assert vault.open_many(rows, "names") == ["Лола"] * 3
        # The paper in the safe opens the new key too.
        newest = TeamKey.objects.get(team_id=team_id, version=2)
        TeamKeyWrap.objects.get(team_id=team_id, version=2, user_id=safar.pk)
        vault.recover_team(team_id, code)
        assert own.teams[team_id, 2].public == bytes(newest.public)


def test_who_holds_the_newest_key_alone_moves_no_wraps() -> None:
    team_id, _code = new_team()
    with as_user("safar") as safar:
        identity(access.open_dossier(team=team("sealed"), by=safar, at=AT))
        vault.renew_team(team_id, [safar.pk])
        own = vault.OPENED.get()
        assert own is not None
        own._teams = {key: pair for key, pair in own.teams.items() if key != (team_id, 1)}
        with pytest.raises(NoKey):
            vault.rewrap_team(team_id)


def test_who_holds_no_key_of_the_team_moves_no_wraps() -> None:
    team_id, _code = new_team()
    with as_user("safar") as safar:
        identity(access.open_dossier(team=team("sealed"), by=safar, at=AT))
        vault.renew_team(team_id, [safar.pk])
        vault.make_account(safar.pk, PASSPHRASE)
    with vault.opened(fresh("safar")), transaction.atomic(), acting(user("safar")):
        assert not vault.OPENED.get().teams.keys() & {(team_id, 1), (team_id, 2)}  # type: ignore[union-attr]
        with pytest.raises(NoKey):
            vault.rewrap_team(team_id)


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


def test_a_draft_under_a_lost_key_is_no_draft() -> None:
    with as_user("nigora") as nigora:
        vault.keep_draft(nigora.pk, "/a/", {"a": ["1"]}, expires_at=timezone.now() + UNTIL)
        vault.make_account(nigora.pk, PASSPHRASE)
    with vault.opened(fresh("nigora")), transaction.atomic(), acting(user("nigora")):
        assert vault.draft("/a/") is None


def test_a_tool_needs_somebody_who_acts() -> None:
    with pytest.raises(Locked):
        vault.drop_draft("/a/")


def test_teams_of_a_unit_share_one_token_key() -> None:
    unit = team("ngo-cases").unit_id
    with as_user("nigora"):
        key = vault.unit_token_key(unit)
        with pytest.raises(NoKey):
            vault.unit_token_key(team("shelter-cases").unit_id)
        vault.share_unit_tokens(unit, [team("ngo-other").pk])
    with as_user("lola"):
        assert vault.unit_token_key(unit) == key
    new_team()  # made by a member of another team of the unit, who holds the key already
    with as_user("safar"):
        assert vault.unit_token_key(unit) == key
    with as_user("shirin"):
        assert vault.unit_token_key(team("shelter-cases").unit_id) != key
    assert len(vault.national_token_key()) == 32


def seated(name: str, unit_of: str, team_name: str) -> int:
    """Put an account into a new team that has no key yet."""
    with as_user("admin") as admin:
        made = access.add_team(
            unit=team(unit_of).unit, name=team_name, is_intake=False, by=admin, at=AT
        )
        access.join(user=user(name), team=made, is_supervisor=True, by=admin, at=AT)
    return made.pk


def test_a_later_team_waits_until_the_key_is_shared() -> None:
    unit = team("ngo-cases").unit_id
    made = seated("lola", "ngo-cases", "later")
    with transaction.atomic(), acting(user("lola")):  # her vault need not be open for this
        vault.make_team(made, unit)
        assert not UnitTokenKey.objects.filter(team_id=made).exists()
    empty = seated("lola", "ngo-cases", "no key yet")
    with as_user("nigora"):
        vault.share_unit_tokens(unit, [made, empty])
        key = vault.unit_token_key(unit)
    with vault.opened(fresh("lola")), transaction.atomic(), acting(user("lola")):
        assert vault.unit_token_key(unit) == key
        assert not UnitTokenKey.objects.filter(team_id=empty).exists()


def test_the_first_team_of_a_unit_makes_the_key() -> None:
    with as_user("admin") as admin:
        unit = access.add_unit(
            code="n", name="New", kind="ngo", district="tj_3505401", duty_phone="", by=admin, at=AT
        )
        made, code = access.invite(
            unit=unit, username="first", display_name="F", language="en", by=admin, at=AT
        )
        own = access.add_team(unit=unit, name="first", is_intake=False, by=admin, at=AT)
    access.take_invitation(username="first", code=code, passphrase=PASSPHRASE, at=AT)
    with as_user("admin") as admin:
        access.join(user=made, team=own, is_supervisor=True, by=admin, at=AT)
    with vault.opened(fresh("first")), transaction.atomic(), acting(made):
        with pytest.raises(NoKey):
            vault.unit_token_key(unit.pk)
        vault.make_team(own.pk, unit.pk)
        assert len(vault.unit_token_key(unit.pk)) == 32


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
