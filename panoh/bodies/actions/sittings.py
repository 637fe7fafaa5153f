"""Call a sitting, write who comes and goes, type up one held on paper, close the minutes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.bodies import queries
from panoh.bodies.actions.beats import CLOSED, invite, kept, said, sitting_kept
from panoh.bodies.models import (
    Addendum,
    Answer,
    Attendance,
    Body,
    Item,
    Proposal,
    Sitting,
    State,
)
from panoh.bodies.rules import (
    LIFECYCLE,
    PROPOSAL,
)
from panoh.kernel.rules import Gone, Invalid, NotPossible


@transaction.atomic
def call(
    body: Body,
    *,
    starts_at: datetime,
    by: User,
    at: datetime,
    place: str = "",
    submission: UUID | None = None,
) -> Sitting:
    """Call a sitting: every seat is invited, and what waits comes onto its agenda. The same
    ``submission`` calls one. Raises ``Refused``, ``Gone``, ``Invalid``."""
    body = kept(body, by)
    if submission and (seen := Sitting.objects.filter(pk=submission).first()):
        return seen
    if starts_at <= at:
        raise Invalid(_("A sitting is called for later. Type up one that was held."), "starts_at")
    sitting = Sitting(body=body, starts_at=starts_at, place=place.strip())
    if submission:
        sitting.id = submission
    sitting.called_at, sitting.called_by = at, by
    with said():
        sitting.save(force_insert=True)
    invite(sitting)
    _load(sitting, by, at)
    audit.record("body.sitting_called", by=by, at=at, subject=sitting)
    return sitting


def _load(sitting: Sitting, by: User, at: datetime) -> None:
    """What waits without a sitting comes onto this agenda; so do proposals that are due."""
    body = sitting.body
    for item in Item.objects.filter(body=body, sitting=None, outcome=""):
        item.sitting = sitting
        item.save(update_fields=["sitting"])
    for one in queries.unanswered(body, queries.local_day(body, sitting.starts_at)):
        _table_proposal(one, sitting, by, at)


def _table_proposal(one: Proposal, sitting: Sitting, by: User, at: datetime) -> None:
    if Item.objects.filter(body=sitting.body, subject_id=one.pk, outcome="").exists():
        return
    row = Item(body=sitting.body, sitting=sitting, kind=PROPOSAL, subject_id=one.pk)
    row.number, row.due_on = one.number, one.deferred_to or one.due_on
    row.tabled_at, row.tabled_by = at, by
    row.save(force_insert=True)


@transaction.atomic
def cancel(sitting: Sitting, *, by: User, at: datetime) -> Sitting:
    """Cancel a sitting that did not begin, or drop one that was typed up wrongly and that nobody
    has signed; its agenda waits for the next one. Raises ``Refused``, ``Gone``, ``NotPossible``."""
    row = sitting_kept(sitting, by)
    is_typed = row.on_paper and row.signed_by_id is None and row.state == State.OPEN
    row.state = State.CANCELLED if is_typed else LIFECYCLE.after("cancel", row.state)
    row.save(update_fields=["state"])
    for item in Item.objects.filter(sitting=row, outcome=""):
        item.sitting = None
        item.save(update_fields=["sitting"])
    audit.record("body.sitting_cancelled", by=by, at=at, subject=row)
    return row


@transaction.atomic
def open_sitting(sitting: Sitting, *, by: User, at: datetime) -> Sitting:
    """Open it: the database counts how many voting seats make the quorum. Raises ``Refused``,
    ``Gone``, ``NotPossible``."""
    row = sitting_kept(sitting, by)
    row.state, row.opened_at = LIFECYCLE.after("open", row.state), at
    row.starts_at = min(row.starts_at, at)
    with said():
        row.save(update_fields=["state", "opened_at", "starts_at"])
    invite(row)
    row.refresh_from_db()
    _load(row, by, at)
    audit.record("body.sitting_opened", by=by, at=at, subject=row)
    return row


@transaction.atomic
def answer_invitation(attendance: Attendance, *, answer: str, by: User, at: datetime) -> Attendance:
    """Say whether one comes, for the own seat. Raises ``Refused``, ``Gone``, ``Invalid``,
    ``NotPossible``."""
    reach.require(by, Permission.BODY_READ)
    rows = Attendance.objects.select_related("seat", "sitting")
    found = rows.filter(pk=attendance.pk).first()
    if found is None or by.pk not in (found.seat.user_id, found.seat.alternate_id):
        raise Gone
    if answer not in Answer.values:
        raise Invalid(_("Choose one from the list."), "answer")
    found.answer, found.answered_at = answer, at
    with said():
        found.save(update_fields=["answer", "answered_at"])
    audit.record("body.invitation_answered", by=by, at=at, subject=found, reason=answer)
    return found


@transaction.atomic
def attend(
    sitting: Sitting,
    *,
    there: Mapping[UUID, bool],
    alternates: Sequence[UUID] = (),
    by: User,
    at: datetime,
) -> Sitting:
    """Write who is there now, by seat; ``alternates`` are seats in which the alternate sits. Who
    was there and is not any more has left. Raises ``Refused``, ``Gone``, ``NotPossible``."""
    row = sitting_kept(sitting, by)
    if row.state != State.OPEN:
        raise NotPossible(queries.NOT_OPEN)
    if row.on_paper:
        raise NotPossible(queries.ON_PAPER)
    for one in Attendance.objects.filter(sitting=row, seat_id__in=list(there)).order_by("pk"):
        is_there, was_there = there[one.seat_id], one.came_at is not None and one.left_at is None
        is_alternate = one.seat_id in alternates
        if is_there == was_there and (not is_there or is_alternate == one.by_alternate):
            continue
        if is_there:
            one.came_at, one.left_at, one.by_alternate = one.came_at or at, None, is_alternate
        else:
            one.left_at = at
        with said():
            one.save(update_fields=["came_at", "left_at", "by_alternate"])
    audit.record("body.sitting_attended", by=by, at=at, subject=row)
    return row


class PaperResult(NamedTuple):
    """What the paper says of one item: votes for, against, abstained."""

    item: UUID
    in_favour: int
    against: int
    abstained: int


@transaction.atomic
def type_up(
    body: Body,
    *,
    held_at: datetime,
    reason: str,
    there: Sequence[UUID],
    results: Sequence[PaperResult],
    by: User,
    at: datetime,
    place: str = "",
    submission: UUID | None = None,
) -> Sitting:
    """Type up a sitting that was held on paper: who was there (seats), how many votes each item
    had. It decides nothing before a second person has signed (``sign``). The same ``submission``
    types up one. Raises ``Refused``, ``Gone``, ``Invalid``, ``NotPossible``."""
    body = kept(body, by)
    if submission and (seen := Sitting.objects.filter(pk=submission).first()):
        return seen
    if held_at > at:
        raise Invalid(_("This date lies in the future."), "held_at")
    if queries.local_day(body, held_at) < body.founded_on:
        raise Invalid(_("The body did not exist on that day."), "day")
    if not reason.strip():
        raise Invalid(_("Say why it was held on paper."), "reason")
    row = Sitting(body=body, starts_at=held_at, place=place.strip(), state=State.OPEN)
    if submission:
        row.id = submission
    row.on_paper, row.reason, row.typed_by = True, reason.strip(), by
    row.called_at, row.called_by, row.opened_at = at, by, at
    with said():
        row.save(force_insert=True)
    _type_attendance(row, there, held_at)
    _type_results(row, results)
    row.refresh_from_db()
    audit.record("body.sitting_typed_up", by=by, at=at, subject=row)
    return row


def _type_attendance(row: Sitting, there: Sequence[UUID], held_at: datetime) -> None:
    seats = queries.seats_of(row.body, queries.local_day(row.body, held_at))
    if set(there) - {one.pk for one in seats}:
        raise Invalid(_("One of them had no seat on that day."), "there")
    invite(row)
    for one in Attendance.objects.filter(sitting=row, seat_id__in=there).order_by("pk"):
        one.came_at = held_at
        one.save(update_fields=["came_at"])


def _type_results(row: Sitting, results: Sequence[PaperResult]) -> None:
    voices = queries.present(row)
    found = {
        one.pk: one
        for one in Item.objects.select_for_update().filter(
            pk__in=[result.item for result in results], body=row.body, outcome=""
        )
    }
    for result in results:
        item = found.get(result.item)
        if item is None:
            raise NotPossible(_("One of the items was settled meanwhile. Nothing was typed up."))
        if result.in_favour + result.against + result.abstained > voices:
            text = _("%(number)s: more votes than voting seats that were there (%(voices)d).")
            raise Invalid(text % {"number": item.number, "voices": voices}, "there")
        item.sitting = row
        item.save(update_fields=["sitting"])
        item.paper_for, item.paper_against = result.in_favour, result.against
        item.paper_abstained = result.abstained
        item.save(update_fields=["paper_for", "paper_against", "paper_abstained"])


@transaction.atomic
def sign(sitting: Sitting, *, by: User, at: datetime) -> Sitting:
    """The second signature under a sitting that was typed up: by anybody of the body but who typed
    it. Raises ``Refused``, ``Gone``, ``NotPossible``."""
    reach.require(by, Permission.BODY_READ)
    rows = Sitting.objects.select_for_update(of=("self",)).select_related("body__team")
    found = rows.filter(pk=sitting.pk, on_paper=True).first()
    if found is None:
        raise Gone
    if found.signed_by_id is not None or found.state != State.OPEN:
        raise NotPossible
    if found.typed_by_id == by.pk:
        raise NotPossible(_("You typed it up: somebody else signs."))
    found.signed_by, found.signed_at = by, at
    with said():
        found.save(update_fields=["signed_by", "signed_at"])
    audit.record("body.sitting_signed", by=by, at=at, subject=found)
    return found


@transaction.atomic
def close_minutes(sitting: Sitting, *, by: User, at: datetime) -> Sitting:
    """Close the sitting: its minutes stand for ever. Refused while anything on its agenda is
    neither settled nor put off. Raises ``Refused``, ``Gone``, ``NotPossible``."""
    row = sitting_kept(sitting, by)
    if row.state == State.CLOSED:
        raise NotPossible(CLOSED)
    row.state = LIFECYCLE.after("close", row.state)
    row.closed_at, row.closed_by = at, by
    with said():
        row.save(update_fields=["state", "closed_at", "closed_by"])
    audit.record("body.minutes_closed", by=by, at=at, subject=row)
    return row


@transaction.atomic
def add_to_minutes(sitting: Sitting, *, text: str, by: User, at: datetime) -> Addendum:
    """Correct closed minutes beside them. Raises ``Refused``, ``Gone``, ``Invalid``,
    ``NotPossible``."""
    row = sitting_kept(sitting, by)
    if row.state != State.CLOSED:
        raise NotPossible(_("The minutes are not closed yet: change them."))
    if not text.strip():
        raise Invalid(_("Write what is corrected."), "text")
    number = Addendum.objects.filter(sitting=row).count() + 1
    made = Addendum(body=row.body, sitting=row, number=number, text=text.strip(), at=at, by=by)
    made.save(force_insert=True)
    audit.record("body.minutes_added_to", by=by, at=at, subject=made)
    return made
