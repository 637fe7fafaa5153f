"""Silence after somebody left: the clock, as role ``jobs``, lets somebody see to the person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg

from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.tasks import watch_silence
from panoh.duties.models import Duty
from panoh.policy import queries as policy
from tests.factories.cases import at_work
from tests.factories.leavings import left
from tests.factories.referrals import NOW, as_jobs, case
from tests.factories.staff import as_user, team

DAY = timedelta(days=1)


def kinds(of: str, dossier: Dossier) -> list[str]:
    rows = Duty.objects.unsettled().filter(owner=team(of), dossier=dossier)
    return sorted(row.kind for row in rows if row.kind.startswith("leaving."))


def test_e16_silence_at_day_3_opens_a_welfare_duty(fresh_db: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        first, second, _third = left(dossier, by=by)
    due = first.due_at
    assert due is not None
    with as_jobs():
        assert cases.watch_silence(at=due - timedelta(minutes=1)) == 0
        assert cases.watch_silence(at=due) == 1
        assert cases.watch_silence(at=due) == 0, "rung once"
        watch_silence(0)
    with as_user("nigora") as by:
        duty = Duty.objects.unsettled().get(kind="leaving.welfare", dossier=dossier)
        assert (duty.owner, duty.subject_id) == (team("ngo-cases"), first.pk)
        assert duty.assigned_to_id is not None, "it rings somebody by name"
        # Tried, nobody there: still owed. Reached: settled, and entered afterwards with its day.
        given: dict[str, Any] = {"by": by, "at": due + DAY}
        cases.note_contact(first, result="not_reached", on=policy.local_day(NOW), **given)
        assert "leaving.welfare" in kinds("ngo-cases", dossier)
        day = policy.local_day(due)
        cases.note_contact(
            first, result="safe_needs_help", channel="telephone", on=day, text="Пул", **given
        )
        assert kinds("ngo-cases", dossier) == ["leaving.contact"] * 2
        told = {one.row.pk: one for one in queries.contacts_of(dossier)}
        assert {(one.row.on, one.text) for one in told[first.pk].tries} == {
            (day, "Пул"),
            (policy.local_day(NOW), ""),
        }
        assert told[second.pk].tries == []


def test_e16_silence_in_a_file_at_which_somebody_works_rings_at_the_next_round(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        first, *_rest = left(dossier, by=by)
    assert first.due_at is not None
    with at_work(connect("owner"), dossier), as_jobs():
        assert cases.watch_silence(at=first.due_at) == 0
    with as_user("nigora"):
        assert "leaving.welfare" not in kinds("ngo-cases", dossier)
    with as_jobs():
        assert cases.watch_silence(at=first.due_at) == 1
