"""Pages of who looks after accounts, and of the auditor."""

import pytest
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


def test_what_was_done_names_the_account() -> None:
    browser = client_of("amina", "en")
    assert browser.get("/search/").status_code == 403
    assert browser.get(f"/access/audit/?before={'9' * 30}").status_code == 404
    page = words(browser.get("/access/audit/"))
    assert "Amina (fictional) Tried something that was refused access.refused" in page
