"""Lists and counts of cases; what the pack's lists offer and allow."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, User
from panoh.access.queries import Place, may, newest, reaches, visible_to
from panoh.access.rules import Permission
from panoh.cases import rules
from panoh.cases.models import CHANGEABLE, COLUMNS, FACTS, Case
from panoh.cases.rules import Arrival, Branch
from panoh.kernel.rules import Category, Invalid
from panoh.people import queries as people
from panoh.policy import queries as policy
from panoh.policy.rules import Code, CodeList

PAGE = 50
# A narrowed list looks through so many files at once, and for one page through no more than this:
# a rare answer in a long list would hold the page up.
STEP = 500
MOST = 5_000
# What a list shows of a case, and where its next page begins.
LISTED = (
    "state",
    "opened_at",
    "urgency",
    "urgency_rank",
    "sex",
    "age_branch",
    "age_band",
    "district",
    "dossier__ref",
    "dossier__opened_at",
)


class Page(NamedTuple):
    """One page of a list; ``end`` is the place behind which the list goes on, if it does."""

    cases: list[Case]
    end: Place | None


def recent(
    before: Place | None = None,
    limit: int = PAGE,
    *,
    wanted: Mapping[str, str] = MappingProxyType({}),
    oldest: bool = False,
) -> Page:
    """The newest (or ``oldest``) cases that my teams reach, with what a list shows (``LISTED``;
    more is read when it is asked for); ``before`` is the end of the page before.

    ``wanted`` narrows the list by columns that it shows. A page of a narrowed list may hold fewer
    than ``limit`` although the list goes on: it looks through ``MOST`` files.
    """
    rows = visible_to(Case.objects.filter(**wanted).select_related("dossier").only(*LISTED))
    step = STEP if wanted else limit
    found: list[Case] = []
    for _turn in range(MOST // step):
        places = newest(before, step, oldest=oldest)
        cases = rows.in_bulk([place.dossier_id for place in places])
        for place in places:
            # A dossier without a case is that of a group.
            if place.dossier_id in cases:
                found.append(cases[place.dossier_id])
                if len(found) == limit:
                    return Page(found, place)
        if len(places) < step:
            return Page(found, None)
        before = places[-1]
    return Page(found, before)


def cases_of(dossiers: Iterable[int]) -> dict[int, Case]:
    """Cases by the ids of their dossiers, as far as my teams reach them."""
    return visible_to(Case.objects.all()).in_bulk(list(dossiers))


def name_of(dossiers: Sequence[Dossier], *, by: User, at: datetime) -> dict[int, str]:
    """Names to print, by the id of the dossier, for rooms that may not ask ``people``.

    Dossiers without a name, or whose identity I do not reach, are left out. The opening of each
    is recorded.
    """
    return people.names_of([dossier.pk for dossier in dossiers], by=by, at=at)


def identity_words(dossier: Dossier, *, by: User, at: datetime) -> list[str]:
    """Every name by which the person is known, so that a text can be looked through for them; none
    for an account that may not read them. The opening is recorded."""
    if not may(by, Permission.IDENTITY_READ) or not reaches(dossier) & Category.IDENTITY:
        return []
    person = people.person(dossier, by=by, at=at)
    if person is None:
        return []
    return [
        name
        for name in (person.given, person.patronymic, person.family, person.chosen, *person.other)
        if name
    ]


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


def offered(field: str, on: date | None = None) -> list[Code]:
    """The codes that a form offers for a question on a day."""
    return policy.codes(FACTS[field].list_name, on)


def is_apart(list_name: str, code: str) -> bool:
    """Is this code kept apart from the facts (row A10)? The pack's column ``category`` says."""
    row = policy.code(list_name, code)
    return row is not None and row.extra.get("category", "core") != "core"


countries = policy.countries


def checked(values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The values of columns of the case row, each a code of its list today, with the branch that
    the age decides. Raises ``Invalid`` with the field, ``KeyError`` for no such column."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in CHANGEABLE:
            raise KeyError(name)
        if name in COLUMNS and value:
            expect(COLUMNS[name], value, today, name)
        found[name] = value
    if found.get("district") and policy.place(found["district"]) is None:
        raise Invalid(_("This place is not in the list."), "district")
    if "scope" in found and not found["scope"]:
        raise Invalid(_("Please choose one. “Not yet known” is an answer."), "scope")
    return _with_age(found, today)


def _with_age(values: dict[str, Any], today: date) -> dict[str, Any]:
    """Let the year of birth or the age band decide the branch; refuse what contradicts."""
    branch = values.get("age_branch") or ""
    told = ""
    if values.get("age_band"):
        row = policy.code("age_bands", values["age_band"])
        told = row.extra.get("branch", "") if row else ""
    if year := values.get("birth_year"):
        if not today.year - policy.number("oldest_age") <= year <= today.year:
            raise Invalid(_("Please check the year of birth."), "birth_year")
        told = (
            told
            if told not in {"", Branch.UNKNOWN}
            else rules.branch_of_year(year, today, policy.number("child_until_age"))
        )
    certain = {Branch.ADULT, Branch.CHILD}
    if told in certain and branch in certain and told != branch:
        raise Invalid(_("“Adult” or “child” does not fit the age."), "age_branch")
    if told in certain:
        return {**values, "age_branch": str(told)}
    if "age_branch" in values:
        return {**values, "age_branch": branch or str(Branch.UNKNOWN)}
    return values


def expect(list_name: str, code: str, today: date, field: str) -> None:
    """Raises ``Invalid`` unless the code is in the list today."""
    if code not in _codes_on(policy.code_list(list_name), today):
        raise Invalid(_("This answer is not in the list."), field)


@cache
def _codes_on(found: CodeList, day: date) -> frozenset[str]:
    return frozenset(row.code for row in found.on(day))


def expect_all(field: str, codes: Collection[str], today: date) -> None:
    """Raises ``Invalid`` unless these codes can be the answer to a question of ``FACTS``."""
    if len(codes) > 1 and not FACTS[field].many:
        raise Invalid(_("Please choose one answer."), field)
    for code in codes:
        expect(FACTS[field].list_name, code, today, field)


def fault_of(row: Arrival, today: date) -> Invalid | None:
    """What is wrong with one arrival; None: it can be opened."""
    try:
        checked(row.answers, today)
        for field, codes in row.facts.items():
            expect_all(field, codes, today)
        if row.closed:
            expect("close_reasons", row.closed, today, "close_reason")
    except Invalid as fault:
        return fault
    return None
