"""The joint plan against the clock, and two people at the same moment."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import psycopg
import pytest
from django.db import connections

from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.actions import Changed
from panoh.cases.models import PlanText
from panoh.cases.rules import ProtectionState, TaskState
from panoh.cases.tasks import end_parts
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from tests.factories.cases import at_work
from tests.factories.plans import joined, task, written
from tests.factories.referrals import NOW, as_jobs, case, later
from tests.factories.staff import as_user, team
from tests.rooms.cases.test_actions_safety import ASK, agreed
from tests.rooms.cases.test_plan import TEXT, counts, owed
from tests.rooms.cases.test_races import at_once

Connect = Callable[[str], psycopg.Connection]


def test_c3_a_task_is_owed_by_its_organisation_and_escalates_when_late(fresh_db: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        row = task(dossier, TEXT, "shelter-cases", by=by)
    with as_user("shirin") as by:
        (duty,) = owed("plan.task", "shelter-cases")
        assert (duty.subject_id, duty.due_at) == (
            row.pk,
            policy.pack().calendar.end_of(row.due_on),
        )
        (told_of,) = queries.tasks_of(queries.require_plan(dossier), [Category.SERVICES])
        assert (told_of.text, told_of.is_back) == (TEXT, False)
    with as_jobs():
        duties.escalate_overdue(at=later(days=9))
    with as_user("shirin") as by:
        (duty,) = owed("plan.task", "shelter-cases")
        assert duty.is_late
        assert duty.assigned_to_id is not None
        cases.do_task(row, by=by, at=later(days=9))
        assert owed("plan.task", "shelter-cases") == []
        with pytest.raises(NotPossible):
            cases.do_task(row, by=by, at=later(days=9))
    with as_user("nigora"):
        assert queries.task(dossier, row.pk).state == TaskState.DONE


def test_c3_when_the_time_agreed_to_is_over_the_clock_ends_the_part(
    fresh_db: str, connect: Connect
) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        task(dossier, TEXT, "shelter-cases", by=by)
    with as_jobs():
        assert cases.end_lapsed_parts(at=NOW) == 0
    connect("owner").execute(
        "UPDATE access_grant SET ends_at = now() WHERE source = 'plan' AND dossier_id = %s",
        [dossier.pk],
    )
    with as_jobs():
        end_parts(0)
        assert cases.end_lapsed_parts(at=later(days=90)) == 0
    with as_user("nigora"):
        assert queries.parts_of(queries.require_plan(dossier)) == []
        assert len(owed("plan.back", "ngo-cases")) == 1
    with as_user("shirin"):
        assert counts() == [0, 0, 0, 0]
        assert owed("plan.task", "shelter-cases") == []


def test_c3_two_units_write_at_once_one_is_shown_both_and_nothing_is_lost(fresh_db: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
    gate, done = Barrier(2), []

    def write(account: str) -> None:
        try:
            with as_user(account) as by:
                gate.wait()
                written(dossier, account, by=by)
                done.append(account)
        except Changed as both:
            done.append(f"{both.yours['text']} was shown {both.theirs['text']}")
        finally:
            connections.close_all()

    at_once(*[Thread(target=write, args=(name,)) for name in ("nigora", "shirin")])
    with as_user("nigora"):
        (row,) = PlanText.objects.all()
        first = queries.section(queries.require_plan(dossier), Category.SERVICES, None).text
        second = "shirin" if first == "nigora" else "nigora"
        assert row.number == 1
        assert sorted(done) == sorted([first, f"{second} was shown {first}"])


def test_c3_an_exclusion_during_an_edit_lets_nothing_of_it_through(fresh_db: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        row = task(dossier, TEXT, "shelter-cases", by=by)
    gate, done = Barrier(2), []

    def exclude() -> None:
        with as_user("nigora") as by:
            gate.wait()
            referrals.exclude(dossier, kind="unit", unit=team("shelter-cases").unit, by=by, at=NOW)
        connections.close_all()

    def write() -> None:
        try:
            with as_user("shirin") as by:
                gate.wait()
                written(dossier, "shirin", by=by)
                done.append("before")
        except Gone:
            done.append("after")
        finally:
            connections.close_all()

    at_once(Thread(target=exclude), Thread(target=write))
    assert len(done) == 1
    with as_user("shirin") as by:
        assert counts() == [0, 0, 0, 0]
        with pytest.raises(Gone):
            written(dossier, "shirin", by=by, seen=1)
    with as_user("nigora"):
        texts = [one.number for one in PlanText.objects.all()]
        assert texts == ([1] if done == ["before"] else [])
        assert [duty.subject_id for duty in owed("plan.back", "ngo-cases")] == [row.pk]


def test_c3_the_holder_is_warned_before_a_part_ends_and_once_for_each_end(fresh_db: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        part = joined(dossier, by=by)
    soon = part.ends_at - timedelta(days=2)
    with as_jobs():
        assert cases.warn_of_parts(at=NOW) == 0
        assert cases.warn_of_parts(at=soon) == 1
        assert cases.warn_of_parts(at=soon) == 0
    with as_user("nigora") as by:
        (duty,) = owed("plan.ends_soon", "ngo-cases")
        assert (duty.subject_id, duty.due_at) == (part.pk, part.ends_at)
        joined(dossier, by=by)
        assert owed("plan.ends_soon", "ngo-cases") == [], "said anew, it goes on"
    with as_user("shirin"):
        assert owed("plan.ends_soon", "ngo-cases") == []


def test_f12_a_request_for_protection_ends_with_the_consent_it_stands_on(
    fresh_db: str, connect: Connect
) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, by)
        asked = cases.ask_protection(dossier, to=team("police-cases"), **ASK, by=by, at=NOW)
    with as_jobs():
        assert cases.end_lapsed_protections(at=NOW) == 0
    connect("owner").execute(
        "UPDATE access_grant SET ends_at = now() WHERE source = 'offer' AND dossier_id = %s",
        [dossier.pk],
    )
    with as_jobs():
        end_parts(0)
        assert cases.end_lapsed_protections(at=NOW) == 0
    with as_user("pulod"):
        assert owed("protection.reply", "police-cases") == []
    with as_user("nigora"):
        assert queries.protection(asked.pk).state == ProtectionState.WITHDRAWN
        assert len(owed("protection.gone", "ngo-cases")) == 1


def test_c3_the_clock_waits_for_nobody_who_is_at_work_on_the_file(
    fresh_db: str, connect: Connect
) -> None:
    """The next round sees to it; and in a closed case nobody is told to go on."""
    with as_user("nigora") as by:
        dossier = case(by).dossier
        part = joined(dossier, by=by)
        agreed(dossier, by)
        asked = cases.ask_protection(dossier, to=team("police-cases"), **ASK, by=by, at=NOW)
    soon = part.ends_at - timedelta(days=2)
    connect("owner").execute("UPDATE access_grant SET ends_at = now() WHERE source = 'offer'")
    with at_work(connect("owner"), dossier), as_jobs():
        assert cases.warn_of_parts(at=soon) == 0
        assert cases.end_lapsed_protections(at=NOW) == 0
    with as_jobs():
        assert cases.warn_of_parts(at=soon) == 1
    with as_user("nigora") as by:
        assert queries.protection(asked.pk).state == ProtectionState.SENT
        cases.close(dossier, reason="person_wish", by=by, at=NOW)
    with as_jobs():
        assert cases.end_lapsed_protections(at=NOW) == 1
    with as_user("nigora"):
        assert queries.protection(asked.pk).state == ProtectionState.WITHDRAWN
        assert owed("protection.gone", "ngo-cases") == []
