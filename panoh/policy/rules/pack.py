"""What a country pack says, as frozen values: no file, no clock, no table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from .dates import Calendar, TimeUnit
from .law import Agreement, Article, Coordinator, Guideline, Treaty
from .questions.form import Form
from .words import TRUST, Said, Words

SETTING = str | int | bool | None

# What a consent record must prove was explained: IOM, HTCDS 2.0, help text of `con_Consent`.
EXPLAINED = (
    "interview",
    "purpose",
    "use_of_data",
    "research",
    "ask_for_data",
    "storage_time",
    "withdraw",
)


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """One row of a code list. The code is stored, the label shown; `extra` holds the further
    columns that the list declares in `lists.csv`."""

    code: str
    words: Words
    maps_to: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    sure: str = ""
    source: str = ""
    note: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells versions of one row from other rows."""
        return self.code

    @property
    def trust(self) -> Promise:
        """How far the row can be trusted, in words."""
        return TRUST[self.sure]

    def label(self, language: str | None = None) -> str:
        """The label in `language`, default the reader's."""
        return self.words.into(language)

    def says(self, language: str | None = None) -> str:
        """The words to use when reading aloud to the person, else the label."""
        wanted = (language or get_language() or "en").split("-")[0]
        return self.extra.get(f"say_{wanted}") or self.label(language)

    def valid_on(self, day: date) -> bool:
        """Whether the row is in the list of that day; both ends belong to it."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def __str__(self) -> str:
        return self.label()


@dataclass(frozen=True, slots=True, eq=False)
class CodeList:
    """A named list with all its rows, past and present, in the order of the file."""

    name: str
    title: Words
    rows: tuple[Code, ...]
    note: str = ""

    def on(self, day: date) -> tuple[Code, ...]:
        """The list as it stood on that day."""
        return tuple(row for row in self.rows if row.valid_on(day))

    def find(self, code: str, day: date | None = None) -> Code | None:
        """The row of a stored code: as of that day, else the newest one."""
        rows = _by_code(self).get(code, ())
        if day is not None:
            for row in rows:
                if row.valid_on(day):
                    return row
        return max(rows, key=lambda row: row.valid_from or date.min, default=None)


@cache
def _by_code(found: CodeList) -> Mapping[str, list[Code]]:
    """The versions of each row: a page asks for a hundred labels."""
    rows: dict[str, list[Code]] = {}
    for row in found.rows:
        rows.setdefault(row.code, []).append(row)
    return rows


class Standing(StrEnum):
    """How far a period may be trusted."""

    UNSET = "unset"
    TARGET = "target"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"

    @property
    def label(self) -> Promise:
        """The words that stand beside the number wherever it is shown or printed."""
        return _STANDINGS[self]


_STANDINGS: Mapping[Standing, Promise] = {
    Standing.UNSET: _("not set"),
    Standing.TARGET: _("service target, not law"),
    Standing.UNVERIFIED: _("not verified by a lawyer"),
    Standing.VERIFIED: _("verified by a lawyer"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """A clock of the mechanism. `value` is None while nobody has set it; a `candidate` is a
    suggestion to the administrator and never runs. `extends` is the key of the clock to which this
    one gives more time."""

    key: str
    label: Words
    value: int | None
    unit: TimeUnit
    start: str
    act: str = ""
    article: str = ""
    source: str = ""
    verified: bool = False
    verified_by: str = ""
    verified_on: date | None = None
    target: bool = False
    candidate: str = ""
    extends: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""

    @property
    def standing(self) -> Standing:
        """Not set, service target, unverified or verified."""
        if self.value is None:
            return Standing.UNSET
        if self.target:
            return Standing.TARGET
        return Standing.VERIFIED if self.verified else Standing.UNVERIFIED

    @property
    def text(self) -> str:
        """The length in the reader's words, such as "3 working days" or "not set"."""
        if self.value is None:
            return str(Standing.UNSET.label)
        return length_in_words(self.value, self.unit)

    def valid_on(self, day: date) -> bool:
        """Whether this version of the period is in force that day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


def length_in_words(value: int, unit: TimeUnit) -> str:
    """A number of minutes, hours, days or months in the reader's language."""
    match unit:
        case TimeUnit.MINUTES:
            words = ngettext("%(count)d minute", "%(count)d minutes", value)
        case TimeUnit.HOURS:
            words = ngettext("%(count)d hour", "%(count)d hours", value)
        case TimeUnit.CALENDAR_DAYS:
            words = ngettext("%(count)d day", "%(count)d days", value)
        case TimeUnit.WORKING_DAYS:
            words = ngettext("%(count)d working day", "%(count)d working days", value)
        case _:  # months
            words = ngettext("%(count)d month", "%(count)d months", value)
    return words % {"count": value}


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A region (level 1) or a district or town (level 2). `names` lacks a language where no
    name has a source; then the English one is shown."""

    code: str
    pcode: str
    level: int
    parent: str
    type: str
    names: Mapping[str, str]
    sure: str = ""
    note: str = ""

    def named_in(self, language: str | None = None) -> bool:
        """Whether there is a name with a source in that language."""
        return (language or get_language() or "en").split("-")[0] in self.names

    def label(self, language: str | None = None) -> str:
        """The name; the English one, in Latin letters, where no other has a source: the page of
        the policy in force says so."""
        wanted = (language or get_language() or "en").split("-")[0]
        return self.names.get(wanted) or self.names["en"]

    def __str__(self) -> str:
        return self.label()


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """A kind of user and what it may do. `account` is False for those who need none."""

    code: str
    label: Words
    permissions: frozenset[str]
    account: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class UnitType:
    """A kind of unit. Towards an authority consent is asked apart and takes effect later;
    `consent_purposes` are the only ones this kind of unit may record. Independent advocates come
    only from units that `gives_advocates`: never police, shelter or payer. `is_civil`: civil
    society, whose opinion on an application is told as such."""

    code: str
    label: Words
    roles: tuple[str, ...]
    consent_purposes: tuple[str, ...]
    is_police: bool = False
    is_authority: bool = False
    is_commission: bool = False
    holds_cases: bool = True
    gives_advocates: bool = False
    is_civil: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class BodyKind:
    """A kind of body that sits. More than `quorum_percent` of its voting seats make a quorum, more
    than `majority_percent` of the votes for or against carry; `quarterly`: it sits in each quarter.
    One that `decides` is asked about matters of its place; `answers`: a period of the pack within
    which what it proposes is answered. `target`: a service target of the project, not law."""

    code: str
    label: Words
    levels: tuple[str, ...]
    decides: bool
    quarterly: bool
    quorum_percent: int
    majority_percent: int
    answers: str
    chosen_names: bool
    source: str
    verified: bool
    target: bool


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A paragraph that is read aloud, and the points it explains; ``each``: with every sentence,
    the others once in a visit."""

    code: str
    points: tuple[str, ...]
    words: Words
    each: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ScriptVersion:
    """One version of a text that is read aloud, in every language of the pack."""

    name: str
    version: str
    reviewed: bool
    parts: tuple[Part, ...]
    sentences: Mapping[str, Words]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """What is read aloud in one language. `missing` means that the pack has no such language
    and an interpreter is needed; then there is nothing to read. `each` are the paragraphs that
    are read with every sentence; the others are read once in a visit."""

    purpose: str
    version: str
    language: str
    parts: tuple[tuple[str, str], ...]
    sentence: str
    explained: tuple[str, ...]
    reviewed: bool
    missing: bool
    each: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The paragraphs in the order in which they are read."""
        return "\n\n".join(text for _code, text in self.parts)

    def ask(self, *, who: str = "", what: str = "", until: str = "") -> str:
        """The one sentence per receiver: may I tell `who` `what` until `until`?"""
        return self.sentence.format(who=who, what=what, until=until)


@dataclass(frozen=True, slots=True, eq=False)
class Letter:
    """The fixed words of one letter. Until a lawyer and native readers have signed them they are
    not `reviewed`, and the sheet says so at its foot. `example` is fictional data of the shape
    that the template needs: every letter is tried with it. `home` is the pack in which the
    template stands, where it is not this one."""

    code: str
    reviewed: bool
    languages: tuple[str, ...]
    words: Mapping[str, Words]
    example: Mapping[str, Any]
    home: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ListedWord:
    """A word that blames or labels, and a neutral one. `stem` is found at the start of a word,
    in any case."""

    language: str
    stem: str
    option: str
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """A legal act that is known to exist, and how far its text could be checked."""

    code: str
    title: Words
    adopted_on: str
    number: str
    verified: bool
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A country: its policy as data."""

    code: str
    version: str
    name: Words
    languages: tuple[str, ...]
    spoken_languages: tuple[str, ...]
    calendar: Calendar
    reviewed: bool
    gaps: tuple[Words, ...]
    settings: Mapping[str, SETTING]
    periods: Mapping[str, tuple[Period, ...]]
    unit_types: Mapping[str, UnitType]
    roles: Mapping[str, Role]
    places: Mapping[str, Place]
    lists: Mapping[str, CodeList]
    crosswalks: Mapping[str, tuple[Mapping[str, str], ...]]
    scripts: Mapping[str, tuple[ScriptVersion, ...]]
    forms: Mapping[str, Form]
    letters: Mapping[str, Letter]
    words: tuple[ListedWord, ...]
    acts: tuple[Act, ...]
    body_kinds: Mapping[str, BodyKind]
    articles: tuple[Article, ...]
    guidelines: Mapping[str, tuple[Guideline, ...]]
    agreements: tuple[Agreement, ...]
    treaties: tuple[Treaty, ...]
    coordinators: tuple[Coordinator, ...]
    sources: Mapping[str, Said]

    @property
    def timezone(self) -> str:
        """The name of the pack's time zone."""
        return self.calendar.zone.key
