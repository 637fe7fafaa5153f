"""Emergency access in the fictional country: the hotline is named, time is turned back."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.people import actions as people
from panoh.people import queries
from panoh.people.models import EmergencyCall
from tests.factories.people import named
from tests.factories.staff import as_user, team

REASON = "He said on the telephone that he will kill her tonight"


def now() -> datetime:
    return datetime.now(UTC)


def hotline(name: str | None = "hotline-cases") -> None:
    """Name the duty hotline."""
    with as_user("admin") as by:
        access.name_hotline(team=team(name) if name else None, by=by, at=now())


def file_of_ngo() -> Dossier:
    """A named person with a telephone, written after the hotline was named."""
    hotline()
    return named()


def ask(who: str = "hadia", of: str = "hotline-cases", ref: str = "", **more: Any) -> EmergencyCall:
    with as_user(who) as by:
        given = {"danger": "danger", "reason": REASON, "at": now(), **more}
        return people.ask(uuid4(), team=team(of), ref=ref, by=by, **given)


def wait_over(owner: psycopg.Connection, call: EmergencyCall, minutes: int = 16) -> None:
    """Turn the clock of a call back, as its owner only can."""
    for table, begun, key in (
        ("people_emergencycall", "asked_at", "id"),
        ("people_emergencyring", "rung_at", "call_id"),
    ):
        owner.execute(
            f"UPDATE {table} SET opens_at = opens_at - make_interval(mins => %s), "
            f"{begun} = {begun} - make_interval(mins => %s) WHERE {key} = %s".encode(),
            [minutes, minutes, call.pk],
        )


def open_file(call: EmergencyCall, who: str = "hadia") -> Dossier | None:
    with as_user(who) as by:
        fresh = EmergencyCall.objects.get(pk=call.pk)
        return people.open_file(fresh, by=by, at=now())


def phones(dossier: Dossier, who: str) -> list[str]:
    """The telephones that an account reads; raises what the page would show."""
    with as_user(who) as by:
        return [way.value for way in queries.contacts_of(dossier, by=by, at=now())]
