"""What each verb refuses: who keeps another body, what is past, what says nothing. Each time
nothing is written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from panoh.access.models import Team
from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.actions.beats import said
from panoh.bodies.actions.sittings import PaperResult
from panoh.bodies.models import (
    Attendance,
    Body,
    Event,
    Item,
    Seat,
    Sitting,
    Vote,
)
from panoh.kernel.rules import Gone, Invalid, NotPossible, Refused
from tests.factories import bodies as made
from tests.factories.bodies import ALL_FOR, HOUR, KEEPER, MORNING, OTHER, SECRETARY
from tests.factories.staff import ADMIN, NOW, as_user, team, user
from tests.factories.untouched import Untouched

pytestmark = pytest.mark.django_db

TODAY = MORNING.date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
Verb = Callable[..., Any]
refused = Untouched("bodies", KEEPER, MORNING).refused


EVENT: dict[str, Any] = {
    "kind": "round_table",
    "name": "Fictional table",
    "starts_on": TODAY,
    "ends_on": TODAY,
}


def an_event(body: Body) -> Event:
    with as_user(KEEPER) as by:
        return bodies.add_event(body, **EVENT, by=by, at=MORNING)


# -- who keeps another body ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        (bodies.open_sitting, {}),
        (bodies.cancel, {}),
        (bodies.attend, {"there": {}}),
        (bodies.close_minutes, {}),
        (bodies.add_to_minutes, {"text": "x"}),
        (bodies.resolve, {"text": "x", "due_on": TOMORROW, "owner": None}),
        (bodies.print_invitations, {"language": "en"}),
        (bodies.print_minutes, {"language": "en"}),
    ],
)
def test_b3_who_keeps_another_body_does_nothing_in_this_sitting(
    verb: Verb, given: dict[str, Any]
) -> None:
    made.other_district()
    row = made.called(made.national())
    if "owner" in given:
        given = {**given, "owner": row.body.team}
    with refused(Gone, OTHER) as me:
        verb(row, **given, **me)


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        (bodies.settle_item, {"outcome": "granted"}),
        (bodies.postpone, {"why": "x"}),
        (bodies.declare_conflict, {}),
    ],
)
def test_b3_who_keeps_another_body_decides_nothing_here(verb: Verb, given: dict[str, Any]) -> None:
    made.other_district()
    body = made.national()
    item = made.matter(body)
    made.opened(body)
    made.voted(item, ALL_FOR)
    with refused(Gone, OTHER) as me:
        verb(item, **given, **me)


def test_b3_who_keeps_another_body_votes_answers_and_writes_nothing_here() -> None:
    made.other_district()
    body = made.national()
    item, row = made.matter(body), made.opened(body)
    with as_user(KEEPER) as by:
        proposal = bodies.propose(body, text="x", by=by, at=NOW)
        resolved = bodies.resolve(row, text="x", owner=body.team, due_on=TODAY, by=by, at=MORNING)
        seat = Seat.objects.get(body=body, user=by)
        mine = Attendance.objects.get(sitting=row, seat=seat)
    event = an_event(body)
    with refused(Gone, OTHER) as me:
        bodies.vote(item, seat=seat, choice="for", **me)
    with refused(Gone, OTHER) as me:
        bodies.answer_invitation(mine, answer="coming", **me)
    with refused(Gone, OTHER) as me:
        bodies.answer(proposal, state="accepted", reason="x", **me)
    with refused(Gone, OTHER) as me:
        bodies.finish_resolution(resolved, outcome="x", **me)
    with refused(Gone, OTHER) as me:
        bodies.write_lesson(event, text="x", **me)
    with refused(Gone, OTHER) as me:
        bodies.close_event(event, **me)
    with refused(Gone, OTHER) as me:
        bodies.add_event(body, **EVENT, **me)


def test_b1_a_member_reads_the_minutes_and_prints_no_invitations_of_others() -> None:
    """A secretary of another body who has a seat here is a member here."""
    made.other_district()
    body = made.national()
    made.seat(body, OTHER)
    row = made.called(body)
    with as_user(OTHER) as by:
        assert bodies.print_minutes(row, language="en", by=by, at=MORNING).startswith(b"%PDF")
    with refused(Gone, OTHER) as me:
        bodies.print_invitations(row, language="en", **me)


def test_b1_a_member_of_the_body_does_not_finish_what_another_team_owes() -> None:
    body = made.national()
    row = made.opened(body)
    with as_user(KEEPER) as by:
        one = bodies.resolve(row, text="x", owner=body.team, due_on=TODAY, by=by, at=MORNING)
    with refused(Refused, "nigora") as me:
        bodies.finish_resolution(one, outcome="x", **me)


# -- founding, seats, co-ordination ----------------------------------------------------------------


def a_body(**more: Any) -> dict[str, Any]:
    given = {"code": "new", "names": {"en": "New"}, "kind": "dialogue", "level": "national"}
    return {**given, "team": team("ngo-cases"), **more}


@pytest.mark.parametrize(
    ("field", "given"),
    [("code", {"code": "national"}), ("names", {"names": {"en": " "}}), ("zone", {"zone": "x/y"})],
)
def test_a_body_has_a_code_of_its_own_a_name_and_a_zone_of_the_pack(
    field: str, given: dict[str, Any]
) -> None:
    made.national()
    with refused(Invalid, ADMIN, field) as me:
        bodies.found(**a_body(**given), **me)


def test_a_body_that_was_ended_sits_no_more_and_what_it_wrote_stays() -> None:
    body = made.national()
    row = made.opened(body)
    with as_user(KEEPER) as by:
        bodies.close_minutes(row, by=by, at=MORNING)
    with refused(Refused, KEEPER) as me:
        bodies.end(body, on=TODAY, **me)
    with as_user(ADMIN) as by:
        bodies.end(body, on=TODAY, by=by, at=MORNING)
    assert body not in queries.all_bodies()
    with pytest.raises(NotPossible, match="No body decides"):
        queries.body_for(made.DISTRICT, TODAY)
    with as_user(KEEPER):
        assert queries.sittings_of(body) == [row]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("side", {"side": "nobody"}),
        ("title", {"title": " "}),
        ("name", {"user": None}),
        ("until", {"until": YESTERDAY}),
    ],
)
def test_b1_a_seat_says_for_whom_who_and_since_when(field: str, given: dict[str, Any]) -> None:
    body = made.national()
    typed = {"title": "Office", "side": "state", "since": TODAY, "user": user("lola"), **given}
    with refused(Invalid, KEEPER, field) as me:
        bodies.seat(body, **typed, **me)


def test_b1_a_term_does_not_end_before_it_began() -> None:
    one = made.seat(made.national(), "lola", since=TODAY)
    with refused(Invalid, KEEPER, "until") as me:
        bodies.change_seat(one, until=YESTERDAY, trained_on=None, alternate=None, **me)


def test_b12_only_a_unit_that_takes_requests_co_ordinates() -> None:
    with refused(Invalid, ADMIN, "unit") as me:
        bodies.move_coordination(team("fund-money").unit, since=TODAY, **me)


# -- sittings --------------------------------------------------------------------------------------


def test_b1_a_proposal_is_on_one_agenda_only() -> None:
    """Its day comes while it waits on an agenda: another sitting does not take it up too."""
    body = made.national()
    with as_user(KEEPER) as by:
        one = bodies.propose(body, text="x", by=by, at=NOW)
    first = made.matter(body, KEEPER, number=one.number, kind="proposal", subject_id=one.pk)
    with as_user(KEEPER) as by:
        bodies.answer(
            one, state="deferred", reason="x", deferred_to=YESTERDAY, by=by, at=made.BEFORE
        )
    rows = [made.called(body, starts_at=MORNING + timedelta(days=ahead)) for ahead in (0, 7)]
    with as_user(KEEPER):
        assert list(Item.objects.filter(subject_id=one.pk)) == [first]
        assert [item.number for item in queries.items_of(rows[0])] == [one.number]


def test_b1_an_invitation_has_only_the_answers_there_are() -> None:
    row = made.called(made.national())
    with as_user("nigora") as by:
        mine = Attendance.objects.get(sitting=row, seat__user=by)
    with refused(Invalid, "nigora", "answer") as me:
        bodies.answer_invitation(mine, answer="perhaps", **me)


def test_b1_nobody_is_there_before_the_sitting_is_open() -> None:
    body = made.national()
    row = made.called(body)
    with as_user(KEEPER):
        one = Seat.objects.get(body=body, user__username="nigora")
    with refused(NotPossible, KEEPER) as me:
        bodies.attend(row, there={one.pk: True}, **me)


def test_b1_who_is_written_down_again_came_when_they_came() -> None:
    row = made.opened(made.national())
    made.arrive(row, made.VOICES, at=MORNING + HOUR)
    with as_user(KEEPER):
        came = Attendance.objects.filter(sitting=row, came_at__isnull=False)
        assert {(one.came_at, one.left_at) for one in came} == {(MORNING, None)}


def test_b4_pressed_twice_types_up_one_sitting() -> None:
    body, key = made.national(), uuid4()
    with as_user(KEEPER) as by:
        for _click in range(2):
            bodies.type_up(body, **typed_up(), submission=key, by=by, at=MORNING)
        assert Sitting.objects.count() == 1


def typed_up(**more: Any) -> dict[str, Any]:
    return {"held_at": MORNING, "reason": "x", "there": [], "results": [], **more}


def test_b4_who_had_no_seat_on_that_day_was_not_there() -> None:
    body = made.national()
    late = made.seat(body, "lola", since=TOMORROW)
    with refused(Invalid, KEEPER, "there") as me:
        bodies.type_up(body, **typed_up(there=[late.pk]), **me)


def test_b4_a_body_did_not_sit_before_it_was_founded() -> None:
    body = made.national()
    early = MORNING.replace(year=2025)
    with refused(Invalid, KEEPER, "day") as me:
        bodies.type_up(body, **typed_up(held_at=early), **me)


def test_b4_what_was_settled_meanwhile_is_not_typed_up_again() -> None:
    body = made.national()
    item = made.matter(body)
    row = made.opened(body)
    made.voted(item, ALL_FOR)
    with as_user(KEEPER) as by:
        bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
        bodies.close_minutes(row, by=by, at=MORNING)
    with refused(NotPossible, KEEPER) as me:
        bodies.type_up(body, **typed_up(results=[PaperResult(item.pk, 0, 0, 0)]), **me)


def test_b4_paper_is_signed_once_and_not_after_it_was_dropped() -> None:
    body = made.national()
    with as_user(KEEPER) as by:
        dropped = bodies.type_up(body, **typed_up(), by=by, at=MORNING)
        bodies.cancel(dropped, by=by, at=MORNING)
        signed = bodies.type_up(body, **typed_up(), by=by, at=MORNING)
    with as_user("nigora") as by:
        bodies.sign(signed, by=by, at=MORNING)
    for row in (dropped, signed):
        with refused(NotPossible, "pulod", said="the state has changed") as me:
            bodies.sign(row, **me)


def test_b1_a_correction_of_minutes_says_something() -> None:
    row = made.opened(made.national())
    with as_user(KEEPER) as by:
        bodies.close_minutes(row, by=by, at=MORNING)
    with refused(Invalid, KEEPER, "text") as me:
        bodies.add_to_minutes(row, text=" ", **me)


# -- items -----------------------------------------------------------------------------------------


def test_b1_a_vote_is_for_against_or_neither() -> None:
    body = made.national()
    item = made.matter(body)
    made.opened(body)
    with as_user("nigora") as by:
        seat = Seat.objects.get(body=body, user=by)
    with refused(Invalid, "nigora", "choice") as me:
        bodies.vote(item, seat=seat, choice="maybe", **me)


def test_b1_nobody_votes_on_what_is_on_no_agenda() -> None:
    body = made.national()
    item = made.matter(body)
    with as_user("nigora") as by:
        seat = Seat.objects.get(body=body, user=by)
    with refused(NotPossible, "nigora", said="outside an open sitting") as me:
        bodies.vote(item, seat=seat, choice="for", **me)


def test_b1_a_seat_of_another_body_has_no_vote_here() -> None:
    there = made.district()
    body = made.national()
    with as_user(SECRETARY) as by:
        seat = Seat.objects.get(body=there, user=by)
    made.seat(body, SECRETARY, votes=False)
    item = made.matter(body)
    made.opened(body)
    with refused(Gone, SECRETARY) as me:
        bodies.vote(item, seat=seat, choice="for", **me)


def test_b1_only_what_an_open_sitting_has_before_it_is_put_off() -> None:
    body = made.national()
    item = made.matter(body)
    with refused(NotPossible, KEEPER, said="outside an open sitting") as me:
        bodies.postpone(item, why="No sitting", **me)
    made.called(body)
    with refused(NotPossible, KEEPER, said="outside an open sitting") as me:
        bodies.postpone(item, why="Not open yet", **me)


def test_b1_after_the_decision_nobody_declares_a_conflict_or_puts_it_off() -> None:
    body = made.national()
    item = made.matter(body)
    made.opened(body)
    made.voted(item, ALL_FOR)
    with as_user(KEEPER) as by:
        bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
    with refused(NotPossible, "nigora", said="settled already") as me:
        bodies.declare_conflict(item, **me)
    with refused(NotPossible, KEEPER, said="settled already") as me:
        bodies.postpone(item, why="x", **me)


@pytest.mark.parametrize(
    ("field", "given"), [("text", {"text": " "}), ("due_on", {"due_on": YESTERDAY})]
)
def test_b1_a_resolution_says_what_and_until_a_day_to_come(
    field: str, given: dict[str, Any]
) -> None:
    row = made.opened(made.national())
    typed = {"text": "x", "due_on": TODAY, "owner": row.body.team, **given}
    with refused(Invalid, KEEPER, field) as me:
        bodies.resolve(row, **typed, **me)


def test_b1_nothing_is_resolved_outside_an_open_sitting() -> None:
    row = made.called(made.national())
    owner: Team = row.body.team
    with refused(NotPossible, KEEPER, said="outside an open sitting") as me:
        bodies.resolve(row, text="x", owner=owner, due_on=TODAY, **me)


def test_b1_a_resolution_is_done_once_and_says_what_came_of_it() -> None:
    row = made.opened(made.national())
    with as_user(KEEPER) as by:
        one = bodies.resolve(row, text="x", owner=row.body.team, due_on=TODAY, by=by, at=MORNING)
    with refused(Invalid, KEEPER, "outcome") as me:
        bodies.finish_resolution(one, outcome=" ", **me)
    with as_user(KEEPER) as by:
        bodies.finish_resolution(one, outcome="Printed", by=by, at=MORNING)
    with refused(NotPossible, KEEPER, said="done already") as me:
        bodies.finish_resolution(one, outcome="Lost", **me)


def test_a_fault_of_the_database_that_has_no_words_is_not_hidden() -> None:
    body = made.national()
    item, row = made.matter(body), made.opened(body)
    with as_user("nigora") as by:
        seat = Seat.objects.get(body=body, user=by)
        vote = Vote(body=body, sitting=row, item=item, seat=seat, choice="x", at=MORNING, by=by)
        with pytest.raises(IntegrityError, match="bodies_vote_known"), said():
            vote.save(force_insert=True)
        assert not Vote.objects.exists()
