"""The team's key on its page: made once, opened again with the code from the safe."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from panoh.access import actions as access
from panoh.access.models import Never, Team
from panoh.kernel.rules import Category, Gone, Invalid, Refused
from panoh.policy import queries as policy
from panoh.vault import queries as keys
from tests.factories.cases import contact, share
from tests.factories.clients import client_of, words
from tests.factories.staff import as_user, team, user

pytestmark = pytest.mark.django_db


def new_team() -> Team:
    """A team of the NGO without a key; safar supervises it, nigora is in it."""
    now = datetime.now(UTC)
    with as_user("admin") as admin:
        unit = team("ngo-cases").unit
        made = access.add_team(unit=unit, name="sealed", is_intake=False, by=admin, at=now)
        access.join(user=user("safar"), team=made, is_supervisor=True, by=admin, at=now)
    with as_user("safar") as safar:
        access.join(user=user("nigora"), team=made, by=safar, at=now)
    return made


def code_shown(browser: Client, made: Team) -> str:
    page = browser.post(f"/access/teams/{made.pk}/key/", follow=True).content.decode()
    return code_in(page)


def code_in(page: str) -> str:
    found = re.search(r"\b(?:[0-9A-Z]{4,}[- ]){3,}[0-9A-Z]{2,}\b", page)
    assert found, page
    return found[0]


def test_the_code_from_the_safe_lets_a_member_in_who_has_no_key() -> None:
    made = new_team()
    code = code_shown(client_of("safar"), made)
    browser = client_of("nigora")
    address = f"/access/teams/{made.pk}/recover/"
    assert address in browser.get("/access/teams/").content.decode()
    wrong = browser.post(address, {"code": code[::-1]})
    assert wrong.status_code == 200
    assert "govuk-error-summary" in wrong.content.decode()
    assert not keys.member_has_key(made.pk, user("nigora").pk)
    assert browser.post(address, {"code": code.lower()}).status_code == 302
    with as_user("nigora"):
        assert keys.member_has_key(made.pk, user("nigora").pk)


def test_who_is_not_in_the_team_has_no_such_page() -> None:
    made = new_team()
    code = code_shown(client_of("safar"), made)
    assert (
        client_of("lola").post(f"/access/teams/{made.pk}/recover/", {"code": code}).status_code
        == 404
    )
    with as_user("lola") as lola, pytest.raises(Gone):
        access.recover(team=made, code=code, by=lola, at=datetime.now(UTC))


def test_a_key_is_made_once() -> None:
    made = new_team()
    browser = client_of("safar", "en")
    code_shown(browser, made)
    again = browser.post(f"/access/teams/{made.pk}/key/")
    assert again.status_code == 409
    assert "This team has a key already. Nothing was changed." in words(again)


def test_a_second_click_or_a_page_loaded_again_does_not_lose_the_code_of_the_safe() -> None:
    made = new_team()
    browser = client_of("safar", "en")
    path, sent = f"/access/teams/{made.pk}/key/", {"csrfmiddlewaretoken": "as on the page"}
    for _click in range(2):
        browser.post(path, sent)
    code = code_in(browser.get(path).content.decode())
    assert code_in(browser.get(path).content.decode()) == code
    browser.post(path, {"noted": "yes"})
    assert browser.get(path).headers["Location"] == "/access/teams/"
    with as_user("nigora") as member:
        access.recover(team=made, code=code, by=member, at=datetime.now(UTC))


def test_the_code_is_shown_to_whoever_made_it_alone() -> None:
    made = new_team()
    code_shown(client_of("safar"), made)
    path = f"/access/teams/{made.pk}/key/"
    assert client_of("nigora").get(path).headers["Location"] == "/access/teams/"
    assert client_of("lola").get(path).status_code == 404


def test_only_a_supervisor_lets_in_and_sends_away() -> None:
    given: dict[str, Any] = {"team": team("ngo-cases"), "at": datetime.now(UTC)}
    with as_user("nigora") as by:
        for verb in (access.let_in, access.leave):
            with pytest.raises(Refused):
                verb(user=user("safar"), by=by, **given)
        assert user("safar").pk in keys.holders(given["team"].pk)


@pytest.mark.parametrize("kind", ["unit", "district", "account", "person"])
def test_who_is_excluded_is_named(kind: str) -> None:
    now = datetime.now(UTC)
    with as_user("nigora") as by:
        dossier = access.open_dossier(team=team("ngo-cases"), by=by, at=now)
        with pytest.raises(Invalid) as fault:
            access.exclude(dossier, kind=kind, by=by, at=now)
        assert fault.value.field == kind
        assert not Never.objects.exists()


def test_who_reads_a_file_of_others_excludes_nobody_from_it() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        share(case, by, "shelter-cases", "shirin", Category.CORE)
    with as_user("shirin") as by, pytest.raises(Gone):
        access.exclude(case.dossier, kind="person", words="X", by=by, at=datetime.now(UTC))
    with as_user("nigora"):
        assert not Never.objects.exists()


def test_a_code_not_noted_is_shown_no_longer_than_a_second_factor_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = new_team()
    browser = client_of("safar", "en")
    code = code_shown(browser, made)
    ends = policy.due("step_up", datetime.now(UTC))
    assert ends is not None
    for now, told in ((ends - timedelta(minutes=1), True), (ends, False)):
        clock = SimpleNamespace(now=lambda now=now: now)
        monkeypatch.setattr("panoh.vault.queries.teams.timezone", clock)
        page = browser.get(f"/access/teams/{made.pk}/key/")
        assert (code in page.content.decode()) == told
