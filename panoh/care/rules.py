"""Where a need, a step and a return stand, and what is missing before somebody is sent back."""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Lifecycle, Step

# -- needs and steps (row E5) ---------------------------------------------------------------------


class NeedState(StrEnum):
    """Where a need stands."""

    OPEN = "open"
    SERVED = "served"
    DROPPED = "dropped"

    @property
    def label(self) -> Promise:
        """The words of a page and of the printed plan."""
        return {
            NeedState.OPEN: _("Not met yet"),
            NeedState.SERVED: _("Help was given"),
            NeedState.DROPPED: _("No longer wanted"),
        }[self]


NEED = Lifecycle(
    Step("serve", {NeedState.OPEN, NeedState.SERVED}, NeedState.SERVED),
    # Given back where it did not help: then it is owed again.
    Step("reopen", {NeedState.SERVED, NeedState.DROPPED}, NeedState.OPEN),
    Step("drop", {NeedState.OPEN, NeedState.SERVED}, NeedState.DROPPED),
)

# How the person rates how things are, from 1 (very bad) to 5 (very good).
RATINGS: Mapping[int, Promise] = {
    1: _("Very bad"),
    2: _("Bad"),
    3: _("Neither good nor bad"),
    4: _("Good"),
    5: _("Very good"),
}


# -- returns (rows E14, E18) ----------------------------------------------------------------------


class Asylum(StrEnum):
    """What was said to the question whether it is safe to be sent back."""

    NOT_ASKED = "not_asked"
    NO_FEAR = "no_fear"
    FEARS = "fears"
    ASKS = "asks"
    NOT_KNOWN = "not_yet_known"
    OWN_COUNTRY = "own_country"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            Asylum.NOT_ASKED: _("Not asked yet"),
            Asylum.NO_FEAR: _("Asked alone: the person fears nothing there"),
            Asylum.FEARS: _("The person fears harm there"),
            Asylum.ASKS: _("The person asks for asylum, or wants to"),
            Asylum.NOT_KNOWN: _("Asked; not yet known"),
            Asylum.OWN_COUNTRY: _("A citizen of this country comes home"),
        }[self]


# After these answers nobody is sent back (non-refoulement).
STAYS = frozenset({Asylum.FEARS, Asylum.ASKS})
# And after these the way back is open, as far as this question goes.
MAY_GO = frozenset({Asylum.NO_FEAR, Asylum.OWN_COUNTRY})


class ReturnState(StrEnum):
    """Where a return stands."""

    OPEN = "open"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    GIVEN_UP = "given_up"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            ReturnState.OPEN: _("Being prepared"),
            ReturnState.DEPARTED: _("On the way"),
            ReturnState.ARRIVED: _("Arrived"),
            ReturnState.GIVEN_UP: _("Given up"),
        }[self]


RETURN = Lifecycle(
    Step("depart", {ReturnState.OPEN}, ReturnState.DEPARTED),
    Step("arrive", {ReturnState.DEPARTED}, ReturnState.ARRIVED),
    Step("give_up", {ReturnState.OPEN, ReturnState.DEPARTED}, ReturnState.GIVEN_UP),
)

# Codes of the pack's lists that are ready to go with.
PAPERS_READY = "ready"
NOT_ASKED = ""


class ReturnLack(StrEnum):
    """What is missing before somebody departs; the look at the destination is asked of the plan
    of leaving."""

    AGREED = "agreed"
    ASYLUM = "asylum"
    PAPERS = "papers"
    ESCORT = "escort"
    RECEPTION = "reception"

    @property
    def label(self) -> Promise:
        """The words of a page and of a refusal."""
        return {
            ReturnLack.AGREED: _("The person's own yes to going back."),
            ReturnLack.ASYLUM: _("The question whether it is safe to be sent back."),
            ReturnLack.PAPERS: _("Papers to travel with."),
            ReturnLack.ESCORT: _("Who goes along, or that nobody is wanted."),
            ReturnLack.RECEPTION: _("Who meets the person there, or that nobody is wanted."),
        }[self]


def return_lacks(
    *, agreed: str, asylum: str, papers: str, escort: str, reception: str
) -> list[ReturnLack]:
    """What is missing of a return, from its coded answers."""
    given = {
        ReturnLack.AGREED: agreed == "yes",
        ReturnLack.ASYLUM: asylum in MAY_GO,
        ReturnLack.PAPERS: papers == PAPERS_READY,
        ReturnLack.ESCORT: escort != NOT_ASKED,
        ReturnLack.RECEPTION: reception != NOT_ASKED,
    }
    return [lack for lack, is_there in given.items() if not is_there]


def is_foreign(citizenship: str, own_country: str) -> bool:
    """Whether the asylum question must be asked: everybody but a known citizen of this country.
    Codes of ISO 3166-1 alpha-2; empty is not known."""
    return citizenship.lower() != own_country.lower()
