"""Who may be found and rung by others, quota, and the walls."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from panoh.duties.models import Duty
from panoh.kernel.rules import Refused
from panoh.people import actions as people
from panoh.people import queries
from panoh.people.models import Search
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.ui.rules import PartialDate
from tests.factories.people import (
    AT,
    EXACT,
    LOLA,
    NOTHING,
    PHONE,
    accepted,
    mark,
    named,
    opened,
    search,
    shown,
)
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


STRONG = [
    EXACT,
    Facts(phones=(PHONE,)),
    Facts(documents=("ZZ1234567",)),
    Facts(names=("Lola", "Ozmoishzoda"), birth=PartialDate(1990)),
]


@pytest.mark.parametrize("asked", STRONG)
def test_a4_police_find_nobody_until_she_agreed_and_nobody_after_withdrawal(asked: Facts) -> None:
    dossier = named()
    assert shown(search("pulod", asked)) == NOTHING
    mark(dossier, "be_found")
    assert shown(search("pulod", asked)) == ([], ["ngo"])
    with as_user("nigora") as by:
        people.unmark(dossier, purposes=["be_found"], by=by, at=AT)
    assert shown(search("pulod", asked)) == NOTHING


def test_a4_not_found_has_one_shape() -> None:
    before = search("pulod", Facts(names=("Нест", "Афсонаев")))
    named()
    known_elsewhere = search("pulod", EXACT)
    assert (before.found, before.ask) == (known_elsewhere.found, known_elsewhere.ask) == NOTHING


@pytest.mark.parametrize(
    "asked",
    [
        Facts(names=("Лола", "Озмоишзода")),
        Facts(names=("Лола",), birth=PartialDate(1990, 5, 12)),
        Facts(names=("Лола", "Афсонаева"), birth=PartialDate(1990, 5, 12)),
    ],
)
def test_weak_evidence_tells_nothing(asked: Facts) -> None:
    mark(named(), "be_found")
    assert shown(search("pulod", asked)) == NOTHING


def test_consent_that_has_run_out_finds_nobody() -> None:
    dossier = named()
    now = datetime.now(UTC)
    mark(dossier, "be_found", until=now - timedelta(minutes=1))
    assert shown(search("pulod")) == NOTHING
    mark(dossier, "be_found", until=now + timedelta(days=1))
    assert shown(search("pulod")) == ([], ["ngo"])


def test_a_new_name_and_a_new_telephone_are_found_while_consent_lives() -> None:
    dossier = named()
    mark(dossier, "be_found")
    with as_user("nigora") as by:
        row = queries.identity_of(dossier)
        assert row is not None
        new = Person(given="Ситора", patronymic="Каримовна", family="Намунаева")
        people.rename(row, person=new, reason="changed", by=by, at=AT)
        people.add_contact(dossier, kind="phone", value="000 777 66 55", by=by, at=AT)
    assert shown(search("pulod", Facts(names=("Sitora Karimovna Namunaeva",)))) == ([], ["ngo"])
    assert shown(search("pulod", Facts(phones=("7776655",)))) == ([], ["ngo"])
    assert shown(search("pulod", EXACT)) == NOTHING  # the old name is not given away


def test_who_agreed_before_she_gave_a_name_is_found_once_she_did() -> None:
    dossier = opened()
    mark(dossier, "be_found")
    assert shown(search("pulod")) == NOTHING
    with as_user("nigora") as by:
        people.name(dossier, person=LOLA, by=by, at=AT)
    assert shown(search("pulod")) == ([], ["ngo"])


def test_a_sealed_case_is_in_no_search_of_others() -> None:
    dossier = opened(sealed=True)
    with as_user("nigora") as by:
        people.name(dossier, person=LOLA, by=by, at=AT)
    mark(dossier, "be_found", "ring")
    assert shown(search("pulod")) == NOTHING


def rung(who: str = "nigora") -> list[Duty]:
    with as_user(who):
        return list(Duty.objects.filter(kind="people.ring"))


@pytest.mark.parametrize("purpose", ["ring", "be_found"])
def test_a_match_rings_the_holder_and_tells_the_searcher_nothing(purpose: str) -> None:
    earlier = named()
    mark(earlier, purpose)
    later = named(owner="shirin", holder="shelter-cases")
    with as_user("shirin") as by:
        assert people.ring(later, by=by, at=AT) is None
        people.ring(later, by=by, at=AT)  # once is enough
        assert not Duty.objects.exists()
    (duty,) = rung()
    assert duty.dossier_id == earlier.pk
    assert duty.owner == team("ngo-cases")
    assert duty.subject_id is None and duty.opened_by is None  # who asked is not told either
    assert duty.due_at == policy.due("next_contact", AT)


def test_ring_alone_shows_nothing_in_a_search() -> None:
    mark(named(), "ring")
    assert shown(search("shirin")) == NOTHING


def test_nobody_is_rung_who_did_not_agree() -> None:
    named()
    later = named(owner="shirin", holder="shelter-cases")
    with as_user("shirin") as by:
        people.ring(later, by=by, at=AT)
    assert rung() == []


def test_another_person_rings_nobody() -> None:
    mark(named(), "ring")
    other = opened("shirin", "shelter-cases")
    with as_user("shirin") as by:
        person = Person(given="Мадина", family="Достонова", birth=PartialDate(1990, 5, 12))
        people.name(other, person=person, by=by, at=AT)
        people.ring(other, by=by, at=AT)
    assert rung() == []


def test_searching_without_saving_a_contact_stops_and_tells_the_supervisor() -> None:
    quota = policy.number("search_quota_without_contact")
    for done in range(quota):
        assert search("nigora").left == quota - done - 1
    with as_user("safar"):
        (duty,) = Duty.objects.filter(kind="people.unusual_search")
        assert duty.owner == team("ngo-cases")
    with pytest.raises(Refused):
        search("nigora")
    assert search("safar").left == quota - 1  # another account, another quota
    assert search("nigora", at=AT + timedelta(days=1)).left == quota - 1
    with as_user("nigora") as by:
        people.contact_saved(by=by, at=AT)
    assert search("nigora").left == quota - 1


def test_the_log_of_searches_holds_numbers_only() -> None:
    search("nigora")
    with as_user("nigora"):
        (row,) = Search.objects.all()
        assert row.keys > 0
    with as_user("shirin"):
        assert not Search.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM people_nationaltoken",
        "INSERT INTO people_nationaltoken (id) VALUES (gen_random_uuid())",
        "DELETE FROM people_nationaltoken",
        "DELETE FROM people_identity",
        "DELETE FROM people_nametoken",
        "UPDATE people_search SET keys = 0",
        "SELECT people_strong('{}', '{}', '{}')",
        "SELECT people_mark(1, 'be_found', NULL, '{}', '{}')",
        "SELECT people_unmark(1, 'be_found')",
        "SELECT people_ring(1, '{}', '{}', '{}', now(), now(), '')",
    ],
)
def test_the_application_cannot_go_round_the_functions(statement: str) -> None:
    with (
        as_user("pulod"),
        pytest.raises(ProgrammingError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_only_the_holder_marks() -> None:
    dossier = named()
    accepted(dossier)
    with as_user("shirin") as by, pytest.raises(ProgrammingError), transaction.atomic():
        people.mark_findable(dossier, purposes=["be_found"], by=by, at=AT)
