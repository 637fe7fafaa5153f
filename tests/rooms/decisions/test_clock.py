"""What the clock says of applications: in which order they are treated, and which are late."""

from panoh.bodies import actions as bodies
from panoh.bodies import queries as sittings
from panoh.policy import queries as policy
from tests.factories.referrals import NOW, as_jobs, later
from tests.factories.staff import as_user
from tests.factories.status import SECRETARY, commission, completed, filed, sitting
from tests.factories.terms import terms


def test_b6_the_agenda_begins_with_what_is_due_and_what_is_late_is_counted(fresh_db: str) -> None:
    body = commission()
    with as_user("nigora") as by:
        first, second, third = (filed(body, by=by) for _one in range(3))
    completed(first)  # nobody has set its time
    for row, days in ((second, 20), (third, 3)):
        with terms(status_decision_days=days):
            completed(row)
    held = sitting(body)
    with as_user(SECRETARY):
        told = list(sittings.items_of(held))
        assert [one.number for one in told] == [third.number, second.number, first.number]
        assert told[0].due_at is not None and told[2].due_at is None
        assert sittings.agenda(held, NOW).duties == [], "each stands there by its number"
        due = policy.local_day(told[0].due_at)
        assert (due - policy.local_day(NOW)).days >= 3
    with as_jobs():
        bodies.look_back(at=later(days=6))
        assert bodies.look_back(at=later(days=6)) == 0, "once"
    with as_user(SECRETARY):
        late = [one for one in sittings.happenings(body) if one.kind == "overdue"]
        assert [(one.item_kind, one.key) for one in late] == [("application", str(told[0].pk))]
