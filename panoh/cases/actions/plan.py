"""The joint plan: let organisations in, write it together, give tasks (row C3)."""

from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.models.dossiers import Source
from panoh.access.rules import WRITES, Permission
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.answers import Changed
from panoh.cases.actions.beats import _held, _locked, _open, _tell
from panoh.cases.models import Case, Conference, Plan, PlanPart, PlanTask, PlanText
from panoh.consent import queries as consent
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault

JOINED, DO, BACK, COME = "plan.joined", "plan.task", "plan.back", "conference.come"
ENDS_SOON = "plan.ends_soon"


@transaction.atomic
def join_plan(
    dossier: Dossier, *, team: Team, categories: Category, by: User, at: datetime
) -> PlanPart:
    """Let another organisation's team take part in the plan, in these parts of it; asked again it
    changes which. The first one opens the plan.

    It stands on the person's word about this receiver (for a child on the decision of two
    people), and ends with it. Raises ``Invalid``, ``NoConsent``, ``NotPossible``.
    """
    case = _held(dossier, Permission.REFERRAL_SEND, by)
    _open(case)
    told = _told_to(team, categories)
    until = _agreed_until(case, team, told, at)
    plan = _plan(case, by, at)
    part = PlanPart.objects.filter(plan=plan, team=team, ended_at=None).first()
    if part is None:
        part = PlanPart(dossier=case.dossier, plan=plan, team=team, added_at=at, added_by=by)
        part.categories, part.ends_at = int(told), until
        part.save(force_insert=True)
        _tell(case.dossier, "plan.joined", by, at)
    else:
        part.categories, part.ends_at = int(told), until
        part.save(update_fields=["categories", "ends_at"])
        duties.settle(kind=ENDS_SOON, subject_id=part.pk, outcome="goes_on", by=by, at=at)
    access.share(
        case.dossier,
        to=team,
        categories=told,
        source=Source.PLAN,
        source_id=plan.pk,
        until=until,
        by=by,
        at=at,
    )
    duties.open_once(
        JOINED,
        dossier=case.dossier,
        owner=team,
        subject_id=part.pk,
        period="duty_acknowledge",
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )
    audit.record("plan.joined", by=by, at=at, subject=part, fields=told.codes)
    return part


def _told_to(team: Team, categories: Category) -> Category:
    """What taking part opens. Raises ``Invalid`` where nothing is left to plan together."""
    told = rules.told(categories, is_authority=consent.is_authority(team.unit.type))
    if not rules.areas(told):
        raise Invalid(_("Choose at least one part that this organisation may read."), "categories")
    return told


def _agreed_until(case: Case, team: Team, told: Category, at: datetime) -> datetime:
    """Until when this receiver may be told, no longer than the pack lets a grant live. Raises
    ``NoConsent``; ``NotPossible`` for the holder's own unit, the advocate's, one she excludes."""
    dossier = case.dossier
    if reach.excluded(dossier).covers(team.unit):
        raise NotPossible(reach.EXCLUDED)
    if team.unit_id == dossier.holder.unit_id:
        raise NotPossible(_("Your own organisation holds this case. Nothing was changed."))
    advocate = reach.advocate_grant(dossier)
    if advocate is not None and advocate.team.unit_id == team.unit_id:
        raise NotPossible(
            _("The advocate stays independent and takes no part in the work. Nothing was changed.")
        )
    agreed, decision = queries.on_whose_word(dossier, team, told, at)
    decided = decision.ends_at if decision else None
    # Every yes and every decision has an end, so that there is always one.
    ends = (consent.ends_at(agreed), decided, policy.due("grant_days", at))
    return min(end for end in ends if end)


def _plan(case: Case, by: User, at: datetime) -> Plan:
    plan = queries.plan_of(case.dossier)
    if plan is None:
        plan = Plan(dossier=case.dossier, opened_at=at, opened_by=by)
        plan.save(force_insert=True)
    elif plan.ended_at is not None:
        plan.ended_at = None
        plan.save(update_fields=["ended_at"])
    return plan


def _near(dossier: Dossier, permission: Permission, by: User) -> tuple[Case, Plan]:
    """The case and its plan as they are now, for anybody who takes part. Raises ``Gone``."""
    case = _locked(dossier, permission, by)
    plan = queries.require_plan(case.dossier)
    _open(case)
    if plan.ended_at is not None:
        raise NotPossible
    return case, plan


@transaction.atomic
def write_plan(
    dossier: Dossier,
    *,
    category: Category,
    own: bool,
    text: str,
    seen: int,
    by: User,
    at: datetime,
) -> PlanText:
    """Write a new version of a part of the plan: the shared one, or the ``own`` one that the
    acting team alone reads. ``seen`` is the version that was on the page.

    If somebody else wrote meanwhile, ``Changed`` shows both and nothing is written. Raises
    ``Gone`` for a part that the account does not read.
    """
    case, plan = _near(dossier, WRITES.get(category, Permission.CASE_WRITE), by)
    if category not in queries.areas_for(by, case.dossier):
        raise Gone
    owner = queries.my_side(plan) if own else None
    now = queries.section(plan, category, owner, 1)
    if now.number != seen:
        raise Changed({"text": now.text}, {"text": text})
    row = PlanText(
        dossier=case.dossier,
        plan=plan,
        category=int(category),
        owner=owner,
        number=now.number + 1,
        at=at,
        by=by,
    )
    vault.seal(row, "text", text)
    row.save(force_insert=True)
    audit.record("plan.written", by=by, at=at, subject=row, fields=category.codes)
    return row


