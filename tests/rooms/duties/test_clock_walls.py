"""Clocks past the programme, clocks of others, and the list of what ran out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from panoh.access import actions as access
from panoh.duties import actions as duties
from panoh.duties import queries
from panoh.duties.models import Extension, Turn
from panoh.kernel.rules import Gone, Refused
from tests.factories.packs import pack_with
from tests.factories.staff import ADMIN, as_user, new_account, team, user
from tests.rooms.duties.test_clock import CHANGES, MONDAY, at, started


@pytest.fixture(autouse=True)
def fictional_pack(tmp_path: Path) -> Iterator[None]:
    with pack_with(tmp_path, CHANGES):
        yield


@pytest.mark.django_db
def test_a_clock_of_others_is_out_of_reach() -> None:
    with as_user("nigora") as by:
        held = access.open_dossier(team=team("ngo-cases"), by=by, at=MONDAY)
        duty = started(by, dossier=held)
        duties.suspend(duty, ground="paper", by=by, at=at(3))
    for name in ("shirin", "lola"):
        with as_user(name) as other:
            assert not Turn.objects.exists()
            with pytest.raises(Gone):
                duties.resume(duty, by=other, at=at(4))
    with as_user("ibrohim") as other, pytest.raises(Refused):
        duties.resume(duty, by=other, at=at(4))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE duties_duty SET value = 99 WHERE id = %s",
        "UPDATE duties_duty SET article = '7' WHERE id = %s",
        "UPDATE duties_duty SET due_at = due_at + interval '1 day' WHERE id = %s",
        "UPDATE duties_duty SET due_at = NULL WHERE id = %s",
        "UPDATE duties_duty SET opened_at = now() WHERE id = %s",
        "UPDATE duties_turn SET ground = 'article' WHERE duty_id = %s",
        "DELETE FROM duties_turn WHERE duty_id = %s",
    ],
)
def test_b5_a_running_clock_is_not_rewritten_past_the_python(change: str) -> None:
    with as_user("nigora") as by:
        duty = started(by)
        duties.suspend(duty, ground="paper", by=by, at=at(3))
        duties.resume(duty, by=by, at=at(3, 8))
        with (
            pytest.raises((IntegrityError, ProgrammingError)),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change, [duty.pk])


@pytest.mark.django_db
def test_b5_nobody_approves_more_time_alone_past_the_python() -> None:
    with as_user("nigora") as by:
        duty = started(by)
        row = Turn(
            duty=duty,
            number=1,
            verb="extend",
            ground="article",
            at=at(3),
            by=by,
            approved_by=by,
            period="test_more",
            value=5,
            unit="working_days",
            standing="unverified",
            due_before=duty.due_at,
            due_after=at(30),
        )
        with pytest.raises(ProgrammingError), transaction.atomic():
            row.save(force_insert=True)
        row.approved_by = user("safar")
        with pytest.raises(ProgrammingError), transaction.atomic():
            row.save(force_insert=True)  # without the other's word
        asked = duties.ask_extension(*[duty], period="test_more", ground="article", by=by, at=at(3))
        with pytest.raises(ProgrammingError), transaction.atomic():
            Extension.objects.filter(pk=asked.pk).update(
                answered_at=at(3), answered_by=user("safar"), is_allowed=True
            )
        with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
            Extension.objects.filter(pk=asked.pk).update(
                answered_at=at(3), answered_by=by, is_allowed=True
            )
    with as_user("safar") as by:
        row.by, row.approved_by = user("nigora"), by
        with pytest.raises(ProgrammingError), transaction.atomic():
            row.save(force_insert=True)  # nothing was allowed yet


@pytest.mark.django_db
def test_b5_what_bodies_let_run_out_stands_on_the_list_of_the_commission() -> None:
    with as_user(ADMIN) as by:
        districts = [
            access.add_unit(
                code=f"body-{number}",
                name=f"Fictional Body {number}",
                kind="territorial_commission",
                district="tj_3505401",
                duty_phone="",
                by=by,
                at=MONDAY,
            )
            for number in (1, 2)
        ]
        desks = [
            access.add_team(unit=unit, name=unit.code, is_intake=False, by=by, at=MONDAY)
            for unit in districts
        ]
    secretaries = [
        new_account(f"secretary{unit.code[-1]}", unit, "tcs", user(ADMIN)) for unit in districts
    ]
    with as_user("nigora") as by:
        for desk in desks:
            started(by, owner=desk)
            started(by, "test_hours", owner=desk, started_at=at(1))
            started(by, "later_questions", owner=desk)  # a service target is no law
        started(by)  # what a service owes is no matter of this list
        with pytest.raises(ProgrammingError), transaction.atomic():
            queries.overdue(at(30))
    with as_user("ibrohim"):
        assert queries.overdue(at(2, 1)) == []
        found = queries.overdue(at(18))
        assert [late.unit in districts for late in found] == [True] * 4, "oldest first"
        assert [late.article for late in found] == ["", "", "article 5", "article 5"]
        assert {late.clock for late in found} == {"Fictional clock"}
        assert queries.late_in_words(found[-1], at(18)) == "1 day late"
    for unit, secretary in zip(districts, secretaries, strict=True):
        with as_user(secretary):
            assert {late.unit for late in queries.overdue(at(18))} == {unit}
