"""Whom a house admits. Ages are full years and belong to the house's own criteria."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Guest:
    """One person who needs a bed: a code of ``sexes``, and the youngest and the oldest age in
    full years that she may have; ``None`` where nothing is known."""

    sex: str
    ages: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Criteria:
    """Who needs beds tonight. The first guest is the person, the others come with her.

    ``region`` is where beds are looked for (empty: anywhere); ``district`` where the need arose,
    for the count of unmet needs. Empty wishes are not asked.
    """

    guests: tuple[Guest, ...]
    region: str = ""
    district: str = ""
    situation: str = ""
    care: frozenset[str] = frozenset()
    language: str = ""

    @property
    def lead(self) -> Guest:
        """The person of the case."""
        return self.guests[0]

    @property
    def size(self) -> int:
        """How many beds."""
        return len(self.guests)


@dataclass(frozen=True, slots=True)
class Admission:
    """The criteria of a house. ``boys_until``: the oldest age at which a boy comes in with his
    family; an empty set of situations admits every one."""

    sexes: frozenset[str]
    min_age: int | None = None
    max_age: int | None = None
    boys_until: int | None = None
    families: bool = False
    situations: frozenset[str] = frozenset()
    care: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()


class WhyNot(StrEnum):
    """Why a house does not admit somebody."""

    SEX = "sex"
    AGE = "age"
    BOY = "boy"
    FAMILY = "family"
    SITUATION = "situation"
    CARE = "care"
    LANGUAGE = "language"


def admits(house: Admission, criteria: Criteria, *, child_until: int, boy: str) -> list[WhyNot]:
    """Why the house does not admit these people; empty: it does.

    The person must fit sex and age. Whoever comes with her fits as a child below ``child_until``
    years, whatever the house's ages; a boy (code ``boy`` of ``sexes``) only up to ``boys_until``;
    a grown-up companion must fit like the person. Of an age that may be either, the worse counts:
    nobody is sent through the night to a door that stays shut. Status and co-operation with the
    police do not count.
    """
    found: dict[WhyNot, None] = {}
    lead, *others = criteria.guests
    _add(found, _grown(house, lead))
    if others and not house.families:
        found[WhyNot.FAMILY] = None
    for guest in others:
        is_child = guest.ages is not None and guest.ages[1] < child_until
        _add(found, _child(house, guest, boy) if is_child else _grown(house, guest))
    if criteria.situation and house.situations and criteria.situation not in house.situations:
        found[WhyNot.SITUATION] = None
    if not criteria.care <= house.care:
        found[WhyNot.CARE] = None
    if criteria.language and house.languages and criteria.language not in house.languages:
        found[WhyNot.LANGUAGE] = None
    return list(found)


def _add(found: dict[WhyNot, None], more: Iterable[WhyNot]) -> None:
    found.update(dict.fromkeys(more))


def _grown(house: Admission, guest: Guest) -> list[WhyNot]:
    found = [] if guest.sex in house.sexes else [WhyNot.SEX]
    if guest.ages is not None:
        youngest, oldest = guest.ages
        too_young = house.min_age is not None and youngest < house.min_age
        too_old = house.max_age is not None and oldest > house.max_age
        found += [WhyNot.AGE] if too_young or too_old else []
    return found


def _child(house: Admission, guest: Guest, boy: str) -> list[WhyNot]:
    is_boy = guest.sex == boy and guest.ages is not None
    if is_boy and house.boys_until is not None and guest.ages[1] > house.boys_until:  # type: ignore[index]
        return [WhyNot.BOY]
    return []


@dataclass(frozen=True, slots=True)
class Offer:
    """A house that admits these people and has beds for all of them tonight.

    Neither its name nor its town is told before a bed is held there.
    """

    house: UUID
    region: str
    free: int
    languages: frozenset[str] = field(default=frozenset())
