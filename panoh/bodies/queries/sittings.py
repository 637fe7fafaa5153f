"""Who is there, is there a quorum, how did they vote, may this be decided now?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Func, Q, QuerySet
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from panoh.access.models import User
from panoh.bodies.models import (
    Attendance,
    Body,
    Conflict,
    Item,
    Seat,
    Sitting,
    State,
    Vote,
)
from panoh.bodies.rules import (
    Tally,
)
from panoh.kernel.rules import Gone, NotPossible

PAGE = 50


def sitting_of(body: Body, key: UUID) -> Sitting:
    """A sitting of this body. Raises ``Gone``."""
    found = Sitting.objects.select_related("body__team").filter(pk=key, body=body).first()
    if found is None:
        raise Gone
    return found


def sittings_of(body: Body) -> list[Sitting]:
    """The sittings of a body, newest first."""
    return list(Sitting.objects.filter(body=body).order_by("-starts_at", "-pk")[:PAGE])


def next_sitting(body: Body, at: datetime) -> Sitting | None:
    """The next one that is called, or the one that sits now."""
    rows = Sitting.objects.filter(body=body, state__in=[State.CALLED, State.OPEN])
    return rows.order_by("-state", "starts_at", "pk").first()


def items_of(sitting: Sitting) -> QuerySet[Item]:
    """The agenda of a sitting, the longest due first; never an item that touches the reader.
    ``due_at``: until when the body owes an answer."""
    return in_order(Item.objects.filter(sitting=sitting).select_related("body"))


def waiting_for(body: Body) -> QuerySet[Item]:
    """What is before a body and not settled, in the order of an agenda."""
    return in_order(Item.objects.filter(body=body, outcome=""))


def in_order(rows: QuerySet[Item]) -> QuerySet[Item]:
    """Items the longest due first: for whoever reads them in the same order."""
    moment: DateTimeField[Any, Any] = DateTimeField()
    rows = rows.annotate(due_at=Func("pk", function="bodies_due", output_field=moment))
    first_due = Coalesce("due_at", Cast("due_on", moment)).asc(nulls_last=True)
    return rows.order_by(first_due, "tabled_at", "number", "pk")


def item_of(body: Body, key: UUID) -> Item:
    """An item of this body that the reader may read. Raises ``Gone``."""
    found = Item.objects.select_related("body", "sitting").filter(pk=key, body=body).first()
    if found is None:
        raise Gone
    return found


def item_about(subject_id: UUID) -> Item | None:
    """The newest item about a row of a room above, for those who may read it."""
    rows = Item.objects.filter(subject_id=subject_id).select_related("body", "sitting")
    return rows.order_by("-tabled_at").first()


def item_numbered(number: str, kinds: Iterable[str]) -> Item:
    """The newest item of this number and one of these kinds before a body of mine, if it does not
    touch the reader. Raises ``Gone``."""
    rows = Item.objects.filter(number=number, kind__in=list(kinds)).select_related("body__team")
    found = rows.order_by("-tabled_at").first()
    if found is None:
        raise Gone
    return found


def attendance_of(sitting: Sitting) -> list[Attendance]:
    """Every invited seat: what it answered, when it came and left; the chair first."""
    rows = Attendance.objects.filter(sitting=sitting)
    found = rows.select_related("seat__user", "seat__alternate")
    return list(found.order_by("-seat__chairs", "-seat__votes", "seat__title", "pk"))


def present(sitting: Sitting, item: Item | None = None) -> int:
    """Voting seats that are there now, without those whom the item touches."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT bodies_present(%s, %s)", [sitting.pk, item.pk if item else None])
        return int(cursor.fetchone()[0])


def quorum(sitting: Sitting, item: Item | None = None) -> bool:
    """Are enough voting seats there now?"""
    return sitting.needed is not None and present(sitting, item) >= sitting.needed


