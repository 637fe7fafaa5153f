"""Propose and answer, show drafts, enter events and what was learned there."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.bodies import queries
from panoh.bodies.actions.beats import kept, said
from panoh.bodies.actions.items import settle_item
from panoh.bodies.models import (
    Body,
    Draft,
    Event,
    Item,
    Proposal,
    Reply,
    State,
)
from panoh.duties import actions as duties
from panoh.kernel.codes import new_ref
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy import queries as policy

ANSWER, LESSON = "body.answer", "body.lesson"


@transaction.atomic
def propose(
    body: Body,
    *,
    text: str,
    by: User,
    at: datetime,
    of: Body | None = None,
    event: Event | None = None,
    is_problem: bool = False,
    submission: UUID | None = None,
) -> Proposal:
    """Propose something to a body, or tell it a problem; no seat is needed. What a council of
    survivors proposes (``of``) is answered within the pack's period. The same ``submission``
    proposes once. Raises ``Refused``, ``Gone``, ``Invalid``, ``NotPossible`` once it was ended."""
    reach.require(by, Permission.BODY_READ)
    if submission and (seen := Proposal.objects.filter(pk=submission).first()):
        return seen
    if not text.strip():
        raise Invalid(_("Write what is proposed."), "text")
    if of is not None and of not in queries.my_bodies():
        raise Gone
    made = Proposal(body=body, number=new_ref(), of=of, event=event, is_problem=is_problem)
    if submission:
        made.id = submission
    made.text, made.at, made.by = text.strip(), at, by
    kind = policy.body_kinds().get(of.kind) if of else None
    due = policy.due(kind.answers, at, body.zone) if kind and kind.answers else None
    made.due_on = policy.calendar(body.zone).local_day(due) if due else None
    with said():
        made.save(force_insert=True)
    period = kind.answers if kind else ""
    duties.open(
        ANSWER,
        owner=body.team,
        due=due,
        period=period,
        zone=body.zone,
        subject_id=made.pk,
        by=by,
        at=at,
    )
    audit.record("body.proposed", by=by, at=at, subject=made)
    return made


@transaction.atomic
def answer(
    proposal: Proposal,
    *,
    state: str,
    reason: str,
    by: User,
    at: datetime,
    deferred_to: date | None = None,
) -> Proposal:
    """Accept, decline or defer a proposal, with a reason that the proposer reads. If it is on the
    agenda of a sitting that is open, the votes of that sitting must say the same. Raises
    ``Refused``, ``Gone``, ``Invalid``, ``NotPossible``."""
    reach.require(by, Permission.BODY_KEEP)
    row = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal.pk).first()
    if row is None:
        raise Gone
    body = kept(Body.objects.select_related("team").get(pk=row.body_id), by)
    if row.state not in (Reply.WAITING, Reply.DEFERRED):
        raise NotPossible
    if state not in (Reply.ACCEPTED, Reply.DECLINED, Reply.DEFERRED):
        raise Invalid(_("Choose one from the list."), "state")
    if not reason.strip():
        raise Invalid(_("Give the reason: the proposer reads it."), "reason")
    today = queries.local_day(body, at)
    if state == Reply.DEFERRED and (deferred_to is None or deferred_to <= today):
        raise Invalid(_("Say until which day."), "deferred_to")
    row.state, row.reason, row.answered_at, row.answered_by = state, reason.strip(), at, by
    row.deferred_to = deferred_to if state == Reply.DEFERRED else None
    _settle_with_it(row, by, at)
    fields = ["state", "reason", "answered_at", "answered_by", "deferred_to"]
    with said():
        row.save(update_fields=fields)
    duties.settle(kind=ANSWER, subject_id=row.pk, outcome=state, by=by, at=at)
    audit.record("body.proposal_answered", by=by, at=at, subject=row, reason=state)
    return row


def _settle_with_it(row: Proposal, by: User, at: datetime) -> None:
    """What stands on an agenda is answered by the sitting, not beside it."""
    item = Item.objects.filter(subject_id=row.pk, outcome="").select_related("sitting").first()
    if item is None:
        return
    if item.sitting is None or item.sitting.state != State.OPEN:
        if row.state == Reply.DEFERRED:
            return
        raise NotPossible(_("It is on the agenda of a sitting: that one answers it."))
    if row.state == Reply.DEFERRED:
        raise NotPossible(_("Put it off on the page of the sitting."))
    settle_item(item, outcome=row.state, by=by, at=at)


@transaction.atomic
def show_draft(body: Body, *, title: str, text: str, by: User, at: datetime) -> Draft:
    """Show a draft, or its next version, to every seat at once (row G6). Raises ``Refused``,
    ``Gone``, ``Invalid``."""
    reach.require(by, Permission.BODY_READ)
    if body not in queries.my_bodies():
        raise Gone
    if not title.strip() or not text.strip():
        raise Invalid(_("A draft has a title and a text."), "text")
    version = Draft.objects.filter(body=body, title=title.strip()).count() + 1
    made = Draft(body=body, title=title.strip(), version=version, text=text.strip(), at=at, by=by)
    made.save(force_insert=True)
    audit.record("body.draft_shown", by=by, at=at, subject=made)
    return made


@transaction.atomic
def add_event(
    body: Body,
    *,
    kind: str,
    name: str,
    starts_on: date,
    ends_on: date,
    by: User,
    at: datetime,
    place: str = "",
    delegates: Sequence[str] = (),
    submission: UUID | None = None,
) -> Event:
    """Enter an event and who goes there; the note of what was learned is due after the pack's
    period. Raises ``Refused``, ``Gone``, ``Invalid``."""
    body = kept(body, by)
    if submission and (seen := Event.objects.filter(pk=submission).first()):
        return seen
    if policy.code("body_events", kind) is None:
        raise Invalid(_("Choose one from the list."), "kind")
    if not name.strip():
        raise Invalid(_("Give the event a name."), "name")
    if ends_on < starts_on:
        raise Invalid(_("The end comes after the beginning."), "ends_on")
    made = Event(body=body, kind=kind, name=name.strip(), place=place.strip(), at=at, by=by)
    if submission:
        made.id = submission
    made.starts_on, made.ends_on = starts_on, ends_on
    made.delegates = [one.strip() for one in delegates if one.strip()]
    zone = body.zone
    due = policy.due("event_lesson", policy.calendar(zone).end_of(ends_on), zone)
    made.lesson_due = policy.calendar(zone).local_day(due) if due else None
    made.save(force_insert=True)
    duties.open(
        LESSON,
        owner=body.team,
        due=due,
        period="event_lesson",
        zone=zone,
        subject_id=made.pk,
        by=by,
        at=at,
    )
    audit.record("body.event_added", by=by, at=at, subject=made, reason=kind)
    return made


@transaction.atomic
def write_lesson(
    event: Event, *, text: str, is_proposal: bool = False, by: User, at: datetime
) -> Event:
    """Write what was learned; with ``is_proposal`` it is proposed to the body (row B13). Raises
    ``Refused``, ``Gone``, ``Invalid``, ``NotPossible``."""
    row = _event(event, by)
    if not text.strip():
        raise Invalid(_("Write what was learned."), "text")
    row.lesson, row.lesson_at = text.strip(), at
    with said():
        row.save(update_fields=["lesson", "lesson_at"])
    duties.settle(kind=LESSON, subject_id=row.pk, outcome="written", by=by, at=at)
    audit.record("body.lesson_written", by=by, at=at, subject=row)
    if is_proposal:
        propose(row.body, text=text, event=row, by=by, at=at)
    return row


@transaction.atomic
def close_event(event: Event, *, by: User, at: datetime) -> Event:
    """Close an event. Refused while one of its proposals is neither accepted, declined nor
    deferred (row B13). Raises ``Refused``, ``Gone``, ``NotPossible``."""
    row = _event(event, by)
    row.closed_at = at
    with said():
        row.save(update_fields=["closed_at"])
    audit.record("body.event_closed", by=by, at=at, subject=row)
    return row


def _event(event: Event, by: User) -> Event:
    rows = Event.objects.select_for_update(of=("self",)).select_related("body__team")
    found = rows.filter(pk=event.pk).first()
    if found is None:
        raise Gone
    kept(found.body, by)
    if found.closed_at is not None:
        raise NotPossible
    return found
