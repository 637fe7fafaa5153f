"""Who fits: admission, area and opening hours as pure functions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Invalid

ALWAYS_OPEN = frozenset({"always", "on_call"})
BY_APPOINTMENT = "by_appointment"
# Kinds of organisations whose street address could lead a searcher to the door.
HIDDEN_ADDRESS = frozenset({"shelter"})

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAY_MINUTES = int(timedelta(days=1) / timedelta(minutes=1))

WEEK = range(7)  # Monday is 0
Week = Mapping[str, Sequence[str]]


class Reach(IntEnum):
    """How far one had to look."""

    DISTRICT = 1
    REGION = 2
    COUNTRY = 3

    @property
    def why(self) -> Promise:
        """What the page says about the list."""
        return _WHY[self]


_WHY: Mapping[Reach, Promise] = {
    Reach.DISTRICT: _("They serve this district."),
    Reach.REGION: _("Nobody found for this district. These are in the same region."),
    Reach.COUNTRY: _("Nobody found in this region. These are elsewhere in the country."),
}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. Empty and ``None`` mean: not asked.

    ``ages`` is the youngest and the oldest age in full years that the person may have
    (from an exact age or an age band); ``children`` asks for places that take children too.
    ``country`` is one abroad (ISO 3166), empty the pack's own, None all of them.
    """

    service: str
    district: str = ""
    sex: str = ""
    ages: tuple[int, int] | None = None
    age_band: str = ""
    language: str = ""
    open_now: bool = False
    children: bool = False
    care: frozenset[str] = frozenset()
    country: str | None = ""

    def without(self, **changes: object) -> "Search":
        """The same search with some wishes given up."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Description:
    """What the register says of an organisation.

    ``names`` holds one name per language, or one for all; ``area`` are the places it serves,
    ``district`` the one it stands in, ``country`` (ISO 3166) the one abroad that it serves instead.
    """

    names: Mapping[str, str]
    type: str
    level: str
    district: str = ""
    jamoat: str = ""
    area: Iterable[str] = ()
    whole_country: bool = False
    languages: Iterable[str] = ()
    country: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one service says of itself."""

    sexes: frozenset[str]
    min_age: int | None
    max_age: int | None
    languages: frozenset[str]
    admits_children: bool
    care: frozenset[str]


def admits_age(ages: tuple[int, int] | None, min_age: int | None, max_age: int | None) -> bool:
    """Whether any age of the span is admitted; both ends of both spans belong to them."""
    if ages is None:
        return True
    youngest, oldest = ages
    return (min_age is None or oldest >= min_age) and (max_age is None or youngest <= max_age)


def fits(offer: Offer, search: Search) -> bool:
    """Whether the service admits this person. Status and co-operation with police do not count."""
    return (
        (not search.sex or search.sex in offer.sexes)
        and admits_age(search.ages, offer.min_age, offer.max_age)
        and (not search.language or search.language in offer.languages)
        and (not search.children or offer.admits_children)
        and search.care <= offer.care
    )


def reach(
    *, area: Iterable[str], whole_country: bool, region_of: Mapping[str, str], district: str
) -> Reach:
    """How near an organisation is to a district, by the places it serves.

    ``region_of`` gives the region's code of each place; a region lies in itself.
    """
    served = set(area)
    region = region_of.get(district, district)
    if whole_country or not district or {district, region} & served:
        return Reach.DISTRICT
    if any(region_of.get(place) == region for place in served):
        return Reach.REGION
    return Reach.COUNTRY


def spans(day: Iterable[str]) -> list[tuple[int, int]]:
    """Opening spans of a day as minutes after midnight; one that ends before it begins
    runs into the next day. Raises ``Invalid``."""
    found = []
    for text in day:
        if not _SPAN.fullmatch(text):
            raise Invalid(
                _("Write opening hours like 08:00-17:00, several with a comma."), field="hours"
            )
        begin, end = (_minutes_of(time.fromisoformat(part)) for part in text.split("-"))
        found.append((begin, end if end > begin else end + _DAY_MINUTES))
    return found


def _minutes_of(moment: time) -> int:
    whole = timedelta(hours=moment.hour, minutes=moment.minute)
    return int(whole / timedelta(minutes=1))


def is_open(
    opening: str, hours: Week, local: datetime, *, working: bool, worked_yesterday: bool
) -> bool:
    """Whether a service is open at a moment of the pack's zone.

    ``opening`` is a code of ``opening_hours``; ``hours`` gives for each weekday ("0" = Monday) its
    spans. A service open on working days is shut on holidays. Without hours a service that keeps
    working days counts as open for the whole of them: better one call too many.
    """
    if opening in ALWAYS_OPEN:
        return True
    if opening == BY_APPOINTMENT:
        return False
    if not any(hours.values()):
        return working
    minute = _minutes_of(local.time())
    weekday = local.weekday()
    today = spans(hours.get(str(weekday), ())) if working else []
    before = str((weekday - 1) % len(WEEK))
    yesterday = spans(hours.get(before, ())) if worked_yesterday else []
    return any(begin <= minute < end for begin, end in today) or any(
        minute + _DAY_MINUTES < end for _begin, end in yesterday
    )


def check_contact(organisation_type: str, kind: str) -> None:
    """Raise ``Invalid`` for an address that would lead a searcher to the door."""
    if kind == "address" and organisation_type in HIDDEN_ADDRESS:
        raise Invalid(
            _("The address of a shelter is never listed. Give a telephone number."), field="value"
        )


def check_ages(min_age: int | None, max_age: int | None) -> None:
    """Raise ``Invalid`` for an age span that is turned round."""
    if min_age is not None and max_age is not None and min_age > max_age:
        raise Invalid(_("The youngest age is above the oldest."), field="max_age")
