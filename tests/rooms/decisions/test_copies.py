"""Half pages sealed to members elsewhere are destroyed with what let them be read; and whoever
comes later is told of first."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
from django.urls import reverse

from panoh.access import actions as access
from panoh.bodies import actions as bodies
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.models import Application
from panoh.duties.models import Duty
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW, as_jobs
from tests.factories.staff import ADMIN, as_user, team, user
from tests.factories.status import SECRETARY, commission, filed

Connect = Callable[[str], psycopg.Connection]
VOICE, TITLE = "zebo", "Office for children"
GIVING: dict[str, Any] = {"title": TITLE, "side": "state", "votes": True, "at": NOW}


def swept(row: Application) -> bool:
    """Whether the member reads no half page any more after the worker's round."""
    with as_jobs():
        decisions.sweep_copies(at=NOW)
    with as_user(VOICE):
        return queries.half_copy(row.number) is None


def test_b4_a_copy_is_destroyed_with_the_seat_it_was_made_for(fresh_db: str) -> None:
    body, since = commission(), date(2026, 1, 1)
    with as_user(SECRETARY) as by:
        seat = bodies.seat(
            body,
            user=user(VOICE),
            title=TITLE,
            side="state",
            votes=True,
            since=since,
            by=by,
            at=NOW,
        )
    with as_user("nigora") as by:
        row = filed(body, by=by)
    assert not swept(row), "what may be read stays"
    for until in (since, None):
        with as_user(SECRETARY) as by:
            bodies.change_seat(seat, until=until, trained_on=None, alternate=None, by=by, at=NOW)
        assert swept(row), "destroyed, not only shut while the seat was empty"
    with as_user("nigora") as by:
        row = filed(body, by=by)
    assert not swept(row)
    for verb in (access.dismiss, access.appoint):
        with as_user(ADMIN) as by:
            verb(user=user(VOICE), role="chd", by=by, at=NOW)
        assert swept(row), "and with the role that let it be read"


def test_b4_who_holds_the_case_is_reminded_of_who_came_since(fresh_db: str) -> None:
    body = commission()

    def owed() -> list[Duty]:
        with as_jobs():
            decisions.owe_readers(at=NOW)
        with as_user("nigora"):
            return list(Duty.objects.unsettled().filter(kind="status.readers"))

    with as_user("nigora") as by:
        first, second = filed(body, by=by), filed(body, by=by)
    assert owed() == []
    with as_user(SECRETARY) as by:
        seat = bodies.seat(body, user=user(VOICE), since=date(2026, 1, 1), by=by, **GIVING)
    for _round in range(2):
        assert {one.subject_id for one in owed()} == {first.pk, second.pk}, "once for each"
    today = words(client_of("nigora", "en").get(reverse("desk:today")))
    assert "tell the person, then let them read it" in today
    with as_user(SECRETARY):
        assert not Duty.objects.filter(kind="status.readers").exists(), "no matter of the body"
    with as_user("nigora") as by:
        told = {user(VOICE).unit_id}
        decisions.tell_readers(first, told=told, by=by, at=NOW)  # type: ignore[arg-type]
        left = Duty.objects.unsettled().filter(kind="status.readers")
        assert [one.subject_id for one in left] == [second.pk], "told is told, at once"
    assert len(owed()) == 1
    with as_user(SECRETARY) as by:
        over: dict[str, Any] = {"trained_on": None, "alternate": None, "by": by, "at": NOW}
        bodies.change_seat(seat, until=date(2026, 1, 1) + timedelta(days=1), **over)
    assert owed() == [], "who left waits for nothing"


def test_b4_where_somebody_works_the_reminder_comes_in_the_next_round(
    fresh_db: str, connect: Connect
) -> None:
    body, owner = commission(), connect("owner")
    with as_user("nigora") as by:
        row = filed(body, by=by)
    with as_user(SECRETARY) as by:
        bodies.seat(body, user=user(VOICE), since=date(2026, 1, 1), by=by, **GIVING)
    with owner.transaction(), as_jobs():
        lock = "SELECT FROM access_dossier WHERE id = %s FOR NO KEY UPDATE"
        owner.execute(lock, [row.dossier_id])
        assert decisions.owe_readers(at=NOW) == 0
    with as_jobs():
        assert decisions.owe_readers(at=NOW) == 1


def test_b4_each_organisation_is_told_of_by_itself(fresh_db: str) -> None:
    """While one of two is untold, its members read nothing and the word is still owed. Who was
    invited and has never signed in has no key: no copy is made for that account."""
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    with as_user(ADMIN) as by:
        unit = team("legal-cases").unit
        keyless, _code = access.invite(
            unit=unit, username="unopened", display_name="x", language="en", by=by, at=NOW
        )
        access.appoint(user=keyless, role="law", by=by, at=NOW)
    with as_user(SECRETARY) as by:
        for who in (user(VOICE), user("latif"), keyless):
            bodies.seat(body, user=who, since=date(2026, 1, 1), by=by, **GIVING)
    with as_jobs():
        decisions.owe_readers(at=NOW)
    told, later = user("latif").unit_id, user(VOICE).unit_id
    assert told is not None and later is not None
    reads = dict.fromkeys(("latif", VOICE), False)
    for units, left, reading in (([told], 1, "latif"), ([told, later], 0, VOICE)):
        with as_user("nigora") as by:
            decisions.tell_readers(row, told=units, by=by, at=NOW)
            owed = Duty.objects.unsettled().filter(kind="status.readers")
            assert owed.count() == left
        reads[reading] = True
        for name, does in reads.items():
            with as_user(name):
                assert (queries.half_copy(row.number) is not None) is does, name
    with as_user("nigora") as by:
        second = filed(body, by=by)
    for name in reads:
        with as_user(name):
            assert queries.half_copy(second.number) is not None, name
