"""What the clock does, as role ``jobs``: holds that lapse, alarms before the money ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connections

from panoh.bodies import queries as bodies
from panoh.duties.models import Duty
from panoh.kernel.rules import Invalid
from panoh.policy import queries as policy
from panoh.policy.rules.dates import add_months
from panoh.shelters import actions as shelters
from panoh.shelters.models import Funding, Hold
from tests.factories import bodies as sitting
from tests.factories.houses import AT, LATER, held, house
from tests.factories.referrals import as_jobs
from tests.factories.staff import ADMIN, as_user, new_account, team, user

Connect = Callable[[str], psycopg.Connection]
SOON = AT + timedelta(minutes=1)


def owed(name: str, kind: str) -> int:
    with as_user(name):
        return Duty.objects.filter(kind=kind, settled_at=None).count()


def test_e2_a_hold_that_nobody_came_to_lapses_and_the_holder_is_told(fresh_db: str) -> None:
    where = house()
    with as_user("hadia") as by:
        first = held(where, by=by, until=AT + timedelta(minutes=1))
        held(where, by=by, until=AT + timedelta(hours=2))
    with as_jobs():
        assert shelters.lapse_held(at=AT) == 0
        assert shelters.lapse_held(at=LATER) == 1
        assert shelters.lapse_held(at=LATER) == 0
    assert owed("shirin", "bed.expected") == 1
    assert owed("hadia", "bed.lapsed") == 1
    with as_user("hadia"):
        assert Hold.objects.get(pk=first.pk).state == "lapsed"


def test_e2_where_somebody_works_a_hold_lapses_in_the_next_round(
    fresh_db: str, connect: Connect
) -> None:
    where = house()
    with as_user("hadia") as by:
        hold = held(where, by=by, until=SOON)
    owner = connect("owner")
    with owner.transaction():
        lock = "SELECT FROM access_dossier WHERE id = %s FOR NO KEY UPDATE"
        owner.execute(lock, [hold.dossier_id])
        with as_jobs():
            assert shelters.lapse_held(at=LATER) == 0
    assert owed("hadia", "bed.lapsed") == 0
    with as_jobs():
        assert shelters.lapse_held(at=LATER) == 1
    assert owed("hadia", "bed.lapsed") == 1


def test_e2_what_is_let_go_while_the_clock_is_at_it_does_not_lapse_too(
    fresh_db: str, connect: Connect
) -> None:
    """The clock has read both holds and waits at the first; meanwhile the second is let go."""
    where, owner = house(), connect("owner")
    with as_user("hadia") as by:
        first, second = (held(where, by=by, until=SOON + timedelta(hours=n)) for n in range(2))

    def lapse() -> int:
        try:
            with as_jobs():
                return shelters.lapse_held(at=SOON + timedelta(hours=2))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with owner.transaction():
            owner.execute("SELECT FROM shelters_hold WHERE id = %s FOR UPDATE", [first.pk])
            lapsing = pool.submit(lapse)
            waits = connect("owner")
            while not waits.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            ).fetchone()[0]:  # type: ignore[index]
                assert not lapsing.done(), "the clock did not wait"
            with as_user("hadia") as by:
                shelters.release(second, by=by, at=AT + timedelta(seconds=1))
        assert lapsing.result() == 1
    with as_user("hadia"):
        states = [Hold.objects.get(pk=one.pk).state for one in (first, second)]
    assert states == ["lapsed", "released"]
    assert owed("hadia", "bed.lapsed") == 1


def test_d6_alarms_come_twelve_six_and_three_months_before_the_end(fresh_db: str) -> None:
    where = house()
    until = add_months(policy.local_day(AT), 24)
    with as_user("shirin") as by:
        shelters.add_funding(
            where, payer="Donor", kind="donor", since=date(2026, 1, 1), until=until, by=by, at=AT
        )
    zone = policy.pack().calendar.zone
    given: list[tuple[int, int]] = []
    for months in (13, 12, 11, 6, 5, 3, 2):
        day = add_months(until, -months)
        with as_jobs():
            shelters.remind(at=datetime.combine(day, time(12), zone))
        with as_user("shirin"):
            given.append((months, Funding.objects.get().alarms))
    assert given == [(13, 0), (12, 1), (11, 1), (6, 2), (5, 2), (3, 3), (2, 3)]
    assert owed("shirin", "house.funding") == 1


def test_d6_six_months_before_the_end_it_is_on_the_next_agenda_of_the_commission(
    fresh_db: str,
) -> None:
    where, commission = house(), sitting.national()
    until = add_months(policy.local_day(AT), 24)
    with as_user("shirin") as by:
        shelters.add_funding(
            where, payer="Donor", kind="donor", since=date(2026, 1, 1), until=until, by=by, at=AT
        )
    zone = policy.pack().calendar.zone
    row = sitting.called(commission)
    found = []
    for months in (12, 6, 3):
        with as_jobs():
            shelters.remind(at=datetime.combine(add_months(until, -months), time(12), zone))
        with as_user(sitting.KEEPER):
            found.append([one.duty.kind for one in bodies.agenda(row, AT).duties])
    assert found == [[], ["body.shelter_ends"], ["body.shelter_ends"]]
    # Another end: what the commission owed about the first one is over.
    with as_user("shirin") as by:
        money: dict[str, Any] = {"payer": "Donor", "kind": "donor", "since": date(2026, 1, 1)}
        shelters.change_funding(
            Funding.objects.get(), **money, until=add_months(until, 24), by=by, at=AT
        )
    with as_user(sitting.KEEPER):
        assert bodies.agenda(row, AT).duties == []


def test_e4_what_ends_soon_is_owed_once(fresh_db: str) -> None:
    where = house()
    today = policy.local_day(AT)
    with as_user("shirin") as by:
        shelters.add_paper(
            where,
            kind="permit",
            issued_on=today - timedelta(days=300),
            ends_on=today + timedelta(days=5),
            by=by,
            at=AT,
        )
        with pytest.raises(Invalid):
            shelters.plan_inspection(where, kind="no_such", due_on=today, by=by, at=AT)
    for _night in range(2):
        with as_jobs():
            shelters.remind(at=AT)
    assert owed("shirin", "house.paper") == 1


def test_e4_a_vetting_that_ends_soon_is_owed_until_the_next_one(fresh_db: str) -> None:
    """The newest counts; a paper that has no end, or a later one, asks for nothing."""
    where, today = house(), policy.local_day(AT)
    colleague = new_account("colleague", team("shelter-cases").unit, "shl", user(ADMIN))
    long_ago, lately = add_months(today, -24), add_months(today, -1)
    with as_user("shirin") as by:
        now: dict[str, Any] = {"by": by, "at": AT}
        shelters.vet(where, user=colleague, vetted_on=long_ago, **now)
        for ends_on in (None, today + timedelta(days=300)):
            shelters.add_paper(where, kind="permit", issued_on=lately, ends_on=ends_on, **now)
    with as_jobs():
        assert shelters.remind(at=AT) == 1
    assert (owed("shirin", "house.vetting"), owed("shirin", "house.paper")) == (1, 0)
    with as_user("shirin") as by:
        shelters.vet(where, user=colleague, vetted_on=lately, by=by, at=AT)
    assert owed("shirin", "house.vetting") == 0
    with as_jobs():
        assert shelters.remind(at=AT) == 0
