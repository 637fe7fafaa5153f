"""A case as a line of a list, and by data category."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from panoh.access.models import Dossier, User
from panoh.access.queries import may
from panoh.access.rules import WRITES, Permission
from panoh.cases import queries as cases
from panoh.cases.models import FACTS, Case, Fact
from panoh.cases.rules import State
from panoh.desk.queries.addresses import url
from panoh.kernel.rules import Category
from panoh.policy import queries as policy

# Questions that have a page of their own, and what cannot be offered as a list of facts.
ASSESSED = ("trafficking", "smuggling", "case_category")
# In which order a case is told.
ORDER = (
    Category.CORE,
    Category.STORY,
    Category.HEALTH,
    Category.SERVICES,
    Category.SAFETY,
    Category.LEGAL,
    Category.MONEY,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One case in a list: codes in words, no name."""

    case: Case
    urgency: str
    sex: str
    age: str
    district: str
    tone: str


def lines(found: Iterable[Case]) -> list[Line]:
    """Cases as a list shows them."""
    result = []
    for case in found:
        place = policy.place(case.district)
        result.append(
            Line(
                case,
                policy.label("urgencies", case.urgency),
                policy.label("sexes", case.sex) if case.sex else "",
                policy.label("age_bands", case.age_band)
                if case.age_band
                else policy.label("age_branches", case.age_branch),
                place.label() if place else "",
                _tone(case),
            )
        )
    return result


def _tone(case: Case) -> str:
    if case.state == State.CLOSED:
        return "quiet"
    return "danger" if cases.at_once(case) else ""


@dataclass(frozen=True, slots=True)
class Answered:
    """One coded question of a case with its answers in words; ``url`` if it may be changed."""

    label: str
    answers: list[str]
    url: str


@dataclass(slots=True)
class Section:
    """What one data category holds, for those who may read it."""

    code: str
    label: str
    questions: list[Answered] = field(default_factory=list)
    notes: int = 0
    notes_url: str = ""

    @property
    def answered(self) -> list[Answered]:
        """The questions that have an answer."""
        return [one for one in self.questions if one.answers]

    @property
    def open(self) -> list[Answered]:
        """The questions not asked yet that this account may ask."""
        return [one for one in self.questions if one.url and not one.answers]


def sections(
    dossier: Dossier, found: Iterable[Fact], readable: Category, *, user: User, changeable: bool
) -> list[Section]:
    """The case by data category: only what the account's teams reach and its roles read.

    ``found`` are the facts of the case that the account reads, ``readable`` its categories.
    """
    facts = [
        fact for fact in found if Category(fact.category) & readable and fact.field not in ASSESSED
    ]
    labels = dict[object, list[str]]()
    for fact, label in cases.labelled(facts):
        labels.setdefault(fact.field, []).append(label)
    counts = cases.note_counts(dossier, user=user)
    result = []
    for category in ORDER:
        if not category & readable:
            continue
        code = category.codes[0]
        section = Section(
            code,
            policy.label("data_categories", code),
            _questions(dossier, category, labels, user, changeable),
            counts[category],
            url("desk:notes", dossier.ref, code),
        )
        result.append(section)
    return result


def _questions(
    dossier: Dossier,
    category: Category,
    labels: dict[object, list[str]],
    user: User,
    changeable: bool,
) -> list[Answered]:
    writes = changeable and may(user, WRITES.get(category, Permission.CASE_WRITE))
    return [
        Answered(
            str(question.label),
            labels.get(name, []),
            url("desk:facts", dossier.ref, name) if writes else "",
        )
        for name, question in FACTS.items()
        if question.category == category and name not in ASSESSED
    ]


def may_note(user: User, category: Category) -> bool:
    """May the account write a note of this category?"""
    return may(user, WRITES.get(category, Permission.NOTE_WRITE))


@dataclass(frozen=True, slots=True)
class Assessed:
    """One assessment of a history: what, who, when, why."""

    fact: Fact
    label: str
    reason: str
