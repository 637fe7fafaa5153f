"""The joint plan as one account reads it: who takes part, shared and own texts, tasks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from panoh.access.models import Dossier, Grant, Team, User
from panoh.access.models.dossiers import Source
from panoh.access.queries import excluded, holds, intake_team, my_teams, visible_to
from panoh.cases import rules
from panoh.cases.models import Conference, Guest, Plan, PlanPart, PlanTask, PlanText, Seat
from panoh.cases.queries.reading import is_authority, readable
from panoh.cases.rules import TaskState
from panoh.consent import queries as consent
from panoh.directory.models import Organisation
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone
from panoh.policy import queries as policy
from panoh.vault import queries as vault

LATEST = 20


def plan_of(dossier: Dossier) -> Plan | None:
    """The plan of a case, ended or not; none for whoever does not take part in it."""
    plan = visible_to(Plan.objects.filter(dossier=dossier)).first()
    if plan is not None:
        plan.dossier = dossier
    return plan


def require_plan(dossier: Dossier) -> Plan:
    """As ``plan_of``. Raises ``Gone`` where there is none, or none for me."""
    plan = plan_of(dossier)
    if plan is None:
        raise Gone
    return plan


def parts_of(plan: Plan) -> list[PlanPart]:
    """Who takes part beside the holder, in the order in which they came."""
    rows = PlanPart.objects.filter(plan=plan, ended_at=None).select_related("team__unit")
    return list(rows.order_by("added_at", "pk"))


def my_side(plan: Plan) -> Team:
    """The team for which the acting account takes part. Raises ``Gone``."""
    if holds(plan.dossier):
        return plan.dossier.holder
    part = next((one for one in parts_of(plan) if one.team_id in my_teams()), None)
    if part is None:
        raise Gone
    return part.team


def areas_for(user: User, dossier: Dossier) -> list[Category]:
    """The parts of a plan that the account reads: its teams' reach, its roles; of the person's
    safety an authority that does not hold the case reads nothing."""
    found = readable(user, dossier)
    if is_authority(user) and not holds(dossier):
        found &= ~Category.SAFETY
    return rules.areas(found)


def parts_over() -> QuerySet[PlanPart]:
    """Parts that go on though nothing opens the plan to their team any more. Asked by the holder,
    who sees every grant, or by the clock."""
    return PlanPart.objects.filter(~_let_in(Source.PLAN, "plan_id"), ended_at=None)


def seats_over() -> QuerySet[Seat]:
    """Attendances that go on though nothing opens the conference to their team any more."""
    return Seat.objects.filter(~_let_in(Source.CONFERENCE, "conference_id"), ended_at=None)


def _let_in(source: Source, column: str) -> Exists:
    return Exists(
        Grant.objects.filter(
            source=source,
            source_id=OuterRef(column),
            team_id=OuterRef("team_id"),
            ended_at=None,
            ends_at__gt=Now(),
        )
    )


@dataclass(frozen=True, slots=True)
class Section:
    """What the plan says of one data category, shared or (with ``owner``) of one team alone.

    ``number`` is 0 while nothing was written.
    """

    category: Category
    owner: Team | None
    versions: list[tuple[PlanText, str]]

    @property
    def label(self) -> str:
        """The category in words."""
        return policy.label("data_categories", self.category.codes[0])

    @property
    def number(self) -> int:
        """The newest version."""
        return self.versions[0][0].number if self.versions else 0

    @property
    def text(self) -> str:
        """What it says now."""
        return self.versions[0][1] if self.versions else ""


def section(plan: Plan, category: Category, owner: Team | None, most: int = LATEST) -> Section:
    """One section with its versions, newest first."""
    found = PlanText.objects.filter(plan=plan, category=int(category), owner=owner)
    rows = list(found.select_related("by__unit").order_by("-number")[:most])
    texts = vault.open_many(rows, "text", missing="")
    told = [(row, text or "") for row, text in zip(rows, texts, strict=True)]
    return Section(category, owner, told)


def sections(plan: Plan, areas: Iterable[Category], side: Team) -> list[tuple[Section, Section]]:
    """For each part of the plan the shared section and the own one of ``side``."""
    return [(section(plan, one, None, 1), section(plan, one, side, 1)) for one in areas]


@dataclass(frozen=True, slots=True)
class Task:
    """A task, opened. ``is_back``: its team takes part no more, so the holder sees to it."""

    row: PlanTask
    text: str
    is_back: bool

    @property
    def label(self) -> str:
        """The category in words."""
        return policy.label("data_categories", Category(self.row.category).codes[0])

    @property
    def state(self) -> TaskState:
        """Where it stands."""
        return TaskState(self.row.state)


def tasks_of(plan: Plan, areas: Iterable[Category]) -> list[Task]:
    """The tasks of these parts of the plan: what is to be done by its day, then the rest."""
    wanted = [int(one) for one in areas]
    rows = PlanTask.objects.filter(plan=plan, category__in=wanted).select_related("team__unit")
    found = opened_tasks(rows.order_by("due_on", "pk"), plan)
    return sorted(found, key=lambda one: one.row.state != TaskState.OPEN)


def opened_tasks(rows: QuerySet[PlanTask], plan: Plan | None) -> list[Task]:
    """The same rows with their texts; without a plan nobody is asked about those that are back."""
    found = list(rows)
    texts = vault.open_many(found, "text", missing="")
    seated = {one.team_id for one in parts_of(plan)} | {plan.dossier.holder_id} if plan else set()
    return [
        Task(
            row,
            text or "",
            bool(seated) and row.state == TaskState.OPEN and row.team_id not in seated,
        )
        for row, text in zip(found, texts, strict=True)
    ]


def task(dossier: Dossier, task_id: UUID) -> PlanTask:
    """One task of the case's plan. Raises ``Gone``."""
    found = PlanTask.objects.filter(dossier=dossier, pk=task_id).select_related("team").first()
    if found is None:
        raise Gone
    found.dossier = dossier
    return found


