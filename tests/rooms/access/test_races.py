"""Two supervisors at the same moment: a team keeps somebody who leads it."""

from datetime import UTC, datetime
from threading import Thread

import pytest
from django.db import DatabaseError, connections

from panoh.access import actions as access
from panoh.access.models import Membership
from panoh.kernel.rules import NotPossible
from tests.factories.staff import as_user, team, user


def test_two_supervisors_who_send_each_other_away_leave_one(fresh_db: str) -> None:
    ours, at, said = team("ngo-cases"), datetime.now(UTC), list[str]()
    with as_user("safar") as by:
        access.join(user=user("nigora"), team=ours, is_supervisor=True, by=by, at=at)

    def send_back() -> None:
        try:
            with as_user("nigora") as by:
                access.leave(user=user("safar"), team=ours, by=by, at=at)
            said.append("gone")
        except (NotPossible, DatabaseError) as told:
            said.append(type(told).__name__)
        finally:
            connections.close_all()

    waits = Thread(target=send_back)
    with as_user("safar") as by:
        access.leave(user=user("nigora"), team=ours, by=by, at=at)
        waits.start()
        waits.join(1)
        assert waits.is_alive(), "the second did not wait for the first"
    waits.join()
    assert said != ["gone"]
    with as_user("safar"):
        leads = Membership.objects.filter(team=ours, is_supervisor=True, until=None)
        assert [one.user.username for one in leads] == ["safar"]


def test_an_account_that_is_closed_at_this_moment_does_not_come_to_lead(fresh_db: str) -> None:
    ours, at = team("ngo-cases"), datetime.now(UTC)

    def close() -> None:
        with as_user("admin") as by:
            access.close_account(user=user("lola"), by=by, at=datetime.now(UTC))
        connections.close_all()

    waits = Thread(target=close)
    with as_user("safar") as by:
        access.join(user=user("lola"), team=ours, is_supervisor=True, by=by, at=at)
        waits.start()
        waits.join(1)
        assert waits.is_alive(), "closing did not wait for the new part"
    waits.join()
    with as_user("safar") as by, pytest.raises(NotPossible):
        access.leave(user=by, team=ours, by=by, at=datetime.now(UTC))
