"""The beats that verbs of this room share: find what is mine, say a refusal of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import User
from panoh.access.rules import Permission
from panoh.bodies import queries
from panoh.bodies.models import Attendance, Body, Item, Sitting
from panoh.kernel.rules import Gone, NotPossible

CLOSED = _("The minutes are closed. Nothing was changed; write an addendum.")
# What the database refuses, by the name of its rule.
REFUSALS = {
    "bodies_closed": CLOSED,
    "bodies_sitting_open": queries.NOT_OPEN,
    "bodies_second_signs": queries.UNSIGNED,
    "bodies_on_paper": queries.ON_PAPER,
    "bodies_quorum": queries.NO_QUORUM,
    "bodies_votes": queries.NO_VOTES,
    "bodies_votes_once": _("This seat has voted on this already. The first vote stands."),
    "bodies_may_vote": _(
        "This seat does not vote here: it is not there, has no voice, or the matter touches it."
    ),
    "bodies_carried": _("The votes say something else. Nothing was written down."),
    "bodies_unsettled": _("Something on the agenda is neither settled nor put off."),
    "bodies_unanswered": _("A proposal of this event has no answer yet."),
    "bodies_settled_stays": _("This was settled already. Nothing was changed."),
    "bodies_answer_stays": _("This was answered already. Nothing was changed."),
    "bodies_done_stays": _("This was done already. Nothing was changed."),
    "bodies_one_open": _("Another sitting of this body is open. Close it first."),
    "bodies_tabled_once": _("This is before this body already."),
    "bodies_one_decides": _("Another body decides for this place already."),
    "bodies_one_seat_each": _("This account has a seat there already."),
    "bodies_ended": _("This body was ended. Nothing was changed."),
    "bodies_ends_settled": _(
        "A sitting of it is called or open, or a matter or a proposal waits before it: what it has "
        "begun is settled, answered, cancelled or taken back first. Nothing was changed."
    ),
    "bodies_declared_once": _("This was declared already."),
    "bodies_put_off_once": _("This was put off already."),
    "bodies_closer_untouched": _(
        "A matter that was decided here touches you: somebody else closes the minutes."
    ),
    "bodies_arrives": _(
        "One of them has no seat on the day of the sitting, or the seat has no alternate."
    ),
    "bodies_sits_once": _("One of them sits there for another seat already."),
    "bodies_alternate_sat": _(
        "The alternate has sat there, and the minutes say so. End this seat and give a new one."
    ),
}


@contextmanager
def said() -> Iterator[None]:
    """Turn a refusal of the database into ``NotPossible``; nothing of what was tried stays."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as fault:
        diag = getattr(fault.__cause__, "diag", None)
        words = REFUSALS.get(getattr(diag, "constraint_name", None) or "")
        if words is None:
            raise
        raise NotPossible(words) from fault


def kept(body: Body, by: User) -> Body:
    """The body, if the account keeps its papers. Raises ``Refused``, ``Gone``."""
    reach.require(by, Permission.BODY_KEEP)
    if not queries.keeps(by, body):
        raise Gone
    return body


def sitting_kept(sitting: Sitting, by: User) -> Sitting:
    """The sitting as it is now, locked, for who keeps the body. Raises ``Refused``, ``Gone``."""
    reach.require(by, Permission.BODY_KEEP)
    rows = Sitting.objects.select_for_update(of=("self",)).select_related("body__team")
    found = rows.filter(pk=sitting.pk, body__team_id__in=reach.my_teams()).first()
    if found is None:
        raise Gone
    return found


def invite(sitting: Sitting) -> None:
    """Every seat that has its term on the day of a sitting is invited, once."""
    known = set(Attendance.objects.filter(sitting=sitting).values_list("seat_id", flat=True))
    day = queries.local_day(sitting.body, sitting.starts_at)
    for one in queries.seats_of(sitting.body, day):
        if one.pk not in known:
            row = Attendance(body_id=sitting.body_id, sitting=sitting, seat=one)
            row.save(force_insert=True)


def item_locked(key: UUID) -> Item:
    """The item as it is now, locked; ``Gone`` for whom it touches too."""
    rows = Item.objects.select_for_update(of=("self",)).select_related("body__team", "sitting")
    found = rows.filter(pk=key).first()
    if found is None:
        raise Gone
    return found
