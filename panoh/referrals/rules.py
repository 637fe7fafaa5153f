"""The lifecycle of a referral, the least that is told, and what a receiver will see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import CASE_CATEGORIES, Category, Invalid, Lifecycle, Step


class State(StrEnum):
    """Where a referral stands. "Received" is a time, not a state."""

    DRAFT = "draft"
    SENT = "sent"
    INFO_ASKED = "info_asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    OTHER_PROPOSED = "other_proposed"
    COMPLETED = "completed"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return _LABELS[self]


_LABELS: Mapping[State, Promise] = {
    State.DRAFT: _("Draft"),
    State.SENT: _("Sent, no answer yet"),
    State.INFO_ASKED: _("The receiver asks for information"),
    State.ACCEPTED: _("Accepted"),
    State.DECLINED: _("Declined"),
    State.OTHER_PROPOSED: _("Another service was proposed"),
    State.COMPLETED: _("Completed"),
    State.HANDED_OVER: _("Handed over"),
    State.WITHDRAWN: _("Withdrawn"),
    State.LAPSED: _("Ended: the time agreed to is over"),
}

WAITING = frozenset({State.SENT, State.INFO_ASKED})
OPEN = frozenset({State.DRAFT, *WAITING, State.ACCEPTED})

LIFECYCLE = Lifecycle(
    Step("send", {State.DRAFT}, State.SENT),
    Step("ask_info", {State.SENT}, State.INFO_ASKED),
    Step("answer_info", {State.INFO_ASKED}, State.SENT),
    Step("accept", WAITING, State.ACCEPTED),
    Step("decline", WAITING, State.DECLINED),
    Step("propose_other", WAITING, State.OTHER_PROPOSED),
    # The receiver says that the yes told by telephone was none.
    Step("deny", {State.ACCEPTED}, State.DECLINED),
    Step("confirm", {State.ACCEPTED}, State.ACCEPTED),
    Step("complete", {State.ACCEPTED}, State.COMPLETED),
    Step("hand_over", {State.ACCEPTED}, State.HANDED_OVER),
    Step("withdraw", OPEN, State.WITHDRAWN),
    # By the clock: what the person agreed to, or the grant, has run out.
    Step("lapse", {*WAITING, State.ACCEPTED}, State.LAPSED),
)

HERE = "here"
NOT_KNOWN = "not_yet_known"

# The facts that a receiver reads before its yes: field of the row, list of the pack.
# Immigration status, papers and co-operation are not among them and have no field at all (A19).
MINIMUM: Mapping[str, str] = {
    "services": "services",
    "urgency": "urgencies",
    "danger": "danger_now",
    "sex": "sexes",
    "age_band": "age_bands",
    "children": "children_counts",
    "language": "spoken_languages",
    "care_needs": "care_needs",
    "region": "",
}

LINES: Mapping[str, Promise] = {
    "services": _("Help that is asked for"),
    "urgency": _("Urgency"),
    "danger": _("Danger now"),
    "sex": _("Sex"),
    "age_band": _("Age"),
    "children": _("Children"),
    "language": _("Language"),
    "care_needs": _("Mobility and care"),
    "region": _("Region"),
}

# What every packet holds: the facts that the minimum is taken from.
ALWAYS = Category.CORE | Category.SERVICES
# What the form offers first: papers and legal status are never in it (A19).
DEFAULT_PACKET = ALWAYS | Category.CONTACT


def packet(categories: Category) -> Category:
    """What acceptance opens: the chosen categories and those of the minimum."""
    return (categories | ALWAYS) & CASE_CATEGORIES


def check_codes(codes: Sequence[str], known: Iterable[str], field: str) -> None:
    """A coded reason or question is needed: free text could tell what must not be told.

    Raises ``Invalid``.
    """
    if not codes or not set(codes) <= set(known):
        raise Invalid(_("Choose from the list."), field=field)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that the receiver reads: what it is about, and the words."""

    field: str
    label: Promise
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Exactly what a receiver will see before its yes, what a yes opens, and what stays shut.

    ``after`` and ``never`` are labels of data categories.
    """

    before: list[Line]
    after: list[str]
    never: list[str]
