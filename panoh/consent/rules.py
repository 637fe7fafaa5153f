"""When a yes may be saved, when it takes effect, and what it covers."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import (
    CASE_CATEGORIES,
    Category,
    Invalid,
    Lifecycle,
    NoConsent,
    NotPossible,
    Step,
)

CALLED = "be_called"
SERVICE = "service"
BE_FOUND = "be_found"
RING = "ring"
PATTERN = "pattern"
NOBODY = "nobody"
# Nobody else was there who could have interpreted.
INTERPRETED = frozenset({"chosen_by_person", "chosen_by_service", "by_telephone"})

NOTHING = Category(0)
# What a receiver is told unless the person wishes otherwise: no name, no story, no status.
DEFAULT = Category.CORE | Category.SERVICES
# What a helper who calls needs: how and for which help. It is all that a yes may open which was
# said before somebody of whom the person may be afraid.
CALL = DEFAULT | Category.CONTACT
# Papers, immigration and procedural status stand in this category: it is asked for alone (A19).
APART = Category.LEGAL


class Answer(StrEnum):
    """What the person said; codes of the list ``consent_answers``."""

    YES = "yes"
    NO = "no"
    LATER = "later"


class Branch(StrEnum):
    """Age first: codes of the list ``age_branches``."""

    ADULT = "adult"
    CHILD = "child"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Question:
    """One sentence to one person about one receiver, and how it was asked.

    ``blocking`` are those of ``present`` before whom no yes is saved (pack, ``blocks_yes``).
    ``script_read`` says that the script exists in the language in which it was read.
    """

    purpose: str
    answer: Answer
    categories: Category
    until: date | None
    present: Collection[str]
    blocking: Collection[str]
    language: str
    read_in: str
    script_read: bool
    interpreter: str
    told_limits: bool
    names_receiver: bool
    receiver_is_authority: bool
    asked_apart: bool


def check_branch(branch: str) -> None:
    """A child is never asked the question of an adult. Raises ``NoConsent``."""
    if branch == Branch.CHILD:
        raise NoConsent(
            _(
                "A child is not asked this question. What is best is decided by two named people, "
                "with the child's own view. Nothing was sent."
            )
        )


def check_recorder(purpose: str, allowed: Collection[str]) -> None:
    """A police account records only that the person may be called by a helper (pack, unit type).

    Raises ``Invalid``.
    """
    if purpose not in allowed:
        raise Invalid(
            _("Your kind of service may not record consent for this purpose."), field="purpose"
        )


def may_be_yes(purpose: str, blocking: Collection[str]) -> bool:
    """With an employer, husband, guardian or officer in the room there is no free yes, except to
    being called by a helper."""
    return purpose == CALLED or not blocking


def check(question: Question, *, today: date) -> None:
    """Whether this was asked as it must be. Raises ``Invalid`` or ``NoConsent``."""
    _check_script(question)
    _check_present(question.present)
    if question.answer is not Answer.YES:
        return
    if not may_be_yes(question.purpose, question.blocking):
        raise NoConsent(
            _(
                "With this person in the room no yes can be saved. Ask again when you are alone, "
                "or ask only whether a helper may call."
            )
        )
    _check_yes(question, today)


def _check_present(present: Collection[str]) -> None:
    """Who else was there is always said."""
    if not present:
        raise Invalid(_("Say who else was in the room."), field="present")
    if NOBODY in present and len(present) > 1:
        raise Invalid(_("Either nobody else was there, or somebody was."), field="present")


def _check_script(question: Question) -> None:
    """The script comes first, in the person's language (row H18)."""
    if not question.told_limits:
        raise Invalid(_("First read aloud what you cannot keep secret."), field="told_limits")
    if not question.script_read:
        raise NoConsent(
            _("The script has not been read in the person's language. Find an interpreter first.")
        )
    if question.read_in != question.language and question.interpreter not in INTERPRETED:
        raise NoConsent(_("The script is not in the person's language. Find an interpreter first."))


def _check_yes(question: Question, today: date) -> None:
    if question.until is None or question.until < today:
        raise Invalid(_("Say until when, from today on."), field="until")
    if not question.names_receiver:
        return
    if not question.categories & CASE_CATEGORIES:
        raise Invalid(_("Say what may be told."), field="categories")
    if APART & question.categories and question.categories != APART:
        raise Invalid(
            _(
                "Papers, immigration and legal status are asked for in a sentence of their own. "
                "Save this answer without them, then ask apart."
            ),
            field="categories",
        )
    if question.purpose == CALLED and question.categories & ~CALL:
        raise Invalid(
            _("For a call only this may be told: what help is wanted and how to reach the person."),
            field="categories",
        )
    if question.receiver_is_authority and not question.asked_apart:
        raise Invalid(
            _("Police, prosecutor and commission are asked for apart from services."),
            field="purpose",
        )


def missing(wanted: Category, covered: Iterable[int]) -> Category:
    """What of ``wanted`` no live consent covers."""
    left = wanted
    for categories in covered:
        left &= ~Category(categories)
    return left


# -- what is best for a child ----------------------------------------------------------------------


class Standing(StrEnum):
    """Where a best-interests decision stands."""

    PROPOSED = "proposed"
    SIGNED = "signed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            Standing.PROPOSED: _("Waits for the advocate"),
            Standing.SIGNED: _("Signed by two people"),
            Standing.REFUSED: _("The advocate did not sign"),
            Standing.WITHDRAWN: _("Taken back"),
            Standing.ENDED: _("Ended: of age"),
        }[self]


OPEN = frozenset({Standing.PROPOSED, Standing.SIGNED})
DECIDING = Lifecycle(
    Step("sign", {Standing.PROPOSED}, Standing.SIGNED),
    Step("refuse", {Standing.PROPOSED}, Standing.REFUSED),
    Step("withdraw", OPEN, Standing.WITHDRAWN),
    # The person comes of age: nobody decides for her or him any more.
    Step("end", OPEN, Standing.ENDED),
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a caseworker proposes for a child, and how the child was asked. ``last_day`` is the
    day of coming of age, if it is known."""

    branch: str
    categories: Category
    until: date
    reason: str
    view: str
    present: Collection[str]
    blocking: Collection[str]
    last_day: date | None


def check_proposal(proposal: Proposal, *, today: date) -> None:
    """Whether it may go to the advocate. Raises ``Invalid``, ``NotPossible`` for an adult."""
    if proposal.branch not in {Branch.CHILD, Branch.UNKNOWN}:
        raise NotPossible(_("An adult decides alone: ask for consent. Nobody decides instead."))
    if not proposal.categories & CASE_CATEGORIES:
        raise Invalid(_("Say what may be told."), field="categories")
    if proposal.until < today:
        raise Invalid(_("Say until when, from today on."), field="until")
    if proposal.last_day is not None and proposal.until >= proposal.last_day:
        raise Invalid(_("From that day on the person decides alone."), field="until")
    if not proposal.reason.strip():
        raise Invalid(_("Write why this is best, and why less would not do."), field="reason")
    if not proposal.view.strip():
        raise Invalid(_("Write what the child says, in the child's own words."), field="view")
    _check_present(proposal.present)
    if proposal.blocking:
        raise Invalid(
            _("With this person in the room a child cannot speak freely. Ask again alone."),
            field="present",
        )


def check_apart(advocate: int | None, *others: int | None) -> None:
    """The advocate's unit is none of those that hold, propose or receive. ``NotPossible``."""
    if advocate is None or advocate in others:
        raise NotPossible(
            _(
                "The advocate must be independent: of another unit than the one that holds the "
                "case, proposes or receives. Nothing was changed."
            )
        )
