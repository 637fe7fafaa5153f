"""The receiver's inbox and the sender's outbox, and every verb of a request over HTTP."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from panoh.duties.models import Duty
from panoh.kernel.rules import CASE_CATEGORIES, Category
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.referrals.models import Referral
from panoh.referrals.rules import State
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation, service
from tests.factories.pages import english
from tests.factories.referrals import NOW, accepted, answer, sent
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db

PERSON = Person(given="Canaryname", family="Canaryfamily")


def state(referral: Referral, of: str = "nigora") -> str:
    with as_user(of):
        return Referral.objects.get(pk=referral.pk).state


def press(browser: Client, referral: Referral, verb: str, **typed: object) -> str:
    """Press a button of a request and read the page it leads to."""
    return words(browser.post(f"/requests/{referral.ref}/{verb}/", typed, follow=True))


def test_the_inbox_shows_the_minimum_and_nothing_else() -> None:
    referral = sent(children="one", danger_now="danger")
    with as_user("nigora") as by:
        people.name(referral.dossier, person=PERSON, by=by, at=NOW)
    browser = client_of("shirin", "en")
    inbox, page = browser.get("/inbox/"), browser.get(f"/requests/{referral.ref}/")
    for text in ("Safe place to stay", "Woman", "One", "Tajik", "Danger", "Immediately"):
        assert text in words(inbox) and text in words(page)
    for text in ("Canary", referral.dossier.ref):
        assert text not in inbox.content.decode() + page.content.decode()
    assert browser.get(f"/cases/{referral.dossier.ref}/").status_code == 404


def test_more_that_goes_on_than_is_shown_stands_among_the_cases(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("panoh.desk.views.inbox.GOING_ON", 1)
    link = 'pager govuk-body"><a class="govuk-link" href="/cases/"'
    kept = [accepted().dossier.ref]
    browser = client_of("shirin", "en")
    assert link not in browser.get("/inbox/").content.decode()
    kept.append(accepted().dossier.ref)
    assert link in browser.get("/inbox/").content.decode()
    page = browser.get("/cases/").content.decode()
    assert all(ref in page for ref in kept)


def test_yes_takes_two_taps_and_then_the_case_opens() -> None:
    referral = sent()
    browser = client_of("shirin", "en")
    page = browser.get(f"/requests/{referral.ref}/")  # tap 1, in the inbox
    assert "Can you take this person?" in words(page)
    for text in ("Yes", "No", "Call me"):
        assert f">{text}<" in page.content.decode()
    assert "You said yes" in press(browser, referral, "accept")  # tap 2
    assert (
        f"/cases/{referral.dossier.ref}/"
        in browser.get(f"/requests/{referral.ref}/").content.decode()
    )
    assert browser.get(f"/cases/{referral.dossier.ref}/").status_code == 200
    again = press(browser, referral, "accept")
    assert "done already" in again
    assert "Accepted" in words(client_of("nigora", "en").get(f"/requests/{referral.ref}/"))


def test_no_needs_a_coded_reason_and_closes_the_row() -> None:
    referral = sent()
    browser = client_of("shirin", "en")
    page = browser.post(f"/requests/{referral.ref}/decline/", {})
    assert page.status_code == 200 and page.context["form"].errors
    assert state(referral) == State.SENT
    assert "You said no" in press(browser, referral, "decline", reason="no_place")
    assert browser.get(f"/requests/{referral.ref}/").status_code == 404
    assert "closed to you" in press(browser, referral, "decline", reason="no_place")
    seen = words(client_of("nigora", "en").get(f"/requests/{referral.ref}/"))
    assert "No place free" in seen and "Find another" in seen


def test_call_me_and_its_answer() -> None:
    referral = sent()
    browser = client_of("shirin", "en")
    assert "Asked." in press(browser, referral, "ask_info", asked="call_me")
    sender = client_of("nigora", "en")
    assert "Call me" in words(sender.get(f"/requests/{referral.ref}/"))
    press(sender, referral, "answer_info", channel="telephone")
    assert state(referral) == State.SENT


def test_another_service_is_proposed_and_nobody_else_is_told() -> None:
    other = organisation("Fictional Other House", telephone="000 00 05")
    service(other)
    referral = sent()
    browser = client_of("shirin", "en")
    assert "Fictional Other House" in words(browser.get(f"/requests/{referral.ref}/propose_other/"))
    press(browser, referral, "propose_other", organisation=str(other.pk))
    seen = words(client_of("nigora", "en").get(f"/requests/{referral.ref}/"))
    assert "Fictional Other House" in seen and "Ask the person first" in seen


def test_a_yes_by_telephone_opens_nothing_until_it_is_confirmed() -> None:
    referral = sent()
    sender = client_of("nigora", "en")
    assert "Saved" in press(sender, referral, "accept", channel="telephone")
    browser = client_of("shirin", "en")
    assert browser.get(f"/cases/{referral.dossier.ref}/").status_code == 404
    assert "Did you say yes by telephone?" in words(browser.get(f"/requests/{referral.ref}/"))
    press(browser, referral, "confirm")
    assert browser.get(f"/cases/{referral.dossier.ref}/").status_code == 200


def test_a_yes_by_telephone_can_be_denied_with_a_reason() -> None:
    referral = sent()
    press(client_of("nigora", "en"), referral, "accept", channel="telephone")
    assert "You said no" in press(
        client_of("shirin", "en"), referral, "deny", reason="no_staff_now"
    )
    assert state(referral) == State.DECLINED


def test_the_sender_takes_it_back() -> None:
    referral = accepted()
    receiver = client_of("shirin", "en")
    assert receiver.get(f"/cases/{referral.dossier.ref}/").status_code == 200
    assert "Taken back" in press(client_of("nigora", "en"), referral, "withdraw")
    assert receiver.get(f"/cases/{referral.dossier.ref}/").status_code == 404
    assert receiver.get(f"/requests/{referral.ref}/").status_code == 404


def test_outcome_and_handover() -> None:
    referral = accepted()
    press(client_of("shirin", "en"), referral, "complete", outcome="helped")
    assert "Helped" in words(client_of("nigora", "en").get(f"/requests/{referral.ref}/"))
    other = accepted()
    sender = client_of("nigora", "en")
    page = press(sender, other, "hand_over", way="accompanied")
    assert "Ask the person for all of it first" in page
    with as_user("nigora") as by:
        for categories in (CASE_CATEGORIES & ~Category.LEGAL, Category.LEGAL):
            answer(other.dossier, team("shelter-cases"), by=by, categories=categories)
    assert "Handed over" in press(sender, other, "hand_over", way="accompanied")
    assert sender.get(f"/cases/{other.dossier.ref}/refer/").status_code == 404
    assert sender.get(f"/cases/{other.dossier.ref}/person/").status_code == 404
    assert client_of("shirin").get(f"/cases/{other.dossier.ref}/refer/").status_code == 200


def test_foreign_references_are_404_for_every_verb() -> None:
    referral = sent()
    for name in ("pulod", "mavluda", "lola"):
        browser = client_of(name)
        for path in ("", "accept/", "decline/", "withdraw/", "letter/", "nonsense/"):
            address = f"/requests/{referral.ref}/{path}"
            assert browser.get(address).status_code in {404, 405}, (name, path)
            assert browser.post(address, {"reason": "no_place"}).status_code in {404, 405}
    assert client_of("shirin").get(f"/requests/{referral.ref}/withdraw/").status_code == 404
    assert state(referral) == State.SENT


def test_a_duty_leads_to_its_request() -> None:
    referral = sent()
    with as_user("shirin"):
        duty = Duty.objects.get(kind="referral.reply")
    page = client_of("shirin").get(f"/requests/of/{duty.pk}/")
    assert page["Location"] == f"/requests/{referral.ref}/"
    assert client_of("mavluda").get(f"/requests/of/{duty.pk}/").status_code == 404


def test_lists_are_paged_and_stay_cheap() -> None:
    for _ in range(3):
        sent()
    browser = client_of("shirin", "en")
    with CaptureQueriesContext(connection) as asked:
        page = browser.get("/inbox/")
    assert len(asked) <= 25
    assert len(page.context["waiting"]) == 3
    assert (
        len(
            browser.get("/inbox/", {"after": page.context["waiting"][0].one.ref}).context["waiting"]
        )
        == 2
    )
    sender = client_of("nigora", "en")
    rows = sender.get("/outbox/").context["rows"]
    assert len(rows) == 3
    assert len(sender.get("/outbox/", {"before": rows[0].one.ref}).context["rows"]) == 2
    assert len(sender.get("/outbox/", {"before": "zzz"}).context["rows"]) == 3


@pytest.mark.parametrize("text", ["\x00", "\u202e", "9" * 40, "zzz"])
def test_an_address_that_nobody_wrote_is_no_fault_of_the_server(text: str) -> None:
    browser = client_of("shirin")
    for path in ("/inbox/", "/outbox/"):
        assert browser.get(path, {"after": text, "before": text}).status_code in {200, 404}
    for path in (f"/requests/{text}/", f"/requests/{text}/accept/", f"/cases/{text}/refer/"):
        assert browser.get(path).status_code == 404
        assert browser.post(path).status_code in {404, 405}


def test_what_another_team_owes_is_read_on_the_case_and_done_only_there() -> None:
    """No link that is answered with "not found", no button that is refused."""
    referral = sent()
    with as_user("shirin"):
        duty = Duty.objects.get(kind="referral.reply")
    page = english(client_of("nigora"), f"/cases/{referral.dossier.ref}/")
    assert "Answer a request" in page
    assert f"/requests/of/{duty.pk}/" not in page
    assert "Why is this due on that day?" in english(client_of("nigora"), f"/duties/{duty.pk}/why/")
    assert f"/requests/of/{duty.pk}/" in english(client_of("shirin"), "/")
