"""How somebody was recruited: what is written down, and which of it is compared."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RecruitmentKind(StrEnum):
    """What one line says; a channel is a code of the pack, the others are text."""

    CHANNEL = "channel"
    RECRUITER = "recruiter"
    AGENCY = "agency"
    PERMIT = "permit"
    EMPLOYER = "employer"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            RecruitmentKind.CHANNEL: _("How was the person recruited?"),
            RecruitmentKind.RECRUITER: _("Who recruited, as the person says"),
            RecruitmentKind.AGENCY: _("Agency"),
            RecruitmentKind.PERMIT: _("Permit or contract, its number"),
            RecruitmentKind.EMPLOYER: _("Employer"),
        }[self]


# An employer's name says nothing about who recruits; a permit is of one person.
COMPARED = (RecruitmentKind.RECRUITER, RecruitmentKind.AGENCY)


@dataclass(frozen=True, slots=True)
class Pattern:
    """That several files name what may be one recruiter: numbers in bands, where and which forms;
    nobody's file, no name, no unit."""

    people: str
    units: str
    regions: tuple[str, ...]
    forms: tuple[str, ...]
