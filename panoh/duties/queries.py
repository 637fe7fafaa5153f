"""Who owes what, in which order and why; deadlines in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from panoh.access.models import Dossier, Membership, Team, User
from panoh.access.queries import live, my_teams
from panoh.duties import rules
from panoh.duties.models import Duty, DutyQuerySet
from panoh.duties.rules import Deadline, Person, Rung
from panoh.policy import queries as policy
from panoh.policy.rules import Standing, TimeUnit

PAGE = 50
COUNTED = 99


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty as a list shows it: its words, its deadline, and why it stands where it stands."""

    duty: Duty
    label: str
    deadline: Deadline
    why: str


def owed_by(
    teams: Iterable[int] | None = None, limit: int = PAGE, before: Duty | None = None
) -> list[Duty]:
    """What these teams (default and at most: mine) owe: late first, then urgency, sensitivity,
    deadline. ``before`` is the last duty of the page before: the list goes on after it."""
    mine = my_teams()
    wanted = mine if teams is None else [team for team in teams if team in mine]
    after = Q() if before is None else _after(before)
    lists = [
        Duty.objects.unsettled()
        .filter(after, owner_id=team)
        .exclude(kind__in=rules.KEEPING)
        .select_related("dossier", "assigned_to")
        .order_by(
            "-is_late",
            "urgency_rank",
            "sensitivity_rank",
            F("due_at").asc(nulls_last=True),
            "id",
        )[:limit]
        for team in wanted
    ]
    return list(islice(merge(*lists, key=_place), limit))


def _place(duty: Duty) -> tuple[Any, ...]:
    due = duty.due_at
    return (
        not duty.is_late,
        duty.urgency_rank,
        duty.sensitivity_rank,
        due is None,
        due.timestamp() if due else 0.0,
        duty.pk,
    )


def _after(last: Duty) -> Q:
    """Rows behind ``last`` in the order of the list."""
    here = Q()
    found = Q()
    steps: list[tuple[str, Any]] = [
        ("is_late", last.is_late),
        ("urgency_rank", last.urgency_rank),
        ("sensitivity_rank", last.sensitivity_rank),
    ]
    for name, value in steps:
        beyond = Q(is_late__lt=value) if name == "is_late" else Q(**{f"{name}__gt": value})
        found |= here & beyond
        here &= Q(**{name: value})
    if last.due_at is None:
        return found | (here & Q(due_at=None, pk__gt=last.pk))
    found |= here & (Q(due_at__gt=last.due_at) | Q(due_at=None))
    return found | (here & Q(due_at=last.due_at, pk__gt=last.pk))


def told(duties: Iterable[Duty], at: datetime) -> list[Owed]:
    """The same duties with their words at a moment."""
    return [
        Owed(
            duty,
            str(rules.kind(duty.kind).label),
            deadline(duty, at),
            rules.why_here(
                late=is_late(duty, at),
                urgency=_ranked("urgencies", duty.urgency_rank),
                sensitivity=_ranked("sensitivities", duty.sensitivity_rank),
                alert=rules.kind(duty.kind).alert and duty.acknowledged_at is None,
                rung=duty.level > 1,
            ),
        )
        for duty in duties
    ]


def _ranked(name: str, rank: int) -> str:
    for code in policy.code_list(name).rows:
        if code.extra.get("rank") == str(rank):
            return code.label()
    return ""


def is_late(duty: Duty, at: datetime) -> bool:
    """Has its deadline passed at this moment?"""
    return duty.due_at is not None and duty.due_at < at


def deadline(duty: Duty, at: datetime) -> Deadline:
    """The deadline of a duty in words, with the standing of the period it was counted by.

    The version of the period that was in force when the duty was opened counts.
    """
    if not duty.period:
        return _deadline(duty.due_at, at, Standing.TARGET, "", None)
    period = policy.period(duty.period, policy.local_day(duty.opened_at))
    article = " ".join(filter(None, [period.act, period.article]))
    return _deadline(duty.due_at, at, period.standing, article, period.unit)


def _deadline(
    due_at: datetime | None, at: datetime, standing: Standing, article: str, unit: TimeUnit | None
) -> Deadline:
    if due_at is None:
        return Deadline("", "", Standing.UNSET, late=False, due_at=None)
    calendar = policy.pack().calendar
    left = rules.time_left(due_at, at, unit or TimeUnit.HOURS, calendar)
    return Deadline(rules.left_in_words(left), article, standing, left.late, due_at)


def open_count(teams: Iterable[int] | None = None, most: int = COUNTED) -> int:
    """How many duties these teams owe, counted up to ``most`` + 1 (then say "more than")."""
    mine = my_teams()
    wanted = mine if teams is None else [team for team in teams if team in mine]
    rows = Duty.objects.unsettled().filter(owner_id__in=wanted).exclude(kind__in=rules.KEEPING)
    return len(rows.values_list("pk", flat=True)[: most + 1])


def alerts_for(user: User) -> list[Duty]:
    """Alerts that ring this account now and that nobody has taken."""
    return list(
        Duty.objects.unsettled()
        .filter(
            assigned_to=user,
            acknowledged_at=None,
            owner_id__in=my_teams(),
            kind__in=[code for code, kind in rules.KINDS.items() if kind.alert],
        )
        .select_related("dossier")
        .order_by("opened_at")[:PAGE]
    )


def unsettled_on(dossier: Dossier) -> list[Duty]:
    """What is still owed about one case, by my teams or, for its holder, by anyone."""
    return list(
        Duty.objects.unsettled()
        .filter(dossier=dossier)
        .select_related("owner__unit", "assigned_to")
        .order_by(F("due_at").asc(nulls_last=True), "opened_at")
    )


def keeping(dossier: Dossier) -> list[Duty]:
    """Why a case may not be closed now, as far as the acting account may know it."""
    rows = Duty.objects.unsettled().filter(dossier=dossier, kind__in=rules.KEEPING)
    return list(rows.order_by("opened_at", "pk"))


def about(subject_id: UUID) -> list[Duty]:
    """Every duty, owed or settled, about one row of a room above (a request, a consent)."""
    return list(Duty.objects.filter(subject_id=subject_id).order_by("opened_at"))


def left_behind(at: datetime) -> DutyQuerySet:
    """Alerts that ring or were taken by somebody who is no longer in the owning team."""
    holder = Coalesce("acknowledged_by", "assigned_to")
    member = Membership.objects.filter(
        live(at), team=OuterRef("owner"), user__is_active=True, user=OuterRef("sees_to_it")
    )
    return (
        Duty.objects.unsettled()
        .filter(kind__in=[code for code, kind in rules.KINDS.items() if kind.alert])
        .annotate(sees_to_it=holder)
        .filter(~Exists(member), sees_to_it__isnull=False)
    )


def who_is_rung(team: Team, at: datetime) -> list[Rung]:
    """The people of this team an alert rings, in the pack's order, each with the wait after."""
    members = (
        Membership.objects.filter(live(at), team=team, user__is_active=True)
        .order_by("pk")
        .values_list("user_id", "is_duty_officer", "is_deputy", "is_supervisor")
    )
    names = ("duty_officer", "deputy", "supervisor")
    people = [
        Person(user, frozenset(name for name, is_so in zip(names, flags, strict=True) if is_so))
        for user, *flags in members
    ]
    steps = sorted(
        policy.codes("escalation_steps", policy.local_day(at)),
        key=lambda step: int(step.extra["rank"]),
    )
    return rules.ladder(
        people,
        [(step.code, step.extra["wait"]) for step in steps],
        policy.number("escalation_people"),
    )
