"""Proposals and answers, drafts, events and lessons."""

from datetime import date, timedelta

import pytest

from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.models import (
    Draft,
    Proposal,
    Reply,
)
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, Invalid, NotPossible, Refused
from tests.factories import bodies as made
from tests.factories.bodies import ALL_FOR, KEEPER, MORNING
from tests.factories.staff import ADMIN, NOW, as_user, new_account, user
from tests.house.test_letters import words_of

pytestmark = pytest.mark.django_db


def proposed(by: str = "lola", **more: object) -> Proposal:
    body = made.national()
    with as_user(by) as account:
        return bodies.propose(body, text="Shorter forms", by=account, at=NOW, **more)  # type: ignore[arg-type]


def test_b13_who_proposes_reads_the_answer_and_its_reason() -> None:
    one = proposed()
    with as_user(KEEPER) as by:
        assert queries.unanswered(made.national()) == [one]
        with pytest.raises(Invalid):
            bodies.answer(one, state="declined", reason=" ", by=by, at=MORNING)
        with pytest.raises(Invalid):
            bodies.answer(one, state="deferred", reason="Later", by=by, at=MORNING)
        bodies.answer(one, state="declined", reason="The law asks for it", by=by, at=MORNING)
        with pytest.raises(NotPossible):
            bodies.answer(one, state="accepted", reason="x", by=by, at=MORNING)
    with as_user("lola") as by:
        (told,) = queries.my_proposals(by)
        assert (told.state, told.reason) == (Reply.DECLINED, "The law asks for it")
    with as_user("safar"):
        assert not Proposal.objects.exists(), "a stranger reads neither"
    with as_user("lola") as by, pytest.raises(Refused):
        bodies.answer(one, state="accepted", reason="x", by=by, at=MORNING)


def test_b13_an_event_with_an_unanswered_proposal_is_not_closed() -> None:
    body = made.national()
    with as_user(KEEPER) as by:
        event = bodies.add_event(
            body,
            kind="round_table",
            name="Fictional table",
            starts_on=date(2026, 3, 1),
            ends_on=date(2026, 3, 1),
            by=by,
            at=MORNING,
        )
        for answer in ("accepted", "declined", "deferred"):
            one = bodies.propose(body, text=answer, event=event, by=by, at=MORNING)
            with pytest.raises(NotPossible, match="no answer yet"):
                bodies.close_event(event, by=by, at=MORNING)
            until = date(2026, 6, 1) if answer == "deferred" else None
            bodies.answer(one, state=answer, reason="So", deferred_to=until, by=by, at=MORNING)
        bodies.close_event(event, by=by, at=MORNING)
        with pytest.raises(NotPossible):
            bodies.write_lesson(event, text="x", by=by, at=MORNING)


def test_b13_a_sitting_does_not_close_over_an_unanswered_proposal() -> None:
    body = made.national()
    with as_user(KEEPER) as by:
        one = bodies.propose(body, text="Shorter forms", by=by, at=NOW)
    item = made.matter(body, KEEPER, number=one.number, kind="proposal", subject_id=one.pk)
    row = made.opened(body)
    with as_user(KEEPER) as by, pytest.raises(NotPossible, match="neither settled nor put off"):
        bodies.close_minutes(row, by=by, at=MORNING)
    made.voted(item, ALL_FOR)
    with as_user(KEEPER) as by:
        with pytest.raises(NotPossible, match="votes say something else"):
            bodies.answer(one, state="declined", reason="x", by=by, at=MORNING)
        bodies.answer(one, state="accepted", reason="By all", by=by, at=MORNING)
        bodies.close_minutes(row, by=by, at=MORNING)


