"""What a body owes: agenda, resolutions, proposals, lessons; what is counted of it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from panoh.access.models import User
from panoh.access.queries import my_teams
from panoh.bodies.models import (
    Body,
    Draft,
    Event,
    Happening,
    Item,
    Proposal,
    Reply,
    Resolution,
    Sitting,
)
from panoh.bodies.queries.sittings import items_of
from panoh.duties import queries as duties
from panoh.duties.queries import Owed
from panoh.kernel.rules import Gone

PAGE = 50
OWN_DUTIES = ("body.resolution", "body.answer", "body.lesson")


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a sitting treats: matters before it, what was resolved and is not done, proposals
    without an answer, and what the body's team owes."""

    items: list[Item]
    resolutions: list[Resolution]
    proposals: list[Proposal]
    duties: list[Owed]


def agenda(sitting: Sitting, at: datetime) -> Agenda:
    """The agenda of a sitting, built from what is due."""
    body = sitting.body
    items = list(items_of(sitting).select_related("settled_by"))
    tabled = {one.subject_id for one in items}
    owed = duties.owed_by([body.team_id]) if body.team_id in my_teams() else []
    return Agenda(
        items,
        open_resolutions(body),
        [one for one in unanswered(body) if one.pk not in tabled],
        duties.told(
            [x for x in owed if x.kind not in OWN_DUTIES and x.subject_id not in tabled], at
        ),
    )


def open_resolutions(body: Body) -> list[Resolution]:
    """What was resolved and is not done, the longest due first."""
    rows = Resolution.objects.filter(body=body, done_at=None)
    return list(rows.select_related("owner__unit", "sitting").order_by("due_on", "pk")[:PAGE])


def _proposals() -> QuerySet[Proposal]:
    return Proposal.objects.select_related("body", "of", "event")


def proposals_of(body: Body) -> list[Proposal]:
    """What was proposed to a body: unanswered first, then the newest."""
    rows = _proposals().filter(body=body)
    return sorted(rows.order_by("-at", "pk")[:PAGE], key=lambda one: one.state != Reply.WAITING)


def unanswered(body: Body, day: date | None = None) -> list[Proposal]:
    """Proposals that wait, or were put off to a day that has come (with ``day`` due by then)."""
    waits = Q(state=Reply.WAITING)
    if day is not None:
        waits = Q(state=Reply.WAITING, due_on__lte=day) | Q(
            state=Reply.DEFERRED, deferred_to__lte=day
        )
    return list(_proposals().filter(waits, body=body).order_by("due_on", "at", "pk")[:PAGE])


def my_proposals(user: User) -> list[Proposal]:
    """What the account proposed, with the answers, newest first."""
    return list(_proposals().filter(by=user).order_by("-at", "pk")[:PAGE])


def proposal_of(number: str) -> Proposal:
    """A proposal that the account may read. Raises ``Gone``."""
    found = _proposals().filter(number=number).first()
    if found is None:
        raise Gone
    return found


def events_of(body: Body) -> list[Event]:
    """Events of a body, newest first."""
    return list(Event.objects.filter(body=body).order_by("-starts_on", "pk")[:PAGE])


def event_of(body: Body, key: UUID) -> Event:
    """An event of this body. Raises ``Gone``."""
    found = Event.objects.select_related("body__team").filter(pk=key, body=body).first()
    if found is None:
        raise Gone
    return found


def lessons_missing(body: Body, today: date) -> list[Event]:
    """Events whose lessons note is late."""
    rows = Event.objects.filter(body=body, lesson_at=None, lesson_due__lt=today)
    return list(rows.order_by("lesson_due", "pk"))


def drafts_of(body: Body) -> list[Draft]:
    """Drafts of a body, newest first; every seat reads the same ones."""
    return list(Draft.objects.filter(body=body).select_related("by").order_by("-at", "pk")[:PAGE])


def happenings(body: Body | None = None) -> QuerySet[Happening]:
    """What happened in a body, or in all, for whoever counts (row B6)."""
    rows = Happening.objects.select_related("body").order_by("at", "pk")
    return rows if body is None else rows.filter(body=body)
