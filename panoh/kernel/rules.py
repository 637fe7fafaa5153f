"""Values in, answer out: data categories, lifecycles, money, and the problems a verb may raise."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntFlag

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Category(IntFlag):
    """Data categories of a case; a grant opens a bitmap of them.

    ``ASK`` is no category of the case: it lets the receiver of a request read
    that request's own row and nothing else. ``APPLICATION`` is none either: the half page that
    the members of a commission read, under a key of its own.
    """

    CORE = 1
    IDENTITY = 2
    CONTACT = 4
    STORY = 8
    HEALTH = 16
    LEGAL = 32
    SERVICES = 64
    MONEY = 128
    SAFETY = 256
    ASK = 512
    APPLICATION = 1024

    @property
    def codes(self) -> list[str]:
        """The stable code texts of the set bits, in declaration order."""
        return [str(member.name).lower() for member in Category if member in self]

    @classmethod
    def of(cls, codes: Iterable[str]) -> "Category":
        """Build a set from code texts. Raises ``KeyError`` for an unknown code."""
        result = cls(0)
        for code in codes:
            result |= cls[code.upper()]
        return result


CASE_CATEGORIES = (
    Category.CORE
    | Category.IDENTITY
    | Category.CONTACT
    | Category.STORY
    | Category.HEALTH
    | Category.LEGAL
    | Category.SERVICES
    | Category.MONEY
    | Category.SAFETY
)


class Problem(Exception):
    """A verb could not be done; ``message`` is for the reader, ``status`` is the HTTP answer."""

    status = 400
    message: str | Promise = _("This could not be done. What you typed is kept.")

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(str(self.message))


class NotPossible(Problem):
    """The state of the thing does not allow this verb."""

    status = 409
    message = _("This step is not possible now: the state has changed. Nothing was changed.")


class NoConsent(Problem):
    """The person has not agreed that this receiver be told."""

    status = 409
    message = _("The person has not agreed to this. Nothing was sent.")


class Stale(Problem):
    """Somebody else changed the same thing since the form was opened."""

    status = 409
    message = _("Someone else changed this meanwhile. Both versions are shown; yours is kept.")


class Refused(Problem):
    """The account has no permission for this verb."""

    status = 403
    message = _("Your account may not do this.")


class Gone(Problem):
    """No such record, or none that this account may know of: the two are the same answer."""

    status = 404
    message = _("There is no such page, or it is not yours to see.")


class Invalid(Problem):
    """An input breaks a rule; ``field`` names the form field where known."""

    status = 400

    def __init__(self, message: str | Promise, field: str | None = None) -> None:
        self.field = field
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a lifecycle: ``verb`` leads from any of ``sources`` to ``target``."""

    verb: str
    sources: frozenset[str]
    target: str

    def __init__(self, verb: str, sources: Iterable[str], target: str) -> None:
        object.__setattr__(self, "verb", verb)
        object.__setattr__(self, "sources", frozenset(str(source) for source in sources))
        object.__setattr__(self, "target", str(target))


class Lifecycle:
    """A state machine as a table that a lawyer can read."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps

    @property
    def states(self) -> list[str]:
        """Every state named by a step, in order of first appearance."""
        seen: dict[str, None] = {}
        for step in self.steps:
            for state in (*sorted(step.sources), step.target):
                seen.setdefault(state)
        return list(seen)

    def after(self, verb: str, state: str) -> str:
        """The state that ``verb`` leads to from ``state``. Raises ``NotPossible``."""
        for step in self.steps:
            if step.verb == verb and state in step.sources:
                return step.target
        raise NotPossible

    def verbs(self, state: str) -> list[str]:
        """The verbs that are possible from ``state``: the buttons of a page."""
        return [step.verb for step in self.steps if state in step.sources]


# -- money: whole numbers of a currency's smallest unit, never a fraction --------------------------

# The largest sum of one movement. No sum of a fund comes near it, and no total of such sums
# overflows the database's bigint.
LARGEST_SUM = 10**12
_SUM = re.compile(r"([0-9]{1,15})(?:[.,]([0-9]+))?")


def in_minor(text: str, digits: int, field: str | None = None) -> int:
    """A typed sum ("200", "12,50", "1 200.5") in the smallest unit; ``digits`` are the places that
    the currency has (ISO 4217).

    Raises ``Invalid`` for what is no sum, for nought and less, for more places than there are
    (nothing is rounded away) and for more than ``LARGEST_SUM``.
    """
    found = _SUM.fullmatch(re.sub(r"[\s\u00a0\u202f]", "", text))
    if found is None:
        raise Invalid(_("Write the sum in figures."), field)
    whole, part = found[1], (found[2] or "").rstrip("0")
    if len(part) > digits:
        raise Invalid(_("The sum has more places than the currency."), field)
    return checked_sum(int(whole) * 10**digits + int(part.ljust(digits, "0") or 0), field)


def checked_sum(amount: int, field: str | None = None) -> int:
    """A sum that may be moved. Raises ``Invalid``."""
    if amount <= 0:
        raise Invalid(_("The sum must be more than nought."), field)
    if amount > LARGEST_SUM:
        raise Invalid(_("The sum is too large."), field)
    return amount


def split(whole: int, weights: Sequence[int]) -> list[int]:
    """``whole`` (smallest units, not negative) in parts as the weights say.

    The parts always make the whole: each is rounded down, and what is left goes unit by unit to
    the largest remainders, the first ones first (Hamilton's method). Raises ``ValueError`` without
    a weight above nought.
    """
    total = sum(weights)
    if whole < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("a sum and weights of nought or more are needed")
    parts = [whole * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(whole * weights[at] % total), at))
    for at in by_remainder[: whole - sum(parts)]:
        parts[at] += 1
    return parts
