"""What each field name of HTCDS 2.0 means here, and where its value goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.exchange.rules.tables import KEY


class Goes(StrEnum):
    """Where a column's values go."""

    KEY = "key"
    NAME = "name"
    CONTACT = "contact"
    ANSWER = "answer"
    FACT = "fact"
    AGREED = "agreed"
    STATE = "state"
    NOTE = "note"
    NOWHERE = "nowhere"

    @property
    def label(self) -> Promise:
        """The words of the table of columns."""
        return _GOES[self]


_GOES: Final = {
    Goes.KEY: _("Your own number of the case: kept as a token, not readable"),
    Goes.NAME: _("Name and identity, encrypted"),
    Goes.CONTACT: _("Way to reach the person, encrypted; not marked as safe"),
    Goes.ANSWER: _("Answer of the case"),
    Goes.FACT: _("Coded facts of the case; what is not in the list goes to a note"),
    Goes.AGREED: _("Kept as “agreed elsewhere”; opens nothing to anybody here"),
    Goes.STATE: _("Open or closed; the reason goes to a note"),
    Goes.NOTE: _("Note, encrypted"),
    Goes.NOWHERE: _("Not used: no field of HTCDS 2.0 has this name"),
}

NAMES: Final = {
    "prs_FirstName": "given",
    "prs_MiddleName": "patronymic",
    "prs_SecondName": "family",
}
BIRTH: Final = "prs_Birthdate"
DOCUMENT: Final = "prs_IdentityNumber"
PHONES: Final = ("prs_MobilePhone", "prs_HomePhone")
EMAIL: Final = "prs_Email"
ADDRESS: Final = (
    "prs_MailingStreet",
    "prs_MailingPostalCode",
    "prs_MailingCity",
    "prs_MailingState",
    "prs_MailingCountry",
    "prs_MailingLatitude",
    "prs_MailingLongitude",
)
# Of these a district of the pack may be told.
DISTRICT: Final = ("prs_MailingCity", "prs_MailingState")
GENDER: Final = "prs_Gender"
LANGUAGE: Final = "prs_PrimaryLanguage"
CITIZENSHIP: Final = "prs_Citizenship"
AGE_THEN: Final = "vic_AgeWhenTrafficked"
FIRST_CONTACT: Final = "cas_IncomingReferralDate"
SOURCE: Final = "org_Type"
AGREED: Final = "con_Consent"
STATE: Final = "cas_Status"
FACTS: Final = (
    "vic_TraffickingStatus",
    "vic_TypeOfExploitation",
    "vic_TypeOfSexExploitation",
    "vic_MethodsOfControl",
    "vic_Vulnerabilities",
)
# The list of the pack that a value means -> the question of the case. None is of law or health.
QUESTIONS: Final = {
    "trafficking_assessments": "trafficking",
    "exploitation_forms": "exploitation_forms",
    "related_practices": "related_practices",
    "means": "means",
    "vulnerabilities": "vulnerabilities",
}
# Notes about help that is given; every other note belongs to the story.
HELP: Final = "spl_"

_SPECIAL: Final[Mapping[str, Goes]] = {
    KEY: Goes.KEY,
    **dict.fromkeys((*NAMES, BIRTH, DOCUMENT), Goes.NAME),
    **dict.fromkeys((*PHONES, EMAIL, *ADDRESS), Goes.CONTACT),
    **dict.fromkeys((GENDER, LANGUAGE, CITIZENSHIP, AGE_THEN, FIRST_CONTACT, SOURCE), Goes.ANSWER),
    **dict.fromkeys(FACTS, Goes.FACT),
    AGREED: Goes.AGREED,
    STATE: Goes.STATE,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the standard: its name, English label, type and list of values."""

    name: str
    label: str
    type: str
    value_list: str = ""

    @property
    def many(self) -> bool:
        """Whether several values may stand in one cell, separated by ``;``."""
        return self.type.startswith("Multiselect")


def goes(name: str, known: Mapping[str, Field]) -> Goes:
    """Where the values of a column go."""
    return _SPECIAL.get(name) or (Goes.NOTE if name in known else Goes.NOWHERE)
