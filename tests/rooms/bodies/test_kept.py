"""What past the programme could still be broken: names, terms, alternates, resolutions, closing."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.actions.sittings import PaperResult
from panoh.bodies.models import Attendance, Conflict, Seat, Sitting, Vote
from panoh.kernel.rules import Invalid, NotPossible
from tests.factories import bodies as made
from tests.factories.bodies import KEEPER, MORNING
from tests.factories.clients import client_of, words
from tests.factories.staff import as_user, user
from tests.rooms.bodies.test_promises import DENIED, refused, seat_of, touched

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(minutes=5)


def a_resolution(row: Sitting, by: int) -> tuple[Any, ...]:
    text = (
        "INSERT INTO bodies_resolution (id, body_id, sitting_id, number, text, owner_id, due_on,"
        " at, by_id, outcome) VALUES (%s, %s, %s, 1, 'x', %s, '2026-05-01', now(), %s, '')"
    )
    return text, uuid4(), row.body_id, row.pk, row.body.team_id, by


def test_b1_a_resolution_needs_quorum_and_from_paper_the_second_signature() -> None:
    body, me = made.national(), user(KEEPER).pk
    row = made.opened(body, ["ibrohim", "nigora"])
    refused(KEEPER, "bodies_quorum", *a_resolution(row, me))
    made.arrive(row, made.VOICES)
    refused(KEEPER, DENIED, *a_resolution(row, user("nigora").pk))
    assert touched(KEEPER, *a_resolution(row, me)) == 1
    with as_user(KEEPER) as by:
        bodies.close_minutes(row, by=by, at=LATER)
        seats = [one.pk for one in queries.seats_of(body, made.SINCE)]
        typed = bodies.type_up(
            body, held_at=MORNING, reason="x", there=seats, results=[], by=by, at=LATER
        )
        with pytest.raises(NotPossible, match="second person signs"):
            bodies.resolve(typed, text="x", owner=body.team, due_on=MORNING.date(), by=by, at=LATER)
    refused(KEEPER, "bodies_second_signs", *a_resolution(typed, me))


def test_b1_nobody_closes_minutes_over_a_matter_that_touches_them() -> None:
    """Of that matter they see nothing: what others read of it would not end with the minutes."""
    body = made.national()
    item = made.matter(body)
    row = made.opened(body)
    closing = "UPDATE bodies_sitting SET state = 'closed', closed_at = now(), closed_by_id = %s"
    refused(KEEPER, DENIED, closing, user("nigora").pk)
    with as_user(KEEPER) as by:
        bodies.declare_conflict(item, by=by, at=LATER)
        with pytest.raises(NotPossible, match="somebody else closes"):
            bodies.close_minutes(row, by=by, at=LATER)


def test_b1_who_has_no_seat_on_the_day_is_not_there() -> None:
    body = made.national()
    row = made.called(body)
    gone = seat_of("zebo")
    with as_user(KEEPER) as by:
        bodies.change_seat(
            gone,
            until=MORNING.date() - timedelta(days=1),
            trained_on=None,
            alternate=None,
            by=by,
            at=made.BEFORE,
        )
        bodies.open_sitting(row, by=by, at=MORNING)
        with pytest.raises(NotPossible, match="no seat on the day"):
            bodies.attend(row, there={gone.pk: True}, by=by, at=MORNING)
    text = "UPDATE bodies_attendance SET came_at = now(), by_alternate = true WHERE seat_id = %s"
    refused(KEEPER, "bodies_arrives", text, gone.pk)
    refused(KEEPER, "bodies_arrives", text, seat_of("nigora").pk)


def test_b1_nobody_types_in_another_name_and_nobody_sits_for_two() -> None:
    """Else one person would decide from paper alone, or vote twice."""
    body, seat = made.national(), seat_of("zebo")
    paper = (
        "INSERT INTO bodies_sitting (id, body_id, starts_at, place, state, on_paper, reason,"
        " typed_by_id, called_at, called_by_id, opened_at) VALUES (%s, %s, now(), '', 'open', true,"
        " 'x', %s, now(), %s, now())"
    )
    refused(KEEPER, DENIED, paper, uuid4(), body.pk, user("nigora").pk, user(KEEPER).pk)
    with as_user(KEEPER) as by:
        bodies.change_seat(
            seat, until=None, trained_on=None, alternate=user("nigora"), by=by, at=made.BEFORE
        )
    row = made.opened(body)
    with as_user(KEEPER) as by, pytest.raises(NotPossible, match="another seat"):
        bodies.attend(row, there={seat.pk: True}, alternates=[seat.pk], by=by, at=LATER)


def test_b1_minutes_go_on_naming_the_alternate_who_sat() -> None:
    body = made.national()
    seat = seat_of("zebo")
    given: dict[str, Any] = {"until": None, "trained_on": None, "at": made.BEFORE}
    with as_user(KEEPER) as by:
        bodies.change_seat(seat, alternate=user("lola"), by=by, **given)
        bodies.change_seat(seat, alternate=user("latif"), by=by, **given)
    row = made.opened(body)
    with as_user(KEEPER) as by:
        bodies.attend(row, there={seat.pk: True}, alternates=[seat.pk], by=by, at=LATER)
        with pytest.raises(NotPossible, match="give a new one"):
            bodies.change_seat(seat, alternate=user("lola"), by=by, **given)
    text = "UPDATE bodies_seat SET alternate_id = %s WHERE id = %s"
    refused(KEEPER, "bodies_alternate_sat", text, user("lola").pk, seat.pk)


def test_b1_the_page_counts_as_the_wall_counts() -> None:
    """The vote of an alternate counts, though the matter touches the member."""
    body = made.national()
    item = made.matter(body)
    seat = seat_of("zebo")
    with as_user(KEEPER) as by:
        bodies.change_seat(
            seat, until=None, trained_on=None, alternate=user("lola"), by=by, at=made.BEFORE
        )
    row = made.opened(body)
    with as_user(KEEPER) as by:
        bodies.attend(row, there={seat.pk: True}, alternates=[seat.pk], by=by, at=LATER)
    with as_user("zebo") as by:
        bodies.declare_conflict(item, by=by, at=LATER)
    with as_user("lola") as by:
        bodies.vote(item, seat=seat, choice="for", by=by, at=LATER)
    made.voted(item, {"ibrohim": "against", "nigora": "abstain"}, at=LATER)
    with as_user(KEEPER):
        told = queries.tally(item)
        assert (told.in_favour, told.against, told.abstained) == (1, 1, 1)


def test_b1_the_secretary_writes_votes_and_conflicts_of_those_who_are_there() -> None:
    body = made.national()
    with as_user(KEEPER) as by:
        bodies.seat(
            body,
            title="Office without account",
            name="Fictional",
            side="state",
            since=made.SINCE,
            by=by,
            at=made.BEFORE,
        )
        plain = Seat.objects.get(user=None)
    item = made.matter(body)
    row = made.opened(body)
    with as_user(KEEPER) as by:
        bodies.attend(row, there={plain.pk: True}, by=by, at=LATER)
    mine, hers, his = seat_of(KEEPER), seat_of("nigora"), seat_of("pulod")
    browser = client_of(KEEPER, "en")
    sitting = reverse("bodies:sitting", args=[body.code, row.pk])
    url = reverse("bodies:votes", args=[body.code, item.pk])
    assert url in browser.get(sitting).content.decode()
    page = words(browser.get(url))
    assert "Office without account" in page and "Office of latif" not in page
    sent = {str(plain.pk): "for", str(mine.pk): "for", str(hers.pk): "against"}
    assert browser.post(url, sent | {str(his.pk): "touched"}).status_code == 302
    with as_user(KEEPER):
        assert Vote.objects.count() == 3
        assert Conflict.objects.get().user == user("pulod")
    with as_user("pulod"):
        assert not queries.items_of(row).exists()
    told = words(browser.post(url, {str(plain.pk): "against"}))
    assert "The first vote stands" in told
    assert str(plain.pk) not in browser.get(url).content.decode()
    member = client_of("nigora", "en")
    assert member.get(url).status_code == 403
    assert url not in member.get(sitting).content.decode()


def test_b1_a_conflict_can_be_declared_before_any_sitting_is_called() -> None:
    body = made.national()
    item = made.matter(body)
    url = reverse("bodies:item", args=[body.code, item.pk, "conflict"])
    told = client_of("nigora", "en").post(url, follow=True)
    assert "You neither vote on this matter nor read it" in words(told)
    with as_user(KEEPER):
        assert queries.conflicted(item) == {user("nigora").pk}


def test_huge_texts_are_refused_beside_their_fields() -> None:
    body = made.national()
    browser = client_of(KEEPER, "en")
    at = reverse("bodies:body", args=[body.code])
    long = "я" * 3000
    event = {"kind": "round_table", "name": "x", "starts_on": "2026-03-01", "ends_on": "2026-03-02"}
    for url, sent in (
        (f"{at}call/", {"day": "2099-01-01", "hour": "10:00", "place": long}),
        (f"{at}paper/", {"day": "2026-03-01", "hour": "10:00", "place": long, "reason": "x"}),
        (f"{at}events/", event | {"delegates": f"x\n{long}", "submission": str(uuid4())}),
        (reverse("bodies:proposals"), {"body": str(body.pk), "text": long}),
    ):
        page = browser.post(url, sent)
        assert page.status_code == 200, url
        assert "govuk-error-message" in page.content.decode(), url
    with as_user(KEEPER):
        assert not Attendance.objects.exists()


def test_b4_a_sitting_typed_up_wrongly_is_dropped_before_anybody_signs() -> None:
    body = made.national()
    item = made.matter(body)
    drop = "UPDATE bodies_sitting SET state = 'cancelled' WHERE id = %s"

    def typed(day: Any = MORNING) -> Sitting:
        with as_user(KEEPER) as by:
            seats = [one.pk for one in queries.seats_of(body, made.SINCE)]
            votes = [PaperResult(item.pk, 1, 0, 0)]
            return bodies.type_up(
                body, held_at=day, reason="x", there=seats, results=votes, by=by, at=LATER
            )

    with pytest.raises(Invalid, match="did not exist"):
        typed(MORNING.replace(year=1926))
    row = typed()
    page = client_of(KEEPER, "en").post(
        reverse("bodies:act", args=[body.code, row.pk, "cancel"]), follow=True
    )
    assert "Cancelled" in words(page)
    with as_user(KEEPER):
        item.refresh_from_db()
        assert (item.sitting_id, item.paper_for) == (None, None)
    again = typed()
    with as_user("nigora") as by:
        bodies.sign(again, by=by, at=LATER)
    with as_user(KEEPER) as by, pytest.raises(NotPossible):
        bodies.cancel(again, by=by, at=LATER)
    refused(KEEPER, "bodies_sitting_course", drop, again.pk)


def test_a_slip_in_the_year_is_said_beside_the_field() -> None:
    body = made.national()
    url = reverse("bodies:add_event", args=[body.code])
    sent = {"kind": "round_table", "name": "x", "starts_on": "2026-01-01", "ends_on": "9999-12-31"}
    page = client_of(KEEPER, "en").post(url, sent | {"submission": str(uuid4())})
    assert page.status_code == 200
    assert "check the year" in words(page)
