"""The first contact for many cases that come from elsewhere: set-based, one audit row."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import WRITES, Permission
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.beats import _coded, _list_alone, _owe_review, _weigh
from panoh.cases.models import FACTS, IN_THE_ROW, ApartFact, Case, Event, Fact, Note
from panoh.cases.rules import Arrival
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@transaction.atomic
def open_contact_many(rows: Sequence[Arrival], *, team: Team, by: User, at: datetime) -> list[Case]:
    """Open a case for each arrival, in the order given, all held by ``team`` and seen by it only.

    Same checks as one by one; nothing is sent, no alert rings and no question is owed: what
    comes from a file happened before. An open case of a child is owed an advocate (row C13).
    Assessments that come along are kept as they were made. Codes that are kept apart (row A10) go
    there, with their review. Raises ``Invalid`` for the first code that is unknown
    (``queries.fault_of`` tells of one row beforehand), ``Refused`` where facts of law come along
    and the account may not write them.
    """
    reach.require(by, Permission.IMPORT_CASES)
    if any(_is_of_law(row) for row in rows):
        reach.require(by, WRITES[Category.LEGAL])
    dossiers = access.open_dossier_many(len(rows), team=team, by=by, at=at) if rows else []
    today = policy.local_day(at)
    made = [
        _case(dossier, row, today, by=by, at=at)
        for dossier, row in zip(dossiers, rows, strict=True)
    ]
    facts, apart, notes = _with_them(made, rows, today, by=by, at=at)
    vault.seal_many((note, "text", text) for note, text in notes)
    Case.objects.bulk_create(made)
    Fact.objects.bulk_create(facts)
    ApartFact.objects.bulk_create(apart)
    Note.objects.bulk_create([note for note, _text in notes])
    Event.objects.bulk_create(
        Event(dossier=case.dossier, event="case.opened", at=at, by=by) for case in made
    )
    for fact in apart:
        _owe_review(fact, by, at)
    for case in made:
        if case.age_branch == rules.Branch.CHILD and case.state == rules.State.OPEN:
            _list_alone(case, by, at)  # a file made just now has no advocate to ask for
    audit.record("case.opened", by=by, at=at, reason=f"{len(made)} rows")
    return made


def _is_of_law(row: Arrival) -> bool:
    return any(
        codes and FACTS[field].category == Category.LEGAL for field, codes in row.facts.items()
    )


def _case(dossier: Dossier, row: Arrival, today: date, *, by: User, at: datetime) -> Case:
    values = {"first_contact_at": at, **queries.checked(row.answers, today)}
    case = Case(dossier=dossier, opened_at=at, opened_by=by, **values)
    for field in IN_THE_ROW:
        for code in row.facts.get(field, ()):
            setattr(case, field, code)
    if case.trafficking in rules.IDENTIFYING:
        case.identified_by, case.identified_at = by.unit.type if by.unit else "", at
    if row.closed:
        queries.expect("close_reasons", row.closed, today, "close_reason")
        case.state, case.closed_at, case.close_reason = rules.State.CLOSED, at, row.closed
    _weigh(case, row.facts.get("triage_signs", ()))
    return case


def _with_them(
    cases: Sequence[Case], rows: Sequence[Arrival], today: date, *, by: User, at: datetime
) -> tuple[list[Fact], list[ApartFact], list[tuple[Note, str]]]:
    facts: list[Fact] = []
    apart: list[ApartFact] = []
    notes: list[tuple[Note, str]] = []
    for case, row in zip(cases, rows, strict=True):
        for field, codes in row.facts.items():
            queries.expect_all(field, codes, today)
            for code in dict.fromkeys(codes):
                if queries.is_apart(FACTS[field].list_name, code):
                    apart.append(_coded(ApartFact(), case, field, code, by=by, at=at))
                else:
                    empty = Fact(category=int(FACTS[field].category))
                    facts.append(_coded(empty, case, field, code, by=by, at=at))
        notes += [
            (Note(dossier=case.dossier, category=int(category), added_at=at, added_by=by), text)
            for category, text in row.notes
        ]
    return facts, apart, notes
