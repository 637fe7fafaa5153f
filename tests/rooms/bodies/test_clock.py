"""What the clock counts, as role ``jobs``."""

from datetime import date, timedelta

from panoh.bodies import actions as bodies
from panoh.bodies import queries
from tests.factories import bodies as made
from tests.factories.bodies import KEEPER, MORNING
from tests.factories.referrals import as_jobs
from tests.factories.staff import as_user


def test_b6_missed_and_late_are_counted_once_by_the_clock(fresh_db: str) -> None:
    body = made.national()
    made.matter(body, due_on=date(2026, 3, 1))
    at = MORNING + timedelta(days=30)
    with as_jobs():
        assert bodies.look_back(at=at) == 2
        assert bodies.look_back(at=at) == 0
    with as_user(KEEPER):
        kinds = sorted(one.kind for one in queries.happenings(body))
        assert kinds == ["missed", "overdue", "received"]
        assert queries.without_sittings(date(2026, 4, 9)) == [body]
