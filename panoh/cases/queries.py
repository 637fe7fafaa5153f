"""What is known of a case, why it stands where it stands, and the lists and counts of cases."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from babel import Locale
from django.db.models import Count
from django.utils.translation import get_language

from panoh.access.models import Dossier, User
from panoh.access.queries import Place, holds, may, newest, reaches, visible_to
from panoh.access.rules import READS, Permission
from panoh.cases import rules
from panoh.cases.models import COLUMNS, FACTS, ApartFact, Case, Event, Fact, Note
from panoh.cases.rules import Delicate, Elements, Reason
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone
from panoh.people import queries as people
from panoh.policy import queries as policy
from panoh.policy.rules import Code, Period, tajik_key
from panoh.vault import queries as vault

PAGE = 50
# Codes of CLDR that name no country.
NO_COUNTRY = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"})


# -- one case ----------------------------------------------------------------------------------


def case_of(dossier: Dossier) -> Case:
    """The case of a dossier. Raises ``Gone`` if my teams do not reach it."""
    case = Case.objects.filter(pk=dossier.pk).first()
    if case is None:
        raise Gone
    case.dossier = dossier
    return case


def may_read(user: User, category: Category) -> bool:
    """Do the account's roles read this data category at all? The grant is asked apart."""
    return may(user, READS.get(category, Permission.CASE_READ))


def readable(user: User, dossier: Dossier) -> Category:
    """The categories of this case that the account reads: its teams' reach and its roles."""
    found = reaches(dossier) & CASE_CATEGORIES
    for category in (one for one in Category if one in found):
        if not may_read(user, category):
            found &= ~category
    return found


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
    unit = user.unit
    kind = policy.unit_types().get(unit.type) if unit else None
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
    return [Step(row, rules.event_label(row.event), _detail(row)) for row in rows[:limit]]


def _detail(row: Event) -> str:
    name = _DETAILS.get(row.event)
    if row.event == "case.facts_recorded" and row.detail in FACTS:
        return str(FACTS[row.detail].label)
    return policy.label(name, row.detail, policy.local_day(row.at)) if name and row.detail else ""


# -- urgency × sensitivity ---------------------------------------------------------------------


def urgency_reasons(case: Case, signs: Iterable[str] | None = None) -> list[Reason]:
    """What asks for haste: the answer about danger and the signs of urgency that I may read."""
    found = codes_of(case.dossier, "triage_signs") if signs is None else signs
    rows = [("danger_now", case.danger_now), *(("triage_signs", sign) for sign in found)]
    ranks = _ranks("urgencies")
    return [
        Reason(
            name,
            code.code,
            ranks[code.extra["urgency"]],
            code.extra.get("first_step", ""),
            code.extra.get("window", ""),
        )
        for name, value in rows
        if value and (code := policy.code(name, value)) and code.extra.get("urgency")
    ]


def _ranks(name: str) -> dict[str, int]:
    return {row.code: int(row.extra["rank"]) for row in policy.code_list(name).rows}


def ranked(name: str, rank: int) -> str:
    """The code of ``urgencies`` or ``sensitivities`` with a rank; empty if there is none."""
    return next((code for code, found in _ranks(name).items() if found == rank), "")


def rank_of(name: str, code: str) -> int | None:
    """The rank of a code of ``urgencies`` or ``sensitivities``; None for no code."""
    return _ranks(name).get(code)


def urgency_rank(case: Case, signs: Iterable[str] | None = None) -> int:
    """The rank the case has now, from its answers (lists of the pack) or a person's choice."""
    return rules.urgency_of(
        urgency_reasons(case, signs),
        rank_of("urgencies", case.urgency_chosen),
        max(_ranks("urgencies").values()),
    )


