"""The course of a sitting: invitations, quorum, conflicts, votes, paper, minutes."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.urls import reverse

from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.actions.beats import said
from panoh.bodies.actions.sittings import PaperResult
from panoh.bodies.models import (
    Attendance,
    Conflict,
    Item,
    Postponement,
    Seat,
    Sitting,
    State,
    Vote,
)
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, Invalid, NotPossible, Refused
from tests.factories import bodies as made
from tests.factories.bodies import ALL_FOR, HOUR, KEEPER, MORNING
from tests.factories.clients import client_of
from tests.factories.staff import as_user, team
from tests.factories.terms import many_zones

pytestmark = pytest.mark.django_db


def test_b1_a_sitting_is_called_and_what_waits_comes_onto_its_agenda() -> None:
    body = made.national()
    waiting = made.matter(body)
    row = made.called(body)
    later = made.matter(body, number="0002")
    with as_user("nigora") as by:
        assert [one.number for one in queries.items_of(row)] == ["0001", "0002"]
        (invited,) = queries.invitations(by, made.BEFORE)
        bodies.answer_invitation(invited, answer="coming", by=by, at=made.BEFORE)
    with as_user(KEEPER) as by:
        (mine,) = Attendance.objects.filter(sitting=row, answer="coming")
        with pytest.raises(Gone):
            bodies.answer_invitation(mine, answer="away", by=by, at=made.BEFORE)
        bodies.cancel(row, by=by, at=made.BEFORE)
    with as_user("nigora") as by:
        (told,) = queries.invitations(by, made.BEFORE)
        assert told.sitting.state == State.CANCELLED, "nobody comes for nothing"
        assert queries.invitations(by, MORNING) == []
    following = made.called(body, starts_at=MORNING + timedelta(days=7))
    with as_user(KEEPER):
        assert set(queries.items_of(following)) == {waiting, later}


def test_b1_who_is_seated_after_the_call_is_invited_too() -> None:
    body = made.national()
    row = made.called(body)
    made.seat(body, "lola", since=MORNING.date())
    made.seat(body, "safar", since=MORNING.date() + timedelta(days=1))
    for name, sittings in (("lola", [row]), ("safar", [])):
        with as_user(name) as by:
            assert [one.sitting for one in queries.invitations(by, made.BEFORE)] == sittings


def test_b1_whose_term_is_made_longer_is_invited_to_what_is_called() -> None:
    body, day = made.national(), MORNING.date()
    lola = made.seat(body, "lola", until=day - timedelta(days=1))
    row = made.called(body)
    for until, count in ((day - timedelta(days=1), 0), (day, 1), (None, 1)):
        with as_user(KEEPER) as by:
            bodies.change_seat(
                lola, until=until, trained_on=None, alternate=None, by=by, at=made.BEFORE
            )
            assert Attendance.objects.filter(sitting=row, seat=lola).count() == count
    with as_user("lola") as by:
        assert [one.sitting for one in queries.invitations(by, made.BEFORE)] == [row]


def test_b1_an_agenda_has_one_order_for_all() -> None:
    """What the body's team owes about a matter is no row of a member of another team."""
    body = made.national()
    days = {"0001": None, "0002": None, "0003": date(2026, 3, 20), "0004": date(2026, 3, 12)}
    items = {number: made.matter(body, number=number, due_on=day) for number, day in days.items()}
    row = made.called(body)
    with as_user(KEEPER) as by:
        due = MORNING + timedelta(days=5)
        about = items["0002"].subject_id
        duties.open(
            "status.decide", subject_id=about, owner=body.team, due=due, by=by, at=made.BEFORE
        )
    for name in ("ibrohim", "nigora", "latif"):
        with as_user(name):
            found = queries.items_of(row)
            assert [one.number for one in found] == ["0004", "0002", "0003", "0001"], name
            assert [vars(one)["due_at"] for one in found] == [None, due, None, None], name
            assert list(queries.waiting_for(body)) == list(found)
    with as_user("nigora") as by:
        bodies.declare_conflict(items["0002"], by=by, at=made.BEFORE)
        (due_of,) = shown("SELECT bodies_due(%s)", items["0002"].pk)
        assert due_of is None, "of what touches somebody nothing is told"
    with as_user("safar"):
        assert shown("SELECT bodies_due(%s)", items["0002"].pk) == (None,), "no seat there"


