"""Opening, taking, finishing and settling; ringing the next person."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from panoh.access import actions as access
from panoh.access.models import Dossier, User
from panoh.audit import queries as audited
from panoh.duties import actions as duties
from panoh.duties import queries
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy
from tests.factories.cases import AT
from tests.factories.staff import ADMIN, as_user, team, user
from tests.harness import cluster

MINUTE = timedelta(minutes=1)


def dossier(by: User) -> Dossier:
    return access.open_dossier(team=team("ngo-cases"), by=by, at=AT)


def owed(by: User, kind: str = "case.later_questions", **more: Any) -> Duty:
    given: dict[str, Any] = {"owner": team("ngo-cases"), "by": by, "at": AT, **more}
    return duties.open(kind, **given)


def again(duty: Duty) -> Duty:
    return Duty.objects.get(pk=duty.pk)


@pytest.mark.django_db
def test_the_deadline_comes_from_the_pack() -> None:
    with as_user("nigora") as by:
        duty = owed(by, period="later_questions")
        assert duty.due_at == AT + timedelta(hours=72)
        assert owed(by, period="reflection_days").due_at is None
        assert owed(by, period="later_questions", due=AT).due_at == AT


@pytest.mark.django_db
def test_the_owner_and_the_holder_see_a_duty_and_nobody_else() -> None:
    with as_user("nigora") as by:
        held = dossier(by)
        duty = duties.open(
            "referral.reply", owner=team("shelter-cases"), dossier=held, by=by, at=AT
        )
        assert again(duty).owner == team("shelter-cases")
        assert [found.pk for found in queries.unsettled_on(held)] == [duty.pk]
        assert queries.owed_by() == []
    with as_user("shirin"):
        assert [found.pk for found in queries.owed_by()] == [duty.pk]
    for other in ("lola", "pulod", "mavluda"):
        with as_user(other):
            assert not Duty.objects.exists()


@pytest.mark.django_db
def test_open_once_opens_once() -> None:
    subject = uuid4()
    with as_user("nigora") as by:
        held = dossier(by)

        def once() -> Duty:
            return duties.open_once(
                "referral.next",
                owner=team("ngo-cases"),
                dossier=held,
                subject_id=subject,
                by=by,
                at=AT,
            )

        first = once()
        assert once().pk == first.pk
        duties.settle(first, outcome="done", by=by, at=AT)
        assert once().pk != first.pk
        assert len(queries.about(subject)) == 2


@pytest.mark.django_db
def test_settling_ends_what_is_owed_and_twice_is_no_error() -> None:
    subject = uuid4()
    with as_user("nigora") as by:
        one, other = owed(by, subject_id=subject), owed(by, "referral.next", subject_id=subject)
        settled: dict[str, Any] = {"subject_id": subject, "outcome": "answered", "by": by, "at": AT}
        assert duties.settle(kind="referral.next", **settled) == 1
        assert again(one).settled_at is None
        assert duties.settle(**settled) == 1
        assert duties.settle(one, outcome="late", by=by, at=AT + MINUTE) == 0
        found = again(one)
        assert (found.settled_at, found.outcome, found.settled_by) == (AT, "answered", by)
        assert again(other).outcome == "answered"
        with pytest.raises(ValueError, match="subject"):
            duties.settle(outcome="x", by=by, at=AT)


@pytest.mark.django_db
def test_closing_a_case_ends_every_duty_on_it() -> None:
    with as_user("nigora") as by:
        held = dossier(by)
        mine = owed(by, dossier=held)
        asked = duties.open(
            "referral.reply", owner=team("shelter-cases"), dossier=held, by=by, at=AT
        )
        elsewhere = owed(by, dossier=dossier(by))
        assert duties.settle_all_on(held, kind="referral.reply", outcome="x", by=by, at=AT) == 1
        assert duties.settle_all_on(held, outcome="case_closed", by=by, at=AT) == 1
        assert again(mine).outcome == "case_closed"
        assert again(asked).outcome == "x"
        assert again(elsewhere).settled_at is None


@pytest.mark.django_db
def test_only_my_team_takes_and_finishes() -> None:
    with as_user("nigora") as by:
        alert = owed(by, "urgent.alert")
        reply = duties.open("referral.reply", owner=team("shelter-cases"), by=by, at=AT)
        with pytest.raises(Gone):
            duties.acknowledge(reply, by=by, at=AT)
        taken = duties.acknowledge(alert, by=by, at=AT + MINUTE)
        assert (taken.acknowledged_by, taken.next_step_at) == (by, None)
        with pytest.raises(NotPossible):
            duties.acknowledge(alert, by=by, at=AT)
        assert duties.finish(alert, by=by, at=AT).outcome == "done"
        with pytest.raises(NotPossible):
            duties.finish(alert, by=by, at=AT)
    with as_user("shirin") as by, pytest.raises(NotPossible):
        duties.finish(reply, by=by, at=AT)  # an answer settles it, no tick


@pytest.mark.django_db
def test_late_then_urgency_then_sensitivity_then_deadline() -> None:
    with as_user("nigora") as by:
        routine = owed(by, urgency_rank=4, sensitivity_rank=3, due=AT + MINUTE)
        delicate = owed(by, urgency_rank=2, sensitivity_rank=1, due=AT + 9 * MINUTE)
        soon = owed(by, urgency_rank=2, sensitivity_rank=3, due=AT + MINUTE)
        later = owed(by, urgency_rank=2, sensitivity_rank=3, due=AT + 2 * MINUTE)
        unset = owed(by, urgency_rank=2, sensitivity_rank=3)
        late = owed(by, urgency_rank=4, sensitivity_rank=3, due=AT - MINUTE)
        duties.escalate_overdue(at=AT)
        order = [late, delicate, soon, later, unset, routine]
        assert queries.owed_by() == order
        assert queries.owed_by(limit=2) == order[:2]
        for place in range(len(order)):
            before = queries.owed_by(limit=place + 1)[-1]
            assert queries.owed_by(limit=9, before=before) == order[place + 1 :]
        told = queries.told(queries.owed_by(), AT)
        assert told[0].why.startswith("late · ")
        assert told[0].deadline.late
        assert told[4].deadline.text == "the day is not set"
        midnight = policy.calendar().end_of(policy.local_day(AT))
        owed(by, kind="urgent.alert", due=midnight + MINUTE)
        owed(by, due=midnight + MINUTE)
        assert queries.open_count(AT) == (8, 6), "late, due by midnight, or ringing"
        assert queries.open_count(AT, most=3)[0] == 4
        assert queries.owed_by([team("shelter-cases").pk]) == []
        assert queries.open_count(AT, [team("shelter-cases").pk]) == (0, 0)


@pytest.mark.django_db
def test_things_are_counted_in_the_order_of_their_index() -> None:
    """The first hundred in no order: the server gathered all 50 000 of a large team before it gave
    one (11 ms in place of 0.5)."""
    with as_user("nigora") as by, CaptureQueriesContext(connection) as asked:
        owed(by)
        assert queries.open_count(AT, most=7)[0] == 1
    counts = [text for row in asked if "LIMIT 8" in (text := row["sql"] or "")]
    assert counts and all("ORDER BY" in text for text in counts)


@pytest.mark.django_db
def test_a_case_moves_its_duties_with_it() -> None:
    with as_user("nigora") as by:
        held = dossier(by)
        duty = owed(by, dossier=held)
        duties.rank_all_on(held, urgency_rank=1, sensitivity_rank=2, by=by, at=AT)
        assert (again(duty).urgency_rank, again(duty).sensitivity_rank) == (1, 2)


def with_a_deputy() -> User:
    """Lola becomes the deputy of the team whose supervisor and duty officer is Safar."""
    with as_user("safar") as by:
        access.join(user=user("lola"), team=team("ngo-cases"), is_deputy=True, by=by, at=AT)
    return user("lola")


@pytest.mark.django_db
def test_a17_an_alert_rings_named_people_one_after_the_other() -> None:
    lola, safar = with_a_deputy(), user("safar")
    with as_user("nigora") as by:
        held = dossier(by)
        alert = owed(by, "urgent.alert", dossier=held, period="emergency_help_hours")
        assert alert.assigned_to == safar
        wait = timedelta(minutes=15)
        assert alert.next_step_at == AT + wait
        assert duties.escalate_overdue(at=AT + wait - MINUTE) == 0
        assert duties.escalate_overdue(at=AT + wait) == 1
        assert again(alert).assigned_to == lola
        assert duties.escalate_overdue(at=AT + 2 * wait) == 1
        found = again(alert)
        assert (found.assigned_to, found.level) == (lola, 2)  # nobody further is named here
        assert found.next_step_at == found.due_at
        reasons = [row.reason for row in audited.who_saw(held.pk) if row.event.startswith("duty.")]
        assert reasons == [
            "urgent.alert step 2",
            "urgent.alert step 2",
            "urgent.alert",
        ]
    with as_user("lola"):
        assert queries.alerts_for(lola) == [alert]
    for outside in ("shirin", "pulod", "hadia"):
        with as_user(outside) as other:
            assert queries.alerts_for(other) == []
            assert not Duty.objects.exists()


@pytest.mark.django_db
def test_a17_whoever_takes_an_alert_stops_the_ringing() -> None:
    with_a_deputy()
    with as_user("safar") as by:
        alert = owed(by, "urgent.alert")
        duties.acknowledge(alert, by=by, at=AT + MINUTE)
        assert duties.escalate_overdue(at=AT + 90 * MINUTE) == 0
        assert queries.alerts_for(by) == []


@pytest.mark.django_db
def test_what_is_late_goes_to_the_supervisor_once() -> None:
    with as_user("nigora") as by:
        duty = owed(by, due=AT + MINUTE)
        assert duties.escalate_overdue(at=AT + 2 * MINUTE) == 1
        found = again(duty)
        assert (found.is_late, found.assigned_to, found.next_step_at) == (True, user("safar"), None)
        assert duties.escalate_overdue(at=AT + 9 * MINUTE) == 0


@pytest.mark.django_db
def test_a_team_without_named_people_keeps_its_alert() -> None:
    with as_user("shirin") as by:
        alert = duties.open("urgent.alert", owner=team("shelter-cases"), by=by, at=AT)
        duties.settle(alert, outcome="done", by=by, at=AT)
    with as_user("nigora") as by:
        with as_user(ADMIN) as admin:
            access.close_account(user=user("safar"), by=admin, at=AT)
        alert = owed(by, "urgent.alert", due=AT + MINUTE)
        assert (alert.assigned_to, alert.level) == (None, 0)
        assert duties.escalate_overdue(at=AT + MINUTE) == 1
        assert again(alert).is_late


def test_the_role_of_background_jobs_rings_and_sees_no_more_than_it_needs(fresh_db: str) -> None:
    with as_user("nigora") as by:
        alert = owed(by, "urgent.alert", dossier=dossier(by))
    jobs = {"USER": "jobs", "PASSWORD": ""}
    database = connections["default"].settings_dict
    before = {key: database[key] for key in jobs}
    try:
        connection.close()
        database.update(USER="jobs", PASSWORD=cluster().password("jobs"))
        with transaction.atomic():
            assert duties.escalate_overdue(at=AT + timedelta(hours=1)) == 1
        with connection.cursor() as cursor:
            for table in ("people_identity", "cases_note", "cases_fact", "cases_apartfact"):
                cursor.execute(
                    sql.SQL("SELECT has_table_privilege('jobs', {}, 'select')").format(table)
                )
                assert cursor.fetchone() == (False,)
            cursor.execute(
                "SELECT has_column_privilege('jobs', 'access_user', 'password', 'select')"
            )
            assert cursor.fetchone() == (False,)
    finally:
        connection.close()
        database.update(before)
    with as_user("nigora"):
        assert again(alert).next_step_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "level", "due"),
    [("Not A Code", 0, None), ("x", 32_767, None), ("x", 0, "infinity"), ("x", 0, "0044-03-15 BC")],
)
def test_no_row_stops_the_round_for_all_the_others(kind: str, level: int, due: str | None) -> None:
    """Past the programme: the background role could not note, count or read it, each minute."""
    with pytest.raises(IntegrityError), as_user("pulod"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO duties_duty (id, kind, owner_id, period, opened_at, is_late, urgency_rank,"
            " sensitivity_rank, level, next_step_at, due_at, outcome) VALUES (gen_random_uuid(),"
            " %s, %s::int, '', now(), false, 9, 9, %s::int, now(), %s::timestamptz, '')",
            [kind, team("police-cases").pk, level, due],
        )


@pytest.mark.django_db
def test_what_is_late_stays_with_a_team_that_names_nobody_above() -> None:
    """It is late all the same, and the log says so; nobody is rung who has it already."""
    with as_user("nigora") as by:
        held = dossier(by)
        with as_user(ADMIN) as admin:
            access.close_account(user=user("safar"), by=admin, at=AT)
        duty = owed(by, due=AT + MINUTE, dossier=held)
        assert duties.escalate_overdue(at=AT + 2 * MINUTE) == 1
        found = again(duty)
        assert (found.is_late, found.assigned_to, found.level) == (True, None, 0)
        assert found.next_step_at is None
        assert "duty.late" in {row.event for row in audited.who_saw(held.pk)}
