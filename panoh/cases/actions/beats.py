"""The beats that the verbs of this room share: lock and may, weigh, owe, tell."""

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.cases import queries, rules
from panoh.cases.models import FACTS, ApartFact, Case, CodedFact, Event, Fact
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault

Row = TypeVar("Row", bound=CodedFact)


def _locked(dossier: Dossier, permission: Permission, by: User) -> Case:
    """Lock the dossier, ask for the permission and the reach, read the case as it is now."""
    found = reach.lock(dossier.pk)
    reach.require(by, permission, on=found)
    return queries.case_of(found)


def _held(dossier: Dossier, permission: Permission, by: User) -> Case:
    """As ``_locked``, for verbs of the holder's team alone."""
    case = _locked(dossier, permission, by)
    if not reach.holds(case.dossier):
        raise NotPossible(_("Only the team that holds the case can do this."))
    return case


def _open(case: Case) -> None:
    if case.state != rules.State.OPEN:
        raise NotPossible(_("The case is closed. Open it again first; nothing was changed."))


def _bump(case: Case, *fields: str) -> None:
    case.version += 1
    case.save(update_fields=["version", *fields])


def _coded(row: Row, case: Case, field: str, code: str, *, by: User, at: datetime) -> Row:
    """Fill in what every coded answer says: which list of which day, who, when, in which unit."""
    row.dossier, row.field, row.code = case.dossier, field, code
    row.list_name, row.list_on = FACTS[field].list_name, policy.local_day(at)
    row.unit_type = by.unit.type if by.unit else ""
    row.added_at, row.added_by = at, by
    return row


def _add_fact(case: Case, field: str, code: str, note: str, *, by: User, at: datetime) -> Fact:
    empty = Fact(category=int(FACTS[field].category))
    fact = _coded(empty, case, field, code, by=by, at=at)
    if note:
        _seal_note(fact, note)
    fact.save(force_insert=True)
    return fact


def _owe_review(fact: ApartFact, by: User, at: datetime) -> None:
    """What is kept apart asks whether somebody is punished for what she or he was forced to."""
    duties.open_once(
        "non_punishment_review",
        dossier=fact.dossier,
        owner=fact.dossier.holder,
        subject_id=fact.pk,
        period="duty_acknowledge",
        by=by,
        at=at,
    )


def _owe_advocate(case: Case, by: User, at: datetime) -> None:
    """A child has an independent advocate within the pack's time; once somebody turns out to be
    of age, nobody is owed one."""
    if case.age_branch == rules.Branch.ADULT:
        duties.settle_all_on(case.dossier, kind="child.advocate", outcome="of_age", by=by, at=at)
    elif case.age_branch == rules.Branch.CHILD and reach.advocate_grant(case.dossier) is None:
        _list_alone(case, by, at)


def _list_alone(case: Case, by: User, at: datetime) -> None:
    duties.open_once(
        "child.advocate",
        dossier=case.dossier,
        owner=case.dossier.holder,
        period="child_advocate",
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )


def _seal_note(fact: Fact, note: str) -> None:
    if not reach.reaches(fact.dossier) & Category(fact.note_category):
        raise NotPossible(
            _("Your team was not given this part of the case: it cannot write there.")
        )
    vault.seal(fact, "note", note)


def _weigh(case: Case, signs: Collection[str]) -> None:
    """Set urgency and sensitivity from what the case says now."""
    case.urgency_rank = queries.urgency_rank(case, signs)
    case.sensitivity_rank = queries.sensitivity(case)[0]
    case.urgency = queries.ranked("urgencies", case.urgency_rank)
    case.sensitivity = queries.ranked("sensitivities", case.sensitivity_rank)


def _reweigh(case: Case, by: User, at: datetime) -> None:
    """Weigh again after a change, move the open duties with it, and ring if it is immediate."""
    before = (case.urgency_rank, case.sensitivity_rank)
    _weigh(case, queries.codes_of(case.dossier, "triage_signs"))
    if not case.urgency_chosen and not queries.sees_signs(case.dossier):
        # Who does not see every sign never makes a case look less urgent.
        case.urgency_rank = min(case.urgency_rank, before[0])
        case.urgency = queries.ranked("urgencies", case.urgency_rank)
    if (case.urgency_rank, case.sensitivity_rank) == before:
        return
    case.save(update_fields=["urgency_rank", "urgency", "sensitivity_rank", "sensitivity"])
    duties.rank_all_on(
        case.dossier,
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )
    if case.urgency_rank < before[0]:
        _ring_if_immediate(case, by, at)


def _ring_if_immediate(case: Case, by: User, at: datetime) -> None:
    if queries.at_once(case):
        duties.open_once(
            "urgent.alert",
            dossier=case.dossier,
            owner=case.dossier.holder,
            period="emergency_help_hours",
            urgency_rank=case.urgency_rank,
            sensitivity_rank=case.sensitivity_rank,
            by=by,
            at=at,
        )


def _tell(
    dossier: Dossier,
    event: str,
    by: User,
    at: datetime,
    *,
    detail: str = "",
    subject_id: UUID | None = None,
) -> Event:
    row = Event(dossier=dossier, event=event, detail=detail, at=at, by=by, subject_id=subject_id)
    row.save(force_insert=True)
    return row
