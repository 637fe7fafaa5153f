"""A woman whose husband is in the room: nothing is asked that harms, nothing said before him opens
anything, and a safe talk comes later."""

from typing import Any

import pytest
from django.test import Client

from panoh.consent import queries as consents
from panoh.consent.models import Consent
from panoh.directory.models import Organisation
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, NoConsent
from panoh.referrals.models import Referral
from tests.factories.canaries import fill, saved
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation, service
from tests.factories.staff import as_user, team
from tests.journeys.test_main_job import agrees, nothing_for, refers, request_of, send

pytestmark = pytest.mark.django_db
NEVER_SAID = ("traffick", "Panoh", "shelter", "victim", "violence")


class Room:
    """One worker, two services that could help, and the file that was begun."""

    def __init__(self) -> None:
        self.house = self._entry("Fictional House", "shelter", "shelter-cases", "bed")
        self.line = self._entry("Fictional Line", "hotline", "hotline-cases", "counselling")
        self.worker = client_of("nigora", "en")
        contact = {"safe_to_talk": "no", "danger_now": "not_yet_known", "language": "tg"}
        done = saved(fill(self.worker, "/first-contact/", sex="woman", **contact))
        self.next = done["Location"]
        self.ref = self.next.split("/")[2]
        self.case = f"/cases/{self.ref}/"

    def _entry(self, name: str, kind: str, in_team: str, code: str) -> Organisation:
        made = organisation(name, kind=kind, unit=team(in_team).unit)
        service(made, code, sexes=("woman",))
        return made

    def owed(self) -> set[str]:
        with as_user("nigora"):
            rows = Duty.objects.unsettled().filter(dossier__ref=self.ref)
            return set(rows.values_list("kind", flat=True))

    def said(self) -> list[Consent]:
        with as_user("nigora"):
            return list(Consent.objects.filter(dossier__ref=self.ref).select_related("dossier"))


@pytest.fixture
def room() -> Room:
    return Room()


def title(page: Any) -> str:
    return str(page.content.decode().partition("<title>")[2].partition("</title>")[0])


def has_leave(page: Any) -> bool:
    return 'class="govuk-button govuk-button--warning leave"' in page.content.decode()


def ask_before(room: Room, to: Organisation, code: str, **answers: Any) -> Any:
    return agrees(room.worker, room.ref, to, code, present="husband", **answers)


def test_not_safe_to_talk_asks_nothing_more_and_owes_a_talk_alone(room: Room) -> None:
    page = room.worker.get(room.next)
    assert "It is not safe to talk now" in words(page)
    assert "Ask nothing more" in words(page)
    text = page.content.decode()
    assert 'name="age_branch"' not in text, "nothing is asked here"
    for path in ("questions/", "consent/service/"):
        assert f"{room.case}{path}" not in text, path
    assert f"{room.case}person/way/" in text and f"{room.case}consent/be_called/" in text
    assert "case.talk_alone" in room.owed()
    assert "case.later_questions" not in room.owed(), "nobody is told to call and ask"
    with as_user("nigora"):
        duty = Duty.objects.get(dossier__ref=room.ref, kind="case.talk_alone")
    assert duty.due_at is not None and duty.sensitivity_rank < 9
    today = room.worker.get("/")
    assert "find a safe way to talk alone" in words(today)
    assert room.next in today.content.decode()


def test_pages_that_are_open_before_others_are_neutral_and_are_left_at_once(room: Room) -> None:
    for path in ("/first-contact/", room.next, f"{room.case}consent/service/"):
        page = room.worker.get(path)
        assert has_leave(page), path
        assert not any(word.lower() in title(page).lower() for word in NEVER_SAID), path
        assert page.headers["Cache-Control"] == "no-store"
        assert room.ref not in title(page)
    aloud = ask_before(room, room.house, "service", answer="")
    assert has_leave(aloud)


