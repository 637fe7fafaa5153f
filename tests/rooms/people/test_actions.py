"""Naming, contacts, findable, search and ring, as accounts of several units."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused, Stale
from panoh.people import actions as people
from panoh.people import queries
from panoh.people.actions import Answer
from panoh.people.models import Identity, NameToken, Reason, Search
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.ui.rules import PartialDate
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
LOLA = Person(
    given="Лола",
    patronymic="Каримовна",
    family="Озмоишзода",
    birth=PartialDate(1990, 5, 12),
    documents=("ZZ 1234567",),
)
PHONE = "+000 93 555 12 34"
EXACT = Facts(names=("Лола", "Каримовна", "Озмоишзода"))
NOTHING: tuple[list[Any], list[Any]] = ([], [])


def opened(owner: str = "nigora", holder: str = "ngo-cases", **options: Any) -> Dossier:
    with as_user(owner) as by:
        return access.open_dossier(team=team(holder), by=by, at=AT, **options)


def named(person: Person = LOLA, owner: str = "nigora", holder: str = "ngo-cases") -> Dossier:
    dossier = opened(owner, holder)
    with as_user(owner) as by:
        people.name(dossier, person=person, by=by, at=AT)
        people.add_contact(dossier, kind="phone", value=PHONE, by=by, at=AT)
    return dossier


def search(who: str, asked: Facts = EXACT, at: datetime = AT) -> Answer:
    with as_user(who) as by:
        return people.search(asked, by=by, at=at)


def shown(answer: Answer) -> tuple[list[int], list[str]]:
    return [found.dossier.pk for found in answer.found], [unit.code for unit in answer.ask]


def mark(dossier: Dossier, *purposes: str, until: datetime | None = None) -> None:
    with as_user("nigora") as by:
        people.mark_findable(dossier, purposes=purposes, until=until, by=by, at=AT)


# -- naming --------------------------------------------------------------------------------------


def test_a_dossier_stands_without_any_identity() -> None:
    dossier = opened()
    with as_user("nigora") as by:
        assert queries.person(dossier, by=by, at=AT) is None
        assert queries.names_of([dossier.pk], by=by, at=AT) == {}
        assert people.index(dossier, by=by, at=AT) == 0
        people.ring(dossier, by=by, at=AT)


def test_a_person_may_be_known_by_a_chosen_name_only() -> None:
    dossier = named(Person(chosen="Сайёраи озмоишӣ"))
    with as_user("nigora") as by:
        assert queries.names_of([dossier.pk], by=by, at=AT) == {dossier.pk: "Сайёраи озмоишӣ"}
    assert shown(search("nigora", Facts(names=("sayyorai ozmoishi",)))) == ([dossier.pk], [])


def test_what_was_written_is_read_and_sealed_in_the_table() -> None:
    dossier = named()
    with as_user("nigora") as by:
        assert queries.person(dossier, by=by, at=AT) == LOLA
        row = queries.identity_of(dossier)
        assert row is not None
        assert "Озмоиш".encode() not in bytes(row.names or b"") + bytes(row.details or b"")
    assert "Озмоиш" not in repr(LOLA)


def test_an_identity_is_written_once_and_then_renamed() -> None:
    dossier = named()
    with as_user("nigora") as by, pytest.raises(NotPossible):
        people.name(dossier, person=LOLA, by=by, at=AT)


def test_history_is_kept_and_the_old_name_still_finds_her() -> None:
    dossier = named()
    later = AT + timedelta(hours=1)
    new = Person(given="Лола", family="Афсонаева")
    with as_user("nigora") as by:
        shown_version = queries.identity_of(dossier)
        assert shown_version is not None
        people.rename(shown_version, person=new, reason="changed", by=by, at=later)
        versions = queries.history_of(dossier, by=by, at=later)
        assert [version.person for version in versions] == [new, LOLA]
        assert [version.row.reason for version in versions] == [Reason.CHANGED, Reason.FIRST]
        assert versions[1].row.superseded_at == later
        assert queries.names_of([dossier.pk], by=by, at=later) == {dossier.pk: "Лола Афсонаева"}
    for asked in (EXACT, Facts(names=("Afsonayeva", "Lola"))):
        assert shown(search("nigora", asked)) == ([dossier.pk], [])


def test_a_stale_form_does_not_overwrite() -> None:
    dossier = named()
    with as_user("nigora") as by:
        old = queries.identity_of(dossier)
        assert old is not None
        people.rename(old, person=LOLA, reason="corrected", by=by, at=AT)
        with pytest.raises(Stale):
            people.rename(old, person=LOLA, reason="corrected", by=by, at=AT)


@pytest.mark.parametrize("person", [Person(), Person(given="Лола", birth=PartialDate(2027))])
def test_nothing_and_a_birth_in_the_future_are_refused(person: Person) -> None:
    dossier = opened()
    with as_user("nigora") as by, pytest.raises(Invalid):
        people.name(dossier, person=person, by=by, at=AT)


def test_another_unit_is_told_that_there_is_nothing() -> None:
    dossier = named()
    with as_user("shirin") as by:
        for ask in (queries.person, queries.history_of, queries.contacts_of):
            with pytest.raises(Gone):
                ask(dossier, by=by, at=AT)
        with pytest.raises(Gone):
            people.name(dossier, person=LOLA, by=by, at=AT)
        with pytest.raises(Gone):
            people.add_contact(dossier, kind="phone", value=PHONE, by=by, at=AT)
        assert queries.names_of([dossier.pk], by=by, at=AT) == {}
        assert not Identity.objects.exists() and not NameToken.objects.exists()


def test_an_account_without_the_permission_is_refused() -> None:
    dossier = named()
    with as_user("rustam") as by:
        with pytest.raises(Refused):
            queries.names_of([dossier.pk], by=by, at=AT)
        with pytest.raises(Refused):
            people.search(EXACT, by=by, at=AT)


# -- contacts ------------------------------------------------------------------------------------


def test_a_contact_is_not_safe_until_she_said_so() -> None:
    dossier = opened()
    with as_user("nigora") as by:
        people.add_contact(dossier, kind="phone", value=PHONE, by=by, at=AT)
        safe = people.add_contact(
            dossier,
            kind="messenger",
            value="synthetic",
            is_safe=True,
            cover="about the sewing course",
            hours="mornings",
            by=by,
            at=AT,
        )
        found = queries.contacts_of(dossier, by=by, at=AT)
        assert [reach.row.is_safe for reach in found] == [True, False]
        assert [reach.value for reach in found] == ["synthetic", PHONE]
        assert (found[0].cover, found[0].hours) == ("about the sewing course", "mornings")
        people.end_contact(safe, by=by, at=AT)
        assert [reach.value for reach in queries.contacts_of(dossier, by=by, at=AT)] == [PHONE]
        with pytest.raises(NotPossible):
            people.end_contact(safe, by=by, at=AT)
        with pytest.raises(Invalid):
            people.add_contact(dossier, kind="phone", value="", by=by, at=AT)


def test_a_contact_that_is_sent_twice_is_saved_once() -> None:
    dossier, sent = opened(), uuid4()
    with as_user("nigora") as by:
        for _ in range(2):
            row = people.add_contact(
                dossier, kind="phone", value=PHONE, submission=sent, by=by, at=AT
            )
            assert row.pk == sent
        assert len(queries.contacts_of(dossier, by=by, at=AT)) == 1


# -- search in my teams' files -------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        EXACT,
        Facts(names=("OZMOISHZODA", "Lola")),
        Facts(names=("Озмоишева Лола",), birth=PartialDate(1991)),
        Facts(names=("لولا", "کریموونا", "آزمایش‌زاده"), birth=PartialDate(1990, 12, 5)),
        Facts(phones=("93 555-12-34",)),
        Facts(documents=("zz1234567",)),
    ],
)
def test_spelling_variants_find_the_same_file(asked: Facts) -> None:
    dossier = named()
    assert shown(search("nigora", asked)) == ([dossier.pk], [])


def test_each_score_is_explained() -> None:
    named()
    answer = search("nigora", Facts(names=EXACT.names, phones=(PHONE,)))
    assert answer.found[0].name == "Лола Озмоишзода"
    assert [str(why.label) for why in answer.found[0].why]
    assert 99 <= sum(why.percent for why in answer.found[0].why) <= 101


def test_another_team_of_the_unit_and_another_unit_find_nothing() -> None:
    named()
    for who in ("lola", "shirin", "pulod", "hadia"):
        assert shown(search(who)) == NOTHING


def test_a_receiver_finds_her_by_its_own_search_after_indexing() -> None:
    dossier = named()
    source = _accepted(dossier)
    assert shown(search("shirin")) == NOTHING
    with as_user("shirin") as by:
        assert people.index(dossier, by=by, at=AT) > 0
        assert people.index(dossier, by=by, at=AT) == 0
    assert shown(search("shirin")) == ([dossier.pk], [])
    with as_user("nigora") as by:
        access.end(dossier, source_id=source, by=by, at=AT)
    assert shown(search("shirin")) == NOTHING


def _accepted(dossier: Dossier) -> UUID:
    source = uuid4()
    now = datetime.now(UTC)
    with as_user("nigora") as by:
        access.offer(
            dossier,
            to=team("shelter-cases"),
            categories=Category.CORE | Category.IDENTITY,
            source_id=source,
            by=by,
            at=now,
        )
    with as_user("shirin") as by:
        access.release(dossier, source_id=source, by=by, at=now)
    return source


def test_the_receiver_of_the_identity_alone_writes_no_contact() -> None:
    dossier = named()
    _accepted(dossier)
    with as_user("shirin") as by, pytest.raises(Gone):
        people.add_contact(dossier, kind="phone", value=PHONE, by=by, at=AT)


def test_nothing_asked_is_refused() -> None:
    with as_user("nigora") as by, pytest.raises(Invalid):
        people.search(Facts(names=("", "…")), by=by, at=AT)


# -- many at once --------------------------------------------------------------------------------


def tokens_of(dossier: Dossier) -> set[bytes]:
    rows = NameToken.objects.filter(dossier=dossier).values_list("token", flat=True)
    return {bytes(token) for token in rows}


def test_many_are_named_and_found_as_if_one_by_one() -> None:
    with as_user("nigora") as by:
        one, other, nobody = access.open_dossier_many(3, team=team("ngo-cases"), by=by, at=AT)
        sitora = Person(given="Ситора", family="Достонова")
        rows = [(one, LOLA), (other, sitora), (nobody, Person())]
        assert people.name_many(rows, by=by, at=AT) == 2
        contacts = [(one, "phone", PHONE), (other, "email", "a@b.example"), (nobody, "phone", "")]
        assert people.add_contact_many(contacts, by=by, at=AT) == 2
        assert queries.person(one, by=by, at=AT) == LOLA
        assert queries.person(nobody, by=by, at=AT) is None
        assert [reach.value for reach in queries.contacts_of(one, by=by, at=AT)] == [PHONE]
        assert not tokens_of(nobody)
        with pytest.raises(NotPossible):
            people.name_many(rows, by=by, at=AT)
        assert people.name_many([], by=by, at=AT) == 0
        assert people.add_contact_many([], by=by, at=AT) == 0
    assert shown(search("nigora", EXACT)) == ([one.pk], [])
    assert shown(search("nigora", Facts(phones=(PHONE,)))) == ([one.pk], [])
    alone = named()
    with as_user("nigora"):
        assert tokens_of(one) == tokens_of(alone)


def test_many_of_another_team_are_refused() -> None:
    dossier = opened("shirin", "shelter-cases")
    with as_user("nigora") as by:
        with pytest.raises(Gone):
            people.name_many([(dossier, LOLA)], by=by, at=AT)
        with pytest.raises(Gone):
            people.add_contact_many([(dossier, "phone", PHONE)], by=by, at=AT)


# -- be_found: A4, the people part ---------------------------------------------------------------

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


# -- ring ----------------------------------------------------------------------------------------


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


# -- quota and audit -----------------------------------------------------------------------------


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


# -- the walls -----------------------------------------------------------------------------------


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
    _accepted(dossier)
    with as_user("shirin") as by, pytest.raises(ProgrammingError), transaction.atomic():
        people.mark_findable(dossier, purposes=["be_found"], by=by, at=AT)