def agreed_on(categories: int) -> list[str]:
    """The parts of the plan in a bitmap, in words."""
    return [
        policy.label("data_categories", code)
        for one in rules.areas(Category(categories) & CASE_CATEGORIES)
        for code in one.codes
    ]


def may_be_guests(dossier: Dossier, at: datetime) -> list[Organisation]:
    """The organisations without accounts that the person (or for a child two people) agreed to;
    asked by the holder. None that stands in a district she excludes."""
    gone = excluded(dossier)
    given = [*consent.live_on(dossier, at), *consent.decided(dossier, at)]
    found = {
        one.organisation
        for one in given
        if one.organisation is not None and not gone.covers(None, one.organisation.district)
    }
    return sorted(found, key=str)


def may_take_part(dossier: Dossier, at: datetime) -> list[tuple[Team, Category]]:
    """The teams that the person (or for a child two people) agreed to, with the parts of a plan
    they may be told; asked by the holder. Whom she excludes is never among them."""
    told: dict[Team, Category] = {}
    gone = excluded(dossier)
    given = [*consent.live_on(dossier, at), *consent.decided(dossier, at)]
    for one in given:
        team = one.team or (intake_team(one.unit) if one.unit else None)
        if team is None or team.unit_id == dossier.holder.unit_id or gone.covers(team.unit):
            continue
        told[team] = told.get(team, Category(0)) | Category(one.categories)
    found = {
        team: rules.told(one, is_authority=consent.is_authority(team.unit.type))
        for team, one in told.items()
    }
    return sorted(
        ((team, one) for team, one in found.items() if rules.areas(one)),
        key=lambda pair: str(pair[0].unit),
    )


def conferences_of(dossier: Dossier) -> list[Conference]:
    """The conferences of a case that my teams called or attend, the newest first."""
    rows = visible_to(Conference.objects.filter(dossier=dossier))
    return list(rows.order_by("-on", "-opened_at", "-pk"))


def conference(dossier: Dossier, conference_id: UUID) -> Conference:
    """One of them. Raises ``Gone``."""
    found = visible_to(Conference.objects.filter(dossier=dossier, pk=conference_id)).first()
    if found is None:
        raise Gone
    found.dossier = dossier
    return found


def seats_of(conference: Conference) -> list[Seat]:
    """Who attends beside the holder, or attended, in the order in which they came."""
    rows = Seat.objects.filter(conference=conference).select_related("team__unit")
    return list(rows.order_by("added_at", "pk"))


def guests_of(conference: Conference) -> list[Guest]:
    """The organisations without accounts that attend, or attended."""
    rows = Guest.objects.filter(conference=conference).select_related("organisation")
    return list(rows.order_by("added_at", "pk"))


def decided_in(conference: Conference, areas: Iterable[Category]) -> list[Task]:
    """What it decided, as far as these parts of it are read."""
    wanted = [int(one) for one in areas]
    rows = PlanTask.objects.filter(conference=conference, category__in=wanted)
    return opened_tasks(rows.select_related("team__unit").order_by("added_at", "pk"), None)
