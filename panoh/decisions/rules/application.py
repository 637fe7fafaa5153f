"""The way of an application (rows B4, B7, B8): a table that a lawyer can read.

Applied, heard if she or he wishes, decided with grounds, told, appealed. No service reads it.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Lifecycle, NotPossible, Step


class State(StrEnum):
    """Where an application stands. "Told" is a time of the ruling, not a state."""

    FILED = "filed"
    INCOMPLETE = "incomplete"
    COMPLETE = "complete"
    GRANTED = "granted"
    REFUSED = "refused"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return _STATES[self]


_STATES = {
    State.FILED: _("Handed in"),
    State.INCOMPLETE: _("Papers are missing"),
    State.COMPLETE: _("Complete: it waits for a decision"),
    State.GRANTED: _("Granted"),
    State.REFUSED: _("Refused"),
    State.APPEALED: _("Refused, and appealed"),
    State.WITHDRAWN: _("Withdrawn"),
}

WAITING = frozenset({State.FILED, State.INCOMPLETE, State.COMPLETE})

LIFECYCLE = Lifecycle(
    Step("ask_papers", {State.FILED}, State.INCOMPLETE),
    Step("supply", {State.INCOMPLETE}, State.FILED),
    Step("complete", {State.FILED}, State.COMPLETE),
    Step("grant", {State.COMPLETE}, State.GRANTED),
    Step("refuse", {State.COMPLETE}, State.REFUSED),
    Step("appeal", {State.REFUSED}, State.APPEALED),
    Step("withdraw", WAITING, State.WITHDRAWN),
)

VERBS = {
    "ask_papers": _("Ask for papers"),
    "supply": _("Add papers"),
    "complete": _("Take as complete"),
    "grant": _("Grant"),
    "refuse": _("Refuse"),
    "appeal": _("Appeal"),
    "withdraw": _("Withdraw"),
}


# Every step that is kept, in words: the verbs above, and what changes no state.
STEPS = {
    "file": _("Handed in"),
    "review": _("Asked for a review"),
    "appeal": _("Appealed"),
    "ask_papers": _("Asked for papers"),
    "supply": _("Papers were added"),
    "wish": _("Said whether the person wants to be heard"),
    "complete": _("Taken as complete"),
    "grant": _("Granted"),
    "refuse": _("Refused"),
    "tell": _("The person was told"),
    "let_stand": _("The person does not appeal"),
    "withdraw": _("Withdrawn"),
}


def after(verb: str, state: str) -> str:
    """The state after a verb. Raises ``NotPossible`` that names the rule."""
    try:
        return LIFECYCLE.after(verb, state)
    except NotPossible as problem:
        may = ", ".join(str(VERBS[one]) for one in LIFECYCLE.verbs(state)) or _("nothing more")
        raise NotPossible(
            _("“%(verb)s” is not possible while it stands at “%(state)s”. Possible: %(may)s.")
            % {"verb": VERBS.get(verb, verb), "state": State(state).label, "may": may}
        ) from problem


def jumps() -> list[tuple[str, str]]:
    """Every change of state that is allowed: the database keeps the same list."""
    return sorted({(source, one.target) for one in LIFECYCLE.steps for source in one.sources})


class Kind(StrEnum):
    """A first application, a second look by the same body, an appeal to another."""

    FIRST = "first"
    REVIEW = "review"
    APPEAL = "appeal"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            Kind.FIRST: _("Application"),
            Kind.REVIEW: _("Review by the same commission"),
            Kind.APPEAL: _("Appeal to another commission"),
        }[self]


class Outcome(StrEnum):
    """What a ruling says."""

    GRANTED = "granted"
    REFUSED = "refused"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {Outcome.GRANTED: _("Granted"), Outcome.REFUSED: _("Refused")}[self]

    @property
    def verb(self) -> str:
        """The verb of the lifecycle."""
        return "grant" if self is Outcome.GRANTED else "refuse"


# What the agenda calls the matter, and how its minutes name the outcome.
ITEM_KIND = {Kind.FIRST: "application", Kind.REVIEW: "review", Kind.APPEAL: "review"}
ITEM_OUTCOME = {
    (Kind.FIRST, Outcome.GRANTED): "granted",
    (Kind.FIRST, Outcome.REFUSED): "refused",
    (Kind.REVIEW, Outcome.GRANTED): "reversed",
    (Kind.REVIEW, Outcome.REFUSED): "upheld",
    (Kind.APPEAL, Outcome.GRANTED): "reversed",
    (Kind.APPEAL, Outcome.REFUSED): "upheld",
}
# The fact of the case that a state leads to (list ``victim_law_statuses``).
FACT = {
    State.FILED: "applied",
    State.GRANTED: "granted",
    State.REFUSED: "refused",
    State.APPEALED: "appealed",
}


def is_earlier(day: date, today: date) -> bool:
    """Whether a decision is entered for a day before today: then it needs a reason and a second
    signature."""
    return day < today


def named_in(text: str, names: Iterable[str]) -> list[str]:
    """Words of her or his identity that stand in a text, in any case; short ones are skipped.

    >>> named_in("Лола аз Хуҷанд", ["Лола Озмоишзода"])
    ['лола']
    """
    words = {
        word.casefold()
        for name in names
        for word in "".join(sign if sign.isalnum() else " " for sign in name).split()
        if len(word) >= SHORTEST
    }
    said = "".join(sign if sign.isalnum() else " " for sign in text.casefold()).split()
    stems = {word for word in words if any(one.startswith(word) for one in said)}
    return sorted(stems)


# Shorter words of a name are too common to warn of.
SHORTEST = 3
# What a half page for a member elsewhere is sealed for (``vault.rules.box``).
COPY = "half page"
# Half a page, in characters: what members read of somebody they do not know.
HALF_PAGE = 1800
