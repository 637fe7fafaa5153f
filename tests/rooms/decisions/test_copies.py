"""Half pages sealed to members elsewhere are destroyed with what let them be read."""

from datetime import date

from panoh.access import actions as access
from panoh.bodies import actions as bodies
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.models import Application
from tests.factories.referrals import NOW, as_jobs
from tests.factories.staff import ADMIN, as_user, user
from tests.factories.status import SECRETARY, commission, filed

VOICE, TITLE = "zebo", "Office for children"


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
