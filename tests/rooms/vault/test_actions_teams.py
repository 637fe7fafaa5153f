"""Members who come, teams that recover, leavers, shared token keys."""

import pytest
from django.db import transaction
from django.utils import timezone

from panoh.access import actions as access
from panoh.access.queries import acting
from panoh.kernel.rules import Category, NotPossible
from panoh.people.models import ContactPoint
from panoh.vault import actions as vault
from panoh.vault import queries, rules
from panoh.vault.actions import sealing
from panoh.vault.models import DataKeyWrap, TeamKey, TeamKeyWrap, UnitTokenKey
from panoh.vault.rules import Damaged, NoKey, WrongSecret
from tests.factories.staff import PASSPHRASE, as_user, team, user
from tests.factories.vault import AT, fresh, identity, new_team, offer, opened_case, seated

pytestmark = pytest.mark.django_db


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
                sealing.put_keys("access_put_data_keys", {again: rules.new_key()})
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


@pytest.mark.parametrize("lacking", [1, 2], ids=["the new key alone", "the old key alone"])
def test_who_holds_one_of_both_keys_moves_no_wraps(lacking: int) -> None:
    team_id, _code = new_team()
    with as_user("safar") as safar:
        identity(access.open_dossier(team=team("sealed"), by=safar, at=AT))
        vault.renew_team(team_id, [safar.pk])
        own = vault.OPENED.get()
        assert own is not None
        own._teams = {key: pair for key, pair in own.teams.items() if key != (team_id, lacking)}
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