def sensitivity(case: Case) -> tuple[int, Delicate | None]:
    """The rank of sensitivity now and its reason."""
    return rules.sensitivity_of(
        sealed=case.dossier.sealed,
        branch=case.age_branch,
        safe_to_talk=case.safe_to_talk,
        chosen=rank_of("sensitivities", case.sensitivity_chosen),
        ranks=sorted(_ranks("sensitivities").values()),
    )


def why_urgent(case: Case, *, user: User) -> list[str]:
    """The reasons for urgency and sensitivity in words, as far as the account may read them."""
    signs = None if may_read(user, Category.HEALTH) or holds(case.dossier) else ()
    found = [policy.label(one.list_name, one.code) for one in urgency_reasons(case, signs)]
    if case.urgency_chosen:
        found = [str(Delicate.CHOSEN.label)]
    delicate = sensitivity(case)[1]
    return [*found, *([str(delicate.label)] if delicate else [])]


@dataclass(frozen=True, slots=True)
class FirstStep:
    """What to do before story and papers; ``windows`` are the pack's periods with their
    standing ("not verified by a …"): medical time limits that a page shows beside it."""

    code: str
    label: str
    windows: tuple[Period, ...]


def first_steps(case: Case) -> list[FirstStep]:
    """Doctor, safety or a safe place first, in the pack's order (row A17)."""
    reasons = urgency_reasons(case)
    rows = {row.code: row for row in policy.code_list("first_steps").rows}
    return [
        FirstStep(
            code,
            rows[code].label(),
            tuple(
                policy.period(reason.window)
                for reason in reasons
                if reason.first_step == code and reason.window
            ),
        )
        for code in rules.first_steps(reasons, list(rows))
    ]


# -- act, means, purpose -----------------------------------------------------------------------


def elements(dossier: Dossier) -> Elements:
    """Act, means and purpose from the recorded codes, by the pack's table of art. 3.

    Purposes follow from the forms of exploitation too. A child, or somebody who was one then,
    needs no means; an unknown age does.
    """
    case = case_of(dossier)
    facts = facts_of(dossier, ("acts", "means", "purposes", "exploitation_forms"))
    codes = {
        field: [fact for fact in facts if fact.field == field]
        for field in ("acts", "means", "purposes", "exploitation_forms")
    }
    from_forms = _mapped(codes["exploitation_forms"], "palermo")
    return rules.elements(
        [fact.code for fact in codes["acts"]],
        [fact.code for fact in codes["means"]],
        [*(fact.code for fact in codes["purposes"]), *from_forms],
        under_18=case.under_18_then == "yes" or case.age_branch == rules.Branch.CHILD,
    )


def _mapped(facts: Iterable[Fact], column: str) -> list[str]:
    found = []
    for fact in facts:
        row = policy.code(fact.list_name, fact.code, fact.list_on)
        found += (row.extra.get(column, "") if row else "").split(";")
    return found


# -- the short view, lists ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Minimum:
    """What a receiver may read before "yes": codes only, and the region, not the district."""

    sex: str
    age_band: str
    age_branch: str
    children: str
    language: str
    care_needs: tuple[str, ...]
    region: str
    danger_now: str
    urgency: str
    urgency_rank: int
    sensitivity_rank: int


def minimum(dossier: Dossier) -> Minimum:
    """The lines a request shows before acceptance: no status, no papers, nothing told."""
    case = case_of(dossier)
    region = policy.region_of(case.district)
    return Minimum(
        case.sex,
        case.age_band,
        case.age_branch,
        case.children,
        case.language,
        tuple(codes_of(dossier, "care_needs")),
        region.code if region else "",
        case.danger_now,
        case.urgency,
        case.urgency_rank,
        case.sensitivity_rank,
    )


def recent(before: Place | None = None, limit: int = PAGE) -> list[Case]:
    """The newest cases that my teams reach; ``before`` is the last place of the page before."""
    places = newest(before, limit)
    ids = [place.dossier_id for place in places]
    dossiers = visible_to(Dossier.objects.all()).in_bulk(ids)
    cases = visible_to(Case.objects.all()).in_bulk(ids)
    found = [cases[pk] for pk in ids if pk in cases and pk in dossiers]
    for case in found:
        case.dossier = dossiers[case.pk]
    return found


