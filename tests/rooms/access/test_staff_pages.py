"""Pages of who looks after accounts, and of the auditor."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from panoh.access.models import Team
from tests.factories.clients import client_of, hidden, words
from tests.factories.staff import team

pytestmark = pytest.mark.django_db


def test_the_administrator_finds_where_organisations_are_registered() -> None:
    browser = client_of("admin", "en")
    assert 'href="/access/units/"' in browser.get("/more/").content.decode()
    assert "Register one more" in words(browser.get("/access/units/"))


def test_a_team_that_was_sent_twice_is_made_once() -> None:
    browser = client_of("admin", "en")
    path = reverse("access:add_team", args=[team("fund-money").unit_id])
    given = {"name": "Гурӯҳи хаёлӣ", "once": hidden(browser.get(path), "once")}
    for _click in range(2):
        page = browser.post(path, given, follow=True)
        assert "The team is made" in words(page)
    assert Team.objects.filter(name=given["name"]).count() == 1


def test_an_invitation_sent_twice_still_shows_its_code_and_opens_the_account() -> None:
    browser = client_of("admin", "en")
    path = reverse("access:invite", args=[team("ngo-cases").unit_id])
    sent = {
        "display_name": "Навкори хаёлӣ",
        "username": "navkor",
        "language": "tg",
        "role": "ngo",
        "once": hidden(browser.get(path), "once"),
    }
    for _click in range(2):
        page = browser.post(path, sent, follow=True)
        assert "Give this code to navkor" in words(page)
    shown = browser.get(path).content.decode()
    assert "http://testserver/access/invitation/" in shown, "an address that can be passed on"
    assert "It holds: 72 hours" in words(page), "in words, not as the code has it"
    code = re.findall(r"<code>([^<]+)</code>", shown)[0]
    browser.post(path, {"noted": "yes"})
    assert code not in browser.get(path).content.decode()
    opened = {"username": "navkor", "code": code}
    opened |= dict.fromkeys(("passphrase", "again"), "nine grey herons over a lake")
    assert Client().post("/access/invitation/", opened).status_code == 302


def test_what_ends_for_good_is_asked_twice() -> None:
    """Beside the button that only signs a colleague out, one slip would close the account."""
    for name, path, verb in (
        ("admin", "/access/people/", "close"),
        ("safar", "/access/teams/", "leave"),
    ):
        page = client_of(name).get(path).content.decode()
        folded = "".join(re.findall(r"<details.*?</details>", page, re.DOTALL))
        found = re.findall(rf'action="[^"]*/{verb}/[^"]*"', page)
        assert found and all(one in folded for one in found), path


def test_what_was_done_names_the_account() -> None:
    browser = client_of("amina", "en")
    assert browser.get("/search/").status_code == 403
    assert browser.get(f"/access/audit/?before={'9' * 30}").status_code == 404
    answer = browser.get("/access/audit/")
    assert 'data-label="Fields"' not in answer.content.decode(), "a label without a word behind it"
    page = words(answer)
    assert "Amina (fictional) Tried something that was refused access.refused" in page
