"""Who owes what, in which order and why; deadlines in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from panoh.access.models import Dossier, Membership, Team, Unit, User
from panoh.access.queries import live, my_teams
from panoh.duties import rules
from panoh.duties.models import CLOCK, Duty, DutyQuerySet, Extension, Turn
from panoh.duties.queries import sentences
from panoh.duties.rules import Deadline, Person, Rung
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.policy.rules import (
    Calendar,
    Standing,
    TimeUnit,
    due_at,
    length_in_words,
    warn_at,
)

PAGE = 50
COUNTED = 99


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty as a list shows it: its words, its deadline, and why it stands where it stands."""

    duty: Duty
    label: str
    deadline: Deadline
    why: str


@dataclass(frozen=True, slots=True)
class Late:
    """A clock of the law that a body let run out."""

    unit: Unit
    clock: str
    act: str
    article: str
    due_at: datetime


def owed_by(
    teams: Iterable[int] | None = None, limit: int = PAGE, before: Duty | None = None
) -> list[Duty]:
    """What these teams (default and at most: mine) owe: late first, then urgency, sensitivity,
    deadline. ``before`` is the last duty of the page before: the list goes on after it."""
    lists = [rows.select_related("dossier") for rows in _queues(teams, limit, before)]
    return list(islice(merge(*lists, key=_place), limit))


def _queues(
    teams: Iterable[int] | None, limit: int, before: Duty | None = None
) -> list[DutyQuerySet]:
    """The first rows of what each of these teams (default and at most: mine) owes, in the order of
    the index: whoever asks for a few of many in no order has all of them gathered first."""
    mine = my_teams()
    wanted = mine if teams is None else [team for team in teams if team in mine]
    after = Q() if before is None else _after(before)
    return [
        Duty.objects.unsettled()
        .filter(after, owner_id=team)
        .exclude(kind__in=rules.KEEPING)
        .order_by(
            "-is_late",
            "urgency_rank",
            "sensitivity_rank",
            F("due_at").asc(nulls_last=True),
            "id",
        )[:limit]
        for team in wanted
    ]


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


def clock(period: str, on: datetime) -> dict[str, Any]:
    """What a duty keeps of a period of the pack as it stood on the day of a moment.

    Raises ``KeyError`` if the pack knows no such period.
    """
    found = policy.period(period, policy.local_day(on))
    return {
        "period": period,
        "value": found.value,
        "unit": found.unit,
        "act": found.act,
        "article": found.article,
        "standing": found.standing,
        "pack_version": policy.pack().version,
    }


def counted_in(duty: Duty) -> tuple[TimeUnit, Calendar]:
    """The unit of a duty's clock (hours where it has none) and the days it is counted by."""
    return TimeUnit(_kept(duty)["unit"] or TimeUnit.HOURS), policy.calendar(duty.zone)


def _kept(duty: Duty) -> dict[str, Any]:
    """The clock a duty keeps; of one that a function of the database opened, the pack says it."""
    if duty.period and not duty.unit:
        return clock(duty.period, duty.opened_at)
    return {name: getattr(duty, name) for name in CLOCK}


def is_target(duty: Duty) -> bool:
    """Is it counted by a service target, which is no law?"""
    return _kept(duty)["standing"] in {"", Standing.TARGET}


def waiting_extension(duty: Duty) -> Extension | None:
    """More time that was asked for and waits for an answer."""
    rows = Extension.objects.filter(duty=duty, answered_at=None)
    return rows.select_related("asked_by").first()


def extension(key: UUID | None) -> Extension:
    """One of them by its key. Raises ``Gone``."""
    rows = Extension.objects.select_related("duty__owner")
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None:
        raise Gone
    return found


def deadline(duty: Duty, at: datetime) -> Deadline:
    """The deadline of a duty in words, with the standing of the period it was counted by.

    The version of the period that was in force when the clock started counts.
    """
    kept = _kept(duty)
    standing = Standing(kept["standing"] or Standing.TARGET)
    unit, calendar = counted_in(duty)
    if duty.stopped_at is not None:
        return Deadline("", "", standing, late=False, due_at=None, stopped=True)
    if duty.due_at is None:
        return Deadline("", "", Standing.UNSET, late=False, due_at=None)
    left = rules.time_left(duty.due_at, at, unit, calendar)
    return Deadline(
        rules.left_in_words(left),
        " ".join(filter(None, [kept["act"], kept["article"]])),
        standing,
        left.late,
        duty.due_at,
        soon=not left.late and warn_at(duty.due_at, unit, calendar) <= at,
    )


