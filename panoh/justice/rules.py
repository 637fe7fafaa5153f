"""Where a charge stands, and on whose word a notice goes to the prosecutor."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Lifecycle, Step


class State(StrEnum):
    """Where a charge stands."""

    OPEN = "open"
    ENDED = "ended"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {State.OPEN: _("Open: a lawyer sees to it"), State.ENDED: _("Ended")}[self]


CHARGE = Lifecycle(Step("end", {State.OPEN}, State.ENDED))

# It stays open until one of these is saved; a fear that came to nothing is withdrawn.
OUTCOMES = ("dropped", "quashed", "upheld", "withdrawn")
FEARED = "feared"


class Word(StrEnum):
    """On whose word the prosecutor is told."""

    CONSENT = "consent"
    LAWYER = "lawyer"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            Word.CONSENT: _("The person agreed that this prosecutor be told"),
            Word.LAWYER: _("The person's lawyer sends it in her or his name"),
        }[self]
