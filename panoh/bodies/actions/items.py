"""Bring a matter before a body, declare a conflict, vote, settle or put off, resolve."""

from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.bodies import queries
from panoh.bodies.actions.beats import item_locked, kept, said, sitting_kept
from panoh.bodies.models import (
    Body,
    Choice,
    Conflict,
    Item,
    Postponement,
    Resolution,
    Seat,
    Sitting,
    State,
    Vote,
)
from panoh.bodies.rules import (
    KINDS,
    OUTCOMES,
)
from panoh.duties import actions as duties
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy import queries as policy

RESOLVED = "body.resolution"


@transaction.atomic
def table(
    kind: str,
    *,
    body: Body,
    subject_id: UUID | None,
    number: str,
    due_on: date | None,
    by: User,
    at: datetime,
    title: str = "",
    remark: str = "",
    sitting: Sitting | None = None,
) -> Item:
    """Bring a matter before a body: onto the agenda of its next sitting, or of the first one that
    is called, or, by who keeps the body, onto that of ``sitting``.

    A consequence of a verb that asked for its own permission; whoever tables needs no seat and
    reads the item afterwards only as a member. Raises ``NotPossible``, ``KeyError``."""
    KINDS[kind]
    row = Item(body=body, kind=kind, subject_id=subject_id, number=number, title=title.strip())
    row.sitting, row.remark = sitting, remark
    row.due_on, row.tabled_at, row.tabled_by = due_on, at, by
    with said():
        row.save(force_insert=True)
    audit.record("body.item_tabled", by=by, at=at, subject=row, reason=kind)
    return row


@transaction.atomic
def declare_conflict(item: Item, *, seat: Seat | None = None, by: User, at: datetime) -> Conflict:
    """A matter touches the acting account; or, written by who keeps the body, whoever holds
    ``seat``. From now on they neither vote on it nor read it. Raises ``Refused``, ``Gone``,
    ``NotPossible``."""
    reach.require(by, Permission.BODY_READ)
    row = item_locked(item.pk)
    made = Conflict(body=row.body, item=row, at=at, by=by, user=by)
    if seat is not None:
        kept(row.body, by)
        made.seat, made.user = seat, seat.user
    else:
        made.seat = queries.my_seat(row.body, by, queries.local_day(row.body, at))
    # After this the account may not read the row: nothing is asked of it any more.
    audit.record("body.conflict_declared", by=by, at=at, subject=row)
    with said():
        made.save(force_insert=True)
    return made


@transaction.atomic
def vote(item: Item, *, seat: Seat, choice: str, by: User, at: datetime) -> Vote:
    """One vote of a seat: cast by who sits there, or written by the secretary. The first one
    stands. Raises ``Refused``, ``Gone``, ``Invalid``, ``NotPossible``."""
    reach.require(by, Permission.BODY_READ)
    row = Item.objects.select_related("body").filter(pk=item.pk).first()
    if row is None or seat.body_id != row.body_id:
        raise Gone
    if by.pk not in (seat.user_id, seat.alternate_id):
        kept(row.body, by)
    if choice not in Choice.values:
        raise Invalid(_("Choose one from the list."), "choice")
    if row.sitting_id is None:
        raise NotPossible(queries.NOT_OPEN)
    made = Vote(body=row.body, sitting_id=row.sitting_id, item=row, seat=seat, choice=choice)
    made.at, made.by = at, by
    with said():
        made.save(force_insert=True)
    audit.record("body.voted", by=by, at=at, subject=made)
    return made


@transaction.atomic
def settle_item(item: Item, *, outcome: str, by: User, at: datetime) -> Item:
    """Write down what an open sitting decided: with quorum, with votes, by who keeps the body. The
    first one wins, a second is told. Raises ``Refused``, ``Gone``, ``NotPossible``."""
    OUTCOMES[outcome]
    reach.require(by, Permission.BODY_KEEP)
    row = item_locked(item.pk)
    kept(row.body, by)
    row = queries.require_deciding(row, at)
    row.outcome, row.settled_at, row.settled_by = outcome, at, by
    with said():
        row.save(update_fields=["outcome", "settled_at", "settled_by"])
    row.refresh_from_db(fields=["carried"])
    audit.record("body.item_settled", by=by, at=at, subject=row, reason=outcome)
    return row


