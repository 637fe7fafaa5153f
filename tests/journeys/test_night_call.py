"""Moment 4 as a story: a night call, a bed for a woman with a son of 14, or what else there is."""

import re
from typing import Any

import pytest
from django.test import Client

from panoh.access.models import Dossier
from panoh.cases.models import Case
from panoh.directory import queries as directory
from panoh.intake.models import Call
from panoh.people.queries import identity_of
from panoh.shelters.models import Hold
from panoh.shelters.rules import Guest
from tests.factories.canaries import Form, fill, saved
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation, service
from tests.factories.houses import DISTRICT, case_of, held, house
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
OPERATOR = "hadia"
MOTHER = {
    "safe_to_talk": "yes",
    "danger_now": "danger",
    "sex": "woman",
    "age_band": "age_30_47",
    "child_1": "man_14",
    "district": DISTRICT,
}


@pytest.fixture
def operator() -> Client:
    """Somebody at the hotline, at night."""
    return client_of(OPERATOR, "en")


def asks(operator: Client, **said: str) -> Any:
    page = fill(operator, "/line/bed/", **(MOTHER | said))
    assert page.status_code == 200
    return page


def takes(operator: Client, page: Any) -> Any:
    """Press the first "Yes: hold it" as a browser would."""
    text = page.content.decode()
    place = re.search(r'action="(/line/bed/\w+/)"', text)
    house = re.search(r'name="house" value="([^"]+)"', text)
    assert place and house, words(page)
    given: dict[str, Any] = {name: [*{*values}] for name, values in Form(text).hidden.items()}
    return operator.post(place[1], given | {"house": house[1]})


def everything() -> tuple[list[Case], list[Call], list[Hold]]:
    with as_user(OPERATOR):
        return list(Case.objects.all()), list(Call.objects.all()), list(Hold.objects.all())


def test_moment_4_a_night_call_becomes_a_held_bed(operator: Client) -> None:
    house(("1", 4, ""), boys_until=17)
    organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    page = asks(operator)
    said = words(page)
    assert "1 house has a place" in said
    assert "May I tell the shelter" in said, "nothing is told before her yes"
    assert "A safe place first" in said, "first help comes first"
    assert "Fictional Blue House" not in said, "which house it is stands nowhere yet"
    done = saved(takes(operator, page))
    shown = words(operator.get(done["Location"]))
    assert re.search(r"Held until \d\d:\d\d\. Call this number\.", shown)
    assert "000 00 01" in shown
    (case,), (call,), (hold,) = everything()
    assert (hold.people, hold.code in shown) == (2, True)
    assert (call.outcome, call.needs) == ("bed_held", ["bed"])
    assert (case.sex, case.children) == ("woman", "one")
    with as_user(OPERATOR):
        assert identity_of(Dossier.objects.get(pk=case.pk)) is None
    # Pressed twice, it is one hold.
    again = takes(operator, page)
    assert again["Location"] == done["Location"]
    assert len(everything()[2]) == 1


def test_moment_4_a_house_that_takes_no_boy_of_14_is_not_offered(operator: Client) -> None:
    house(("1", 4, ""), boys_until=12)
    said = words(asks(operator))
    assert "No place tonight. Do this instead." in said
    assert "Nobody admits this person" in said


def test_moment_4_a_man_with_two_children(operator: Client) -> None:
    house(("1", 6, ""))
    house(("1", 3, ""), name="Fictional Green House", sexes=["man"])
    page = asks(operator, sex="man", child_1="woman_3", child_2="man_9")
    saved(takes(operator, page))
    (hold,) = everything()[2]
    assert hold.people == 3
    with as_user("shirin"):
        assert hold.house.name == "Fictional Green House"


def test_moment_4_full_means_alternatives_and_the_need_is_counted_once(operator: Client) -> None:
    only = house(("1", 2, ""), boys_until=17)
    with as_user("nigora") as by:
        held(only, Guest("woman", (30, 30)), by=by)
    clinic = organisation("Fictional Clinic", kind="health_service", area=(DISTRICT,))
    service(clinic, "doctor")
    page = asks(operator)
    said = words(page)
    assert "No place tonight. Do this instead." in said
    assert "All full" in said
    assert "A hospital that is open now" in said
    assert "Fictional Clinic" in said
    assert "With a trusted person, if safe" in said
    (counted,) = directory.unmet_by("service", "reason", "sex")
    assert counted == {"service": "bed", "reason": "full", "sex": "woman", "count": 1}
    (_case,), (call,), holds = everything()
    assert (call.outcome, holds) == ("no_place", [])
    assert 'name="house"' not in page.content.decode()


def test_moment_4_a_place_in_another_region_is_shown(operator: Client) -> None:
    house(("1", 4, ""), boys_until=17, district="tj_3501266")
    page = asks(operator)
    said = words(page)
    assert "No place tonight. Do this instead." in said
    assert "There is a place in another region:" in said
    assert everything()[1][0].outcome == "", "the call stays open until something comes of it"
    saved(takes(operator, page))
    assert everything()[1][0].outcome == "bed_held"


def test_moment_4_a_bed_that_is_gone_meanwhile_shows_what_is_left(operator: Client) -> None:
    only = house(("1", 2, ""), boys_until=17)
    page = asks(operator)
    with as_user("nigora") as by:
        held(only, by=by, dossier=case_of(by))
    said = words(takes(operator, page))
    assert "not enough beds there any more" in said
    assert "No place tonight. Do this instead." in said


def test_moment_4_a_forged_hold_is_not_found(operator: Client) -> None:
    house(("1", 4, ""), boys_until=17)
    page = asks(operator)
    done = saved(takes(operator, page))
    ref = done["Location"].split("/")[3]
    assert operator.post(f"/line/bed/{ref}/", {"house": "x"}).status_code == 404
    assert client_of("nigora").get(done["Location"]).status_code == 404