def why(duty: Duty) -> list[str]:
    """Why this is due on that day: one sentence for each step of the count, in the reader's
    language, from the start event to the last day."""
    kept = _kept(duty)
    unit, calendar = counted_in(duty)
    started_at = duty.started_at or duty.opened_at
    turns = list(duty.turns.order_by("number"))
    first = turns[0].due_before if turns else duty.due_at
    told = [sentences.start(_event(kept["period"], started_at), started_at, unit, calendar)]
    if kept["period"]:
        told.append(sentences.length(kept))
    if first is not None:
        value = kept["value"]
        counted = due_at(value, unit, started_at, calendar) if value else None
        told += sentences.first(unit if value else None, started_at, first, counted, calendar)
    told += [_told(turn, unit, calendar) for turn in turns]
    stopped = duty.stopped_at is not None
    return [*told, sentences.end(duty.due_at, stopped=stopped, unit=unit, calendar=calendar)]


def _told(turn: Turn, unit: TimeUnit, calendar: Calendar) -> str:
    return sentences.turn(
        turn.verb,
        at=turn.at,
        due=turn.due_after,
        more=length_in_words(turn.value, TimeUnit(turn.unit)) if turn.value else "",
        ground=policy.label("clock_grounds", turn.ground),
        unit=unit,
        calendar=calendar,
    )


def _event(period: str, started_at: datetime) -> str:
    if not period:
        return ""
    found = policy.period(period, policy.local_day(started_at))
    return policy.label("start_events", found.start)


def overdue(at: datetime, limit: int = PAGE) -> list[Late]:
    """What commissions owe under the law and have not done in time, oldest first: which body,
    which clock, since when. No case, no reference. The national secretariat sees all bodies,
    a secretary the own one and those of the own territory.

    Raises ``Refused`` (from the database) for whoever may not read the queue.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM public.duties_overdue(%s, %s)", [at, limit])
        rows = cursor.fetchall()
    units = Unit.objects.in_bulk({row[0] for row in rows})
    return [
        Late(units[unit], _clock_label(period, due), act, article, due)
        for unit, period, act, article, due in rows
    ]


def late_in_words(late: Late, at: datetime) -> str:
    """ "3 days late", in local days."""
    calendar = policy.calendar()
    return rules.left_in_words(rules.time_left(late.due_at, at, TimeUnit.CALENDAR_DAYS, calendar))


def _clock_label(period: str, due: datetime) -> str:
    try:
        return str(policy.period(period, policy.local_day(due)).label)
    except KeyError:
        return period


def overdue_by(teams: Iterable[int] | None = None, limit: int = PAGE) -> list[Duty]:
    """What these teams (default and at most: mine) owe and is late, in the order of the list."""
    mine = my_teams()
    wanted = mine if teams is None else [team for team in teams if team in mine]
    found = owed_by(wanted, limit)
    return [duty for duty in found if duty.is_late]


def open_count(
    at: datetime, teams: Iterable[int] | None = None, most: int = COUNTED
) -> tuple[int, int]:
    """How many duties these teams owe, counted up to ``most`` + 1 (then say "more than"), and how
    many of those counted wait for this local day: late, due by its end, or ringing."""
    tonight, alerts = policy.calendar().end_of(policy.local_day(at)), _alerts()
    columns = ("due_at", "kind", "acknowledged_at")
    lists = [rows.values_list(*columns) for rows in _queues(teams, most + 1)]
    found = [row for rows in lists for row in rows][: most + 1]
    waiting = [
        (due is not None and due <= tonight) or (kind in alerts and taken is None)
        for due, kind, taken in found
    ]
    return len(found), sum(waiting)


def _alerts() -> list[str]:
    return [code for code, kind in rules.KINDS.items() if kind.alert]


def alerts_for(user: User) -> list[Duty]:
    """Alerts that ring this account now and that nobody has taken."""
    return list(
        Duty.objects.unsettled()
        .filter(
            assigned_to=user,
            acknowledged_at=None,
            owner_id__in=my_teams(),
            kind__in=_alerts(),
        )
        .select_related("dossier")
        .order_by("opened_at")[:PAGE]
    )


def ringing(limit: int) -> list[Duty]:
    """Alerts of my teams that nobody has taken yet, the nearest first and late ones before it."""
    return list(
        Duty.objects.unsettled()
        .filter(owner_id__in=my_teams(), kind__in=_alerts(), acknowledged_at=None)
        .select_related("dossier")
        .order_by(F("due_at").asc(nulls_last=True), "opened_at")[:limit]
    )


def unsettled_on(dossier: Dossier) -> list[Duty]:
    """What is still owed about one case, by my teams or, for its holder, by anyone."""
    return list(
        Duty.objects.unsettled()
        .filter(dossier=dossier)
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
        .filter(kind__in=_alerts())
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
