"""Before a commission, by pages and as different users: refusal and appeal, a conflict, a quorum
that is lost, a period that changes, two secretaries at once, ten cases from paper (issue 5).

From the application to the notice stands in ``tests/rooms/decisions/test_views.py``.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from panoh.bodies import queries as sittings
from panoh.bodies.models import Body, Item, Sitting
from panoh.care.models import Served
from panoh.decisions.models import Application, Ruling
from panoh.duties.models import Duty
from panoh.policy import queries as policy
from tests.factories.clients import client_of, hidden, words
from tests.factories.staff import as_user
from tests.factories.status import (
    HALF,
    MEMBER,
    SECOND,
    SECRETARY,
    agreed,
    commission,
    completed,
    filed,
)
from tests.factories.terms import terms
from tests.house.test_letters import words_of
from tests.journeys.test_races import at_once, post

GRANTED = {"outcome": "granted", "grounds": ["signs_enough"], "reason": "", "on": ""}
REFUSED = {"outcome": "refused", "grounds": ["signs_missing"], "reason": "", "on": ""}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Whatever language the installation begins with."""
    with translation.override("en"):
        yield


class Room:
    """A commission as its secretary works with it: the sitting that it holds now, by pages."""

    def __init__(self, body: Body, secretary: str = SECRETARY) -> None:
        self.body, self.name = body, secretary
        self.desk = client_of(secretary, "en")

    def seats(self) -> list[str]:
        with as_user(self.name):
            return [str(one.pk) for one in sittings.seats_of(self.body, policy.today())]

    def do(self, verb: str, **sent: Any) -> str:
        """One button of the page of the sitting."""
        at = [self.body.code, self.sitting().pk, verb]
        return words(self.desk.post(reverse("bodies:act", args=at), sent, follow=True))

    def sitting(self) -> Sitting:
        """The newest one."""
        with as_user(self.name):
            return Sitting.objects.filter(body=self.body).order_by("called_at").last()  # type: ignore[return-value]

    def sits(self) -> None:
        """Called, opened, everybody there."""
        path = reverse("bodies:call", args=[self.body.code])
        day = (policy.today() + timedelta(days=1)).isoformat()
        mark = hidden(self.desk.get(path), "submission")
        self.desk.post(path, {"day": day, "hour": "10:00", "submission": mark})
        self.do("open")
        self.do("attend", there=self.seats())

    def place(self, row: Application) -> list[Any]:
        """Where the matter of an application stands."""
        with as_user(self.name):
            found = sittings.item_about(row.pk)
        assert found is not None
        return [self.body.code, found.pk]

    def item(self, row: Application, verb: str, by: Client | None = None, **sent: Any) -> str:
        """One button beside the matter of an application."""
        url = reverse("bodies:item", args=[*self.place(row), verb])
        return words((by or self.desk).post(url, sent, follow=True))

    def votes(self, row: Application, choice: str, seats: list[str] | None = None) -> str:
        """Raised hands, written down by the secretary on one page."""
        hands = dict.fromkeys(seats or self.seats(), choice)
        url = reverse("bodies:votes", args=self.place(row))
        return words(self.desk.post(url, hands, follow=True))

    def closes(self) -> Any:
        """The minutes of the newest sitting."""
        return self.desk.post("/decisions/close/", {"sitting": str(self.sitting().pk)})

    def decides(self, row: Application, what: dict[str, Any]) -> Any:
        return self.desk.post(f"/decisions/before/{row.number}/decide/", what)


def waiting(body: Body, count: int = 1, secretary: str = SECRETARY) -> list[Application]:
    """Applications of the NGO, complete."""
    with as_user("nigora") as by:
        rows = [filed(body, by=by) for _one in range(count)]
    return [completed(row, secretary) for row in rows]