@transaction.atomic
def add_task(
    dossier: Dossier,
    *,
    team: Team,
    category: Category,
    text: str,
    due_on: date,
    conference: Conference | None = None,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> PlanTask:
    """Write down what one team does until when; from then on it owes it. The holder gives tasks
    to all who take part, the others to their own team.

    The same ``submission`` saves once. Raises ``Invalid``, ``Gone``.
    """
    case, plan = _near(dossier, Permission.CASE_WRITE, by)
    if submission and (seen := PlanTask.objects.filter(pk=submission, plan=plan).first()):
        return seen
    if category not in queries.areas_for(by, case.dossier):
        raise Invalid(_("You do not read this part of the plan."), "category")
    if not text.strip():
        raise Invalid(_("Please write something first."), "text")
    if due_on < policy.local_day(at):
        raise Invalid(_("Say until when, from today on."), "due_on")
    _check_doer(plan, team, category)
    row = PlanTask(
        id=submission or uuid4(),
        dossier=case.dossier,
        plan=plan,
        conference=conference,
        category=int(category),
        team=team,
        due_on=due_on,
        added_at=at,
        added_by=by,
    )
    vault.seal(row, "text", text)
    row.save(force_insert=True)
    _owe_task(row, team, by, at)
    audit.record("plan.task_added", by=by, at=at, subject=row, fields=category.codes)
    return row


def _check_doer(plan: Plan, team: Team, category: Category) -> None:
    """Whoever does it takes part, and reads what it is about."""
    dossier = plan.dossier
    seated = {dossier.holder_id, *(one.team_id for one in queries.parts_of(plan))}
    mine = reach.my_teams()
    if team.pk not in seated or not (reach.holds(dossier) or team.pk in mine):
        raise Invalid(_("This organisation takes no part in the plan."), "team")
    given = [one.categories for one in reach.grants_on(dossier).filter(team=team)]
    blind = category == Category.SAFETY and consent.is_authority(team.unit.type)
    if team.pk != dossier.holder_id and (blind or not any(one & category for one in given)):
        raise Invalid(_("This organisation does not read this part of the plan."), "team")


def _owe_task(task: PlanTask, team: Team, by: User, at: datetime) -> None:
    case = queries.case_of(task.dossier)
    duties.open(
        DO,
        dossier=task.dossier,
        owner=team,
        subject_id=task.pk,
        due=policy.pack().calendar.end_of(task.due_on),
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )


@transaction.atomic
def do_task(task: PlanTask, *, by: User, at: datetime) -> PlanTask:
    """Say that it is done, as the team that owes it or the holder. Raises ``NotPossible``."""
    found = _task(task, by)
    if not (reach.holds(found.dossier) or found.team_id in reach.my_teams()):
        raise Gone
    return _end_task(found, "do", by, at)


@transaction.atomic
def drop_task(task: PlanTask, *, by: User, at: datetime) -> PlanTask:
    """Say, as the holder, that it is no longer needed. Raises ``NotPossible``."""
    return _end_task(_holders_task(task, by), "drop", by, at)


@transaction.atomic
def give_task(task: PlanTask, *, team: Team, by: User, at: datetime) -> PlanTask:
    """Let, as the holder, another team that takes part do it. Raises as ``add_task``."""
    found = _holders_task(task, by)
    found.state = rules.TASK.after("give", found.state)
    _check_doer(queries.require_plan(found.dossier), team, Category(found.category))
    found.team = team
    found.save(update_fields=["team"])
    duties.settle(subject_id=found.pk, outcome="given", by=by, at=at)
    _owe_task(found, team, by, at)
    audit.record("plan.task_given", by=by, at=at, subject=found, unit_id=team.unit_id)
    return found


def _task(task: PlanTask, by: User) -> PlanTask:
    case, _plan = _near(task.dossier, Permission.CASE_WRITE, by)
    return queries.task(case.dossier, task.pk)


def _holders_task(task: PlanTask, by: User) -> PlanTask:
    found = _task(task, by)
    if not reach.holds(found.dossier):
        raise Gone
    return found


def _end_task(task: PlanTask, verb: str, by: User, at: datetime) -> PlanTask:
    task.state = rules.TASK.after(verb, task.state)
    task.ended_at, task.ended_by = at, by
    task.save(update_fields=["state", "ended_at", "ended_by"])
    duties.settle(subject_id=task.pk, outcome=task.state, by=by, at=at)
    audit.record(f"plan.task_{task.state}", by=by, at=at, subject=task)
    return task
