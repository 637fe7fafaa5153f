"""Guardians, advocates, relatives, and the day on which somebody comes of age."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.cases.rules.case import Branch
from panoh.kernel.rules import Category

# What an advocate reads: facts, help, and what could be dangerous. No name, story or papers.
ADVOCATE_SEES = Category.CORE | Category.SERVICES | Category.SAFETY


class Trust(StrEnum):
    """How far a guardian is trusted: decided by a person, never by kinship."""

    NOT_CHECKED = "not_checked"
    PRESUMED_SAFE = "presumed_safe"
    SUSPECTED = "suspected"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            Trust.NOT_CHECKED: _("Not yet checked"),
            Trust.PRESUMED_SAFE: _("Presumed safe"),
            Trust.SUSPECTED: _("Suspected"),
        }[self]


def may_be_told(trust: str, branch: str, *, ended: bool) -> bool:
    """Only a guardian who is presumed safe is told anything, and only of a child or of somebody
    whose age is not known."""
    return trust == Trust.PRESUMED_SAFE and branch != Branch.ADULT and not ended


@dataclass(frozen=True, slots=True)
class Age:
    """What is known about the day of coming of age: ``perhaps`` is the first day on which the
    person may be of age, ``surely`` the first on which she or he certainly is."""

    perhaps: date | None
    surely: date | None

    def branch(self, today: date) -> str:
        """The branch of somebody who was a child, as of a day."""
        if self.surely is not None and self.surely <= today:
            return Branch.ADULT
        if self.perhaps is not None and self.perhaps <= today:
            return Branch.UNKNOWN
        return Branch.CHILD


def age_of(adult_on: date | None, birth_year: int | None, child_until: int) -> Age:
    """From the day, if it is known, else from the year of birth: then the birthday lies anywhere
    in one year, and unknown age has the protections of a child (UK-1)."""
    if adult_on is not None:
        return Age(adult_on, adult_on)
    if birth_year is None:
        return Age(None, None)
    return Age(date(birth_year + child_until, 1, 1), date(birth_year + child_until + 1, 1, 1))


def comes_of_age(born: date, child_until: int) -> date:
    """The birthday that ends childhood; for the 29 February the 1 March after it."""
    year = born.year + child_until
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
