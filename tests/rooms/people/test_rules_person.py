"""A person in clear: what is sealed of her is read back the same."""

from hypothesis import given
from hypothesis import strategies as st

from panoh.people.rules.keys import keys_asked, keys_of
from panoh.people.rules.person import Person
from panoh.ui.rules import PartialDate

TEXT = st.text(max_size=30)
PEOPLE = st.builds(
    Person,
    given=TEXT,
    patronymic=TEXT,
    family=TEXT,
    other=st.lists(TEXT, max_size=3).map(tuple),
    chosen=TEXT,
    birth=st.none() | st.dates().map(lambda day: PartialDate(day.year, day.month, day.day)),
    place=TEXT,
    documents=st.lists(TEXT, max_size=3).map(tuple),
)


@given(PEOPLE)
def test_what_is_sealed_is_read_back(person: Person) -> None:
    assert Person.from_json(person.names_json(), person.details_json()) == person


@given(PEOPLE)
def test_a_person_is_asked_for_by_what_was_stored(person: Person) -> None:
    for facts in person.all_facts:
        assert keys_of(facts) <= keys_asked(facts)


def test_nothing_known_is_nobody() -> None:
    assert not Person()
    assert Person.from_json("") == Person()
    assert Person(given="Лола")


def test_the_chosen_name_is_read_first() -> None:
    assert Person(given="Лола", family="Намунаева").display == "Лола Намунаева"
    assert Person(given="Лола", chosen="Сайёра").display == "Сайёра"
    assert Person().display == ""


def test_the_name_never_stands_in_a_trace() -> None:
    assert "Лола" not in repr(Person(given="Лола"))
