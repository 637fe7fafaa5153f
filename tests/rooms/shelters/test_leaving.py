"""Who leaves a house leaves with a plan, and is asked after (row E16)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.utils.translation import override

from panoh.access.models import User
from panoh.cases.models import Leaving, SafeContact
from panoh.cases.rules import Risk
from panoh.duties.models import Duty
from panoh.kernel.rules import NotPossible
from panoh.policy import queries as policy
from panoh.shelters import actions as shelters
from panoh.shelters.models import Hold, House, Stay
from tests.factories.houses import LATER, WOMAN, case_of, held, house
from tests.factories.leavings import planned
from tests.factories.staff import as_user, team, user

pytestmark = pytest.mark.django_db
GONE_AT = LATER + timedelta(hours=1)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


def living(where: House, by: User) -> Hold:
    """Somebody whose case the shelter holds, in a bed of its house."""
    return shelters.take_in(where, dossier=case_of(by), people=(WOMAN,), by=by, at=LATER)


def open_duties(kind: str) -> int:
    return Duty.objects.filter(kind=kind, settled_at=None).count()


@pytest.mark.parametrize("outcome", ["own_home", "relatives", "other_house", "abroad"])
def test_e16_nobody_is_let_go_without_a_plan(outcome: str) -> None:
    where = house()
    with as_user("shirin") as by:
        hold = living(where, by)
        with pytest.raises(NotPossible, match="own words"):
            shelters.leave(hold, outcome=outcome, by=by, at=GONE_AT)
        assert Stay.objects.get(hold=hold).state == "in"
        assert not SafeContact.objects.exists()


def test_e16_a_high_risk_waits_for_a_supervisor() -> None:
    where = house()
    with as_user("shirin") as by:
        hold = living(where, by)
        planned(hold.dossier, by=by, risk=Risk.HIGH, is_informed=True, at=LATER)
        with pytest.raises(NotPossible, match="supervisor"):
            shelters.leave(hold, outcome="own_home", by=by, at=GONE_AT)
        assert Stay.objects.get(hold=hold).state == "in"


def test_e16_a_discharge_owes_the_safe_contacts() -> None:
    where = house()
    with as_user("shirin") as by:
        hold = living(where, by)
        planned(hold.dossier, by=by, at=LATER)
        shelters.leave(hold, outcome="relatives", by=by, at=GONE_AT)
        assert Stay.objects.get(hold=hold).state == "left"
        assert Leaving.objects.get().left_at == GONE_AT
        assert SafeContact.objects.count() == 3
        assert (open_duties("leaving.contact"), open_duties("leaving.welfare")) == (3, 0)


def test_e16_who_left_without_a_word_is_seen_to_now() -> None:
    where = house()
    with as_user("shirin") as by:
        hold = living(where, by)
        shelters.leave(hold, outcome="without_word", by=by, at=GONE_AT)
        assert Leaving.objects.get().is_unplanned
        assert (open_duties("leaving.contact"), open_duties("leaving.welfare")) == (3, 1)


def lives_unread(where: House) -> Hold:
    """Somebody whose case another team holds and did not open to the house."""
    with as_user("hadia") as by:
        hold = held(where, by=by)
    with as_user("shirin") as by:
        return shelters.admit(hold, by=by, at=LATER)


def rows_in(*tables: str) -> list[int]:
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found.append(int(cursor.fetchone()[0]))
        return found


def test_e16_a_house_that_reads_no_case_obeys_the_plan_of_leaving() -> None:
    hold = lives_unread(house())
    with as_user("shirin") as by:
        with pytest.raises(NotPossible, match="no plan of leaving ready"):
            shelters.leave(hold, outcome="own_home", by=by, at=GONE_AT)
        assert Stay.objects.get(hold=hold).state == "in"
    with as_user("hadia") as by:
        planned(hold.dossier, by=by, risk=Risk.HIGH, is_informed=True, at=LATER)
    with as_user("shirin") as by, pytest.raises(NotPossible, match="no plan of leaving ready"):
        shelters.leave(hold, outcome="own_home", by=by, at=GONE_AT)
    with as_user("hadia") as by:
        row = planned(hold.dossier, by=by, at=LATER + timedelta(minutes=1))
    with as_user("shirin") as by:
        shelters.leave(hold, outcome="own_home", by=by, at=GONE_AT)
        # It was told that the plan stands ready, and nothing of it.
        assert rows_in("cases_leaving", "cases_safecontact", "cases_case") == [0, 0, 0]
    with as_user("hadia"):
        row.refresh_from_db()
        assert (row.left_at, row.left_by_id) == (GONE_AT, user("shirin").pk)
        contacts = SafeContact.objects.order_by("number")
        days = [policy.local_day(one.due_at) for one in contacts if one.due_at]
        assert days == [policy.local_day(GONE_AT) + timedelta(days=n) for n in (3, 30, 90)]
        assert (open_duties("leaving.contact"), open_duties("leaving.welfare")) == (3, 0)
        owed = Duty.objects.filter(kind="leaving.contact")
        assert {one.owner_id for one in owed} == {team("hotline-cases").pk}
        assert open_duties("bed.left") == 1


def test_e16_who_leaves_such_a_house_without_a_word_is_seen_to_now() -> None:
    hold = lives_unread(house())
    with as_user("shirin") as by:
        shelters.leave(hold, outcome="without_word", by=by, at=GONE_AT)
    with as_user("hadia"):
        assert Leaving.objects.get().is_unplanned
        assert (open_duties("leaving.contact"), open_duties("leaving.welfare")) == (3, 1)
        assert open_duties("bed.left") == 1


def test_e16_a_house_without_the_case_is_told_no_more_past_the_programme() -> None:
    hold = lives_unread(house())
    call = "SELECT count(*) FROM shelters_see_off(%s, true, NULL, '{}', '{}', now())"
    for name in ("mavluda", "pulod", "hadia"):
        with (
            as_user(name),
            pytest.raises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(call, [hold.pk])
    with (
        as_user("shirin"),
        pytest.raises(ProgrammingError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT cases_see_off(1, true, 1, '{}', '{}', now())")
