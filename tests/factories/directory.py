"""Entries of a fictional register. Telephone numbers are of nobody: 000 00 00 …"""

from datetime import UTC, datetime
from typing import Any

from panoh.access.models import Unit
from panoh.directory import actions as directory
from panoh.directory.models import Organisation, Service
from panoh.directory.rules import Description
from panoh.policy import queries as policy
from tests.factories.staff import as_user

# Khujand and Isfara stand in one region, Bokhtar-side places in another: codes of the pack.
DISTRICT = "tj_3505401"
AT = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)  # a Monday, 10:00 in the pack's zone


def neighbour(district: str = DISTRICT) -> str:
    """Another district of the same region."""
    region = policy.region_of(district)
    return next(
        place.code
        for place in policy.places(2)
        if region and place.parent == region.code and place.code != district
    )


def far_away(district: str = DISTRICT) -> str:
    """A district of another region."""
    region = policy.region_of(district)
    return next(place.code for place in policy.places(2) if region and place.parent != region.code)


def organisation(
    name: str = "Fictional Help",
    *,
    kind: str = "ngo",
    area: tuple[str, ...] = (DISTRICT,),
    whole_country: bool = False,
    languages: tuple[str, ...] = ("tg", "ru"),
    unit: Unit | None = None,
    telephone: str = "000 00 01",
    at: datetime = AT,
) -> Organisation:
    """An organisation with a telephone."""
    with as_user("nigora") as by:
        described = Description(
            names={"en": name},
            type=kind,
            level="district",
            district=area[0] if area else "",
            area=area,
            whole_country=whole_country,
            languages=languages,
        )
        made = directory.add(described, checked_on=policy.local_day(at), unit=unit, by=by, at=at)
        if telephone:
            directory.set_contacts(made, [("telephone", telephone)], by=by, at=at)
    return made


def service(made: Organisation, code: str = "bed", **fields: Any) -> Service:
    """A service of it, for grown women and men, day and night, unless told otherwise."""
    plain: dict[str, Any] = {
        "code": code,
        "sexes": ("woman", "man"),
        "min_age": 18,
        "opening": "always",
        "at": AT,
    }
    with as_user("nigora") as by:
        return directory.put_service(made, by=by, **(plain | fields))