def test_no_questions_begin_while_somebody_listens(room: Room) -> None:
    page = room.worker.get(f"{room.case}questions/")
    assert "ask nothing now" in words(page)
    assert 'name="form_id"' not in page.content.decode()
    send(room.worker, f"{room.case}answers/", safe_to_talk="yes", scope="not_yet_known")
    page = room.worker.get(f"{room.case}questions/")
    assert 'name="form_id"' in page.content.decode()
    begin = {"form_id": "opening", "language": "tg"}
    send(room.worker, f"{room.case}answers/", safe_to_talk="no", scope="not_yet_known")
    assert room.worker.post(f"{room.case}questions/", begin).status_code in {302, 409}
    with as_user("nigora"):
        assert not room.worker.get(f"{room.case}questions/").context["held"]


def test_a_yes_before_the_husband_is_not_saved_and_one_to_a_call_opens_no_more(room: Room) -> None:
    for code in ("service", "be_found"):
        ask_before(room, room.house, code)
        assert room.said() == [], code
    everything = ["core", "services", "contact", "story", "identity", "safety"]
    page = ask_before(room, room.line, "be_called", categories=everything)
    assert "For a call only this may be told" in words(page)
    assert room.said() == []
    page = ask_before(room, room.line, "be_called")
    assert "Nothing has been sent yet" in words(page)
    (called,) = room.said()
    assert called.purpose == "be_called" and called.present == ["husband"]
    with as_user("nigora"):
        for wanted in (Category.STORY, Category.IDENTITY, Category.SAFETY, Category.HEALTH):
            for to in (team("hotline-cases"), team("shelter-cases")):
                with pytest.raises(NoConsent):
                    consents.require_live(
                        called.dossier, recipient=to, categories=wanted, at=called.asked_at
                    )
    # It names the one helper: no bed, no other service comes of it.
    send(room.worker, f"{room.case}answers/", age_branch="adult", scope="not_yet_known")
    refers(room.worker, room.ref, room.house)
    with as_user("nigora"):
        assert not Referral.objects.filter(dossier__ref=room.ref, state="sent").exists()
    for name in ("shirin", "pulod"):
        nothing_for(client_of(name, "en"), room.ref)


def test_the_helper_who_calls_reads_the_safe_way_and_what_makes_it_safe(room: Room) -> None:
    way = {"kind": "phone", "value": "000111222333", "is_safe": "yes"}
    saved(fill(room.worker, f"{room.case}person/way/", **way, hours="Пагоҳӣ", cover="Аз мактаб"))
    saved(fill(room.worker, f"{room.case}notes/story/", text="Шавҳар дар хона буд"))
    ask_before(room, room.line, "be_called")
    send(room.worker, f"{room.case}answers/", age_branch="adult", scope="not_yet_known")
    asked = request_of(refers(room.worker, room.ref, room.line, "counselling"))
    line = client_of("hadia", "en")
    before = line.get(f"/requests/{asked}/").content.decode()
    assert "000111222333" not in before
    saved(fill(line, f"/requests/{asked}/accept/"))
    page = line.get(f"{room.case}person/").content.decode()
    assert all(text in page for text in ("000111222333", "Пагоҳӣ", "Аз мактаб"))
    assert line.get(f"{room.case}notes/story/").status_code == 404


def test_later_alone_she_decides_and_a_no_said_before_him_binds_nobody(room: Room) -> None:
    ask_before(room, room.house, "service", answer="no")
    (refused,) = room.said()
    assert refused.answer == "no"
    send(
        room.worker,
        f"{room.case}answers/",
        safe_to_talk="yes",
        age_branch="adult",
        scope="not_yet_known",
    )
    assert "case.talk_alone" not in room.owed()
    assert "case.later_questions" in room.owed()
    assert "It is not safe to talk now" not in words(room.worker.get(room.next))
    agrees(room.worker, room.ref, room.house)
    assert "Sent" in words(refers(room.worker, room.ref, room.house))


def test_he_comes_in_later_and_the_questions_stop(room: Room) -> None:
    browser: Client = room.worker
    send(browser, f"{room.case}answers/", safe_to_talk="yes", scope="not_yet_known")
    send(browser, f"{room.case}answers/", safe_to_talk="no", scope="not_yet_known")
    assert "case.talk_alone" in room.owed()
    assert "case.later_questions" not in room.owed()
    assert "It is not safe to talk now" in words(browser.get(room.next))
