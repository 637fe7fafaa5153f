"""Quorum, votes, quarters, calendar files; the words of what stands on an agenda."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Lifecycle, Step

# The course of a sitting.
LIFECYCLE = Lifecycle(
    Step("open", ["called"], "open"),
    Step("cancel", ["called"], "cancelled"),
    Step("close", ["open"], "closed"),
)

# What may stand on an agenda. Rooms above table their own matters by number.
PROPOSAL, DRAFT, OTHER = "proposal", "draft", "other"
KINDS: Mapping[str, Promise] = {
    "application": _("Application for status"),
    "review": _("Review of a refusal"),
    PROPOSAL: _("Proposal"),
    DRAFT: _("Draft text"),
    OTHER: _("Matter"),
}

# What agenda and minutes say beside a matter, for everybody who reads them.
NO_OPINION = "no_opinion"
REMARKS: Mapping[str, Promise] = {NO_OPINION: _("without the opinion of a public organisation")}

# Matters of rooms above: with the minutes ends what members read of them, so that room closes.
ABOVE = frozenset({"application", "review"})

# Of a matter that was taken back: it leaves the agenda without votes, and is no decision.
WITHDRAWN = "withdrawn"
# What may come of an item. ``CARRIED`` ones need more for than against, ``LOST`` ones the contrary.
OUTCOMES: Mapping[str, Promise] = {
    "granted": _("Granted"),
    "refused": _("Refused"),
    "upheld": _("The refusal stays"),
    "reversed": _("The refusal is reversed"),
    "more_papers": _("More papers are needed"),
    "accepted": _("Accepted"),
    "declined": _("Declined"),
    "adopted": _("Adopted"),
    "rejected": _("Rejected"),
    WITHDRAWN: _("Withdrawn"),
}
CARRIED = frozenset({"accepted", "adopted"})
LOST = frozenset({"declined", "rejected"})

PERCENT = 100


def needed(seats: int, percent: int) -> int:
    """How many voting seats make a quorum: more than ``percent`` of ``seats``, at least one.

    >>> needed(8, 50), needed(9, 50), needed(0, 50)
    (5, 5, 1)
    """
    return max(seats * percent // PERCENT + 1, 1)


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes on an item."""

    in_favour: int
    against: int
    abstained: int
    percent: int

    @property
    def cast(self) -> int:
        """All votes."""
        return self.in_favour + self.against + self.abstained

    @property
    def carried(self) -> bool:
        """More than ``percent`` of those for or against are for it."""
        return self.in_favour * PERCENT > self.percent * (self.in_favour + self.against)


class Standing(StrEnum):
    """How a quarter went."""

    HELD = "held"
    PLANNED = "planned"
    MISSED = "missed"
    TO_COME = "to_come"

    @property
    def label(self) -> Promise:
        """In words."""
        return _STANDINGS[self]


_STANDINGS: Mapping[str, Promise] = {
    Standing.HELD: _("it sat"),
    Standing.PLANNED: _("planned"),
    Standing.MISSED: _("missed"),
    Standing.TO_COME: _("nothing planned yet"),
}


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a calendar year, 1 to 4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """The quarter of a day."""
        return cls(day.year, (day.month + 2) // 3)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> "Quarter":
        """The one after."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    def __str__(self) -> str:
        return f"{self.year}/{self.number}"


def standing(
    quarter: Quarter, held: Collection[date], planned: Iterable[date], today: date
) -> Standing:
    """How a quarter went: an empty one that is over was missed."""
    if any(Quarter.of(day) == quarter for day in held):
        return Standing.HELD
    if quarter.last < today:
        return Standing.MISSED
    if any(Quarter.of(day) == quarter for day in planned):
        return Standing.PLANNED
    return Standing.TO_COME


def quarters(since: date, until: date) -> list[Quarter]:
    """Every quarter from the one of a day to the one of another."""
    found, last = [Quarter.of(since)], Quarter.of(until)
    while found[-1] < last:
        found.append(found[-1].next)
    return found
