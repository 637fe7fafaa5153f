"""Free beds: a house that admits these people, or why there is none and what else there is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from panoh.access.models import Dossier
from panoh.policy import queries as policy
from panoh.shelters.rules import Admission, Criteria, Guest, Offer, WhyNot, admits

KINDS = 1000  # of criteria, kept in memory
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
    # Houses have few kinds of criteria between them: lists come as text and are read once.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT house, region, free, sexes::text, min_age, max_age, boys_until, families, "
            "situations::text, care::text, languages::text "
            "FROM shelters_places(%s, %s, %s, %s)",
            [dossier.pk if dossier else None, criteria.region, criteria.lead.sex, at],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    weighed: dict[tuple[Any, ...], tuple[WhyNot, ...]] = {}
    found = []
    for house, region, count, *rest in rows:
        kind = tuple(rest)
        admission = _admission(*kind)
        why_not = weighed.get(kind)
        if why_not is None:
            why_not = tuple(admits(admission, criteria, child_until=child_until, boy=BOY))
            weighed[kind] = why_not
        found.append(Place(Offer(house, region, count, admission.languages), why_not))
    return found


@lru_cache(maxsize=KINDS)
def _admission(
    sexes: str,
    youngest: int | None,
    oldest: int | None,
    boys: int | None,
    families: bool,
    *lists: str,
) -> Admission:
    situations, care, languages = (frozenset(_codes(one)) for one in lists)
    return Admission(
        frozenset(_codes(sexes)), youngest, oldest, boys, families, situations, care, languages
    )


def _codes(array: str) -> list[str]:
    """The codes of an array as PostgreSQL writes it: no code holds a comma or a quote."""
    return [one.strip('"') for one in array[1:-1].split(",")] if array != "{}" else []


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