def shown(sql: str, key: UUID) -> tuple[object, ...]:
    """What the application's role reads."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        return tuple(cursor.fetchone())


def test_b1_a_body_that_sits_after_midnight_has_its_own_day() -> None:
    """Half past midnight in the east is the evening before in UTC."""
    with many_zones() as east:
        body = made.national(east)
        night = datetime(2026, 3, 10, 0, 30, tzinfo=ZoneInfo(east))
        lola = made.seat(body, "lola", since=night.date())
        made.seat(body, "safar", until=night.date() - timedelta(days=1))
        row = made.opened(body, starts_at=night)
        with as_user(KEEPER) as by:
            assert row.needed == 3, "of five with a voice on that day"
            bodies.attend(row, there={lola.pk: True}, by=by, at=night)
            there = {one.seat.title for one in queries.attendance_of(row) if one.came_at}
            assert "Office of lola" in there
            invited = {one.seat.title for one in queries.attendance_of(row)}
            assert "Office of safar" not in invited


def test_b1_pressed_twice_calls_one_sitting() -> None:
    body, key = made.national(), uuid4()
    with as_user(KEEPER) as by:
        for _click in range(2):
            bodies.call(body, starts_at=MORNING, by=by, at=made.BEFORE, submission=key)
        assert Sitting.objects.count() == 1
        with pytest.raises(Invalid):
            bodies.call(body, starts_at=MORNING, by=by, at=MORNING)


def test_b1_without_quorum_recording_a_decision_is_refused() -> None:
    body = made.national()
    item = made.matter(body)
    row = made.opened(body, ["ibrohim", "nigora"])
    assert row.needed == 3
    made.voted(item, {"ibrohim": "for", "nigora": "for"})
    with as_user(KEEPER) as by:
        with pytest.raises(NotPossible, match="no quorum"):
            bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
        with pytest.raises(NotPossible, match="no quorum"):
            bodies.resolve(
                row, text="x", owner=body.team, due_on=date(2026, 4, 1), by=by, at=MORNING
            )
        assert Item.objects.get(pk=item.pk).outcome == ""


def test_b1_quorum_lost_in_mid_sitting_puts_the_rest_off() -> None:
    body = made.national()
    first, second = made.matter(body, number="0001"), made.matter(body, number="0002")
    row = made.opened(body)
    made.voted(first, ALL_FOR)
    made.voted(second, {"nigora": "for"})
    with as_user(KEEPER) as by:
        bodies.settle_item(first, outcome="granted", by=by, at=MORNING)
    made.arrive(row, ["ibrohim", "nigora"], at=MORNING + HOUR)
    with as_user(KEEPER) as by:
        with pytest.raises(NotPossible, match="no quorum"):
            bodies.settle_item(second, outcome="granted", by=by, at=MORNING + HOUR)
        with pytest.raises(NotPossible, match="neither settled nor put off"):
            bodies.close_minutes(row, by=by, at=MORNING + HOUR)
        with pytest.raises(Invalid):
            bodies.postpone(second, why=" ", by=by, at=MORNING + HOUR)
        bodies.postpone(second, why="No quorum", by=by, at=MORNING + HOUR)
        closed = bodies.close_minutes(row, by=by, at=MORNING + HOUR)
        assert (closed.state, closed.number) == (State.CLOSED, 1)
        assert Postponement.objects.get().why == "No quorum"
    # In the next sitting every seat votes anew; the former votes stay in the former minutes.
    following = made.opened(body, starts_at=MORNING + timedelta(days=7))
    made.voted(second, ALL_FOR, at=MORNING + timedelta(days=7))
    with as_user(KEEPER) as by:
        (told,) = queries.roll(following)
        assert told.tally.in_favour == 4
        done = bodies.settle_item(
            second, outcome="granted", by=by, at=MORNING + timedelta(days=7, hours=1)
        )
        assert done.carried and done.sitting == following
        assert Vote.objects.filter(sitting=row, item=second).count() == 1


def test_b1_who_has_a_conflict_neither_votes_nor_reads() -> None:
    body = made.national()
    item, other = made.matter(body, number="0001"), made.matter(body, number="0002")
    row = made.opened(body)
    with as_user("nigora") as by:
        bodies.declare_conflict(item, by=by, at=MORNING)
        assert [one.number for one in queries.items_of(row)] == ["0002"]
        with pytest.raises(Gone):
            queries.item_of(body, item.pk)
        mine = Seat.objects.get(body=body, user=by)
        with pytest.raises(Gone):
            bodies.vote(item, seat=mine, choice="for", by=by, at=MORNING)
        bodies.vote(other, seat=mine, choice="for", by=by, at=MORNING)
    with as_user(KEEPER) as by:
        assert queries.conflicted(item) == {mine.user_id}
        # Nor may the secretary write the vote for that seat.
        with pytest.raises(NotPossible, match="does not vote here"):
            bodies.vote(item, seat=mine, choice="for", by=by, at=MORNING)
    made.voted(item, {"ibrohim": "for", "pulod": "against", "zebo": "for"})
    with as_user("nigora"):
        assert not Vote.objects.filter(item=item).exists()
    with as_user(KEEPER) as by:
        done = bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
        assert done.carried


def test_b1_without_those_in_conflict_there_may_be_no_quorum() -> None:
    body = made.national()
    item = made.matter(body)
    made.opened(body, ["ibrohim", "nigora", "pulod"])
    made.voted(item, {"ibrohim": "for", "pulod": "for"})
    with as_user("nigora") as by:
        bodies.declare_conflict(item, by=by, at=MORNING)
    with as_user(KEEPER) as by, pytest.raises(NotPossible, match="Without those whom"):
        queries.require_deciding(item, MORNING)


def test_b1_a_conflict_declared_after_the_vote_takes_the_vote_out() -> None:
    body = made.national()
    item = made.matter(body)
    made.opened(body)
    made.voted(item, {"ibrohim": "for", "nigora": "against", "pulod": "against", "zebo": "for"})
    with as_user("nigora") as by:
        bodies.declare_conflict(item, by=by, at=MORNING)
    with as_user(KEEPER) as by:
        assert queries.tally(item).carried
        assert bodies.settle_item(item, outcome="granted", by=by, at=MORNING).carried


def test_b1_the_secretary_writes_a_conflict_for_a_seat() -> None:
    body = made.national()
    item = made.matter(body)
    with as_user(KEEPER) as by:
        theirs = Seat.objects.get(body=body, user__username="pulod")
        bodies.declare_conflict(item, seat=theirs, by=by, at=MORNING)
    with as_user("pulod") as by:
        with pytest.raises(Gone):
            queries.item_of(body, item.pk)
        assert Conflict.objects.get().item_id == item.pk, "that it was declared is no secret"
    with as_user("zebo") as by, pytest.raises(Refused):
        bodies.declare_conflict(made.matter(body, number="0003"), seat=theirs, by=by, at=MORNING)


def test_b1_each_seat_votes_once_and_an_observer_never() -> None:
    body = made.national()
    item = made.matter(body)
    made.opened(body, [*made.VOICES, made.OBSERVER])
    made.voted(item, {"nigora": "for"})
    with pytest.raises(NotPossible, match="voted on this already"):
        made.voted(item, {"nigora": "against"})
    with pytest.raises(NotPossible, match="has no voice"):
        made.voted(item, {made.OBSERVER: "for"})
    with as_user(KEEPER) as by:
        theirs = Seat.objects.get(body=body, user__username="zebo")
        assert bodies.vote(item, seat=theirs, choice="for", by=by, at=MORNING).by == by


def test_b1_who_left_votes_no_more_and_an_alternate_votes_instead() -> None:
    body = made.national()
    item = made.matter(body)
    row = made.opened(body, ["ibrohim", "nigora", "zebo"])
    with pytest.raises(NotPossible, match="not there"):
        made.voted(item, {"pulod": "for"})
    with as_user(KEEPER) as by:
        theirs = Seat.objects.get(body=body, user__username="pulod")
        stand_in = Seat.objects.get(body=body, user__username=made.OBSERVER).user
        bodies.change_seat(
            theirs, until=None, trained_on=None, alternate=stand_in, by=by, at=MORNING
        )
        bodies.attend(row, there={theirs.pk: True}, alternates=[theirs.pk], by=by, at=MORNING)
    with as_user(made.OBSERVER) as by:
        bodies.vote(item, seat=theirs, choice="for", by=by, at=MORNING)
    with pytest.raises(NotPossible, match=r"voted on this already|not there"):
        made.voted(item, {"pulod": "for"})


def test_b1_nothing_is_decided_outside_an_open_sitting_or_without_votes() -> None:
    body = made.national()
    item = made.matter(body)
    with as_user(KEEPER) as by, pytest.raises(NotPossible, match="outside an open sitting"):
        bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
    row = made.opened(body)
    with as_user(KEEPER) as by, pytest.raises(NotPossible, match="Nobody has voted"):
        bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
    made.voted(item, ALL_FOR)
    with as_user(KEEPER) as by:
        bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
        with pytest.raises(NotPossible, match="settled already"):
            bodies.settle_item(item, outcome="refused", by=by, at=MORNING)
        bodies.close_minutes(row, by=by, at=MORNING)
        with pytest.raises(NotPossible, match="closed"):
            bodies.close_minutes(row, by=by, at=MORNING)
    with as_user("nigora") as by, pytest.raises(Refused):
        bodies.settle_item(item, outcome="granted", by=by, at=MORNING)


def test_b1_each_resolution_has_an_owner_and_a_day_and_is_owed() -> None:
    body, owner = made.national(), team("ngo-cases")
    row = made.opened(body)
    with as_user(KEEPER) as by:
        done = bodies.resolve(
            row, text="Print the cards", owner=owner, due_on=date(2026, 4, 1), by=by, at=MORNING
        )
    with as_user("nigora") as by:
        duty = Duty.objects.get(subject_id=done.pk)
        assert (duty.kind, duty.owner_id) == ("body.resolution", owner.pk)
        bodies.finish_resolution(done, outcome="Printed", by=by, at=MORNING)
        assert Duty.objects.get(pk=duty.pk).settled_at
    with as_user(KEEPER):
        assert queries.open_resolutions(body) == []


def test_b1_closed_minutes_are_corrected_beside_them() -> None:
    body = made.national()
    row = made.opened(body)
    with as_user(KEEPER) as by:
        with pytest.raises(NotPossible):
            bodies.add_to_minutes(row, text="x", by=by, at=MORNING)
        bodies.close_minutes(row, by=by, at=MORNING)
        assert bodies.add_to_minutes(row, text="Page 2: five", by=by, at=MORNING).number == 1


def paper(there: list[str], results: list[PaperResult], **more: object) -> Sitting:
    """A sitting typed up by the secretary."""
    body = made.national()
    with as_user(KEEPER) as by:
        seats = [
            one.pk
            for one in queries.seats_of(body, made.SINCE)
            if one.user and one.user.username in there
        ]
        return bodies.type_up(
            body,
            held_at=MORNING,
            reason="No power on that day",
            there=seats,
            results=results,
            by=by,
            at=MORNING + timedelta(days=2),
        )


def test_b4_a_sitting_held_on_paper_is_typed_up_and_signed_by_a_second() -> None:
    body = made.national()
    items = [made.matter(body, number=f"{place:04}") for place in range(10)]
    row = paper(list(made.VOICES), [PaperResult(one.pk, 3, 1, 0) for one in items])
    assert (row.on_paper, row.needed) == (True, 3)
    at = MORNING + timedelta(days=3)
    with as_user(KEEPER) as by:
        with pytest.raises(NotPossible, match="second person signs"):
            bodies.settle_item(items[0], outcome="granted", by=by, at=at)
        with pytest.raises(NotPossible, match="somebody else signs"):
            bodies.sign(row, by=by, at=at)
    with as_user("lola") as by, pytest.raises(Gone):
        bodies.sign(row, by=by, at=at)
    with as_user("nigora") as by:
        bodies.sign(row, by=by, at=at)
    with as_user(KEEPER) as by:
        for one in items:
            assert bodies.settle_item(one, outcome="granted", by=by, at=at).carried
        bodies.close_minutes(row, by=by, at=at)
        decided = [one.at for one in queries.happenings(body) if one.kind == "decided"]
        assert decided == [MORNING] * 10, "decided on the day of the sitting"


def test_b4_after_the_second_signature_nothing_of_the_paper_changes() -> None:
    """Neither who was there, for a quorum, nor how they voted: past the programme too."""
    body = made.national()
    item = made.matter(body)
    row, at = paper(["ibrohim", "nigora"], [PaperResult(item.pk, 0, 2, 0)]), MORNING + HOUR * 72
    with as_user(KEEPER) as by:
        absent = Attendance.objects.filter(sitting=row, came_at=None, seat__votes=True)
        one, here = absent.first(), Attendance.objects.filter(sitting=row, came_at=MORNING).first()
        assert one is not None and here is not None
        with pytest.raises(NotPossible, match="held on paper"):
            bodies.attend(row, there={one.seat_id: True}, by=by, at=at)
    with as_user("nigora") as by:
        bodies.sign(row, by=by, at=at)
    with as_user(KEEPER) as by:
        with pytest.raises(NotPossible, match="held on paper"):
            bodies.attend(row, there={one.seat_id: True}, by=by, at=at)
        with pytest.raises(NotPossible, match="held on paper"):
            bodies.vote(item, seat=here.seat, choice="for", by=by, at=at)
        for changed in (one, here):
            changed.came_at, changed.left_at = MORNING, at if changed == here else None
            with pytest.raises(NotPossible, match="held on paper"), said():
                changed.save(update_fields=["came_at", "left_at"])
        assert queries.tally(Item.objects.get(pk=item.pk)).against == 2
    client = client_of(KEEPER, "en")
    page = client.get(reverse("bodies:sitting", args=[body.code, row.pk])).content.decode()
    assert reverse("bodies:act", args=[body.code, row.pk, "attend"]) not in page


def test_b4_paper_without_quorum_or_with_too_many_votes_decides_nothing() -> None:
    body = made.national()
    item = made.matter(body)
    row = paper(["ibrohim", "nigora"], [PaperResult(item.pk, 2, 0, 0)])
    with as_user("nigora") as by:
        bodies.sign(row, by=by, at=MORNING + timedelta(days=2))
    with as_user(KEEPER) as by:
        with pytest.raises(NotPossible, match="no quorum"):
            bodies.settle_item(item, outcome="granted", by=by, at=MORNING + timedelta(days=2))
        bodies.postpone(item, why="No quorum", by=by, at=MORNING + timedelta(days=2))
        bodies.close_minutes(row, by=by, at=MORNING + timedelta(days=2))
    with pytest.raises(Invalid, match=r"more votes than voting seats that were there \(4\)"):
        paper(list(made.VOICES), [PaperResult(item.pk, 5, 0, 0)])


def test_b4_a_backdated_sitting_needs_a_reason_and_a_day_that_was() -> None:
    body = made.national()
    with as_user(KEEPER) as by:
        for reason, held_at, field in (
            (" ", MORNING, "reason"),
            ("x", MORNING + timedelta(days=9), "held_at"),
        ):
            with pytest.raises(Invalid) as refusal:
                bodies.type_up(
                    body,
                    held_at=held_at,
                    reason=reason,
                    there=[],
                    results=[],
                    by=by,
                    at=MORNING + HOUR,
                )
            assert refusal.value.field == field
