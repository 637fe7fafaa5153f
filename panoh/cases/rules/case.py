"""States, the age branch, urgency and sensitivity with their reasons, act–means–purpose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Category, Lifecycle, Step


class State(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"

    @property
    def label(self) -> Promise:
        """The word a page shows."""
        return {State.OPEN: _("Open"), State.CLOSED: _("Closed")}[self]


LIFECYCLE = Lifecycle(
    Step("close", {State.OPEN}, State.CLOSED),
    Step("reopen", {State.CLOSED}, State.OPEN),
)

NOT_YET_KNOWN = "not_yet_known"
# Findings of trafficking that count as identified by whoever made them first (row A3).
IDENTIFYING = frozenset({"presumed", "identified"})


# -- age first ---------------------------------------------------------------------------------


class Branch(StrEnum):
    """The path that age opens (UK-1): age comes before consent."""

    ADULT = "adult"
    CHILD = "child"
    UNKNOWN = "unknown"


def branch_of_year(birth_year: int, today: date, child_until: int) -> Branch:
    """The branch of somebody born in that year. In the year in which the birthday decides the
    age is unknown, and unknown has the protections of a child."""
    oldest = today.year - birth_year
    if oldest < child_until:
        return Branch.CHILD
    return Branch.ADULT if oldest - 1 >= child_until else Branch.UNKNOWN


def may_send(branch: str) -> bool:
    """Whether a request may be sent on the person's own word. For a child or an unknown age
    nothing is sent unless two named people have decided it: ``consent.require_decided``."""
    return branch == Branch.ADULT


def may_ask(safe_to_talk: str) -> bool:
    """Whether anything may be asked: not while somebody hears it who must not (the husband in the
    room, the employer on the line)."""
    return safe_to_talk != "no"


# -- urgency × sensitivity ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a case has its urgency: the list and code that say so, and the rank they ask for
    (1 is most urgent). ``first_step`` is what to do before anything else, ``window`` the keys of
    the periods in which it helps, separated by a semicolon."""

    list_name: str
    code: str
    rank: int
    first_step: str = ""
    window: str = ""


def urgency_of(reasons: Iterable[Reason], chosen: int | None, routine: int) -> int:
    """The rank in force: what a person chose, else the most urgent reason, else routine.

    A computed rank is advice: a person decides (standard ALL-8).
    """
    if chosen is not None:
        return chosen
    return min((reason.rank for reason in reasons), default=routine)


def first_steps(reasons: Iterable[Reason], order: Sequence[str]) -> list[str]:
    """What comes before story and papers, each once, in the pack's order (A17)."""
    wanted = {reason.first_step for reason in reasons}
    return [code for code in order if code in wanted]


class Delicate(StrEnum):
    """Why a case is more sensitive than others; the words are shown with the rank."""

    SEALED = "sealed"
    CHILD = "child"
    AGE_UNKNOWN = "age_unknown"
    NOT_SAFE_TO_TALK = "not_safe_to_talk"
    CHOSEN = "chosen"

    @property
    def label(self) -> Promise:
        """The reason in words."""
        return {
            Delicate.SEALED: _("a closed circle of people"),
            Delicate.CHILD: _("a child"),
            Delicate.AGE_UNKNOWN: _("age not known"),
            Delicate.NOT_SAFE_TO_TALK: _("not safe to talk"),
            Delicate.CHOSEN: _("chosen by a colleague"),
        }[self]


def sensitivity_of(
    *,
    sealed: bool,
    branch: str,
    safe_to_talk: str,
    chosen: int | None,
    ranks: Sequence[int],
) -> tuple[int, Delicate | None]:
    """The rank of sensitivity and its reason. ``ranks`` are the pack's, most sensitive first.

    Nothing that is kept apart (row A10) may enter here: a queue must not give it away.
    """
    if chosen is not None:
        return chosen, Delicate.CHOSEN
    most, more, ordinary = ranks[0], ranks[len(ranks) // 2], ranks[-1]
    if sealed:
        return most, Delicate.SEALED
    if branch == Branch.CHILD:
        return more, Delicate.CHILD
    if branch == Branch.UNKNOWN:
        return more, Delicate.AGE_UNKNOWN
    if not may_ask(safe_to_talk):
        return more, Delicate.NOT_SAFE_TO_TALK
    return ordinary, None


# -- act, means, purpose -----------------------------------------------------------------------


class Element(StrEnum):
    """The three elements of art. 3(a) of the Protocol."""

    ACT = "act"
    MEANS = "means"
    PURPOSE = "purpose"

    @property
    def label(self) -> Promise:
        """The word a page shows."""
        return {
            Element.ACT: _("What was done"),
            Element.MEANS: _("By which means"),
            Element.PURPOSE: _("For which purpose"),
        }[self]


@dataclass(frozen=True, slots=True)
class Elements:
    """What the recorded codes add up to: advice, never a verdict.

    ``complete`` means that every element which is needed has at least one code. Under 18 no
    means are needed (art. 3(c)). ``agreement_counts`` is never True: where a means was used, or
    the person was under 18, agreement to what happened is irrelevant (art. 3(b)); where no
    means is known yet it still proves nothing.
    """

    acts: tuple[str, ...]
    means: tuple[str, ...]
    purposes: tuple[str, ...]
    means_needed: bool
    agreement_counts: bool = False

    @property
    def missing(self) -> list[Element]:
        """The needed elements of which nothing is recorded."""
        found = []
        if not self.acts:
            found.append(Element.ACT)
        if self.means_needed and not self.means:
            found.append(Element.MEANS)
        if not self.purposes:
            found.append(Element.PURPOSE)
        return found

    @property
    def complete(self) -> bool:
        """Whether every needed element is there."""
        return not self.missing


def elements(
    acts: Iterable[str], means: Iterable[str], purposes: Iterable[str], *, under_18: bool
) -> Elements:
    """Add codes up after art. 3 of the Protocol. "Not yet known" is no code of an element."""
    return Elements(_known(acts), _known(means), _known(purposes), means_needed=not under_18)


def _known(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for code in codes if code and code != NOT_YET_KNOWN))


# -- many at once ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrival:
    """A case that comes from elsewhere in one piece: columns of the row, codes by question,
    texts by data category, the reason if it was closed there. What is blank was not reported;
    it never means "no"."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Sequence[tuple[Category, str]] = ()
    closed: str = ""


# -- what happened -----------------------------------------------------------------------------

EVENTS: dict[str, str | Promise] = {
    "case.opened": _("First contact"),
    "case.changed": _("Answers changed"),
    "case.facts_recorded": _("Answers recorded"),
    "case.assessed": _("Assessment"),
    "case.classified": _("Category changed"),
    "case.closed": _("Case closed"),
    "case.sealed": _("Circle closed: a team of its own holds the case"),
    "case.reopened": _("Case opened again"),
    "note.added": _("Note added"),
    "screening.begun": _("Questions begun"),
    "screening.decided": _("Decision after the questions"),
    "advocate.named": _("An independent advocate was named"),
    "advocate.ended": _("The advocate's part has ended"),
    "safety.changed": _("Safety plan changed"),
    "right.recorded": _("A right was recorded"),
    "plan.joined": _("Another organisation takes part in the joint plan"),
    "conference.opened": _("A conference was called"),
    "order.entered": _("An order to hand over data was entered"),
    "order.met": _("Data was handed over on an order"),
    "order.refused": _("An order to hand over data was refused"),
    "breach.told": _("The person was told of a breach"),
}


def event_label(code: str) -> str:
    """The words for an event; one that this room does not know is a step of another room."""
    return str(EVENTS.get(code, _("A step")))