@pytest.mark.django_db
def test_refusal_appeal_reversal_and_no_help_ends() -> None:
    first = Room(commission())
    upper = Room(commission("far", "tj_3501266", "anor", "bahor", "chaman"), "anor")
    (row,) = waiting(first.body)
    first.sits()
    first.votes(row, "against")
    assert first.decides(row, GRANTED).status_code == 200, "the votes say something else"
    assert first.decides(row, REFUSED).status_code == 302
    ngo, base = client_of("nigora", "en"), f"/decisions/{row.dossier.ref}/status/"
    page = words(ngo.get(base))
    assert "Refused" in page and "Signs are missing" in page
    assert "Review or appeal" in page and "Hand in an application" not in page
    ngo.post(f"{base}{row.number}/tell/", {"way": "in_person", "on": policy.today().isoformat()})
    with as_user("nigora") as by:
        owed = set(Duty.objects.unsettled().values_list("kind", flat=True))
        assert {"status.appeal", "status.lawyer", "status.plan"} <= owed
        assert not Served.objects.filter(dossier=row.dossier).exists()
    typed = {"body": upper.body.code, "text": HALF, "hearing": "in_person", "language": "tg"}
    typed |= {"documents": ["statement"], "opinion": "supports"}  # type: ignore[dict-item]
    asked = ngo.post(f"{base}{row.number}/appeal/", typed)
    assert asked.status_code == 200, "the other commission may not be told before she agrees"
    with as_user("nigora") as by:
        agreed(row.dossier, upper.body, by=by)
    assert ngo.post(f"{base}{row.number}/appeal/", typed).status_code == 302
    with as_user("nigora"):
        appeal = Application.objects.get(former=row)
    assert first.desk.get(f"/decisions/before/{appeal.number}/").status_code == 404
    upper.desk.post(f"/decisions/before/{appeal.number}/complete/")
    upper.sits()
    upper.votes(appeal, "for")
    assert upper.decides(appeal, GRANTED | {"grounds": ["appeal_right"]}).status_code == 302
    told = words(ngo.get(base))
    assert "Granted" in told and "Refused" in told
    printed = {"code": "certificate", "language": "en"}
    paper = words_of(ngo.post(f"{base}{appeal.number}/letter/", printed).content)
    assert appeal.number in paper and "traffick" not in paper.lower()


@pytest.mark.django_db
def test_who_declares_a_conflict_reads_and_votes_no_more() -> None:
    room = Room(commission("with-three", "tj_3505401", SECRETARY, SECOND, MEMBER))
    touching, other = waiting(room.body, 2)
    member = client_of(MEMBER, "en")
    before = f"/decisions/before/{touching.number}/"
    assert HALF in words(member.get(before))
    room.sits()
    said = room.item(touching, "conflict", by=member)
    assert "neither vote on this matter" in said
    assert member.get(before).status_code == 404
    assert touching.number not in words(member.get("/decisions/")).replace(" ", "")
    assert HALF in words(member.get(f"/decisions/before/{other.number}/"))
    with as_user(SECRETARY):
        theirs = str(
            next(one.pk for one in sittings.seats_of(room.body, policy.today()) if one.user)
        )
    assert "no votes yet" in room.votes(touching, "for", [theirs]), "nor is it written for her"
    room.votes(touching, "for", [one for one in room.seats() if one != theirs])
    # One voice of two is no quorum: nothing is decided in her stead.
    refused = room.decides(touching, GRANTED)
    assert refused.status_code == 200 and "quorum" in words(refused)
    room.votes(other, "for")
    assert room.decides(other, GRANTED).status_code == 302


@pytest.mark.django_db
def test_a_quorum_lost_in_mid_sitting_puts_the_rest_off_to_the_next() -> None:
    room = Room(commission())
    first, second = waiting(room.body, 2)
    room.sits()
    for row in (first, second):
        room.votes(row, "for")
    assert room.decides(first, GRANTED).status_code == 302
    room.do("attend", there=room.seats()[:1])
    refused = room.decides(second, GRANTED)
    assert refused.status_code == 200 and "quorum" in words(refused)
    told = words(room.desk.get(room.closes()["Location"]))
    assert "neither settled nor put off" in told and "Put off, because" in told, "led to where"
    assert "Put off" in room.item(second, "postpone", text="No quorum")
    assert room.closes().status_code == 302
    # The first is decided and stays so; the second waits, and is decided a sitting later.
    assert client_of(MEMBER, "en").get(f"/decisions/before/{first.number}/").status_code == 404
    room.sits()
    room.votes(second, "for")
    assert room.decides(second, GRANTED).status_code == 302
    with as_user(SECRETARY):
        rows = Ruling.objects.filter(effective_at__isnull=False)
        assert len({one.sitting_id for one in rows}) == 2


