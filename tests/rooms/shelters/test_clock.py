"""What the clock does, as role ``jobs``: holds that lapse, alarms before the money ends."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

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
from tests.factories.staff import as_user


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