def test_b15_a_council_proposal_without_reply_in_its_days_is_on_the_agenda() -> None:
    body = made.national()
    unit = user(KEEPER).unit
    assert unit is not None
    new_account("chosen", unit, "sac", user(ADMIN))
    council = made.body("council", made.desk("council-desk", "chosen"), kind="survivor_council")
    made.seat(council, "chosen", "chosen", side="survivor", paid=True)
    with as_user("chosen") as by:
        one = bodies.propose(body, text="Ask us first", of=council, by=by, at=NOW)
        assert one.due_on == date(2026, 1, 31)
        assert queries.my_proposals(by) == [one]
    early = made.called(body, starts_at=NOW + timedelta(days=10))
    late = made.called(body, starts_at=NOW + timedelta(days=40))
    with as_user(KEEPER) as by:
        assert [x.number for x in queries.items_of(early)] == []
        assert queries.agenda(early, NOW).proposals == [one], "it is seen before it is late"
        assert [x.number for x in queries.items_of(late)] == [one.number]
        assert Duty.objects.filter(subject_id=one.pk, settled_at=None).exists()
        with pytest.raises(NotPossible, match="on the agenda"):
            bodies.answer(one, state="accepted", reason="x", by=by, at=NOW)
    with as_user("lola") as by, pytest.raises(Gone):
        bodies.propose(body, text="x", of=council, by=by, at=NOW)


def test_g6_a_ministry_and_an_ngo_read_a_draft_in_the_same_minute_and_the_votes_print() -> None:
    group = made.body("group", made.desk("national-desk", KEEPER), kind="working_group")
    for name, side in (("ibrohim", "state"), ("nigora", "ngo"), ("latif", "international")):
        made.seat(group, name, side=side)
    with as_user(KEEPER) as by:
        draft = bodies.show_draft(group, title="Plan", text="One. Two.", by=by, at=MORNING)
    for name in ("ibrohim", "nigora", "latif"):
        with as_user(name):
            assert queries.drafts_of(group) == [draft]
    with as_user("nigora") as by:
        second = bodies.show_draft(group, title="Plan", text="One. Three.", by=by, at=MORNING)
        assert second.version == 2
    with as_user("lola") as by:
        assert not Draft.objects.exists()
        with pytest.raises(Gone):
            bodies.show_draft(group, title="x", text="x", by=by, at=MORNING)
    item = made.matter(group, KEEPER, kind="draft", subject_id=second.pk, title="Plan, version 2")
    row = made.opened(group, ["ibrohim", "nigora", "latif"])
    made.voted(item, {"ibrohim": "for", "nigora": "for", "latif": "against"})
    with as_user(KEEPER) as by:
        assert bodies.settle_item(item, outcome="adopted", by=by, at=MORNING).carried
        (told,) = queries.roll(row)
        assert [(one.seat.title, one.choice) for one in told.votes] == [
            ("Office of ibrohim", "for"),
            ("Office of latif", "against"),
            ("Office of nigora", "for"),
        ]
        paper = words_of(bodies.print_minutes(row, language="en", by=by, at=MORNING))
        assert "Office of latif: Against" in paper and "Office of nigora: For" in paper


def test_h8_an_event_without_a_lesson_is_listed_and_a_lesson_becomes_a_proposal() -> None:
    body = made.national()
    with as_user(KEEPER) as by:
        event = bodies.add_event(
            body,
            kind="study_tour",
            name="Fictional tour",
            starts_on=date(2026, 3, 1),
            ends_on=date(2026, 3, 4),
            delegates=["Fictional office", " "],
            by=by,
            at=MORNING,
        )
        assert event.delegates == ["Fictional office"]
        assert event.lesson_due == date(2026, 3, 18)
        assert queries.lessons_missing(body, date(2026, 3, 18)) == []
        assert queries.lessons_missing(body, date(2026, 3, 19)) == [event]
        bodies.write_lesson(event, text="Ask first", is_proposal=True, by=by, at=MORNING)
        assert queries.lessons_missing(body, date(2026, 3, 19)) == []
        (one,) = queries.proposals_of(body)
        assert (one.text, one.event) == ("Ask first", event)
        assert not Duty.objects.filter(subject_id=event.pk, settled_at=None).exists()
