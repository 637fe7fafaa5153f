"""A worker leaves the unit at noon: her pages close in that moment, her work stays with the team,
and what she could have kept opens nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from panoh.cases.models import Note, Screening
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.vault.models import Draft, TeamKey, TeamKeyWrap
from tests.factories.canaries import Form, fill, saved
from tests.factories.clients import client_of, too_late, words
from tests.factories.staff import PASSPHRASE, as_user, team, user
from tests.rooms.access.test_leavers import old_key, opens_with

NAME, SAVED, OPEN = "Канарзарина", "Навишта шуд, канарей", "Ҳанӯз навишта нашуд, канарча"


class Noon:
    """Nigora's morning: a case with an interview, a name, a note, an alert that she has taken and
    a page that is still open; Safar leads the team."""

    def __init__(self) -> None:
        self.worker, self.lead = client_of("nigora", "en"), client_of("safar", "en")
        contact = {"safe_to_talk": "yes", "danger_now": "danger", "language": "tg"}
        done = saved(fill(self.worker, "/first-contact/", chosen=NAME, sex="woman", **contact))
        self.ref = done["Location"].split("/")[2]
        self.case = f"/cases/{self.ref}/"
        saved(fill(self.worker, f"{self.case}notes/story/", text=SAVED))
        with as_user("nigora"):
            self.alert = Duty.objects.get(kind="urgent.alert")
        saved(self.worker.post(f"/duties/{self.alert.pk}/take/"))
        begun = Form(self.worker.get(f"{self.case}questions/").content.decode()).hidden
        first = {name: begun[name][0] for name in ("form_id", "submission")}
        asked = self.worker.post(f"{self.case}questions/", {**first, "language": "tg"})
        self.part = saved(asked)["Location"]
        page = self.worker.get(f"{self.case}notes/story/").content.decode()
        self.open_form: dict[str, Any] = {**Form(page).hidden, "text": OPEN}

    def leaves(self) -> None:
        """The supervisor ends the membership, on the page of the team."""
        mine = f"/access/teams/{team('ngo-cases').pk}/leave/{user('nigora').pk}/"
        assert mine in self.lead.get("/access/teams/").content.decode()
        assert "The membership has ended" in words(self.lead.post(mine, follow=True))

    def closes(self) -> None:
        """The administrator closes the account."""
        saved(client_of("admin").post(f"/access/people/{user('nigora').pk}/close/"))

    def nothing_left(self, browser: Client) -> None:
        """No page of the case, no line in any list, and every page answers."""
        for path in ("", "notes/story/", "person/", "next/", "knows/", "safety/", "questions/"):
            assert browser.get(f"{self.case}{path}").status_code in {403, 404}, path
        assert browser.get(self.part).status_code == 404
        for path in ("/", "/cases/", "/search/", "/inbox/", "/outbox/", "/queue/", "/groups/"):
            page = browser.get(path)
            assert page.status_code in {200, 403, 404}, path
            text = page.content.decode()
            assert not any(word in text for word in (self.ref, NAME, SAVED, OPEN)), path

    def notes(self) -> int:
        with as_user("safar"):
            return Note.objects.filter(dossier__ref=self.ref).count()


@pytest.fixture
def noon(fresh_db: str) -> Noon:
    return Noon()


def test_the_open_page_is_not_found_in_the_same_moment_and_saves_nothing(noon: Noon) -> None:
    assert noon.notes() == 1
    noon.leaves()
    late = noon.worker.post(f"{noon.case}notes/story/", noon.open_form)
    assert late.status_code == 404
    assert OPEN not in late.content.decode()
    assert noon.worker.post(noon.part, {"forward": "1"}).status_code == 404
    assert noon.worker.post(f"/duties/{noon.alert.pk}/done/").status_code == 404
    assert noon.notes() == 1
    noon.nothing_left(noon.worker)


def test_her_work_stays_with_the_team_and_goes_on(noon: Noon) -> None:
    noon.leaves()
    assert SAVED in noon.lead.get(f"{noon.case}notes/story/").content.decode()
    assert NAME in noon.lead.get(f"{noon.case}person/").content.decode()
    assert "Nigora" in noon.lead.get(f"{noon.case}notes/story/").content.decode(), "who wrote it"
    # The interview that she had begun is taken up where it stands.
    with as_user("safar"):
        begun = Screening.objects.get(dossier__ref=noon.ref)
    page = noon.lead.get(noon.part)
    assert page.status_code == 200 and str(begun.pk) in noon.part
    assert noon.ref in noon.lead.get("/").content.decode()


def test_an_alert_that_she_had_taken_rings_the_team_again(noon: Noon) -> None:
    at = timezone.now()
    with as_user("safar"):
        assert duties.escalate_overdue(at=at) == 0, "she sees to it"
    noon.leaves()
    with as_user("safar"):
        assert duties.escalate_overdue(at=timezone.now()) == 1
        found = Duty.objects.get(pk=noon.alert.pk)
    assert (found.acknowledged_by, found.assigned_to) == (None, user("safar"))
    assert found.next_step_at and found.next_step_at > at
    with as_user("safar"):
        assert duties.escalate_overdue(at=at + timedelta(seconds=30)) == 0, "once"
    assert f"/duties/{noon.alert.pk}/take/" in noon.lead.get("/").content.decode()


def test_the_teams_key_is_another_one_and_hers_opens_nothing(noon: Noon) -> None:
    kept = old_key("nigora")
    assert opens_with(kept) > 0
    noon.leaves()
    client_of("safar").get("/")
    with as_user("safar"):
        mine = team("ngo-cases").pk
        assert TeamKey.objects.filter(team_id=mine).count() == 2
        assert not TeamKeyWrap.objects.filter(team_id=mine, user_id=user("nigora").pk).exists()
    assert opens_with(kept) == 0
    saved(fill(noon.lead, f"{noon.case}notes/story/", text="Пас аз нисфирӯзӣ"))
    assert opens_with(kept) == 0
    assert SAVED in noon.lead.get(f"{noon.case}notes/story/").content.decode()


def test_a_draft_of_the_morning_is_neither_shown_nor_saved_after_she_left(noon: Noon) -> None:
    """A draft is the account's own: it does not outlive the right to read the case."""
    path = f"{noon.case}notes/story/"
    assert too_late(noon.worker).post(path, noon.open_form).status_code == 302
    with as_user("nigora"):
        assert Draft.objects.filter(page=path).exists()
    assert OPEN in client_of("nigora").get(path).content.decode(), "kept while she may"
    noon.leaves()
    again = client_of("nigora")
    assert again.get(path).status_code == 404
    noon.nothing_left(again)
    assert OPEN not in noon.lead.get(path).content.decode()


def test_a_closed_account_is_signed_out_everywhere(noon: Noon) -> None:
    other_phone = client_of("nigora")
    noon.closes()
    for browser in (noon.worker, other_phone):
        for path in ("/", noon.case, f"{noon.case}notes/story/", "/access/account/"):
            got: Any = browser.get(path)
            assert got.status_code == 302 and got["Location"].startswith("/sign-in/"), path
        sent: Any = browser.post(f"{noon.case}notes/story/", noon.open_form)
        assert sent.status_code == 302 and sent["Location"].startswith("/sign-in/")
    back = Client()
    got = back.post("/sign-in/login/", {"login": "nigora", "password": PASSPHRASE})
    assert got.status_code == 200 and "_auth_user_id" not in back.session
    assert noon.notes() == 1
    assert SAVED in noon.lead.get(f"{noon.case}notes/story/").content.decode()
