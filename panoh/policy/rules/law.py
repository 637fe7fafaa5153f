"""The law of a country as its pack knows it: articles by day, guidelines by version, agreements
with other states, duties under treaties. Frozen values; what is not known stays empty."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .words import Words


def holds(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Whether something with these ends is in force that day; both ends belong to it."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


@dataclass(frozen=True, slots=True, eq=False)
class Article:
    """One version of one article of an act (or of its title).

    ``texts`` are the words themselves, only where a source gives them, ``official`` the languages
    in which they are official; ``about`` is the project's own summary and no law. ``by`` is the
    act that brought this version, ``codes`` the list of codes that rests on the article.
    """

    act: str
    number: str
    about: Words
    texts: Mapping[str, str]
    official: tuple[str, ...]
    source: str
    verified: bool
    by: str = ""
    codes: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""

    @property
    def key(self) -> str:
        """What tells versions of one article from other articles."""
        return f"{self.act} {self.number}"

    def valid_on(self, day: date) -> bool:
        """Whether this version was in force that day."""
        return holds(self.valid_from, self.valid_to, day)


@dataclass(frozen=True, slots=True, eq=False)
class GuideStep:
    """One thing that a guideline asks for; ``required`` is asked before the work may go on."""

    code: str
    label: Words
    required: bool


@dataclass(frozen=True, slots=True, eq=False)
class Guideline:
    """One version of a guideline or memorandum. ``workflow`` names the work whose steps it says
    ("referral"), or is empty. It is in force from ``valid_from`` until the next version is."""

    code: str
    version: int
    kind: str
    title: Words
    parties: tuple[str, ...]
    workflow: str
    steps: tuple[GuideStep, ...]
    valid_from: date
    reviewed: bool
    source: str
    valid_to: date | None = None

    @property
    def required(self) -> tuple[GuideStep, ...]:
        """The steps without which the work does not go on."""
        return tuple(step for step in self.steps if step.required)


class Change(StrEnum):
    """How a step of a guideline differs from the version before."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"

    @property
    def label(self) -> Promise:
        """The change in words."""
        return _CHANGES[self]


_CHANGES: Mapping[Change, Promise] = {
    Change.SAME: _("as before"),
    Change.ADDED: _("new"),
    Change.REMOVED: _("no longer asked for"),
    Change.CHANGED: _("changed"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """One step before and after."""

    change: Change
    before: GuideStep | None
    after: GuideStep | None


def differences(old: Guideline | None, new: Guideline) -> list[Difference]:
    """What a new version changes, in its order; what it dropped stands at the end."""
    before = {step.code: step for step in old.steps} if old else {}
    found = []
    for step in new.steps:
        was = before.pop(step.code, None)
        if was is None:
            change = Change.ADDED
        elif (dict(was.label.texts), was.required) != (dict(step.label.texts), step.required):
            change = Change.CHANGED
        else:
            change = Change.SAME
        found.append(Difference(change, was, step))
    return found + [Difference(Change.REMOVED, step, None) for step in before.values()]


class AgreementState(StrEnum):
    """How far an agreement with another state has come."""

    NEEDED = "needed"
    NEGOTIATING = "negotiating"
    SIGNED = "signed"
    IN_FORCE = "in_force"
    EXPIRED = "expired"

    @property
    def label(self) -> Promise:
        """The state in words."""
        return _STATES[self]


_STATES: Mapping[AgreementState, Promise] = {
    AgreementState.NEEDED: _("needed: none is known"),
    AgreementState.NEGOTIATING: _("being negotiated"),
    AgreementState.SIGNED: _("signed, not in force"),
    AgreementState.IN_FORCE: _("in force"),
    AgreementState.EXPIRED: _("expired"),
}


@dataclass(frozen=True, slots=True, eq=False)
class UsableArticle:
    """An article of an agreement that helps in a case, with what it gives."""

    number: str
    about: Words


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """An agreement with another state (``country`` is its ISO 3166 code)."""

    code: str
    country: str
    title: Words
    scope: Words
    state: AgreementState
    contact: str
    source: str
    verified: bool
    articles: tuple[UsableArticle, ...] = ()
    signed_on: date | None = None
    in_force_on: date | None = None
    expires_on: date | None = None

    def state_on(self, day: date) -> AgreementState:
        """Its state on a day: what has passed its last day is expired, never hidden."""
        if self.expires_on is not None and self.expires_on < day:
            return AgreementState.EXPIRED
        if self.state is AgreementState.IN_FORCE and self.in_force_on and day < self.in_force_on:
            return AgreementState.SIGNED
        return self.state

    def ends_by(self, day: date, until: date) -> bool:
        """Whether it is in force on a day and ends before another."""
        return (
            self.state_on(day) is AgreementState.IN_FORCE
            and self.expires_on is not None
            and self.expires_on <= until
        )


@dataclass(frozen=True, slots=True, eq=False)
class TreatyDuty:
    """What a treaty asks of the state, since when it binds, and where this pack answers it:
    ``measures`` are parts of the pack, such as "periods:reflection_days"."""

    treaty: str
    article: str
    label: Words
    bound_on: str
    measures: tuple[str, ...]
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, eq=False)
class Treaty:
    """A treaty that binds the state, with the duties that concern this work."""

    code: str
    title: Words
    source: str
    duties: tuple[TreatyDuty, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Coordinator:
    """Who co-ordinates the mechanism, from a day on: a role that moves between bodies."""

    label: Words
    source: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def key(self) -> str:
        """There is one co-ordinator at a time."""
        return "coordinator"


def in_force(versions: Iterable[Guideline], day: date) -> Guideline | None:
    """The newest version that is in force that day."""
    found = [one for one in versions if holds(one.valid_from, one.valid_to, day)]
    return max(found, key=lambda one: one.version, default=None)


def version_of(versions: Sequence[Guideline], number: int) -> Guideline | None:
    """One version, whether or not it is in force."""
    return next((one for one in versions if one.version == number), None)
