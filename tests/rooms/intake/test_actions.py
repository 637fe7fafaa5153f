"""The emergency desk (row D1): roster, empty shifts, calls with an outcome, handover."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from panoh.duties import actions as duties
from panoh.duties import queries as owed
from panoh.duties.models import Duty
from panoh.duties.rules import kind
from panoh.intake import actions as intake
from panoh.intake import queries
from panoh.intake.models import Call, Handover, Shift
from panoh.kernel.rules import Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from panoh.policy.rules import Standing
from panoh.vault.rules import NoKey
from tests.factories.referrals import NOW, as_jobs, later
from tests.factories.staff import as_user, team, user
from tests.rooms.access.test_teams import new_team

HOTLINE = "hadia"


def stand(begin: datetime, hours: float, who: str | None = HOTLINE, **more: Any) -> Shift:
    with as_user(HOTLINE) as by:
        given: dict[str, Any] = {
            "team": team("hotline-cases"),
            "unit": team("hotline-cases").unit,
            "user": user(who) if who else None,
            "starts_at": begin,
            "ends_at": begin + timedelta(hours=hours),
            "by": by,
            "at": NOW,
        }
        return intake.plan_shift(**(given | more))


def gap_duty() -> Duty | None:
    with as_user(HOTLINE):
        return Duty.objects.filter(kind="intake.gap", settled_at=None).first()


def log(**answers: Any) -> Call:
    with as_user(answers.pop("who", "nigora")) as by:
        given: dict[str, Any] = {"team": queries.desk(), "danger_now": "none", "by": by, "at": NOW}
        return intake.log_call(**(given | answers))


def test_d1_an_empty_shift_warns_24_hours_ahead_and_is_quiet_once_it_is_filled(
    fresh_db: str,
) -> None:
    stand(NOW - timedelta(hours=2), 20)
    stand(later(hours=18), 22)
    assert gap_duty() is None, "stood for the next forty hours"
    with as_jobs():
        assert intake.warn_of_gaps(at=later(hours=15)) == 0
        assert intake.warn_of_gaps(at=later(hours=17)) == 1
        assert intake.warn_of_gaps(at=later(hours=20)) == 1, "once, not at each turn"
    duty = gap_duty()
    assert duty is not None
    assert duty.due_at == later(hours=40), "the hour from which nobody stands"
    assert duty.assigned_to == user(HOTLINE), "an alert rings a named person"
    with as_user(HOTLINE):
        assert Duty.objects.filter(kind="intake.gap", settled_at=None).count() == 1
        assert kind(duty.kind).alert
    stand(later(hours=40), 24, at=later(hours=20))
    assert gap_duty() is None


def test_d1_a_promise_without_a_name_and_a_shift_that_falls_out_are_empty(fresh_db: str) -> None:
    stand(NOW - timedelta(hours=1), 5)
    second = stand(later(hours=4), 23, None)
    duty = gap_duty()
    assert duty is not None
    assert duty.due_at == second.starts_at
    named = stand(later(hours=4), 23)
    assert gap_duty() is None
    with as_user(HOTLINE) as by:
        intake.drop_shift(named, by=by, at=NOW)
        with pytest.raises(NotPossible):
            intake.drop_shift(named, by=by, at=NOW)
    assert gap_duty() is not None


@pytest.mark.django_db
def test_d1_state_and_organisations_stand_in_one_roster() -> None:
    ours = stand(NOW, 8)
    theirs = stand(later(hours=8), 8, unit=team("police-cases").unit)
    with as_user(HOTLINE):
        found = queries.roster(team("hotline-cases"), NOW)
        assert [one.unit.type for one in found] == ["hotline", "police"]
        assert [one.pk for one in queries.on_duty(team("hotline-cases"), NOW)] == [ours.pk]
    for other in ("nigora", "pulod"):
        with as_user(other):
            assert list(Shift.objects.all()) == []
            with pytest.raises(Gone):
                queries.shift(theirs.pk)


@pytest.mark.django_db
def test_a_shift_has_an_end_and_somebody_of_the_team() -> None:
    for bad in (
        {"hours": -1},
        {"hours": policy.number("longest_shift_hours") + 1},
        {"begin": NOW - timedelta(days=2), "hours": 3},
        {"who": "nigora", "hours": 3},
    ):
        with pytest.raises(Invalid):
            stand(**({"begin": NOW} | bad))
    with as_user("nigora") as by, pytest.raises(Gone):
        intake.plan_shift(
            team=team("hotline-cases"),
            unit=team("hotline-cases").unit,
            user=None,
            starts_at=NOW,
            ends_at=later(hours=1),
            by=by,
            at=NOW,
        )
    key = uuid4()
    assert stand(NOW, 3, submission=key) == stand(NOW, 3, submission=key)
    with as_user(HOTLINE):
        assert Shift.objects.count() == 1


@pytest.mark.django_db
def test_a_team_without_a_roster_is_never_warned() -> None:
    with as_user("nigora"):
        assert queries.first_gap(team("ngo-cases"), NOW) is None


@pytest.mark.django_db
def test_d1_a_call_needs_one_answer_and_no_status_and_no_name() -> None:
    """Served before any status: no column, no question of it."""
    call = log()
    columns = {field.name for field in Call._meta.fields}
    assert not columns & {"dossier", "name", "status", "trafficking", "victim"}
    assert call.outcome == ""
    with as_user("nigora") as by, pytest.raises(Invalid):
        intake.log_call(team=queries.desk(), danger_now="", by=by, at=NOW)


@pytest.mark.django_db
def test_d1_each_contact_has_an_outcome_in_its_limit_or_is_listed() -> None:
    served = log(outcome="advised")
    waiting = log(danger_now="injury", needs=["doctor", "bed"])
    with as_user("nigora") as by:
        (listed,) = queries.open_calls(team("ngo-cases"), NOW)
        assert listed.call == waiting
        assert waiting.due_at == policy.due("emergency_help_hours", NOW)
        assert listed.deadline.standing is Standing.TARGET
        (late,) = queries.open_calls(team("ngo-cases"), later(days=2))
        assert late.is_late
        duty = Duty.objects.get(kind="intake.call")
        assert (duty.subject_id, duty.owner) == (waiting.pk, team("ngo-cases"))
        assert owed.owed_by()[0] == duty, "an injury stands first on Today"
        with pytest.raises(NotPossible):
            duties.finish(duty, by=by, at=NOW)
        intake.end_call(waiting, outcome="told_where", by=by, at=later(hours=1))
        assert queries.open_calls(team("ngo-cases"), later(days=2)) == []
        assert Duty.objects.get(kind="intake.call").outcome == "told_where"
        for call in (served, waiting):
            with pytest.raises(NotPossible):
                intake.end_call(call, outcome="advised", by=by, at=later(hours=2))
        with pytest.raises(Invalid):
            intake.end_call(log(), outcome="no_such", by=by, at=NOW)


@pytest.mark.django_db
def test_d1_what_stood_on_paper_is_entered_with_its_own_time() -> None:
    began = NOW - timedelta(hours=30)
    call = log(called_at=began, channel="on_paper")
    assert (call.called_at, call.noted_at) == (began, NOW)
    assert call.due_at == policy.due("emergency_help_hours", began)
    with pytest.raises(Invalid):
        log(called_at=later(hours=1))


@pytest.mark.django_db
def test_a_note_of_a_call_opens_for_its_team_alone() -> None:
    call = log(note="Аз бозор занг зад")
    assert "бозор".encode() not in bytes(call.note or b"")
    with as_user("safar") as by:
        assert intake.read_call(call, by=by, at=NOW) == "Аз бозор занг зад"
    for other in ("lola", "hadia", "pulod"):
        with as_user(other) as by:
            assert not Call.objects.filter(pk=call.pk).exists()
            with pytest.raises(Gone):
                intake.read_call(call, by=by, at=NOW)
    with as_user("ibrohim") as by, pytest.raises(Refused):
        intake.end_call(call, outcome="advised", by=by, at=NOW)


@pytest.mark.django_db
def test_the_same_call_sent_twice_is_one() -> None:
    key = uuid4()
    assert log(submission=key) == log(submission=key)
    with as_user("nigora"):
        assert Call.objects.count() == Duty.objects.filter(kind="intake.call").count() == 1


@pytest.mark.django_db
def test_d1_the_next_shift_takes_over_by_name_what_is_listed() -> None:
    first, second = log(), log(danger_now="danger")
    log(outcome="silent")
    with as_user("nigora") as by:
        given = intake.give_handover(team=team("ngo-cases"), note="Ба №2 занг", by=by, at=NOW)
        assert given.calls == 2
        assert queries.waiting(team("ngo-cases")) == [given]
        with pytest.raises(NotPossible):
            intake.take_over(given, by=by, at=NOW)
    with as_user("safar") as by:
        assert queries.note_of(queries.handover(given.pk)) == "Ба №2 занг"
        intake.take_over(given, by=by, at=later(minutes=5))
        assert queries.waiting(team("ngo-cases")) == []
        assert {one.call.user for one in queries.open_calls(team("ngo-cases"), NOW)} == {by}
        assert {one.call.pk for one in queries.open_calls(team("ngo-cases"), NOW)} == {
            first.pk,
            second.pk,
        }
        with pytest.raises(NotPossible):
            intake.take_over(given, by=by, at=later(minutes=6))


def test_a_handover_sent_twice_is_one_and_no_reading_is_recorded_where_nothing_was_noted(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    call, key = log(), uuid4()
    with as_user("nigora") as by:
        given: dict[str, Any] = {"team": team("ngo-cases"), "by": by, "at": NOW}
        first = intake.give_handover(note="Ба №2 занг", submission=key, **given)
        assert intake.give_handover(note="Чизи дигар", submission=key, **given) == first
        assert queries.note_of(Handover.objects.get()) == "Ба №2 занг"
        assert intake.read_call(call, by=by, at=NOW) == ""
        with_note = log(note="Аз бозор занг зад")
        intake.read_call(with_note, by=by, at=NOW)
    read = connect("auditor").execute(
        "SELECT subject_id FROM audit_entry WHERE event = 'call.read'"
    )
    assert read.fetchall() == [(str(with_note.pk),)]


@pytest.mark.django_db
def test_a_note_is_kept_nowhere_while_the_desk_has_no_key() -> None:
    desk = new_team()
    with as_user("nigora") as by:
        given: dict[str, Any] = {"team": desk, "by": by, "at": NOW}
        with pytest.raises(NoKey):
            intake.log_call(danger_now="none", note="Аз бозор занг зад", **given)
        with pytest.raises(NoKey):
            intake.give_handover(note="Ба №2 занг", **given)
        assert not Call.objects.exists() and not Handover.objects.exists()
        assert intake.log_call(danger_now="none", note=" ", **given).note is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE intake_call SET ended_at = now()",
        "UPDATE intake_call SET outcome = 'advised'",
        "UPDATE intake_shift SET ends_at = starts_at",
        "UPDATE intake_handover SET taken_at = now(), taken_by_id = given_by_id",
    ],
)
def test_the_database_keeps_what_is_said_of_a_row(change: str) -> None:
    stand(NOW, 3)
    log(who=HOTLINE)
    with as_user(HOTLINE) as by:
        intake.give_handover(team=team("hotline-cases"), note="", by=by, at=NOW)
        assert Call.objects.count() == Shift.objects.count() == Handover.objects.count() == 1
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
