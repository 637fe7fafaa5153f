"""Duties as the pages show them: what, where it is done, what may be done at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from panoh.access.models import User
from panoh.access.queries import may, my_teams
from panoh.access.rules import Permission
from panoh.desk import rules
from panoh.desk.queries.addresses import url
from panoh.duties import queries as duties
from panoh.duties.models import Duty
from panoh.duties.queries import Owed
from panoh.duties.rules import kind
from panoh.ui.templatetags.addresses import address


@dataclass(frozen=True, slots=True)
class Task:
    """A duty on a page: its words, where it is done, and what may be done with it at once."""

    owed: Owed
    ref: str
    url: str
    may_take: bool
    may_finish: bool
    may_ask_why: bool


def tasks(found: Iterable[Duty], *, user: User, at: datetime) -> list[Task]:
    """Duties in their order, with their words at a moment."""
    settles = may(user, Permission.DUTY_SETTLE)
    reads = may(user, Permission.CASE_READ)
    asks = may(user, Permission.DUTY_READ)
    mine = my_teams()
    return [
        _task(owed, settles, reads, owed.duty.owner_id in mine, asks)
        for owed in duties.told(found, at)
    ]


def _task(owed: Owed, settles: bool, reads: bool, is_mine: bool, asks: bool) -> Task:
    duty = owed.duty
    sort = kind(duty.kind)
    # A receiver owes something about a case that it does not see: then there is no page of it.
    ref = duty.dossier.ref if duty.dossier is not None and reads else ""
    return Task(
        owed,
        ref,
        # What another team owes can be read here, and done only there.
        _where(duty, ref) if is_mine else "",
        may_take=settles and is_mine and sort.alert and duty.acknowledged_at is None,
        may_finish=settles and is_mine and sort.by_hand,
        may_ask_why=asks and bool(duty.period or duty.due_at),
    )


def _where(duty: Duty, ref: str) -> str:
    name = rules.LEADS_TO.get(duty.kind, "desk:case")
    takes = _takes(name)
    if takes == "ref":
        return address(name, ref) if ref else ""
    if takes == "duty":
        return address(name, duty.pk)
    return url(name) or (url("desk:case", ref) if ref else "")


@cache
def _takes(name: str) -> str:
    """Which one argument the address needs; asked once, as a failing ``reverse`` is slow."""
    samples: dict[str, object] = {"ref": "X", "duty": UUID(int=0)}
    return next((what for what, sample in samples.items() if url(name, sample)), "")