@pytest.mark.django_db
def test_a_period_that_changes_during_a_case_leaves_its_clock_and_its_version() -> None:
    room = Room(commission())
    with as_user("nigora") as by:
        old, new = (filed(room.body, by=by) for _one in range(2))
    with terms(status_decision_days=10):
        completed(old)
        with as_user(SECRETARY):
            duty = Duty.objects.get(kind="status.decide", subject_id=old.pk)
            day = duty.due_at
    with terms(status_decision_days=3) as folder:
        _another_version(folder)
        completed(new)
        why = f"/duties/{duty.pk}/why/"
        told = words(room.desk.get(why))
        assert "10 working days" in told and "a clock that runs keeps its day" not in told
        with as_user(SECRETARY):
            duty.refresh_from_db()
            later = Duty.objects.get(kind="status.decide", subject_id=new.pk)
            assert duty.due_at == day and later.value == 3
            assert later.due_at is not None and day is not None and later.due_at < day
        room.sits()
        room.votes(old, "for")
        assert room.decides(old, GRANTED).status_code == 302
        with as_user(SECRETARY):
            assert Ruling.objects.get().pack_version == policy.pack().version == "2026.9"
            assert Duty.objects.get(pk=duty.pk).pack_version == "2026.1"


def _another_version(folder: Path) -> None:
    path = folder / "pack.toml"
    text = path.read_text("utf-8")
    assert 'version = "2026.1"' in text
    path.write_text(text.replace('version = "2026.1"', 'version = "2026.9"', 1), "utf-8")


def test_two_secretaries_decide_at_once_and_the_other_sees_why(fresh_db: str) -> None:
    room = Room(commission())
    (row,) = waiting(room.body)
    room.sits()
    room.votes(row, "for")
    other = client_of(SECOND, "en")
    path = f"/decisions/before/{row.number}/decide/"
    seen: list[str] = []

    def enter(browser: Client) -> Any:
        page = post(browser, path, GRANTED)()
        seen.append(words(page))
        return page

    assert sorted(at_once(lambda: enter(room.desk), lambda: enter(other))) == [200, 302]
    assert any("Decided already: Granted, entered by" in page for page in seen), seen
    with as_user(SECRETARY):
        assert Ruling.objects.count() == 1


@pytest.mark.django_db
def test_ten_cases_of_a_paper_sitting_are_typed_up_signed_and_printed() -> None:
    room = Room(commission())
    rows = waiting(room.body, 10)
    path = reverse("bodies:paper", args=[room.body.code])
    mark = hidden(room.desk.get(path), "submission")
    with as_user(SECRETARY):
        items = {str(one.pk): one.subject_id for one in Item.objects.filter(body=room.body)}
    yes = {row.pk for row in rows[:7]}
    hands = {
        **{f"for_{key}": "2" if subject in yes else "0" for key, subject in items.items()},
        **{f"against_{key}": "0" if subject in yes else "2" for key, subject in items.items()},
    }
    held: datetime = timezone.now() - timedelta(days=1)
    typed = {"day": policy.local_day(held).isoformat(), "hour": "10:00", "reason": "No power"}
    said = room.desk.post(
        path, {**typed, "there": room.seats(), "submission": mark, **hands}, follow=True
    )
    assert "Typed up." in words(said)
    early = room.decides(rows[0], GRANTED)
    assert early.status_code == 200, "a second person signs first"
    at = [room.body.code, room.sitting().pk, "sign"]
    assert "Signed." in words(
        client_of(SECOND, "en").post(reverse("bodies:act", args=at), follow=True)
    )
    for row in rows:
        assert room.decides(row, GRANTED if row.pk in yes else REFUSED).status_code == 302
    page = room.desk.post("/decisions/letters/", {"sitting": str(room.sitting().pk)})
    text = words_of(page.content)
    assert all(row.number in text for row in rows)
    with as_user(SECRETARY):
        found = Ruling.objects.all()
        assert {one.reason for one in found} == {"paper_sitting"}
        assert {one.decided_on for one in found} == {policy.local_day(held)}
        assert sum(one.outcome == "granted" for one in found) == 7
    assert room.closes().status_code == 302
