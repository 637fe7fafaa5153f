"""Where a hold and a stay stand."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Lifecycle, Step


class HoldState(StrEnum):
    """Where a hold stands. One whose moment has passed holds nothing, whatever is written."""

    HELD = "held"
    ADMITTED = "admitted"
    RELEASED = "released"
    REFUSED = "refused"
    LAPSED = "lapsed"
    ENDED = "ended"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            HoldState.HELD: _("Held"),
            HoldState.ADMITTED: _("Here"),
            HoldState.RELEASED: _("No longer needed"),
            HoldState.REFUSED: _("Refused by the house"),
            HoldState.LAPSED: _("The hold ended before anybody came"),
            HoldState.ENDED: _("Left"),
        }[self]


class StayState(StrEnum):
    """Where one person's bed stands."""

    HELD = "held"
    IN = "in"
    MOVED = "moved"
    LEFT = "left"
    FREED = "freed"


HOLD = Lifecycle(
    Step("admit", {HoldState.HELD}, HoldState.ADMITTED),
    Step("refuse", {HoldState.HELD}, HoldState.REFUSED),
    Step("release", {HoldState.HELD}, HoldState.RELEASED),
    Step("lapse", {HoldState.HELD}, HoldState.LAPSED),
    # The last of those who came together has left.
    Step("end", {HoldState.ADMITTED}, HoldState.ENDED),
)

STAY = Lifecycle(
    Step("admit", {StayState.HELD}, StayState.IN),
    Step("free", {StayState.HELD}, StayState.FREED),
    Step("move", {StayState.IN}, StayState.MOVED),
    Step("leave", {StayState.IN}, StayState.LEFT),
)
