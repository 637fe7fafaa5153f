"""The commission's queue: cases without identity, and a message that the holder passes on (B2)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from panoh.access.models import User
from panoh.access.queries import require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line: its own reference, the month, the region, and what was assessed; no more."""

    code: str
    month: date
    region: str
    trafficking: str


@transaction.atomic
def read_queue(*, by: User, at: datetime) -> list[Waiting]:
    """The cases whose person agreed to an application to the reader's own unit, newest first.

    Raises ``Refused``. A line gets its random reference when it is first read.
    """
    require(by, Permission.QUEUE_READ)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, month, district, trafficking FROM cases_read_queue(%s)", [SHOWN]
        )
        rows = cursor.fetchall()
    audit.record("queue.read", by=by, at=at, subject=("cases.Queued", ""))
    return [
        Waiting(
            code,
            month,
            _region(district),
            str(policy.label("trafficking_assessments", trafficking)),
        )
        for code, month, district, trafficking in rows
    ]


def _region(district: str) -> str:
    found = policy.region_of(district)
    return str(found) if found else ""


@transaction.atomic
def ask_holder(*, code: str, message: str, by: User, at: datetime) -> None:
    """Ask the holder of a line to pass a message: a duty of the holder's. The asker learns nothing.

    The same message is owed once. Raises ``Refused``, ``Gone`` for a line that is not (or no
    longer) in the queue; another message than those of the list is refused by the database.
    """
    require(by, Permission.QUEUE_ASK)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_ask_holder(%s, %s)", [code, message])
        (found,) = cursor.fetchone()
    if not found:
        raise Gone
    audit.record("queue.asked", by=by, at=at, subject=("cases.Queued", code), reason=message)
