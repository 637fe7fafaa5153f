"""What is sealed, offered and withdrawn."""

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from panoh.access import actions as access
from panoh.access.queries import acting
from panoh.kernel.rules import Category
from panoh.people.models import ContactPoint, Identity
from panoh.vault import actions as vault
from panoh.vault import rules
from panoh.vault.models import DataKey, DataKeyWrap
from panoh.vault.rules import Damaged, Locked, NoKey
from tests.factories.staff import as_user, team, user
from tests.factories.vault import AT, fresh, identity, offer, opened_case, versions

pytestmark = pytest.mark.django_db


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
        assert not DataKeyWrap.objects.filter(dossier_id=dossier.pk).exists(), "not even sealed"
        for one in (row, later):
            with pytest.raises(NoKey):
                vault.open(one, "names")
        # The sender is not online: only the receiver acts.
        access.release(dossier, source_id=source, until=None, by=shirin, at=AT)
        assert vault.open_many([row, later], "names") == ["Лола", "written after the offer"]
        point = ContactPoint(dossier=dossier)
        with pytest.raises(NoKey), transaction.atomic():
            vault.seal(point, "value", "a category that was not offered")


def test_what_was_received_is_kept_in_the_cheap_form_and_read_anew() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
    source = offer(dossier, "shelter-cases")
    with as_user("shirin") as shirin:
        access.release(dossier, source_id=source, until=None, by=shirin, at=AT)
        wraps = [bytes(one.wrapped) for one in DataKeyWrap.objects.filter(dossier_id=dossier.pk)]
        assert wraps
        assert all(map(rules.is_own, wraps))
        vault.keep_keys(dossier.pk)
        again = DataKeyWrap.objects.filter(dossier_id=dossier.pk)
        assert [bytes(one.wrapped) for one in again] == wraps, "once is enough"
    with vault.opened(fresh("shirin")), transaction.atomic(), acting(user("shirin")):
        assert vault.open(row, "names") == "Лола"


def test_what_was_received_with_a_closed_vault_stays_as_it_came_and_is_read_later() -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
    source = offer(dossier, "shelter-cases")
    with transaction.atomic(), acting(user("shirin")):
        access.release(dossier, source_id=source, until=None, by=user("shirin"), at=AT)
        wraps = [bytes(one.wrapped) for one in DataKeyWrap.objects.filter(dossier_id=dossier.pk)]
        assert wraps
        assert not any(map(rules.is_own, wraps))
    with vault.opened(fresh("shirin")), transaction.atomic(), acting(user("shirin")):
        assert vault.open(row, "names") == "Лола"


@pytest.mark.parametrize("account", ["nigora", "shirin", "pulod"])
def test_nobody_overwrites_a_kept_wrap_or_another_teams(account: str) -> None:
    dossier = opened_case()
    with as_user("nigora"):
        row = identity(dossier)
    source = offer(dossier, "shelter-cases")
    with as_user("shirin") as shirin:
        access.release(dossier, source_id=source, until=None, by=shirin, at=AT)
    ids: list[int] = []
    for member in ("nigora", "shirin"):
        with as_user(member):
            rows = DataKeyWrap.objects.filter(dossier_id=dossier.pk)
            ids += rows.values_list("pk", flat=True)
    assert len(ids) == 2
    with as_user(account), connection.cursor() as cursor:
        forged = [rules.OWN_WRAP + bytes(60)] * len(ids)
        cursor.execute("SELECT vault_keep(%s::bigint[], %s::bytea[])", [ids, forged])
    for member in ("nigora", "shirin"):
        with vault.opened(fresh(member)), transaction.atomic(), acting(user(member)):
            assert vault.open(row, "names") == "Лола"


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
