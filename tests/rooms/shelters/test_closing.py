"""A case does not close while a bed is held for somebody, or while she lives in a house."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.translation import override

from panoh.cases import actions as cases
from panoh.cases.models import Case
from panoh.duties import queries as owed
from panoh.duties.models import Duty
from panoh.kernel.rules import NotPossible
from panoh.shelters import actions as shelters
from panoh.shelters.models import Stay
from tests.factories.cases import contact, share
from tests.factories.clients import client_of, words
from tests.factories.houses import AT, LATER, WOMAN, case_of, held, house
from tests.factories.leavings import planned
from tests.factories.plans import SHARED
from tests.factories.referrals import as_jobs
from tests.factories.staff import as_user

GONE_AT = LATER + timedelta(hours=1)
CLOSE = "UPDATE cases_case SET state = 'closed', closed_at = now(), close_reason = 'contact_lost'"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.mark.django_db
def test_e2_a_case_stays_open_while_somebody_is_expected_or_lives_there() -> None:
    where = house()
    with as_user("nigora") as by:
        dossier = case_of(by)
        hold = held(where, by=by, dossier=dossier)
        (keeps,) = owed.keeping(dossier)
        assert keeps.due_at is None
        assert keeps not in owed.owed_by(), "it is no work: it stands in no list of it"
        assert keeps in owed.unsettled_on(dossier)
        for _twice in range(2):
            with pytest.raises(NotPossible, match="the case stays open"):
                cases.close(dossier, reason="contact_lost", by=by, at=AT)
    page = client_of("nigora", "en")
    refused = page.post(f"/cases/{dossier.ref}/close/", {"reason": "contact_lost"})
    assert "the case stays open" in words(refused)
    with as_user("shirin") as by:
        shelters.admit(hold, by=by, at=LATER)
    with as_user("nigora") as by:
        with pytest.raises(NotPossible):
            cases.close(dossier, reason="contact_lost", by=by, at=LATER)
        # Past the programme, the database says the same.
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLOSE)
        planned(dossier, by=by, at=LATER)
    with as_user("shirin") as by:
        shelters.leave(hold, outcome="relatives", by=by, at=GONE_AT)
    with as_user("nigora") as by:
        assert owed.keeping(dossier) == []
        assert Duty.objects.get(kind="bed.stays").outcome == "ended"
        cases.close(dossier, reason="goals_reached", by=by, at=GONE_AT)
        assert Duty.objects.filter(kind="leaving.contact", settled_at=None).count() == 3


@pytest.mark.django_db
def test_e2_a_hold_that_is_let_go_keeps_nothing_open() -> None:
    where = house()
    with as_user("nigora") as by:
        dossier = case_of(by)
        shelters.release(held(where, by=by, dossier=dossier), by=by, at=AT)
        again = held(where, by=by, dossier=dossier)
    with as_user("shirin") as by:
        shelters.refuse(again, reason="full", by=by, at=AT)
    with as_user("nigora") as by:
        assert owed.keeping(dossier) == []
        cases.close(dossier, reason="contact_lost", by=by, at=AT)
        with pytest.raises(NotPossible, match="Open it again first"):
            held(where, by=by, dossier=dossier)
        assert Stay.objects.filter(state="held").count() == 0


def test_e2_a_hold_that_ran_out_keeps_nothing_open(fresh_db: str) -> None:
    where = house()
    with as_user("nigora") as by:
        dossier = case_of(by)
        row = held(where, by=by, dossier=dossier)
    with as_jobs():
        assert shelters.lapse_held(at=row.until) == 1
    with as_user("nigora") as by:
        assert owed.keeping(dossier) == []
        cases.close(dossier, reason="contact_lost", by=by, at=row.until)


@pytest.mark.django_db
def test_e2_police_learn_by_closing_nothing_of_a_stay() -> None:
    """Their case closes as any other; the stay goes on, and so does what is owed about it."""
    where = house()
    with as_user("pulod") as by:
        opened = contact(by, AT, in_team="police-cases")
        dossier = opened.dossier
        share(opened, by, "shelter-cases", "shirin", SHARED)
    with as_user("shirin") as by:
        shelters.take_in(where, dossier=dossier, people=(WOMAN,), by=by, at=LATER)
    with as_user("pulod") as by:
        assert owed.keeping(dossier) == []
        assert Stay.objects.count() == 0
        cases.close(dossier, reason="contact_lost", by=by, at=GONE_AT)
        assert Case.objects.get().state == "closed"
    with as_user("shirin"):
        assert Stay.objects.get().state == "in"
