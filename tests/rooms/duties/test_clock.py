"""The clock of a duty: started, stopped, resumed, given more time, explained."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.utils.translation import override

from panoh.access.models import User
from panoh.duties import actions as duties
from panoh.duties import queries
from panoh.duties.models import Duty, Extension, Turn
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy.rules import Standing
from tests.factories.packs import PERIODS, pack_with, period
from tests.factories.staff import as_user, team, user

# A Monday; the fictional pack knows a holiday on the Wednesday of the week after.
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
HOLIDAY = "2026-03-11,А,А,A,S\n"
CHANGES = {
    PERIODS: (
        "",
        period(
            *("test_clock", 10, "working_days", "application_complete"),
            act="Fictional Act",
            article="article 5",
            valid_to="2026-03-31",
        )
        + period(
            *("test_clock", 3, "working_days", "application_complete"),
            act="Fictional Act",
            article="article 6",
            valid_from="2026-04-01",
        )
        + period(
            *("test_more", 5, "working_days", "stay_ends"),
            act="Fictional Act",
            extends="test_clock",
        )
        + period("test_open", '"unset"', "working_days", "stay_ends", extends="test_clock")
        + period("test_hours", 24, "hours", "first_contact"),
    ),
    "holidays.csv": ("", HOLIDAY),
}


def at(day: int, hour: int = 6, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fictional_pack(tmp_path: Path) -> Iterator[None]:
    with pack_with(tmp_path, CHANGES):
        yield


def started(by: User, key: str = "test_clock", **more: Any) -> Duty:
    given: dict[str, Any] = {"started_at": MONDAY, "at": MONDAY, **more}
    given.setdefault("owner", team("ngo-cases"))
    return duties.start("case.later_questions", period=key, by=by, **given)


def last_day(duty: Duty) -> str:
    found = Duty.objects.get(pk=duty.pk)
    assert found.due_at == duty.due_at
    return "" if found.due_at is None else (found.due_at + timedelta(hours=5)).date().isoformat()


@pytest.mark.django_db
def test_b5_a_clock_keeps_by_which_version_it_is_counted() -> None:
    with as_user("nigora") as by:
        duty = started(by)
        kept = Duty.objects.get(pk=duty.pk)
        # ten working days from the second of March, one holiday between them
        assert last_day(duty) == "2026-03-17"
        assert (kept.value, kept.unit, kept.act) == (10, "working_days", "Fictional Act")
        assert (kept.article, kept.standing) == ("article 5", Standing.UNVERIFIED)
        assert (kept.pack_version, kept.started_at) == ("2026.1", MONDAY)
        assert queries.deadline(kept, MONDAY).text == (
            "10 working days left, Fictional Act article 5, not verified by a lawyer"
        )


@pytest.mark.django_db
def test_b5_a_changed_period_leaves_running_clocks_alone(tmp_path: Path) -> None:
    with as_user("nigora") as by:
        duty = started(by)
        april = started(by, started_at=at(1, month=4), at=at(1, month=4))
        assert (april.value, april.article) == (3, "article 6")
        rest = '\nunit = "working_days"\nstart = "application_complete"'
        shorter = {PERIODS: ("value = 10" + rest, "value = 2" + rest)}
        with pack_with(tmp_path, shorter):
            kept = Duty.objects.get(pk=duty.pk)
            assert "article 5" in queries.deadline(kept, MONDAY).text
            duties.suspend(kept, ground="paper", by=by, at=at(4))
            duties.resume(kept, by=by, at=at(4, 8))
            assert last_day(kept) == "2026-03-17"
            assert last_day(started(by)) == "2026-03-04"


@pytest.mark.django_db
def test_b5_day_n_minus_1_warns_and_day_n_plus_1_is_overdue() -> None:
    with as_user("nigora") as by:
        duty = started(by)
        said = [queries.deadline(duty, moment) for moment in (at(13), at(16), at(17), at(18))]
        assert [(one.soon, one.late) for one in said] == [
            *((False, False), (True, False), (True, False), (False, True))
        ]


@pytest.mark.django_db
def test_b5_unset_shows_not_set_and_runs_out_never() -> None:
    with as_user("nigora") as by:
        duty = started(by, "status_decision_days")
        assert duty.due_at is None
        assert queries.deadline(duty, at(1, month=12)).text == "the day is not set"
        assert duties.escalate_overdue(at=at(1, month=12)) == 0
        with pytest.raises(NotPossible):
            duties.suspend(duty, ground="paper", by=by, at=MONDAY)
        assert queries.why(duty) == [
            "It is counted from: Complete application, 2 March 2026.",
            "The country's rules (version 2026.1) had not set how long that is.",
            "So there is no last day. Ask whoever keeps the country's rules to set it.",
        ]


@pytest.mark.django_db
def test_b5_a_clock_that_stands_still_is_not_late_and_goes_on_with_what_was_left() -> None:
    with as_user("nigora") as by:
        duty = started(by)
        duties.suspend(duty, ground="interpreter", by=by, at=at(5))
        assert duty.due_at is None
        assert queries.deadline(duty, at(30)).text == "the clock stands still"
        assert duties.escalate_overdue(at=at(30)) == 0
        with pytest.raises(NotPossible):
            duties.suspend(duty, ground="interpreter", by=by, at=at(6))
        duties.resume(duty, by=by, at=at(23))
        # seven of ten working days were left on the fifth
        assert last_day(duty) == "2026-04-01"
        with pytest.raises(NotPossible):
            duties.resume(duty, by=by, at=at(24))
        assert [turn.verb for turn in duty.turns.order_by("number")] == ["suspend", "resume"]


def extended(duty: Duty, **more: Any) -> None:
    """Asked for by one, allowed by another of the team."""
    with as_user("nigora") as by:
        asked = duties.ask_extension(
            *[duty], period="test_more", ground="person_ill", by=by, at=more["at"]
        )
    with as_user("safar") as by:
        duties.answer_extension(asked, is_allowed=True, by=by, at=more["at"])


@pytest.mark.django_db
def test_b5_more_time_needs_a_ground_a_period_of_the_pack_and_a_second_person() -> None:
    more: dict[str, Any] = {"period": "test_more", "ground": "person_ill", "at": at(5)}
    with as_user("nigora") as by:
        duty = started(by)
        with pytest.raises(Invalid, match="ground"):
            duties.ask_extension(duty, by=by, **(more | {"ground": "mood"}))
        for key in ("status_extension_days", "test_clock", "test_hours"):
            with pytest.raises(NotPossible, match="how much longer"):
                duties.ask_extension(duty, by=by, **(more | {"period": key}))
        asked = duties.ask_extension(duty, by=by, **more)
        with pytest.raises(NotPossible, match="already"):
            duties.ask_extension(duty, by=by, **more)
        with pytest.raises(NotPossible, match="Somebody else"):
            duties.answer_extension(asked, is_allowed=True, by=by, at=at(5))
        assert last_day(duty) == "2026-03-17"
    for stranger in ("shirin", "lola"):
        with as_user(stranger) as by, pytest.raises(Gone):
            duties.answer_extension(asked, is_allowed=True, by=by, at=at(5))
    with as_user("safar") as by:
        assert Duty.objects.unsettled().get(kind=duties.MORE_TIME).subject_id == asked.pk
        duties.answer_extension(asked, is_allowed=True, by=by, at=at(6))
        assert not Duty.objects.unsettled().filter(kind=duties.MORE_TIME).exists()
        found = Duty.objects.get(pk=duty.pk)
        assert last_day(found) == "2026-03-24"
        turn = Turn.objects.get(duty=duty)
        assert (turn.by.username, turn.approved_by) == ("nigora", by)
        assert (turn.value, turn.pack_version) == (5, "2026.1")
        with pytest.raises(NotPossible, match="answered already"):
            duties.answer_extension(asked, is_allowed=False, by=by, at=at(6))
        with pytest.raises(NotPossible, match="late stays late"):
            duties.ask_extension(found, by=by, **(more | {"at": at(26)}))


@pytest.mark.django_db
def test_b5_where_no_rule_sets_how_much_more_two_people_set_the_day(tmp_path: Path) -> None:
    more: dict[str, Any] = {"period": "test_open", "ground": "person_ill", "at": at(5)}
    with as_user("nigora") as by:
        duty = started(by)
        for until, said in ((None, "type the day"), (at(17).date(), "not later")):
            with pytest.raises(Invalid, match=said):
                duties.ask_extension(duty, until=until, by=by, **more)
        with pytest.raises(Invalid, match="no day is typed"):
            given = more | {"period": "test_more"}
            duties.ask_extension(duty, until=at(30).date(), by=by, **given)
        asked = duties.ask_extension(duty, until=at(30).date(), by=by, **more)
    with as_user("safar") as by:
        # Not a day more than was asked for, past the Python too.
        row = Turn(duty=duty, number=1, verb="extend", ground="person_ill", at=at(6))
        row.by, row.approved_by, row.period, row.unit = user("nigora"), by, "test_open", "hours"
        row.standing, row.due_before, row.due_after = "unset", duty.due_at, at(31)
        Extension.objects.filter(pk=asked.pk).update(
            answered_at=at(6), answered_by=by, is_allowed=True
        )
        with pytest.raises(ProgrammingError), transaction.atomic():
            row.save(force_insert=True)
        row.standing, row.due_after = "unverified", asked.until
        with pytest.raises(IntegrityError, match="how_much"), transaction.atomic():
            row.save(force_insert=True)
    with as_user("nigora") as by:
        again = duties.ask_extension(duty, until=at(30).date(), by=by, **more)
    with as_user("safar") as by:
        longer = PERIODS, ('key = "test_open"', 'key = "test_other"')
        with (
            pack_with(tmp_path, dict([longer])),
            transaction.atomic(),
            pytest.raises(NotPossible, match="how much longer"),
        ):
            duties.answer_extension(again, is_allowed=True, by=by, at=at(6))
        duties.answer_extension(again, is_allowed=True, by=by, at=at(6))
        assert last_day(Duty.objects.get(pk=duty.pk)) == "2026-03-30"
        turn = Turn.objects.get(duty=duty)
        assert (turn.value, turn.standing) == (None, Standing.UNSET)
        assert queries.why(duty)[-2] == (
            "On 6 March 2026 two people gave it more time, to a day that no rule of the country "
            "sets: The person is ill. That gave: 30 March 2026."
        )


@pytest.mark.django_db
def test_b5_more_time_that_is_refused_moves_nothing_and_late_stays_late() -> None:
    more: dict[str, Any] = {"period": "test_more", "ground": "person_ill"}
    with as_user("nigora") as by:
        duty = started(by)
        asked = duties.ask_extension(duty, by=by, at=at(5), **more)
    with as_user("safar") as by:
        duties.answer_extension(asked, is_allowed=False, by=by, at=at(6))
        again = duties.ask_extension(duty, by=by, at=at(6), **more)
    with as_user("nigora") as by:
        assert last_day(duty) == "2026-03-17"
        with pytest.raises(NotPossible, match="late stays late"), transaction.atomic():
            duties.answer_extension(again, is_allowed=True, by=by, at=at(26))
        duties.answer_extension(again, is_allowed=False, by=by, at=at(26))
        assert not Turn.objects.exists()


@pytest.mark.django_db
def test_b5_a_service_target_never_stands_still() -> None:
    with as_user("nigora") as by:
        duty = started(by, "later_questions")
        with pytest.raises(NotPossible, match="service target"):
            duties.suspend(duty, ground="paper", by=by, at=MONDAY)


@pytest.mark.django_db
def test_b5_why_is_this_due_on_that_day() -> None:
    with as_user("nigora") as by:
        duty = started(by)
        duties.suspend(duty, ground="paper", by=by, at=at(5))
        duties.resume(duty, by=by, at=at(9))
    extended(duty, at=at(10))
    with as_user("nigora"):
        duty = Duty.objects.get(pk=duty.pk)
        assert queries.why(duty) == [
            "It is counted from: Complete application, 2 March 2026.",
            "That day the rules (version 2026.1) gave 10 working days: Fictional Act, article 5; "
            "not verified by a lawyer.",
            "The day of the start is not counted; the last day is counted to its end.",
            "Weekends and 1 public holiday are left out: 11 March 2026.",
            "That gave: 17 March 2026.",
            "On 5 March 2026 the clock was stopped: A paper is awaited from elsewhere.",
            "On 9 March 2026 it ran again with what was left: 19 March 2026.",
            "On 10 March 2026 it got 5 working days more, asked and approved by two people: "
            "The person is ill. That gave: 26 March 2026.",
            "So it is due by the end of 26 March 2026 (time of Dushanbe).",
        ]
        for language in ("tg", "ru"):
            with override(language):
                assert not any("It is" in step or "clock" in step for step in queries.why(duty))


@pytest.mark.django_db
def test_b5_why_of_a_day_that_somebody_set_and_of_hours() -> None:
    with as_user("nigora") as by:
        given: dict[str, Any] = {"owner": team("ngo-cases"), "by": by, "at": MONDAY}
        by_hand = duties.open("case.later_questions", due=at(9), **given)
        assert queries.why(by_hand) == [
            "It was opened on 2 March 2026, 11:00.",
            "The last day was set when it was opened: 9 March 2026.",
            "So it is due by 9 March 2026, 11:00 (time of Dushanbe).",
        ]
        hours = started(by, "test_hours")
        assert queries.why(hours)[-1] == ("So it is due by 3 March 2026, 11:00 (time of Dushanbe).")
        stopped = duties.suspend(hours, ground="person_asked", by=by, at=at(2, 8))
        assert queries.why(stopped)[-1] == (
            "The clock stands still: nothing is due until it runs again."
        )


@pytest.mark.django_db
def test_b5_holidays_that_were_entered_later_are_said_and_change_nothing(tmp_path: Path) -> None:
    with as_user("nigora") as by:
        duty = started(by)
        with pack_with(tmp_path, {"holidays.csv": ("", "2026-03-12,А,А,A,S\n")}):
            told = queries.why(duty)
        assert "Counted today it would be 18 March 2026; a clock that runs keeps its day." in told
        assert told[-1] == "So it is due by the end of 17 March 2026 (time of Dushanbe)."


@pytest.mark.django_db
def test_b5_a_body_has_its_own_time_zone() -> None:
    with as_user("nigora") as by:
        east = started(by, zone="Asia/Tokyo")
        assert east.due_at == datetime(2026, 3, 17, 14, 59, 59, tzinfo=UTC)
        assert queries.why(east)[-1].endswith("(time of Tokyo).")


@pytest.mark.django_db
def test_a_clock_does_not_start_in_the_future_and_its_period_is_known() -> None:
    with as_user("nigora") as by:
        with pytest.raises(NotPossible, match="future"):
            started(by, started_at=at(3))
        with pytest.raises(KeyError):
            started(by, "no_such_clock")
