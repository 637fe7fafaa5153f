"""Naming, contacts, and the search in one's own files."""

from datetime import timedelta
from uuid import uuid4

import pytest

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.kernel.rules import Gone, Invalid, NotPossible, Refused, Stale
from panoh.people import actions as people
from panoh.people import queries
from panoh.people.models import Identity, NameToken, Reason
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from panoh.ui.rules import PartialDate
from tests.factories.people import (
    AT,
    EXACT,
    LOLA,
    NOTHING,
    PHONE,
    accepted,
    named,
    opened,
    search,
    shown,
)
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


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
    source = accepted(dossier)
    assert shown(search("shirin")) == NOTHING
    with as_user("shirin") as by:
        assert people.index(dossier, by=by, at=AT) > 0
        assert people.index(dossier, by=by, at=AT) == 0
    assert shown(search("shirin")) == ([dossier.pk], [])
    with as_user("nigora") as by:
        access.end(dossier, source_id=source, by=by, at=AT)
    assert shown(search("shirin")) == NOTHING


def test_the_receiver_of_the_identity_alone_writes_no_contact() -> None:
    dossier = named()
    accepted(dossier)
    with as_user("shirin") as by, pytest.raises(Gone):
        people.add_contact(dossier, kind="phone", value=PHONE, by=by, at=AT)


def test_nothing_asked_is_refused() -> None:
    with as_user("nigora") as by, pytest.raises(Invalid):
        people.search(Facts(names=("", "…")), by=by, at=AT)


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
