"""The first contact, and the questions of the case row and of the facts."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.beats import (
    _add_fact,
    _bump,
    _locked,
    _open,
    _owe_advocate,
    _reweigh,
    _ring_if_immediate,
    _seal_note,
    _tell,
    _weigh,
)
from panoh.cases.models import FACTS, IN_THE_ROW, Case, Fact
from panoh.cases.rules import Branch, may_ask
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, Invalid, Stale
from panoh.policy import queries as policy
from panoh.vault import actions as vault

# What a first contact may leave for later: a duty lasts until each is answered, if only with
# "not yet known".
LATER = ("age_band", "sex", "district", "language", "channel", "contact_source", "children")
# The duty about what was not asked yet, by whether it is unsafe to talk.
ASKING = {False: "case.later_questions", True: "case.talk_alone"}
# Who may write what is of a narrower category; everything else needs CASE_WRITE.
WRITES = {Category.LEGAL: Permission.LEGAL_WRITE}


class Changed(Stale):
    """Somebody else changed the case since the form was opened: ``theirs`` and ``yours`` hold
    the columns in which the two differ. Nothing was written."""

    def __init__(self, theirs: Mapping[str, Any], yours: Mapping[str, Any]) -> None:
        super().__init__()
        self.theirs, self.yours = dict(theirs), dict(yours)


@transaction.atomic
def open_contact(
    *,
    team: Team,
    safe_to_talk: str,
    danger_now: str,
    by: User,
    at: datetime,
    answers: Mapping[str, Any] | None = None,
    submission: UUID | None = None,
) -> Case:
    """Save a first contact from two answers; nothing is sent to anyone.

    What is left out becomes a duty within the pack's period, never a refusal. An immediate case
    rings the duty officer of ``team``. The same ``submission`` (made with the form) saves once.
    Raises ``Invalid`` for an unknown code.
    """
    if submission is not None and (seen := _saved(submission)):
        return seen
    given = {
        "first_contact_at": at,
        **(answers or {}),
        "safe_to_talk": safe_to_talk,
        "danger_now": danger_now,
    }
    if not (safe_to_talk and danger_now):
        field = "danger_now" if safe_to_talk else "safe_to_talk"
        raise Invalid(_("Please answer this question. “Not yet known” is an answer."), field)
    values = queries.checked(given, policy.local_day(at))
    try:
        with transaction.atomic():
            dossier = access.open_dossier(team=team, by=by, at=at)
            case = _new(dossier, values, submission=submission, by=by, at=at)
    except IntegrityError:
        seen = _saved(submission) if submission is not None else None
        if seen is None:
            raise
        return seen
    _tell(dossier, "case.opened", by, at)
    _owe_questions(case, by, at)
    if case.age_branch == Branch.CHILD:
        _owe_advocate(case, by, at)
    _ring_if_immediate(case, by, at)
    audit.record("case.opened", by=by, at=at, subject=case, fields=sorted(values))
    return case


def _saved(submission: UUID) -> Case | None:
    return Case.objects.select_related("dossier").filter(submission=submission).first()


def _new(
    dossier: Dossier, values: Mapping[str, Any], *, submission: UUID | None, by: User, at: datetime
) -> Case:
    case = Case(dossier=dossier, submission=submission, opened_at=at, opened_by=by, **values)
    _weigh(case, ())
    case.save(force_insert=True)
    return case


def _owe_questions(case: Case, by: User, at: datetime) -> None:
    """What was left is asked later; while it is not safe to talk nothing is asked at all, and the
    team owes the person a way to talk alone instead."""
    unsafe = not may_ask(case.safe_to_talk)
    wanted, other = ASKING[unsafe], ASKING[not unsafe]
    outcome = "not_safe" if unsafe else "safe"
    duties.settle_all_on(case.dossier, kind=other, outcome=outcome, by=by, at=at)
    if unsafe or any(not getattr(case, name) for name in LATER):
        duties.open_once(
            wanted,
            dossier=case.dossier,
            owner=case.dossier.holder,
            period="later_questions",
            urgency_rank=case.urgency_rank,
            sensitivity_rank=case.sensitivity_rank,
            by=by,
            at=at,
        )


@transaction.atomic
def change(
    dossier: Dossier, *, changes: Mapping[str, Any], seen_version: int, by: User, at: datetime
) -> Case:
    """Answer questions of the case row. ``seen_version`` is the version the form was made from.

    If somebody else changed the same columns meanwhile, ``Changed`` shows both and nothing is
    written; other columns do not stand in the way. Raises ``Invalid`` for an unknown code,
    ``NotPossible`` on a closed case.
    """
    case = _locked(dossier, Permission.CASE_WRITE, by)
    _open(case)
    values = {
        name: value
        for name, value in queries.checked(changes, policy.local_day(at)).items()
        if getattr(case, name) != value
    }
    if values and seen_version != case.version:
        raise Changed({name: getattr(case, name) for name in values}, values)
    if not values:
        return case
    for name, value in values.items():
        setattr(case, name, value)
    _bump(case, *values)
    _reweigh(case, by, at)
    if "age_branch" in values:
        _owe_advocate(case, by, at)
    if "safe_to_talk" in values:
        _owe_questions(case, by, at)
    if all(getattr(case, name) for name in LATER):
        duties.settle_all_on(
            case.dossier, kind="case.later_questions", outcome="answered", by=by, at=at
        )
    _tell(case.dossier, "case.changed", by, at)
    audit.record("case.changed", by=by, at=at, subject=case, fields=sorted(values))
    return case


@transaction.atomic
def record_facts(
    dossier: Dossier,
    *,
    field: str,
    codes: Collection[str],
    by: User,
    at: datetime,
    notes: Mapping[str, str] | None = None,
    seen: Collection[str] | None = None,
) -> list[Fact]:
    """Let ``codes`` be the answer to one question of ``FACTS`` from now on; return what holds.

    Earlier answers that are not among them keep their row with the day on which they ended.
    ``notes`` are texts beside a code, sealed. Codes that the pack keeps apart (row A10) are
    neither read nor written here: see ``flag``. With ``seen`` (the codes the form was made from)
    ``Changed`` shows both where somebody else answered meanwhile. Raises ``Invalid`` for an
    unknown code, ``KeyError`` for questions that ``assess`` and ``classify`` answer.
    """
    if field in IN_THE_ROW:
        raise KeyError(field)
    question = FACTS[field]
    case = _locked(dossier, WRITES.get(question.category, Permission.CASE_WRITE), by)
    if not reach.reaches(case.dossier) & question.category:
        raise Gone
    _open(case)
    held = {fact.code: fact for fact in queries.facts_of(case.dossier, [field])}
    wanted = list(dict.fromkeys(codes))
    if seen is not None and set(seen) != set(held) != set(wanted):
        raise Changed({field: list(held)}, {field: wanted})
    _answerable(field, wanted, held, policy.local_day(at))
    for code, fact in held.items():
        if code not in wanted:
            fact.removed_at, fact.removed_by = at, by
            fact.save(update_fields=["removed_at", "removed_by"])
    for code in wanted:
        text = (notes or {}).get(code, "")
        if code not in held:
            if (added := _new_fact(case, field, code, text, by=by, at=at)) is not None:
                held[code] = added
        elif text and vault.open(held[code], "note") != text:
            _seal_note(held[code], text)
            held[code].save(update_fields=["note"])
    _bump(case)
    _reweigh(case, by, at)
    if question.category == Category.CORE:
        _tell(case.dossier, "case.facts_recorded", by, at, detail=field)
    audit.record("case.facts_recorded", by=by, at=at, subject=case, fields=[field])
    return [held[code] for code in wanted if code in held]


def _new_fact(
    case: Case, field: str, code: str, text: str, *, by: User, at: datetime
) -> Fact | None:
    """A fact that stands already, unseen by this account, is neither written twice nor shown."""
    if queries.sees_signs(case.dossier) or FACTS[field].category != Category.HEALTH:
        return _add_fact(case, field, code, text, by=by, at=at)
    try:
        with transaction.atomic():
            return _add_fact(case, field, code, text, by=by, at=at)
    except IntegrityError:
        return None


def _answerable(field: str, wanted: Collection[str], held: Collection[str], today: date) -> None:
    """New codes must be in the list today; one that was given before may stay."""
    if len(wanted) > 1 and not FACTS[field].many:
        raise Invalid(_("Please choose one answer."), field)
    queries.expect_all(field, [code for code in wanted if code not in held], today)
    if any(queries.is_apart(FACTS[field].list_name, code) for code in wanted):
        raise Invalid(_("This answer is kept apart: use the page for it."), field)
