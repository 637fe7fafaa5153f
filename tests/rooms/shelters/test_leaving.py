"""Who leaves a house leaves with a plan, and is asked after (row E16)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils.translation import override

from panoh.access.models import User
from panoh.cases.models import Leaving, SafeContact
from panoh.cases.rules import Risk
from panoh.duties.models import Duty
from panoh.kernel.rules import NotPossible
from panoh.shelters import actions as shelters
from panoh.shelters.models import Hold, House, Stay
from tests.factories.houses import LATER, WOMAN, case_of, held, house
from tests.factories.leavings import planned
from tests.factories.staff import as_user

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


def test_e16_a_house_that_reads_no_case_tells_its_holder() -> None:
    where = house()
    with as_user("hadia") as by:
        hold = held(where, by=by)
    with as_user("shirin") as by:
        shelters.admit(hold, by=by, at=LATER)
        shelters.leave(hold, outcome="own_home", by=by, at=GONE_AT)
    with as_user("hadia"):
        assert open_duties("bed.left") == 1
        assert open_duties("leaving.contact") == 0