def may_vote(item: Item, *, again: bool = False) -> list[Seat]:
    """Seats that may vote on an item now: there, with a voice, untouched; without ``again`` only
    those that have not voted."""
    sql = """
        SELECT s.id FROM bodies_attendance a JOIN bodies_seat s ON s.id = a.seat_id
        WHERE a.sitting_id = %s AND a.came_at IS NOT NULL AND a.left_at IS NULL AND s.votes
          AND NOT bodies_touched(%s, s.id, a.by_alternate)
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [item.sitting_id, item.pk])
        keys = [key for (key,) in cursor.fetchall()]
    rows = Seat.objects.filter(pk__in=keys).select_related("user")
    if not again:
        voted = Vote.objects.filter(item=item, sitting=item.sitting)
        rows = rows.exclude(pk__in=voted.values("seat_id"))
    return list(rows.order_by("-chairs", "title", "pk"))


def seat_there(sitting: Sitting, user: User) -> Seat | None:
    """The seat in which the account sits now: its own, or another's as the alternate who came. One
    with a voice goes before one that only listens; there are never two with a voice."""
    sits = Q(seat__user=user, by_alternate=False) | Q(seat__alternate=user, by_alternate=True)
    there = Attendance.objects.filter(sitting=sitting, came_at__isnull=False, left_at=None)
    found = there.filter(sits).select_related("seat").order_by("-seat__votes", "pk").first()
    return found.seat if found else None


def conflicted(item: Item) -> frozenset[int]:
    """Accounts that a matter touches: they neither vote on it nor read it."""
    rows = Conflict.objects.filter(item=item, user__isnull=False)
    return frozenset(rows.values_list("user_id", flat=True)) - {None}


# As the wall counts when it settles: without the votes of those whom the matter touches.
_COUNTED = """
    SELECT count(*) FILTER (WHERE v.choice = 'for'), count(*) FILTER (WHERE v.choice = 'against'),
           count(*) FILTER (WHERE v.choice = 'abstain')
    FROM bodies_item i JOIN bodies_vote v ON v.item_id = i.id AND v.sitting_id = i.sitting_id
    LEFT JOIN bodies_attendance a ON a.sitting_id = v.sitting_id AND a.seat_id = v.seat_id
    WHERE i.id = %s AND NOT bodies_touched(v.item_id, v.seat_id, coalesce(a.by_alternate, false))
"""


def tally(item: Item) -> Tally:
    """The votes of this sitting; on a sitting held on paper the count that was typed up."""
    percent = item.body.majority_percent
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [item.pk])
        yes, no, neither = cursor.fetchone()
    if yes + no + neither:
        return Tally(yes, no, neither, percent)
    typed = item.paper_for or 0, item.paper_against or 0, item.paper_abstained or 0
    return Tally(*typed, percent)


def require_deciding(item: Item | None, at: datetime) -> Item:
    """The item as it is now, if it may be decided. Raises ``NotPossible`` and names the rule,
    ``Gone`` for whom it touches."""
    rows = Item.objects.select_related("body", "sitting")
    found = rows.filter(pk=item.pk).first() if item else None
    if found is None:
        raise Gone
    if found.outcome:
        raise NotPossible(_("This was settled already. Nothing was changed."))
    sitting = found.sitting
    if sitting is None or sitting.state != State.OPEN or sitting.starts_at > at:
        raise NotPossible(NOT_OPEN)
    if sitting.on_paper and sitting.signed_by_id is None:
        raise NotPossible(UNSIGNED)
    if not quorum(sitting):
        raise NotPossible(NO_QUORUM)
    if not quorum(sitting, found):
        raise NotPossible(CONFLICTS)
    if not tally(found).cast:
        raise NotPossible(NO_VOTES)
    return found


NOT_OPEN = _("Nothing is decided outside an open sitting.")
UNSIGNED = _("This sitting was typed up from paper: a second person signs it first.")
ON_PAPER = _("This sitting was held on paper: what was typed up stays as it is.")
NO_QUORUM = _("There is no quorum. Nothing is decided; put the matter off.")
CONFLICTS = _("Without those whom the matter touches there is no quorum. Put the matter off.")
NO_VOTES = _("Nobody has voted on this yet.")


@dataclass(frozen=True, slots=True)
class Roll:
    """One item of a sitting as the page and the minutes show it."""

    item: Item
    tally: Tally
    votes: list[Vote]
    mine: Vote | None


def roll(sitting: Sitting, seat: Seat | None = None) -> list[Roll]:
    """The agenda with the votes; ``seat`` is the one in which the reader sits."""
    found = []
    for item in items_of(sitting):
        votes = list(
            Vote.objects.filter(item=item, sitting=sitting)
            .select_related("seat__user", "seat__alternate")
            .order_by("seat__title", "pk")
        )
        own = next((one for one in votes if one.seat == seat), None)
        found.append(Roll(item, tally(item), votes, own))
    return found
