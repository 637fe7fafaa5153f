"""Free beds: a house that admits these people, or why there is none and what else there is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from panoh.access.models import Dossier
from panoh.policy import queries as policy
from panoh.shelters.rules import Admission, Criteria, Guest, Offer, WhyNot, admits, free_for

BOY = "man"  # the code of `sexes` that a boy has
FULL, NOT_ADMITTED, NO_LANGUAGE, NONE = "full", "does_not_admit", "no_language", "none_in_district"


@dataclass(frozen=True, slots=True)
class Place:
    """A house as the search sees it: no name, no town."""

    offer: Offer
    why_not: tuple[WhyNot, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: offers; or why there is none (a code of ``unmet_reasons``) and which offers
    there are elsewhere in the country."""

    offers: list[Offer]
    reason: str = ""
    elsewhere: tuple[Offer, ...] = ()


def guest_of(sex: str, *, age: int | None = None, band: str = "") -> Guest:
    """One person by exact age or by an age band of the pack."""
    if age is not None:
        return Guest(sex, (age, age))
    row = policy.code("age_bands", band) if band else None
    if row is None or not row.extra.get("from_age"):
        return Guest(sex)
    oldest = row.extra.get("to_age") or policy.number("oldest_age")
    return Guest(sex, (int(row.extra["from_age"]), int(oldest)))


def band_of(guest: Guest) -> str:
    """The age band of the pack in which all ages lie that somebody may have; else empty."""
    if guest.ages is None:
        return ""
    youngest, oldest = guest.ages
    for row in policy.codes("age_bands"):
        if row.extra.get("from_age"):
            first, last = guest_of("", band=row.code).ages or (0, 0)
            if first <= youngest and oldest <= last:
                return row.code
    return ""


def free(criteria: Criteria, *, at: datetime, dossier: Dossier | None = None) -> list[Offer]:
    """Houses that admit these people and have beds for all of them at ``at``, most beds first.

    With ``dossier`` those whom the person excludes are not there. Raises ``Refused`` by the wall
    for an account that may not hold beds.
    """
    return _fitting(_places(criteria, at, dossier), criteria)


def find(criteria: Criteria, *, at: datetime, dossier: Dossier | None = None) -> Found:
    """As ``free``; and if there is none, why, and what there is in other regions."""
    places = _places(criteria, at, dossier)
    if offers := _fitting(places, criteria):
        return Found(offers)
    anywhere = replace(criteria, region="")
    elsewhere = free(anywhere, at=at, dossier=dossier) if criteria.region else []
    return Found([], _reason(places), tuple(elsewhere))


def _fitting(places: Iterable[Place], criteria: Criteria) -> list[Offer]:
    found = [one.offer for one in places if not one.why_not and one.offer.free >= criteria.size]
    return sorted(found, key=lambda offer: (-offer.free, offer.house.int))


def _reason(places: list[Place]) -> str:
    if not places:
        return NONE
    if any(not one.why_not for one in places):
        return FULL
    if any(one.why_not == (WhyNot.LANGUAGE,) for one in places):
        return NO_LANGUAGE
    return NOT_ADMITTED


def _places(criteria: Criteria, at: datetime, dossier: Dossier | None) -> list[Place]:
    child_until = policy.number("child_until_age")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT house, region, sexes, min_age, max_age, boys_until, families, situations, "
            "care, languages, rooms, free FROM shelters_places(%s, %s, %s)",
            [dossier.pk if dossier else None, criteria.region, at],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    found = []
    for house, region, sexes, youngest, oldest, boys, families, *lists, rooms, beds in rows:
        situations, care, languages = map(frozenset, lists)
        admission = Admission(
            frozenset(sexes), youngest, oldest, boys, families, situations, care, languages
        )
        count = free_for(criteria.lead.sex, dict(zip(rooms, beds, strict=True)))
        why_not = admits(admission, criteria, child_until=child_until, boy=BOY)
        found.append(Place(Offer(house, region, count, languages), tuple(why_not)))
    return found


def any_place(region: str, guest: Guest) -> bool:
    """Is there a place in the region for somebody like this? Yes or no, and nothing else."""
    youngest, oldest = guest.ages or (None, None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shelters_any(%s, %s, %s::int, %s::int)", [region, guest.sex, youngest, oldest]
        )
        return bool(cursor.fetchone()[0])


def longest_hold(at: datetime) -> datetime | None:
    """Until when a bed may be held at most."""
    return policy.due("bed_hold_longest", at)
