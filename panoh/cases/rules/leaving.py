"""Leaving safely (row E16): what must be known before anybody goes, and what is owed after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Risk(StrEnum):
    """How dangerous the place is to which somebody goes."""

    NOT_ASKED = "not_asked"
    LOW = "low"
    SOME = "some"
    HIGH = "high"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            Risk.NOT_ASKED: _("Not looked at yet"),
            Risk.LOW: _("Low risk"),
            Risk.SOME: _("Some risk"),
            Risk.HIGH: _("High risk"),
        }[self]


# Reviews of the risk (pack list ``safety_risks``) under which nobody is let go without more.
GRAVE = frozenset({"immediate", "high"})


class Lack(StrEnum):
    """What is missing before somebody may be let go."""

    WISH = "wish"
    RISK = "risk"
    INFORMED = "informed"
    SIGNATURE = "signature"
    ADVOCATE = "advocate"

    @property
    def label(self) -> Promise:
        """The words of a page and of a refusal."""
        return {
            Lack.WISH: _("The person's own choice, in their own words."),
            Lack.RISK: _("A look at how dangerous the place is to which the person goes."),
            Lack.INFORMED: _("The risk is high: the person must know it and still choose to go."),
            Lack.SIGNATURE: _("The risk is high: a supervisor must sign."),
            Lack.ADVOCATE: _("A child: the independent advocate must sign."),
        }[self]


# What is missing once everything is written: names under it.
SIGNATURES = frozenset({Lack.SIGNATURE, Lack.ADVOCATE})


def lacking(
    *,
    has_wish: bool,
    risk: str,
    is_grave: bool,
    is_informed: bool,
    is_signed: bool,
    is_child: bool,
    is_agreed: bool,
) -> list[Lack]:
    """What is missing. ``is_grave``: the safety plan says that the danger stands; ``is_agreed``:
    the child's advocate signed (two people decide for a child, CRC art. 3 and 12)."""
    found = [] if has_wish else [Lack.WISH]
    if risk == Risk.NOT_ASKED:
        found.append(Lack.RISK)
    if is_grave or risk == Risk.HIGH:
        found += [] if is_informed else [Lack.INFORMED]
        found += [] if is_signed else [Lack.SIGNATURE]
    if is_child and not is_agreed:
        found.append(Lack.ADVOCATE)
    return found


# The safe contacts after somebody left, and the period of the pack of each.
CONTACTS: Mapping[int, str] = {
    1: "leaving_contact_first",
    2: "leaving_contact_second",
    3: "leaving_contact_third",
}


@dataclass(frozen=True, slots=True)
class Departure:
    """A departure as the database wrote it: the plan, its contacts in their order, the team that
    owes them, and how urgent the case is."""

    leaving: UUID
    contacts: Sequence[UUID]
    caller: int
    urgency: int
    sensitivity: int


# Answers to a question of the closing interview.
EXIT_ANSWERS: Mapping[str, Promise] = {
    "yes": _("Yes"),
    "no": _("No"),
    "not_said": _("Did not want to say"),
}
