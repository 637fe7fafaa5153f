"""Sorts of accounts and entries, the course of a request, and what may be paid."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Invalid, Lifecycle, Step


class Stage(StrEnum):
    """The four accounts of a line. Only ``GIVEN`` stands for the world outside and is below
    nought: it mirrors what the source has given."""

    GIVEN = "given"
    FREE = "free"
    PROMISED = "promised"
    SPENT = "spent"

    @property
    def label(self) -> str | Promise:
        """The words for it."""
        return _STAGES[self]


_STAGES: Mapping[Stage, str | Promise] = {
    Stage.GIVEN: _("given by the source"),
    Stage.FREE: _("free to use"),
    Stage.PROMISED: _("promised"),
    Stage.SPENT: _("spent"),
}


class EntryKind(StrEnum):
    """What an entry does."""

    APPROPRIATION = "appropriation"
    COMMITMENT = "commitment"
    RELEASE = "release"
    PAYMENT = "payment"
    REVERSAL = "reversal"

    @property
    def label(self) -> str | Promise:
        """The words for it."""
        return _KINDS[self]


_KINDS: Mapping[EntryKind, str | Promise] = {
    EntryKind.APPROPRIATION: _("Money came in"),
    EntryKind.COMMITMENT: _("Promised to a request"),
    EntryKind.RELEASE: _("No longer promised"),
    EntryKind.PAYMENT: _("Paid"),
    EntryKind.REVERSAL: _("Taken back"),
}

# From which account to which each sort of entry moves money. A reversal mirrors its entry.
MOVES: Mapping[EntryKind, tuple[Stage, Stage]] = {
    EntryKind.APPROPRIATION: (Stage.GIVEN, Stage.FREE),
    EntryKind.COMMITMENT: (Stage.FREE, Stage.PROMISED),
    EntryKind.RELEASE: (Stage.PROMISED, Stage.FREE),
    EntryKind.PAYMENT: (Stage.PROMISED, Stage.SPENT),
}


class State(StrEnum):
    """Where a request stands."""

    ASKED = "asked"
    PROMISED = "promised"
    APPROVED = "approved"
    PAID = "paid"
    RECEIVED = "received"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"

    @property
    def label(self) -> str | Promise:
        """The words for it."""
        return _STATES[self]


_STATES: Mapping[State, str | Promise] = {
    State.ASKED: _("Asked for"),
    State.PROMISED: _("One signature"),
    State.APPROVED: _("Approved: to be paid"),
    State.PAID: _("Paid"),
    State.RECEIVED: _("Paid and received"),
    State.REFUSED: _("The fund said no"),
    State.WITHDRAWN: _("Taken back by who asked"),
    State.RETURNED: _("The money came back"),
}

LIFECYCLE = Lifecycle(
    Step("withdraw", {State.ASKED}, State.WITHDRAWN),
    Step("approve", {State.ASKED}, State.PROMISED),
    Step("sign", {State.PROMISED}, State.APPROVED),
    # From one signature only in the fast lane.
    Step("pay", {State.PROMISED, State.APPROVED}, State.PAID),
    Step("receive", {State.PAID}, State.RECEIVED),
    Step("refuse", {State.ASKED, State.PROMISED, State.APPROVED}, State.REFUSED),
    Step("take_back", {State.PAID, State.RECEIVED}, State.RETURNED),
)
# Waits for somebody of the fund.
WAITING = (State.ASKED, State.PROMISED, State.APPROVED)
PAID = (State.PAID, State.RECEIVED)


def check_request(amount: int, *, most: int | None, ceiling: int | None, urgent: bool) -> None:
    """Is this sum payable at all? ``most`` is the pack's highest sum for this kind of help,
    ``ceiling`` that of the fast lane; ``None`` = nobody has set it.

    Nothing else decides: no status, no co-operation, no name. Raises ``Invalid``.
    """
    if most is not None and amount > most:
        raise Invalid(_("This is more than the fund pays for this kind of help."), "amount")
    if urgent and ceiling is None:
        raise Invalid(_("This fund has no fast lane. Ask without it."), "urgent")
    if urgent and ceiling is not None and amount > ceiling:
        raise Invalid(
            _("This is over the ceiling of the fast lane. Ask without it: two people sign first."),
            "urgent",
        )


def is_payable(signatures: int, *, urgent: bool, amount: int, ceiling: int | None) -> bool:
    """Two signatures, or one in the fast lane up to its ceiling (row D4)."""
    fast = urgent and ceiling is not None and amount <= ceiling
    return signatures >= 2 or (fast and signatures == 1)


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


@dataclass(frozen=True, slots=True)
class Cost:
    """What was spent of one source for one kind of help, in the smallest unit."""

    source: str
    kind: str
    amount: int


def by_source(rows: Iterable[Cost]) -> dict[str, int]:
    """Totals of the sources: they make the whole."""
    found: dict[str, int] = {}
    for row in rows:
        found[row.source] = found.get(row.source, 0) + row.amount
    return found


def chosen_parts(amount: int, wanted: Sequence[int]) -> list[int]:
    """The sums that several lines bear. Raises ``Invalid`` unless they make the whole."""
    parts = [part for part in wanted if part]
    if sum(parts) != amount or min(parts, default=0) <= 0:
        raise Invalid(_("The parts do not make the whole sum."), "line")
    return parts


def day_before(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)
