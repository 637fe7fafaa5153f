"""Each night: quarters without a sitting, matters past their day, a co-ordination that moves."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from panoh.audit import actions as audit
from panoh.bodies import queries
from panoh.bodies.models import Body, Happening, HappeningKind, Item
from panoh.duties.models import Duty
from panoh.policy import queries as policy


@transaction.atomic
def look_back(*, at: datetime, by: str = "bodies") -> int:
    """Count what was missed and what is late, each once, and move the tasks of a co-ordination
    that begins today; return how many rows are new. Works as role ``jobs``."""
    today = policy.local_day(at)
    # What the body's team owes about a matter, by the clock that runs now.
    late = Duty.objects.unsettled().filter(
        subject_id=OuterRef("subject_id"), owner=OuterRef("body__team"), due_at__lt=at
    )
    rows = [
        Happening(body=body, kind=HappeningKind.MISSED, key=str(quarter), at=at)
        for body in Body.objects.filter(ended_on=None, quarterly=True)
        for quarter in queries.calendar(body, queries.local_day(body, at), body.founded_on).missed
    ]
    rows += [
        Happening(
            body_id=item.body_id,
            kind=HappeningKind.OVERDUE,
            item_kind=item.kind,
            key=str(item.pk),
            at=at,
        )
        for item in Item.objects.filter(Q(due_on__lt=today) | Exists(late), outcome="")
    ]
    known = set(Happening.objects.values_list("body_id", "kind", "key"))
    new = [one for one in rows if (one.body_id, one.kind, one.key) not in known]
    for one in new:
        one.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT bodies_move_tasks()")
    audit.record("body.looked_at_by_clock", by=by, at=at, reason=f"{len(new)} rows")
    return len(new)
