"""What is known of one case: its row, facts, notes and timeline."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from config.database.base import kept, kept_cursor
from panoh.access.models import Dossier, User
from panoh.access.queries import holds, may, reaches
from panoh.access.rules import READS, Permission
from panoh.cases import rules
from panoh.cases.models import COLUMNS, FACTS, ApartFact, Case, Event, Fact, Note
from panoh.cases.queries.lists import countries
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone
from panoh.policy import queries as policy
from panoh.vault import queries as vault

PAGE = 50


def case_of(dossier: Dossier) -> Case:
    """The case of a dossier. Raises ``Gone`` if my teams do not reach it."""
    for case in Case.objects.filter(pk=dossier.pk):  # in no order: its plan is kept
        case.dossier = dossier
        return case
    raise Gone


def may_read(user: User, category: Category) -> bool:
    """Do the account's roles read this data category at all? The grant is asked apart."""
    return may(user, READS.get(category, Permission.CASE_READ))


def readable(user: User, dossier: Dossier) -> Category:
    """The categories of this case that the account reads: its teams' reach and its roles."""
    found = reaches(dossier) & CASE_CATEGORIES
    for category in (one for one in Category if one in found):
        if not may_read(user, category):
            found &= ~category
    return found & ~Category.HEALTH if Category.HEALTH in found and is_shut_out() else found


def is_shut_out() -> bool:
    """Is the acting account of the police, a prosecutor, the commission or the rapporteur? What
    is kept apart, and what is of the health, stays shut to it in the database."""
    with kept_cursor(connection) as cursor:
        cursor.execute("SELECT public.cases_never_apart()")
        return bool(cursor.fetchone()[0])


def sees_signs(dossier: Dossier) -> bool:
    """Does the acting account see every sign of urgency of this case?"""
    return bool(reaches(dossier) & Category.HEALTH) and not is_shut_out()


def facts_of(
    dossier: Dossier, fields: Collection[str] = (), *, user: User | None = None, past: bool = False
) -> list[Fact]:
    """The coded facts of a case that hold now (``past``: with those that no longer do), in the
    order of the pack's lists. With ``user`` only those of the categories its roles read."""
    rows = Fact.objects.filter(dossier=dossier).order_by("field", "added_at")
    rows = rows.select_related("added_by") if past else rows.filter(removed_at=None)
    rows = rows.filter(field__in=fields) if fields else rows
    found = [row for row in rows if user is None or may_read(user, Category(row.category))]
    return sorted(found, key=lambda row: (row.field, _order(row.list_name)[row.code]))


def _order(list_name: str) -> dict[str, int]:
    return {row.code: place for place, row in enumerate(policy.code_list(list_name).rows)}


def codes_of(dossier: Dossier, field: str) -> list[str]:
    """The codes recorded now for one question, in the order of its list."""
    return [fact.code for fact in facts_of(dossier, [field])]


def labelled(facts: Iterable[Fact | ApartFact]) -> list[tuple[Fact | ApartFact, str]]:
    """Facts with their labels as the list stood on the day of each (row A9)."""
    return [(fact, policy.label(fact.list_name, fact.code, fact.list_on)) for fact in facts]


def apart_facts(dossier: Dossier, *, user: User) -> list[ApartFact]:
    """What is kept apart (row A10). Raises ``Gone`` for whoever may not know that there is
    such a thing: no role of law, not the holder's team, or an authority (the wall says so too).
    """
    if not (holds(dossier) and may(user, Permission.LEGAL_READ)) or is_authority(user):
        raise Gone
    return list(ApartFact.objects.filter(dossier=dossier, removed_at=None).order_by("added_at"))


def is_authority(user: User) -> bool:
    """Does the account work in a unit that prosecutes, decides or watches?"""
    kind = policy.unit_types().get(user.unit_type)
    return bool(kind and (kind.is_police or kind.is_authority or kind.is_commission))


def history(dossier: Dossier, field: str) -> list[Fact]:
    """Every answer ever given to one question, newest first, with author and date (A20)."""
    return list(
        Fact.objects.filter(dossier=dossier, field=field)
        .select_related("added_by__unit", "removed_by")
        .order_by("-added_at", "-id")
    )


def notes_of(dossier: Dossier, category: Category | None = None, *, user: User) -> list[Note]:
    """Notes of the categories that the account reads, newest first; texts are still sealed."""
    rows = Note.objects.filter(dossier=dossier).select_related("added_by").order_by("-added_at")
    rows = rows if category is None else rows.filter(category=int(category))
    return [note for note in rows if may_read(user, Category(note.category))]


def note_counts(dossier: Dossier, *, user: User) -> Counter[Category]:
    """How many notes there are of each category that the account reads."""
    found = Note.objects.filter(dossier=dossier).values_list("category", flat=True)
    return Counter(one for one in map(Category, found) if may_read(user, one))


def texts_of(notes: Sequence[Note]) -> list[str | None]:
    """The opened texts of notes, in their order. A verb that shows them records it."""
    return vault.open_many(notes, "text", missing="")


def note_texts(facts: Sequence[Fact]) -> dict[UUID, str]:
    """The opened notes beside facts, by the fact's id; those I hold no key of are left out."""
    noted = [fact for fact in facts if fact.note is not None]
    texts = vault.open_many(noted, "note", missing="")
    return {fact.pk: text for fact, text in zip(noted, texts, strict=True) if text}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline."""

    event: Event
    label: str
    detail: str


_DETAILS = {
    "case.closed": "close_reasons",
    "case.classified": "case_categories",
}


def timeline(dossier: Dossier, limit: int = PAGE) -> list[Step]:
    """What happened on a case, newest first."""
    rows = Event.objects.filter(dossier=dossier).select_related("by").order_by("-at", "-id")
    rows = rows.only("event", "detail", "at", "dossier_id", "by__display_name")
    with kept(connection):
        found = list(rows[:limit])
    return [Step(row, rules.event_label(row.event), _detail(row)) for row in found]


def _detail(row: Event) -> str:
    name = _DETAILS.get(row.event)
    if row.event == "case.facts_recorded" and row.detail in FACTS:
        return str(FACTS[row.detail].label)
    return policy.label(name, row.detail, policy.local_day(row.at)) if name and row.detail else ""


def summary(dossier: Dossier, case: Case | None = None) -> dict[str, str]:
    """The answered columns of a case, in words, in the order of the form."""
    case = case or case_of(dossier)
    day = policy.local_day(case.opened_at)
    found = {
        name: policy.label(list_name, value, day)
        for name, list_name in COLUMNS.items()
        if (value := getattr(case, name))
    }
    place = policy.place(case.district)
    found |= {"district": place.label()} if place else {}
    found |= {"birth_year": str(case.birth_year)} if case.birth_year else {}
    for name in ("citizenship", "happened_in"):
        if code := getattr(case, name):
            found[name] = dict(countries()).get(code, code)
    return found


def is_open(dossier: Dossier) -> bool:
    """Is the case open?"""
    return case_of(dossier).state == rules.State.OPEN


def may_send(dossier: Dossier) -> bool:
    """Whether a request may be sent on the person's own word (adult), see ``rules.may_send``."""
    return rules.may_send(case_of(dossier).age_branch)
