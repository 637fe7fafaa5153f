"""Breaches (row F13): whoever was affected is listed for the holder, and told by a safe channel."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, User
from panoh.access.queries import require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.beats import _held, _tell
from panoh.cases.models import Affected
from panoh.cases.rules.orders import BreachKind
from panoh.duties import actions as duties
from panoh.kernel.rules import Invalid, NotPossible
from panoh.policy import queries as policy

TELL = "breach.tell"


@transaction.atomic
def open_breach(
    *,
    kind: BreachKind,
    since: datetime,
    until: datetime,
    user: User | None = None,
    team: Team | None = None,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> int:
    """Register a breach; return how many people it concerns, and nothing else of them.

    Through an account: whoever's file it opened between the two moments, by the log. Through a
    team: whoever it reached then. Each holder gets a duty to tell the person within the pack's
    hours, and the safety plan is looked at again. Raises ``Refused``, ``Invalid``.
    """
    require(by, Permission.BREACH_OPEN)
    if (user is None) == (team is None):
        raise Invalid(_("Choose one account, or one team."), "user")
    if not since < until or since > at:
        raise Invalid(_("The end comes after the beginning."), "until")
    row = submission or uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cases_open_breach(%s, %s, %s::int, %s::int, %s, %s, %s, %s, %s)",
            [
                row,
                str(kind),
                user.pk if user else None,
                team.pk if team else None,
                since,
                until,
                at,
                policy.due("breach_tell", at),
                policy.due("safety_review", at),
            ],
        )
        count = int(cursor.fetchone()[0])
    audit.record(
        "breach.opened",
        by=by,
        at=at,
        subject=("cases.Breach", str(row)),
        reason=f"{kind}: {count} people",
    )
    return count


@transaction.atomic
def tell_of_breach(row: Affected, *, channel: str, by: User, at: datetime) -> Affected:
    """The person was told by a safe channel. The review of the safety plan stays owed. Raises
    ``Gone``, ``Invalid`` for a channel that is none, ``NotPossible`` if she knows already."""
    _held(row.dossier, Permission.CASE_WRITE, by)
    found = queries.affected(row.pk)
    if found.told_at is not None:
        raise NotPossible
    queries.expect("safe_channels", channel, policy.local_day(at), "channel")
    found.told_at, found.told_by, found.channel = at, by, channel
    found.save(update_fields=["told_at", "told_by", "channel"])
    duties.settle(kind=TELL, subject_id=found.pk, outcome=channel, by=by, at=at)
    _tell(found.dossier, "breach.told", by, at, subject_id=found.pk)
    audit.record("breach.told", by=by, at=at, subject=found)
    return found
