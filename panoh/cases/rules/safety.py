"""What a safety plan holds, how a request for protection goes, and how far a right was met."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Category

# What somebody must agree to be told before an authority is asked to protect her or him.
PROTECTION_TELLS = Category.SAFETY


class SafetyKind(StrEnum):
    """The parts of a safety plan."""

    THREAT = "threat"
    REVIEW = "review"
    CONTACT = "contact"
    FAMILY = "family"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            SafetyKind.THREAT: _("Threats"),
            SafetyKind.REVIEW: _("Reviews of the risk"),
            SafetyKind.CONTACT: _("How to reach the person safely"),
            SafetyKind.FAMILY: _("Family"),
        }[self]


# From which list of the pack each part takes its codes.
SAFETY_LISTS: Mapping[str, str] = {
    SafetyKind.THREAT: "safety_threats",
    SafetyKind.REVIEW: "safety_risks",
    SafetyKind.CONTACT: "safety_contact_rules",
    SafetyKind.FAMILY: "safety_family",
}
# What holds until somebody says that it no longer does; threats and reviews are what happened.
ENDING = frozenset({SafetyKind.CONTACT, SafetyKind.FAMILY})


class ProtectionState(StrEnum):
    """Where a request for protection stands."""

    SENT = "sent"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            ProtectionState.SENT: _("Waits for an answer"),
            ProtectionState.ANSWERED: _("Answered"),
            ProtectionState.WITHDRAWN: _("Taken back"),
        }[self]


class RightState(StrEnum):
    """How far a right was met."""

    EXPLAINED = "explained"
    CLAIMED = "claimed"
    GIVEN = "given"
    REFUSED = "refused"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            RightState.EXPLAINED: _("Explained"),
            RightState.CLAIMED: _("Claimed"),
            RightState.GIVEN: _("Given"),
            RightState.REFUSED: _("Refused"),
        }[self]


def review_is_due(lines: Iterable[tuple[str, datetime]]) -> bool:
    """Whether a threat (``kind, at``) came after the last review, or at the same moment."""
    moments: dict[str, datetime] = {}
    for kind, at in lines:
        moments[kind] = max(moments.get(kind, at), at)
    threat, review = moments.get(SafetyKind.THREAT), moments.get(SafetyKind.REVIEW)
    return threat is not None and (review is None or review <= threat)
