"""What the pages of the desk join from the rooms below."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import NoReverseMatch, reverse

from panoh.access.models import Dossier, User
from panoh.access.queries import may
from panoh.access.rules import WRITES, Permission
from panoh.cases import queries as cases
from panoh.cases.models import FACTS, Case, Fact
from panoh.cases.rules import State
from panoh.consent import queries as consents
from panoh.consent.queries import Receiver
from panoh.desk import rules
from panoh.directory import queries as directory
from panoh.directory.models import Organisation
from panoh.duties import queries as duties
from panoh.duties.models import Duty
from panoh.duties.queries import Owed
from panoh.duties.rules import kind
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


def url(name: str, *args: object) -> str:
    """The address of a page; empty where it does not stand (yet)."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class Task:
    """A duty on a page: its words, where it is done, and what may be done with it at once."""

    owed: Owed
    ref: str
    url: str
    may_take: bool
    may_finish: bool


def tasks(found: Iterable[Duty], *, user: User, at: datetime) -> list[Task]:
    """Duties in their order, with their words at a moment."""
    settles = may(user, Permission.DUTY_SETTLE)
    reads = may(user, Permission.CASE_READ)
    return [_task(owed, settles, reads) for owed in duties.told(found, at)]


def _task(owed: Owed, settles: bool, reads: bool) -> Task:
    duty = owed.duty
    sort = kind(duty.kind)
    # A receiver owes something about a case that it does not see: then there is no page of it.
    ref = duty.dossier.ref if duty.dossier is not None and reads else ""
    return Task(
        owed,
        ref,
        _where(duty, ref),
        may_take=settles and sort.alert and duty.acknowledged_at is None,
        may_finish=settles and sort.by_hand,
    )


def _where(duty: Duty, ref: str) -> str:
    name = rules.LEADS_TO.get(duty.kind, "desk:case")
    arguments: list[tuple[object, ...]] = [(), *([(ref,)] if ref else []), (duty.pk,)]
    for found in (url(name, *arguments) for arguments in arguments):
        if found:
            return found
    return url("desk:case", ref) if ref else ""


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


def sections(dossier: Dossier, *, user: User, changeable: bool) -> list[Section]:
    """The case by data category: only what the account's teams reach and its roles read."""
    readable = cases.readable(user, dossier)
    facts = [
        fact
        for fact in cases.facts_of(dossier, user=user)
        if Category(fact.category) & readable and fact.field not in ASSESSED
    ]
    labels = dict[object, list[str]]()
    for fact, label in cases.labelled(facts):
        labels.setdefault(fact.field, []).append(label)
    counts: dict[int, int] = {}
    for note in cases.notes_of(dossier, user=user):
        counts[note.category] = counts.get(note.category, 0) + 1
    found = []
    for category in ORDER:
        if not category & readable:
            continue
        code = category.codes[0]
        section = Section(
            code,
            policy.label("data_categories", code),
            _questions(dossier, category, labels, user, changeable),
            counts.get(int(category), 0),
            url("desk:notes", dossier.ref, code),
        )
        found.append(section)
    return found


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


def receivers(purpose: str, *, user: User) -> list[tuple[str, str]]:
    """Who may be named for a purpose: authorities only where they are asked for apart."""
    row = policy.code("consent_purposes", purpose)
    if row is None or row.extra["receiver"] != "yes":
        return []
    apart = consents.is_apart(purpose)
    return [
        (str(one.pk), one.name())
        for one in directory.organisations()
        if (one.unit_id is None or one.unit_id != user.unit_id)
        and _receiver(one).is_authority is apart
    ]


def _receiver(one: Organisation) -> Receiver:
    return Receiver(unit=one.unit) if one.unit else Receiver(organisation=one)
