"""What is typed becomes a person, a contact or a question."""

from panoh.people.forms import ContactForm, IdentityForm, RenameForm, SearchForm
from panoh.people.models import Reason
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from panoh.ui.rules import PartialDate

TYPED = {
    "chosen": "Сайёра",
    "given": "Лола",
    "patronymic": "Каримовна",
    "family": "Озмоишзода",
    "other": "Намунаева Лола\n\n Lola N. ",
    "birth_day": "",
    "birth_month": "5",
    "birth_year": "1990",
    "place": "tj_3505401",
    "documents": "ZZ 1234567",
}
PERSON = Person(
    given="Лола",
    patronymic="Каримовна",
    family="Озмоишзода",
    other=("Намунаева Лола", "Lola N."),
    chosen="Сайёра",
    birth=PartialDate(1990, 5),
    place="tj_3505401",
    documents=("ZZ 1234567",),
)


def test_an_identity_is_typed() -> None:
    form = IdentityForm(TYPED)
    assert form.is_valid(), form.errors
    assert form.person() == PERSON


def test_what_is_known_is_shown_again_unchanged() -> None:
    assert IdentityForm.of(PERSON)["other"] == "Намунаева Лола\nLola N."
    assert IdentityForm.of(None)["given"] == ""


def test_one_name_is_enough_and_none_is_asked_for_kindly() -> None:
    assert IdentityForm({"chosen": "Сайёра"}).is_valid()
    empty = IdentityForm({"chosen": " "})
    assert not empty.is_valid()
    assert list(empty.errors) == ["chosen"]


def test_a_birth_in_the_future_is_refused() -> None:
    form = IdentityForm({"given": "Лола", "birth_year": "2990"})
    assert not form.is_valid()
    assert list(form.errors) == ["birth"]


def test_a_new_version_says_why() -> None:
    form = RenameForm({"given": "Лола", "version": "00000000-0000-0000-0000-000000000001"})
    assert list(form.errors) == ["reason"]
    assert Reason.FIRST not in dict(form.fields["reason"].choices)  # type: ignore[attr-defined]


def test_a_contact_is_not_safe_unless_yes_is_chosen() -> None:
    form = ContactForm({"kind": "phone", "value": "93 555 12 34", "is_safe": "no"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["is_safe"] is False
    assert ContactForm().fields["is_safe"].initial == "no"
    assert not ContactForm({"kind": "phone", "value": "", "is_safe": "yes"}).is_valid()


def test_a_search_asks_for_something_that_can_be_looked_up() -> None:
    form = SearchForm({"name": "Lola Ozmoishzoda", "birth_year": "1990", "phone": "935551234"})
    assert form.is_valid(), form.errors
    assert form.facts() == Facts(
        names=("Lola Ozmoishzoda",),
        birth=PartialDate(1990),
        phones=("935551234",),
        documents=("",),
    )
    alone = SearchForm({"birth_year": "1990", "place": "tj_3505401"})
    assert not alone.is_valid()
    assert list(alone.errors) == ["name"]
