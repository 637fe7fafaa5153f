"""Fictional houses with rooms and beds, and people who need one tonight."""

from datetime import UTC, datetime, timedelta
from typing import Any

from panoh.access.models import Dossier, User
from panoh.shelters import actions as shelters
from panoh.shelters.models import Hold, House
from panoh.shelters.rules import Criteria, Guest
from tests.factories.cases import contact
from tests.factories.staff import as_user, team

# The wall compares with the clock of the database, so these tests live now.
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
LATER = AT + timedelta(minutes=10)
DISTRICT, REGION = "tj_3505401", "tj_3505000"
WOMAN = Guest("woman", (30, 30))
ADDRESS = "кӯчаи хаёлии Канарейка 99"


def house(
    *rooms: tuple[str, int, str], name: str = "", at: datetime = AT, **criteria: Any
) -> House:
    """A house of the shelter's team with these rooms (name, beds, whose); one room of four."""
    given: dict[str, Any] = {"sexes": ["woman"], "min_age": 18, "families": True, "boys_until": 12}
    with as_user("shirin") as by:
        made = shelters.open_house(
            team=team("shelter-cases"),
            name=name or "Fictional Blue House",
            district=criteria.pop("district", DISTRICT),
            address=ADDRESS,
            by=by,
            at=at,
            **{**given, **criteria},
        )
        for room, beds, sex in rooms or (("1", 4, ""),):
            shelters.add_room(made, name=room, beds=beds, sex=sex, by=by, at=at)
    return made


def case_of(by: User, **answers: Any) -> Dossier:
    """A case of the team of the account."""
    places = {"nigora": "ngo-cases", "hadia": "hotline-cases", "shirin": "shelter-cases"}
    return contact(by, in_team=places[by.username], **answers).dossier


def held(
    where: House, *people: Guest, by: User, dossier: Dossier | None = None, **given: Any
) -> Hold:
    """Beds held there by the account for a case of its own."""
    return shelters.hold(
        where.pk,
        dossier=dossier or case_of(by),
        people=people or (WOMAN,),
        by=by,
        at=given.pop("at", AT),
        **given,
    )


def wanted(*people: Guest, **more: Any) -> Criteria:
    """What is looked for."""
    return Criteria(people or (WOMAN,), **more)
