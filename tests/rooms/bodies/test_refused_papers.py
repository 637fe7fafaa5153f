"""What the papers of a body refuse: events, lessons, drafts, proposals. Nothing is written."""

from typing import Any
from uuid import uuid4

import pytest

from panoh.bodies import actions as bodies
from panoh.bodies.models import Event, Proposal
from panoh.kernel.rules import Invalid, NotPossible
from tests.factories import bodies as made
from tests.factories.bodies import KEEPER, MORNING
from tests.factories.staff import NOW, as_user
from tests.rooms.bodies.test_refused import EVENT, TOMORROW, YESTERDAY, an_event, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "given"),
    [("kind", {"kind": "none"}), ("name", {"name": " "}), ("ends_on", {"ends_on": YESTERDAY})],
)
def test_b13_an_event_is_of_a_known_kind_and_ends_after_it_began(
    field: str, given: dict[str, Any]
) -> None:
    body = made.national()
    with refused(Invalid, KEEPER, field) as me:
        bodies.add_event(body, **{**EVENT, **given}, **me)


def test_b13_pressed_twice_enters_one_event_and_one_proposal() -> None:
    body, key, other = made.national(), uuid4(), uuid4()
    with as_user(KEEPER) as by:
        for _click in range(2):
            bodies.add_event(body, **EVENT, by=by, at=MORNING, submission=key)
            bodies.propose(body, text="x", by=by, at=MORNING, submission=other)
        assert (Event.objects.count(), Proposal.objects.count()) == (1, 1)


def test_b13_a_lesson_says_something_and_need_not_be_a_proposal() -> None:
    event = an_event(made.national())
    with refused(Invalid, KEEPER, "text") as me:
        bodies.write_lesson(event, text=" ", **me)
    with as_user(KEEPER) as by:
        bodies.write_lesson(event, text="Ask first", by=by, at=MORNING)
        assert not Proposal.objects.exists()


def test_g6_a_draft_has_a_title_and_a_text() -> None:
    body = made.national()
    for title, text in ((" ", "x"), ("x", " ")):
        with refused(Invalid, KEEPER, "text") as me:
            bodies.show_draft(body, title=title, text=text, **me)


def test_b13_a_proposal_says_something_and_is_answered_in_known_words() -> None:
    body = made.national()
    with refused(Invalid, "lola", "text") as me:
        bodies.propose(body, text=" ", **me)
    with as_user("lola") as by:
        one = bodies.propose(body, text="x", by=by, at=NOW)
    with refused(Invalid, KEEPER, "state") as me:
        bodies.answer(one, state="perhaps", reason="x", **me)


def test_b13_on_an_agenda_it_is_put_off_by_the_sitting() -> None:
    """Before the sitting it may be deferred by letter; while it sits, only there."""
    body = made.national()
    with as_user(KEEPER) as by:
        one = bodies.propose(body, text="x", by=by, at=NOW)
    made.matter(body, KEEPER, number=one.number, kind="proposal", subject_id=one.pk)
    row = made.called(body)
    later: dict[str, Any] = {"state": "deferred", "reason": "x", "deferred_to": TOMORROW}
    with as_user(KEEPER) as by:
        assert bodies.answer(one, **later, by=by, at=made.BEFORE).deferred_to == TOMORROW
        bodies.open_sitting(row, by=by, at=MORNING)
    with refused(NotPossible, KEEPER) as me:
        bodies.answer(one, **later, **me)
