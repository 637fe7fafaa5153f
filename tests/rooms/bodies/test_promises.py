"""What PostgreSQL promises of bodies: SQL written as ``app``, past the programme."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from panoh.bodies import actions as bodies
from panoh.bodies.models import Item, Seat, Sitting
from tests.factories import bodies as made
from tests.factories.bodies import ALL_FOR, KEEPER, MORNING, SECRETARY
from tests.factories.staff import as_user, user

pytestmark = pytest.mark.django_db
DENIED = "permission denied|row-level security|refused by the wall"


def refused(by: str, said: str, text: str, *values: Any) -> None:
    """This statement of an account is refused."""
    with (
        as_user(by),
        pytest.raises(DatabaseError, match=said),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(text, values)


def touched(by: str, text: str, *values: Any) -> int:
    """How many rows a statement of an account changes."""
    with as_user(by), connection.cursor() as cursor:
        cursor.execute(text, values)
        return int(cursor.rowcount)


def a_vote(
    by: str, item: Item, sitting: Sitting, seat: Seat, choice: str = "for"
) -> tuple[Any, ...]:
    text = (
        "INSERT INTO bodies_vote (id, body_id, sitting_id, item_id, seat_id, choice, at, by_id)"
        " VALUES (%s, %s, %s, %s, %s, %s, now(), %s)"
    )
    values = (uuid4(), item.body_id, sitting.pk, item.pk, seat.pk, choice, user(by).pk)
    return text, *values


SETTLE = "UPDATE bodies_item SET outcome = %s, settled_at = now(), settled_by_id = %s WHERE id = %s"


def seat_of(name: str) -> Seat:
    with as_user(KEEPER):
        return Seat.objects.get(user__username=name)


def test_b1_no_decision_without_quorum_and_votes_in_an_open_sitting() -> None:
    body = made.national()
    item = made.matter(body)
    me = user(KEEPER).pk
    refused(
        KEEPER, "bodies_settled_in_a_sitting|bodies_sitting_open", SETTLE, "granted", me, item.pk
    )
    row = made.opened(body, ["ibrohim", "nigora"])
    made.voted(item, {"ibrohim": "for", "nigora": "for"})
    refused(KEEPER, "bodies_quorum", SETTLE, "granted", me, item.pk)
    made.arrive(row, made.VOICES)
    other = made.matter(body, number="0002")
    with as_user(KEEPER):
        Item.objects.filter(pk=other.pk).update(sitting=row)
    refused(KEEPER, "bodies_votes", SETTLE, "granted", me, other.pk)
    refused(KEEPER, DENIED, SETTLE, "granted", user("nigora").pk, item.pk)
    refused("nigora", DENIED, SETTLE, "granted", user("nigora").pk, item.pk)
    refused(KEEPER, "bodies_carried", SETTLE, "declined", me, item.pk)
    assert touched(KEEPER, SETTLE, "accepted", me, item.pk) == 1
    refused(KEEPER, "bodies_settled_stays", SETTLE, "granted", me, item.pk)
    refused(KEEPER, "bodies_sitting_course", "UPDATE bodies_sitting SET needed = 0")
    refused(KEEPER, DENIED, "UPDATE bodies_body SET quorum_percent = 0")


def test_b1_one_vote_for_each_seat_and_none_after_the_sitting() -> None:
    body = made.national()
    item = made.matter(body)
    row = made.opened(body)
    mine, theirs = seat_of("nigora"), seat_of("zebo")
    assert touched("nigora", *a_vote("nigora", item, row, mine)) == 1
    refused("nigora", "bodies_votes_once", *a_vote("nigora", item, row, mine, "against"))
    refused("nigora", "bodies_may_vote", *a_vote("nigora", item, row, theirs))
    refused(KEEPER, DENIED, *a_vote("zebo", item, row, theirs))
    refused("nigora", DENIED, "UPDATE bodies_vote SET choice = 'against'")
    refused("nigora", DENIED, "DELETE FROM bodies_vote")
    made.voted(item, {name: "for" for name in ALL_FOR if name != "nigora"})
    with as_user(KEEPER) as by:
        bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
        bodies.close_minutes(row, by=by, at=MORNING)
    refused("zebo", "bodies_sitting_open", *a_vote("zebo", item, row, theirs))


def test_b1_minutes_stay_as_they_were_closed() -> None:
    body = made.national()
    item = made.matter(body)
    row = made.opened(body)
    made.voted(item, ALL_FOR)
    with as_user(KEEPER) as by:
        bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
        bodies.close_minutes(row, by=by, at=MORNING)
    for text in (
        "UPDATE bodies_sitting SET place = 'x'",
        "UPDATE bodies_sitting SET state = 'open', closed_at = NULL",
        "UPDATE bodies_attendance SET left_at = now() WHERE came_at IS NOT NULL",
        "UPDATE bodies_item SET outcome = 'refused'",
        "UPDATE bodies_item SET sitting_id = NULL",
        "DELETE FROM bodies_item",
        "DELETE FROM bodies_sitting",
        "DELETE FROM bodies_conflict",
        "UPDATE bodies_happening SET kind = 'sat'",
        "INSERT INTO bodies_happening SELECT * FROM bodies_happening",
        "ALTER TABLE bodies_item DISABLE TRIGGER ALL",
    ):
        refused(KEEPER, f"bodies_closed|bodies_settled_stays|must be owner|{DENIED}", text)


def test_b1_one_open_sitting_of_a_body_at_a_time() -> None:
    body = made.national()
    made.opened(body)
    second = made.called(body, starts_at=MORNING + made.HOUR)
    text = "UPDATE bodies_sitting SET state = 'open', opened_at = now() WHERE id = %s"
    refused(KEEPER, "bodies_one_open", text, second.pk)


def test_b13_nothing_unsettled_is_closed_away() -> None:
    body = made.national()
    made.matter(body)
    made.opened(body)
    text = "UPDATE bodies_sitting SET state = 'closed', closed_at = now(), closed_by_id = %s"
    refused(KEEPER, "bodies_unsettled", text, user(KEEPER).pk)
    text = "UPDATE bodies_item SET sitting_id = NULL"
    refused(KEEPER, "bodies_put_off_why", text)


def test_b4_nobody_signs_what_they_typed_up() -> None:
    body = made.national()
    with as_user(KEEPER) as by:
        row = bodies.type_up(
            body, held_at=MORNING, reason="x", there=[], results=[], by=by, at=MORNING
        )
    sign = "UPDATE bodies_sitting SET signed_by_id = %s, signed_at = now() WHERE id = %s"
    refused(KEEPER, "bodies_second_signs", sign, user(KEEPER).pk, row.pk)
    refused(KEEPER, "bodies_second_signs", sign, user("nigora").pk, row.pk)
    closing = "UPDATE bodies_sitting SET state = 'closed', closed_at = now(), closed_by_id = %s"
    refused(KEEPER, "bodies_second_signs", closing, user(KEEPER).pk)
    refused(
        "nigora",
        DENIED + "|bodies_second_signs",
        "UPDATE bodies_sitting SET signed_by_id = %s, signed_at = now(), state = 'closed'",
        user("nigora").pk,
    )
    assert touched("nigora", sign, user("nigora").pk, row.pk) == 1


def test_b3_another_district_is_neither_read_nor_written() -> None:
    here = made.district()
    made.other_district()
    made.matter(here)
    made.called(here, SECRETARY)
    for table in ("seat", "sitting", "item", "attendance", "happening"):
        with as_user(made.OTHER), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM bodies_{table} WHERE body_id = %s",
                [here.pk],
            )
            counted = table == "happening"  # kinds and moments: for whoever counts
            assert cursor.fetchone() == (1 if counted else 0,), table
    assert touched(made.OTHER, "UPDATE bodies_sitting SET place = 'x'") == 0
    assert touched(made.OTHER, "UPDATE bodies_item SET sitting_id = NULL") == 0
    text = (
        "INSERT INTO bodies_sitting (id, body_id, starts_at, place, state, on_paper, reason,"
        " called_at, called_by_id) VALUES (%s, %s, now(), '', 'called', false, '', now(), %s)"
    )
    refused(made.OTHER, DENIED, text, uuid4(), here.pk, user(made.OTHER).pk)


def test_b1_nobody_tables_or_seats_in_anothers_name() -> None:
    body = made.national()
    item = (
        "INSERT INTO bodies_item (id, body_id, kind, number, title, tabled_at, tabled_by_id,"
        " outcome) VALUES (%s, %s, 'other', '1', '', now(), %s, '')"
    )
    refused("lola", DENIED, item, uuid4(), body.pk, user("nigora").pk)
    seat = (
        "INSERT INTO bodies_seat (id, body_id, title, name, side, votes, chairs, paid, user_id,"
        " since, seated_at, seated_by_id)"
        " VALUES (%s, %s, 'x', '', 'ngo', true, true, false, %s, '2026-01-01', now(), %s)"
    )
    refused("lola", DENIED, seat, uuid4(), body.pk, user("lola").pk, user("lola").pk)
    refused("lola", DENIED, "UPDATE bodies_body SET ended_on = '2026-01-01'")
