"""Needs, steps, the service log and reviews (row E5)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.care import queries
from panoh.care.actions.beats import _mine, _near, _owe
from panoh.care.models import CareStep, Need, Review, Served
from panoh.care.rules import NEED, RATINGS, NeedState
from panoh.cases import queries as cases
from panoh.directory.models import Organisation
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault

UNMET, STEP, REVIEW = "care.need", "care.step", "care.review"
# Lines of other rooms for the printed plan, by the name of their part.
Beside = Mapping[str, Sequence[Mapping[str, str]]]
NOTHING_BESIDE: Beside = {"stays": [], "payments": []}


@transaction.atomic
def assess_need(dossier: Dossier, *, service: str, goal: str, by: User, at: datetime) -> Need:
    """Write down what the person needs and what it is for, in her or his own words.

    A need that is not met within the pack's time is a late duty. Raises ``Invalid`` for an
    unknown service or no words, ``NotPossible`` when closed, ``Gone``.
    """
    case = _near(dossier, by)
    cases.expect("services", service, policy.local_day(at), "service")
    if not goal.strip():
        raise Invalid(_("Please write what the person wants, in their own words."), "goal")
    row = Need(dossier=case.dossier, service=service, assessed_at=at, assessed_by=by)
    vault.seal(row, "goal", goal)
    row.save(force_insert=True)
    _owe(UNMET, case, row.pk, period="need_unmet", by=by, at=at)
    audit.record("care.assessed", by=by, at=at, subject=row, fields=["services"])
    return row


def _need(need: Need, by: User) -> Need:
    case = _near(need.dossier, by)
    found = queries.need(case.dossier, need.pk)
    found.dossier = case.dossier
    return found


@transaction.atomic
def add_step(
    need: Need,
    *,
    text: str,
    due_on: date,
    provider: Organisation | None = None,
    by: User,
    at: datetime,
) -> CareStep:
    """One step towards the goal: who helps until when. Without ``provider`` the own team does.

    It tells nobody outside: asking another service is a request of its own.
    """
    found = _need(need, by)
    if found.state == NeedState.DROPPED:
        raise NotPossible
    if not text.strip():
        raise Invalid(_("Please write what is done."), "text")
    if due_on < policy.local_day(at):
        raise Invalid(_("This day is over."), "due_on")
    case = cases.case_of(found.dossier)
    row = CareStep(
        dossier=found.dossier,
        need=found,
        team=_mine(case),
        provider=provider,
        due_on=due_on,
        added_at=at,
        added_by=by,
    )
    vault.seal(row, "text", text)
    row.save(force_insert=True)
    _owe(STEP, case, row.pk, period="", due=policy.pack().calendar.end_of(due_on), by=by, at=at)
    audit.record("care.step_added", by=by, at=at, subject=row, fields=["services"])
    return row


@transaction.atomic
def end_step(step: CareStep, *, outcome: str, by: User, at: datetime) -> CareStep:
    """Say what came of a step. Raises ``NotPossible`` if it has ended."""
    case = _near(step.dossier, by)
    found = queries.step(case.dossier, step.pk)
    if found.ended_at is not None:
        raise NotPossible
    cases.expect("care_outcomes", outcome, policy.local_day(at), "outcome")
    found.outcome, found.ended_at, found.ended_by = outcome, at, by
    found.save(update_fields=["outcome", "ended_at", "ended_by"])
    duties.settle(kind=STEP, subject_id=found.pk, outcome=outcome, by=by, at=at)
    audit.record("care.step_ended", by=by, at=at, subject=found)
    return found


@transaction.atomic
def log_service(
    need: Need,
    *,
    on: date,
    outcome: str,
    provider: Organisation | None = None,
    text: str = "",
    by: User,
    at: datetime,
) -> Served:
    """Write into the log what was given for a need, also afterwards. It meets the need, unless
    the pack says that this outcome does not: then it is owed again."""
    found = _need(need, by)
    today = policy.local_day(at)
    cases.expect("care_outcomes", outcome, today, "outcome")
    if on > today:
        raise Invalid(_("This day has not come yet."), "on")
    case = cases.case_of(found.dossier)
    row = Served(
        dossier=found.dossier,
        need=found,
        team=_mine(case),
        provider=provider,
        outcome=outcome,
        on=on,
        at=at,
        by=by,
    )
    if text.strip():
        vault.seal(row, "text", text)
    row.save(force_insert=True)
    meant = policy.code("care_outcomes", outcome)
    if meant is not None and meant.extra["meets"] == "yes":
        _move(found, "serve", at)
        duties.settle(kind=UNMET, subject_id=found.pk, outcome=outcome, by=by, at=at)
    elif found.state != NeedState.OPEN:
        _move(found, "reopen", at)
        _owe(UNMET, case, found.pk, period="need_unmet", by=by, at=at)
    audit.record("care.served", by=by, at=at, subject=row, fields=["services"])
    return row


def _move(need: Need, verb: str, at: datetime) -> None:
    need.state = NEED.after(verb, need.state)
    need.ended_at = None if need.state == NeedState.OPEN else at
    need.save(update_fields=["state", "ended_at"])


@transaction.atomic
def drop_need(need: Need, *, by: User, at: datetime) -> Need:
    """The person no longer wants this: nothing is owed, what was written stays."""
    found = _need(need, by)
    _move(found, "drop", at)
    duties.settle(kind=UNMET, subject_id=found.pk, outcome="dropped", by=by, at=at)
    for step in CareStep.objects.filter(need=found, ended_at=None):
        duties.settle(kind=STEP, subject_id=step.pk, outcome="dropped", by=by, at=at)
    audit.record("care.dropped", by=by, at=at, subject=found)
    return found


@transaction.atomic
def review(
    dossier: Dossier,
    *,
    rating: int | None,
    words: str = "",
    on: date,
    next_on: date | None = None,
    by: User,
    at: datetime,
) -> Review:
    """How things are: the person's own rating (may stay open) and own words, and when to ask
    again. Raises ``Invalid`` if neither is there."""
    case = _near(dossier, by)
    today = policy.local_day(at)
    if rating is None and not words.strip():
        raise Invalid(_("Please give the rating or the words of the person."), "rating")
    if rating is not None and rating not in RATINGS:
        raise Invalid(_("This answer is not in the list."), "rating")
    if on > today:
        raise Invalid(_("This day has not come yet."), "on")
    if next_on is not None and next_on < today:
        raise Invalid(_("This day is over."), "next_on")
    row = Review(dossier=case.dossier, rating=rating, on=on, next_on=next_on, at=at, by=by)
    if words.strip():
        vault.seal(row, "words", words)
    row.save(force_insert=True)
    duties.settle_all_on(case.dossier, kind=REVIEW, outcome="reviewed", by=by, at=at)
    if next_on is not None:
        _owe(
            REVIEW,
            case,
            row.pk,
            period="",
            due=policy.pack().calendar.end_of(next_on),
            by=by,
            at=at,
        )
    audit.record("care.reviewed", by=by, at=at, subject=row, fields=["services"])
    return row


@transaction.atomic
def print_plan(
    dossier: Dossier,
    *,
    language: str,
    is_named: bool,
    beside: Callable[[], Beside] = dict,
    by: User,
    at: datetime,
) -> bytes:
    """The plan as a PDF: need, goal, who helps, outcome. The name only if it was chosen and the
    account may read it. That it was printed is recorded. Raises ``Gone``.

    ``beside`` is asked, in the language of the paper, for what rooms that this one does not know
    add: lines of ``stays`` and ``payments`` (what, day, outcome).
    """
    reach.require(by, Permission.CASE_READ, on=dossier, category=Category.SERVICES)
    if not queries.reads_care(by, dossier):
        raise Gone
    name = queries.name_for_print(dossier, by=by, at=at) if is_named else ""
    with override(language):
        data = {**queries.plan_data(dossier, name=name), **NOTHING_BESIDE, **beside()}
    fields = ["services", *(["identity"] if name else []), *(["money"] if data["payments"] else [])]
    audit.record("care.printed", by=by, at=at, dossier_id=dossier.pk, fields=fields)
    return policy.letter("care_plan", language, data)
