"""Halves of sessions in other hands: a cookie, a row, a code of somebody else open nothing."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client

from panoh.access.middleware import VAULT_COOKIE
from panoh.access.rules import VAULT
from panoh.people import actions as people
from panoh.people.rules.person import Person
from tests.factories.clients import client_of, words
from tests.factories.codes import code_now
from tests.factories.referrals import NOW, case
from tests.factories.staff import as_user, user
from tests.rooms.access.test_sign_in import CODE, is_signed_in, sign_in, with_codes

pytestmark = pytest.mark.django_db
NAME = "Озмоишгулканар"


@pytest.fixture
def page() -> str:
    """The page of a person whom the team knows by name."""
    with as_user("nigora") as by:
        dossier = case(by).dossier
        people.name(dossier, person=Person(given=NAME), by=by, at=NOW)
    return f"/cases/{dossier.ref}/person/"


def shows(browser: Client, page: str) -> bool:
    got = browser.get(page)
    assert got.status_code < 500
    return NAME in got.content.decode()


def test_the_half_of_a_colleague_opens_no_name(page: str) -> None:
    """Same team, same case: another's cookie, another's row, or both in a third session."""
    nigora, safar = client_of("nigora"), client_of("safar")
    assert shows(nigora, page)
    assert shows(safar, page)
    safar.cookies[VAULT_COOKIE] = nigora.cookies[VAULT_COOKIE].value
    assert not shows(safar, page)
    third, fourth = client_of("safar"), client_of("safar")
    for browser in (third, fourth):
        session = browser.session
        session[VAULT] = nigora.session[VAULT]
        session.save()
    third.cookies[VAULT_COOKIE] = nigora.cookies[VAULT_COOKIE].value
    assert not shows(third, page), "both halves are bound to their account"
    assert not shows(fourth, page)


# A header is bytes: what is no Latin arrives as the letters of its bytes.
@pytest.mark.parametrize(
    "value", ["", "x", "\x00", ("ё" * 400).encode().decode("latin-1"), "A" * 5000], ids=range(5)
)
def test_a_made_up_cookie_opens_nothing_and_breaks_nothing(page: str, value: str) -> None:
    browser = client_of("nigora")
    browser.cookies[VAULT_COOKIE] = value
    assert not shows(browser, page)


def test_a_row_of_the_table_of_sessions_is_nobody(page: str) -> None:
    """Not even a page without names: it would sign, appoint and count in her name."""
    browser, thief = client_of("nigora"), Client()
    thief.cookies["session"] = browser.cookies["session"].value
    for path in ("/", page, "/access/account/"):
        got: Any = thief.get(path)
        assert got.status_code == 302, path
        assert got.headers["Location"].startswith("/sign-in/"), path
    assert not Session.objects.filter(session_key=browser.session.session_key).exists()
    for made_up in ("x" * 32, "", "../../etc", "\x00"):
        thief.cookies["session"] = made_up
        assert thief.get(page).status_code in {302, 404}


def test_signing_out_clears_row_and_cookie(page: str) -> None:
    browser = client_of("nigora")
    kept = {name: morsel.value for name, morsel in browser.cookies.items()}
    key = browser.session.session_key
    got: Any = browser.post("/sign-in/logout/")
    assert got.cookies[VAULT_COOKIE].value == ""
    assert not Session.objects.filter(session_key=key).exists()
    back = Client()
    for name, value in kept.items():
        back.cookies[name] = value
    assert not shows(back, page)


def test_the_code_of_a_colleague_is_no_second_factor() -> None:
    with_codes("nigora")
    other = with_codes("safar")
    row = Authenticator.objects.get(user=user("safar"), type=Authenticator.Type.RECOVERY_CODES)
    for code in (code_now(other), row.wrap().get_unused_codes()[0]):
        browser = Client()
        sign_in(browser)
        assert browser.post(CODE, {"code": code}).status_code == 200
        assert not is_signed_in(browser)


def test_an_administrator_signs_a_stolen_session_out_and_the_account_goes_on(page: str) -> None:
    """Both halves are gone with the phone: a call to the administrator ends them all at once."""
    stolen, other = client_of("nigora"), client_of("nigora")
    thief = Client()
    for name, morsel in stolen.cookies.items():
        thief.cookies[name] = morsel.value
    assert shows(thief, page)
    colleague = client_of("safar")
    path = f"/access/people/{user('nigora').pk}/sign-out/"
    assert colleague.post(path).status_code == 403
    assert shows(thief, page)
    admin = client_of("admin", "en")
    assert "Sign Nigora (fictional) out everywhere" in words(admin.get("/access/people/"))
    assert "Signed out everywhere" in words(admin.post(path, follow=True))
    for browser in (thief, other):
        assert not is_signed_in(browser)
    assert shows(colleague, page)
    assert shows(client_of("nigora"), page)
    assert admin.get("/access/people/").status_code == 200


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"]
)
def test_sign_in_leads_to_no_other_site(path: str) -> None:
    browser = Client()
    typed = {"login": "nigora", "password": "five fictional words for tests", "next": path}
    got: Any = browser.post("/sign-in/login/", typed, REMOTE_ADDR="192.0.2.7")
    assert got.status_code == 302
    assert got.headers["Location"].startswith("/")
    assert not got.headers["Location"].startswith("//")
    switched: Any = client_of("nigora").post("/language/setlang/", {"language": "ru", "next": path})
    assert switched.headers["Location"].startswith("/")
    assert not switched.headers["Location"].startswith("//")
