"""Two secretaries at the same moment: one wins, the other sees why (B4)."""

from threading import Barrier, Thread

from django.db import connections

from panoh.decisions import actions as decisions
from panoh.decisions.models import Application, Ruling
from panoh.decisions.rules.application import Outcome
from panoh.kernel.rules import NotPossible
from tests.factories.referrals import later
from tests.factories.staff import as_user
from tests.factories.status import (
    GROUNDS,
    SECOND,
    SECRETARY,
    commission,
    completed,
    filed,
    sitting,
    vote,
)
from tests.rooms.cases.test_races import at_once


def test_b4_two_secretaries_decide_at_once(fresh_db: str) -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    row = completed(row)
    sitting(body)
    vote(row, Outcome.GRANTED)
    gate, said = Barrier(2), []

    def enter(account: str) -> None:
        try:
            with as_user(account) as by:
                found = Application.objects.get(pk=row.pk)
                gate.wait()
                decisions.decide(
                    found,
                    outcome=Outcome.GRANTED,
                    grounds=GROUNDS[Outcome.GRANTED],
                    by=by,
                    at=later(minutes=3),
                )
                said.append("won")
        except NotPossible as told:
            said.append(str(told.message))
        finally:
            connections.close_all()

    at_once(*(Thread(target=enter, args=[name]) for name in (SECRETARY, SECOND)))
    assert sorted(one == "won" for one in said) == [False, True], said
    assert any("already" in one.lower() or "аллакай" in one.lower() for one in said), said
    with as_user(SECRETARY):
        assert Ruling.objects.count() == 1
        assert Application.objects.get(pk=row.pk).state == "granted"