def place_of(case: Case) -> Place:
    """Where the next page of ``recent`` begins."""
    return Place(case.dossier.opened_at, case.pk)


def cases_of(dossiers: Iterable[int]) -> dict[int, Case]:
    """Cases by the ids of their dossiers, as far as my teams reach them."""
    return visible_to(Case.objects.all()).in_bulk(list(dossiers))


def summary(dossier: Dossier) -> dict[str, str]:
    """The answered columns of a case, in words, in the order of the form."""
    case = case_of(dossier)
    day = policy.local_day(case.opened_at)
    found = {
        name: policy.label(list_name, value, day)
        for name, list_name in COLUMNS.items()
        if (value := getattr(case, name))
    }
    place = policy.place(case.district)
    found |= {"district": place.label()} if place else {}
    found |= {"birth_year": str(case.birth_year)} if case.birth_year else {}
    if case.citizenship:
        found["citizenship"] = dict(countries()).get(case.citizenship, case.citizenship)
    return found


def is_open(dossier: Dossier) -> bool:
    """Is the case open?"""
    return case_of(dossier).state == rules.State.OPEN


def may_send(dossier: Dossier) -> bool:
    """Whether a request may be sent on the person's own word (adult), see ``rules.may_send``."""
    return rules.may_send(case_of(dossier).age_branch)


def countries() -> list[tuple[str, str]]:
    """ISO 3166 codes with names in the reader's language (CLDR), sorted by name."""
    locale = Locale.parse((get_language() or "en").split("-")[0])
    names = {**Locale("en").territories, **locale.territories}
    found = [(c, name) for c, name in names.items() if c.isalpha() and c not in NO_COUNTRY]
    return sorted(found, key=lambda pair: tajik_key(pair[1]))


# -- counts ------------------------------------------------------------------------------------


def totals(column: str) -> dict[str, int]:
    """How many of the cases I reach have each code of a column (``trafficking``, ``smuggling``,
    ``case_category``, ``scope``, ``identified_by``, ``urgency``, …)."""
    if column not in {*COLUMNS, *_COUNTED}:
        raise KeyError(column)
    rows = visible_to(Case.objects.all()).values_list(column).annotate(Count("pk"))
    return dict(rows.order_by(column))


_COUNTED = ("trafficking", "smuggling", "case_category", "identified_by", "urgency", "state")


def by_district() -> Mapping[str, Mapping[str, int]]:
    """Cases by district and by scope (A13): the four columns of a row add up to its cases."""
    table: dict[str, dict[str, int]] = defaultdict(dict)
    rows = visible_to(Case.objects.all()).values_list("district", "scope")
    for district, scope, count in rows.annotate(count=Count("pk")).order_by("district", "scope"):
        table[district][scope] = count
    return table


# -- lists of the pack -------------------------------------------------------------------------


def offered(field: str, on: date | None = None) -> list[Code]:
    """The codes that a form offers for a question on a day."""
    return policy.codes(FACTS[field].list_name, on)


def is_apart(list_name: str, code: str) -> bool:
    """Is this code kept apart from the facts (row A10)? The pack's column ``category`` says."""
    row = policy.code(list_name, code)
    return row is not None and row.extra.get("category", "core") != "core"


def at_once(case: Case) -> bool:
    """Is the case in the most urgent class?"""
    return case.urgency_rank == min(_ranks("urgencies").values())


def name_of(dossiers: Sequence[Dossier], *, by: User, at: datetime) -> dict[int, str]:
    """Names to print, by the id of the dossier, for rooms that may not ask ``people``.

    Dossiers without a name, or whose identity I do not reach, are left out. The opening of each
    is recorded.
    """
    return people.names_of([dossier.pk for dossier in dossiers], by=by, at=at)
