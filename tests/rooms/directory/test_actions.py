"""Keep the register: who may, what is refused, and that nothing is lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from panoh.directory import actions as directory
from panoh.directory import queries
from panoh.directory.models import Service
from panoh.directory.rules import Description, Search
from panoh.kernel.rules import Gone, Invalid, Refused
from tests.factories.directory import AT, DISTRICT, organisation, service
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
GOOD = Description({"en": "Fictional"}, "ngo", "district", area=(DISTRICT,))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"names": {"en": "  "}}, "names"),
        ({"type": "circus"}, "type"),
        ({"level": "planet"}, "level"),
        ({"area": ()}, "area"),
        ({"area": ("atlantis",)}, "area"),
        ({"district": "atlantis"}, "area"),
        ({"languages": ("klingon",)}, "languages"),
    ],
)
def test_a_faulty_entry_names_its_field(changes: dict[str, object], field: str) -> None:
    with as_user("nigora") as by, pytest.raises(Invalid) as raised:
        directory.add(replace(GOOD, **changes), checked_on=AT.date(), by=by, at=AT)  # type: ignore[arg-type]
    assert raised.value.field == field


def test_only_writers_write() -> None:
    made = organisation()
    with as_user("hadia") as by:
        with pytest.raises(Refused):
            directory.add(GOOD, checked_on=AT.date(), by=by, at=AT)
        with pytest.raises(Refused):
            directory.change(made, GOOD, by=by, at=AT)
        with pytest.raises(Refused):
            directory.archive(made, by=by, at=AT)


def test_a_unit_has_one_entry() -> None:
    unit = team("shelter-cases").unit
    made = organisation(unit=unit)
    assert queries.of_unit(unit) == made
    with as_user("nigora") as by, pytest.raises(Invalid):
        directory.add(GOOD, checked_on=AT.date(), unit=unit, by=by, at=AT)
    with as_user("nigora") as by:
        directory.change(made, GOOD, unit=unit, by=by, at=AT)


def test_c4_history_of_contacts_is_kept() -> None:
    made = organisation(telephone="000 00 01")
    later = AT + timedelta(days=30)
    with as_user("nigora") as by:
        directory.set_contacts(
            made, [("telephone", "000 00 02"), ("website", " ")], by=by, at=later
        )
    assert [row.value for row in queries.contacts_of(made)] == ["000 00 02"]
    past = queries.contacts_of(made, past=True)
    assert [(row.value, row.until) for row in past] == [("000 00 02", None), ("000 00 01", later)]


def test_a_shelter_never_gets_an_address() -> None:
    made = organisation(kind="shelter")
    with as_user("nigora") as by, pytest.raises(Invalid):
        directory.set_contacts(made, [("address", "Fictional street")], by=by, at=AT)
    ngo = organisation("Other")
    with as_user("nigora") as by:
        directory.set_contacts(ngo, [("address", "Fictional street")], by=by, at=AT)
        with pytest.raises(Invalid):
            directory.change(ngo, replace(GOOD, type="shelter"), by=by, at=AT)


def test_a_service_is_described_anew() -> None:
    made = organisation()
    first = service(made, hours={"0": ["08:00-17:00"]}, opening="working_days")
    second = service(made, sexes=("woman",))
    assert first.pk == second.pk
    assert Service.objects.get(pk=first.pk).sexes == ["woman"]
    with as_user("nigora") as by:
        directory.drop_service(second, by=by, at=AT)
    assert queries.find(Search("bed", DISTRICT), at=AT).entries == []
    assert service(made).pk != first.pk


@pytest.mark.parametrize(
    "changes",
    [
        {"sexes": ()},
        {"sexes": ("robot",)},
        {"code": "magic"},
        {"opening": "never"},
        {"min_age": 30, "max_age": 20},
        {"hours": {"0": ["morning"]}},
        {"care": ("luxury",)},
    ],
)
def test_a_faulty_service_is_refused(changes: dict[str, Any]) -> None:
    made = organisation()
    with pytest.raises(Invalid):
        service(made, **changes)


def test_an_archived_entry_is_in_no_list_and_cannot_change() -> None:
    made = organisation()
    service(made)
    with as_user("nigora") as by:
        directory.archive(made, by=by, at=AT)
        with pytest.raises(Gone):
            directory.change(made, GOOD, by=by, at=AT)
    assert queries.find(Search("bed", DISTRICT), at=AT).entries == []
    assert queries.organisation(made.pk) == made


def test_a_check_cannot_lie_in_the_future() -> None:
    made = organisation()
    with as_user("nigora") as by:
        with pytest.raises(Invalid):
            directory.confirm(made, checked_on=AT.date() + timedelta(days=1), by=by, at=AT)
        day = AT.date() - timedelta(days=3)
        assert directory.confirm(made, checked_on=day, by=by, at=AT).last_checked_on == day
