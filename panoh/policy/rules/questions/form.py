"""A questionnaire as frozen values."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

from ..words import TRUST, Words
from .expressions import Expression


class Type(StrEnum):
    """What kind of answer a question takes; a note takes none."""

    ONE = "select_one"
    MANY = "select_multiple"
    INTEGER = "integer"
    TEXT = "text"
    NOTE = "note"


class Method(StrEnum):
    """How the answers of a form become advice; the rules stand in room ``cases``."""

    OPENING = "opening"
    SIGNS = "signs"
    DIMENSIONS = "dimensions"
    LADDER = "ladder"


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One answer of a list."""

    name: str
    label: Words


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Questions that belong together; ``relevant`` holds for all of them."""

    name: str
    label: Words
    relevant: Expression | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One row of the survey. ``within`` are its groups, outermost first.

    A question with a ``sign`` has the four states as its choices. ``category`` is the code of
    the data category of the answer; ``weights`` are those of an adult's and of a child's list.
    """

    name: str
    type: Type
    label: Words
    row: int
    within: tuple[Group, ...] = ()
    hint: Words | None = None
    choices: tuple[Choice, ...] = ()
    relevant: Expression | None = None
    constraint: Expression | None = None
    constraint_message: Words | None = None
    required: bool = False
    default: str = ""
    sign: bool = False
    category: str = "story"
    weights: tuple[str, str] = ("", "")
    ilo_11: tuple[str, ...] = ()
    step: str = ""
    leads_to: tuple[str, ...] = ()

    @property
    def conditions(self) -> Iterator[Expression]:
        """All that must hold for the question to be asked."""
        for relevant in (*(group.relevant for group in self.within), self.relevant):
            if relevant is not None:
                yield relevant

    def read_aloud(self, language: str) -> str:
        """The question in a language of the person; empty if the form has no such language."""
        return self.label.texts.get(language, "")


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One screen: a group of the first level, a repeat, or the loose questions between them."""

    name: str
    label: Words | None
    questions: tuple[Question, ...]
    repeats: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One version of a questionnaire. ``digest`` is the SHA-256 of its source: the version that
    an answer names. ``known_forms`` are the forms of exploitation that its result speaks of
    (empty: it speaks of none). ``languages`` are those in which it can be read aloud."""

    form_id: str
    title: Words
    version: str
    digest: str
    source: str
    method: Method
    pages: tuple[Page, ...]
    languages: tuple[str, ...]
    sure: str
    origin: str
    known_forms: tuple[str, ...] = ()

    @property
    def questions(self) -> Iterator[Question]:
        """All rows that take an answer, in order."""
        for page in self.pages:
            yield from (one for one in page.questions if one.type is not Type.NOTE)

    @property
    def trust(self) -> Promise:
        """How far the list can be trusted, in words."""
        return TRUST[self.sure]

    def find(self, name: str) -> Question | None:
        """The question of that name."""
        return next((one for one in self.questions if one.name == name), None)