@transaction.atomic
def postpone(item: Item, *, why: str, by: User, at: datetime) -> Item:
    """Put a matter off to the next sitting, for a reason that the minutes show; needs no quorum.
    Raises ``Refused``, ``Gone``, ``Invalid``, ``NotPossible``."""
    reach.require(by, Permission.BODY_KEEP)
    row = item_locked(item.pk)
    kept(row.body, by)
    if not why.strip():
        raise Invalid(_("Say why it is put off."), "why")
    if row.sitting_id is None:
        raise NotPossible(queries.NOT_OPEN)
    made = Postponement(body=row.body, sitting_id=row.sitting_id, item=row, why=why.strip())
    made.at, made.by = at, by
    following = Sitting.objects.filter(body=row.body, state=State.CALLED, starts_at__gt=at)
    row.sitting = following.order_by("starts_at", "pk").first()
    with said():
        made.save(force_insert=True)
        row.save(update_fields=["sitting"])
    audit.record("body.item_postponed", by=by, at=at, subject=row)
    return row


@transaction.atomic
def take_off(subject_id: UUID, *, by: User, at: datetime) -> None:
    """A matter was taken back, and nobody of the body may read it any more: no sitting waits for
    it. A consequence of a verb that asked for its own permission and ended the reading first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT bodies_take_off(%s, %s)", [subject_id, at])
    audit.record("body.item_taken_off", by=by, at=at, subject=("bodies.Item", subject_id))


@transaction.atomic
def resolve(
    sitting: Sitting, *, text: str, owner: Team, due_on: date, by: User, at: datetime
) -> Resolution:
    """Write down what somebody is to do, until when; its owner owes it. Raises ``Refused``,
    ``Gone``, ``Invalid``, ``NotPossible``."""
    row = sitting_kept(sitting, by)
    if row.state != State.OPEN:
        raise NotPossible(queries.NOT_OPEN)
    if row.on_paper and row.signed_by_id is None:
        raise NotPossible(queries.UNSIGNED)
    if not queries.quorum(row):
        raise NotPossible(queries.NO_QUORUM)
    if not text.strip():
        raise Invalid(_("Say what is to be done."), "text")
    if due_on < queries.local_day(row.body, row.starts_at):
        raise Invalid(_("The day comes after the sitting."), "due_on")
    number = Resolution.objects.filter(sitting=row).count() + 1
    made = Resolution(body=row.body, sitting=row, number=number, text=text.strip(), owner=owner)
    made.due_on, made.at, made.by = due_on, at, by
    with said():
        made.save(force_insert=True)
    zone = row.body.zone
    due = policy.calendar(zone).end_of(due_on)
    duties.open(RESOLVED, owner=owner, due=due, zone=zone, subject_id=made.pk, by=by, at=at)
    audit.record("body.resolved", by=by, at=at, subject=made)
    return made


@transaction.atomic
def finish_resolution(
    resolution: Resolution, *, outcome: str, by: User, at: datetime
) -> Resolution:
    """Say what came of it, as its owner or as who keeps the body. Raises ``Refused``, ``Gone``,
    ``Invalid``, ``NotPossible``."""
    found = Resolution.objects.select_for_update().filter(pk=resolution.pk).first()
    if found is None:
        raise Gone
    if found.owner_id not in reach.my_teams():
        kept(Body.objects.get(pk=found.body_id), by)
    if not outcome.strip():
        raise Invalid(_("Say what came of it."), "outcome")
    found.done_at, found.done_by, found.outcome = at, by, outcome.strip()
    with said():
        found.save(update_fields=["done_at", "done_by", "outcome"])
    duties.settle(kind=RESOLVED, subject_id=found.pk, outcome="done", by=by, at=at)
    audit.record("body.resolution_done", by=by, at=at, subject=found)
    return found
