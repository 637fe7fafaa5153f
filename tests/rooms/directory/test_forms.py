"""From what was typed to what the verbs take."""

import pytest

from panoh.directory.forms import ContactsForm, FindForm, OrganisationForm, ServiceForm
from panoh.directory.rules import Description, Search
from tests.factories.directory import DISTRICT


def test_only_the_kind_of_help_is_needed() -> None:
    form = FindForm({"service": "bed"})
    assert form.is_valid(), form.errors
    assert form.search() == Search("bed")
    assert not FindForm({}).is_valid()


def test_a_whole_search() -> None:
    typed = {
        "service": "bed",
        "district": DISTRICT,
        "sex": "man",
        "age_band": "age_18_20",
        "language": "uz",
        "open_now": "on",
        "children": "on",
    }
    form = FindForm(typed)
    assert form.is_valid(), form.errors
    assert form.search() == Search(
        "bed", DISTRICT, "man", (18, 20), "age_18_20", "uz", open_now=True, children=True
    )


def test_an_organisation() -> None:
    form = OrganisationForm(
        {"name_en": "Fictional", "type": "ngo", "level": "district", "area": [DISTRICT]}
    )
    assert form.is_valid(), form.errors
    assert form.described() == Description(
        {"tg": "", "ru": "", "en": "Fictional"}, "ngo", "district", area=[DISTRICT], languages=[]
    )


def test_contacts_stand_one_a_line() -> None:
    form = ContactsForm({"telephone": "000 00 01\n\n 000 00 02 ", "email": ""})
    assert form.is_valid(), form.errors
    assert form.contacts() == [("telephone", "000 00 01"), ("telephone", "000 00 02")]


def test_a_service() -> None:
    typed = {
        "code": "bed",
        "sexes": ["man"],
        "opening": "working_days",
        "capacity": "not_told",
        "day_0": "08:00–12:00, 13:00-17:00",
    }
    form = ServiceForm(typed)
    assert form.is_valid(), form.errors
    names = list(form.fields)
    assert names[names.index("opening") + 1] == "day_0", "the days stand under the opening hours"
    assert form.fields_of_service()["hours"]["0"] == ["08:00-12:00", "13:00-17:00"]


@pytest.mark.parametrize("hours", ["morning", "8-17"])
def test_hours_that_nobody_can_read_are_named_beside_their_field(hours: str) -> None:
    form = ServiceForm({"code": "bed", "day_3": hours})
    assert not form.is_valid()
    assert "day_3" in form.errors
