"""What guards an account: guessing, codes, sessions. Over HTTP, as a browser sends it."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from allauth.mfa import app_settings as library
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, reverse

from panoh.access import actions as access
from panoh.access.middleware import VAULT_COOKIE
from panoh.access.rules import SEEN, STARTED, VAULT
from panoh.policy import queries as policy
from panoh.vault.models import Draft
from tests.factories.clients import client_of, too_late
from tests.factories.codes import code_now
from tests.factories.staff import PASSPHRASE, as_user, team, user

LOGIN, CODE = "/sign-in/login/", "/sign-in/2/authenticate/"
WRONG = "five wrong words for nobody"
PAGE = "/access/teams/"


def sign_in(
    browser: Client, name: str = "nigora", words: str = PASSPHRASE, address: str = "192.0.2.1"
) -> Any:
    typed = {"login": name, "password": words}
    return browser.post(LOGIN, typed, REMOTE_ADDR=address)


def with_codes(name: str = "nigora") -> str:
    """Give the account a code app and recovery codes; the value is the seed."""
    secret = str(generate_totp_secret())
    TOTP.activate(user(name), secret)
    RecoveryCodes.activate(user(name))
    return secret


def is_signed_in(browser: Client) -> bool:
    answer = browser.get(PAGE)
    return not (answer.status_code == 302 and answer.headers["Location"].startswith(LOGIN))


@pytest.mark.django_db
def test_guessing_is_slowed_and_locks_nobody_else_out() -> None:
    for _ in range(6):
        sign_in(Client(), words=WRONG, address="192.0.2.66")
    guesser, owner = Client(), Client()
    sign_in(guesser, address="192.0.2.66")
    sign_in(owner, address="192.0.2.1")
    assert not is_signed_in(guesser)
    assert is_signed_in(owner)


@pytest.mark.django_db
def test_without_a_second_factor_only_its_set_up_opens() -> None:
    browser = Client()
    sign_in(browser)
    assert is_signed_in(browser)
    for path in (PAGE, "/access/people/", "/access/audit/"):
        assert browser.get(path).headers["Location"] == reverse("mfa_activate_totp")


@pytest.mark.django_db
def test_the_passphrase_alone_is_not_enough() -> None:
    with_codes()
    browser = Client()
    assert sign_in(browser).headers["Location"].startswith(CODE)
    assert not is_signed_in(browser)
    browser.post(CODE, {"code": "000000"})
    assert not is_signed_in(browser)


@pytest.mark.django_db
def test_a_code_works_once() -> None:
    secret = with_codes()
    code, first, second = code_now(secret), Client(), Client()
    for browser in (first, second):
        sign_in(browser)
        browser.post(CODE, {"code": code})
    assert is_signed_in(first)
    assert not is_signed_in(second)


@pytest.mark.django_db
def test_a_recovery_code_works_once() -> None:
    with_codes()
    row = Authenticator.objects.get(user=user("nigora"), type=Authenticator.Type.RECOVERY_CODES)
    code = row.wrap().get_unused_codes()[0]
    first, second = Client(), Client()
    for browser in (first, second):
        sign_in(browser)
        browser.post(CODE, {"code": code})
    assert is_signed_in(first)
    assert not is_signed_in(second)


@pytest.mark.django_db
def test_seeds_and_recovery_codes_are_sealed() -> None:
    secret = with_codes()
    for row in Authenticator.objects.filter(user=user("nigora")):
        assert secret not in str(row.data)
        assert row.data.keys() <= {"secret", "seed", "used_mask"}
        sealed = row.data.get("secret") or row.data.get("seed")
        assert len(sealed) > 40


@pytest.mark.django_db
def test_wrong_codes_are_slowed() -> None:
    secret = with_codes()
    browser = Client()
    sign_in(browser)
    for _ in range(6):
        browser.post(CODE, {"code": "000000"})
    browser.post(CODE, {"code": code_now(secret)})
    assert not is_signed_in(browser)


@pytest.mark.django_db
def test_a_session_is_new_after_signing_in_and_dead_after_signing_out() -> None:
    with_codes()
    browser = Client()
    browser.get(LOGIN)
    planted = browser.session
    planted["mark"] = "1"
    planted.save()
    browser.cookies["session"] = planted.session_key or ""
    sign_in(browser)
    row = Authenticator.objects.get(user=user("nigora"), type=Authenticator.Type.RECOVERY_CODES)
    browser.post(CODE, {"code": row.wrap().get_unused_codes()[0]})
    key = browser.session.session_key
    assert is_signed_in(browser)
    assert key != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()
    stolen = Client()
    stolen.cookies["session"] = str(key)
    stolen.cookies[VAULT_COOKIE] = browser.cookies[VAULT_COOKIE].value
    assert is_signed_in(stolen)
    browser.post("/sign-in/logout/")
    assert not is_signed_in(browser)
    assert not is_signed_in(stolen)
    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.django_db
def test_a_session_row_opens_no_vault_without_the_cookie() -> None:
    """Half of the key stands in the browser only."""
    browser = client_of("nigora")
    secret = browser.cookies[VAULT_COOKIE].value
    assert secret not in Session.objects.get(pk=browser.session.session_key).session_data
    assert secret not in str(dict(browser.session.items()))
    assert VAULT in browser.session


@pytest.mark.parametrize(
    ("mark", "period"), [(SEEN, "session_idle"), (STARTED, "session_absolute")]
)
@pytest.mark.django_db
def test_a_session_ends_when_idle_or_old(mark: str, period: str) -> None:
    browser = client_of("nigora")
    assert is_signed_in(browser)
    due = policy.due(period, datetime.now(UTC))
    assert due is not None
    session = browser.session
    session[mark] = (
        datetime.now(UTC) - (due - datetime.now(UTC)) - timedelta(minutes=1)
    ).isoformat()
    session.save()
    assert not is_signed_in(browser)
    assert not Session.objects.filter(session_key=session.session_key).exists()


@pytest.mark.django_db
def test_closing_an_account_ends_its_sessions() -> None:
    browser = client_of("nigora")
    assert is_signed_in(browser)
    with as_user("admin") as by:
        access.close_account(user=user("nigora"), by=by, at=datetime.now(UTC))
    assert not is_signed_in(browser)


def test_signing_in_and_failing_to_are_recorded(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    sign_in(Client(), words=WRONG)
    sign_in(Client(), "nobody at all", WRONG)
    browser = Client()
    sign_in(browser)
    browser.post("/sign-in/logout/")
    rows = connect("auditor").execute(
        "SELECT event, subject_id, user_id, unit_id FROM audit_entry"
        " WHERE event LIKE 'account.sign%' ORDER BY seq"
    )
    person = user("nigora")
    assert rows.fetchall() == [
        ("account.sign_in_failed", str(person.pk), None, person.unit_id),
        ("account.sign_in_failed", "", None, None),
        ("account.signed_in", str(person.pk), person.pk, person.unit_id),
        ("account.signed_out", str(person.pk), person.pk, person.unit_id),
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("account_signup", "account_reset_password", "account_email"),
        *("account_request_login_code", "mfa_login_webauthn", "mfa_signup_webauthn", "mfa_trust"),
    ],
)
@pytest.mark.django_db
def test_there_is_no_other_way_in(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.django_db
def test_signing_out_needs_a_post_and_is_on_every_page() -> None:
    browser = client_of("nigora")
    browser.get("/sign-in/logout/")
    assert is_signed_in(browser)
    assert "/sign-in/logout/" in browser.get(PAGE).content.decode()


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused() -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(LOGIN, {"login": "nigora", "password": PASSPHRASE}).status_code == 403


@pytest.mark.django_db
def test_the_mark_of_forms_is_sent_once_and_ends_with_the_browser() -> None:
    """Django sends it with every page to renew its year: 145 bytes of each page."""
    browser = Client(enforce_csrf_checks=True)
    first = browser.get(LOGIN).cookies["csrf"]
    assert (first["expires"], first["max-age"]) == ("", "")
    second = browser.get(LOGIN)
    assert "csrf" not in second.cookies
    mark = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', second.content.decode())
    assert mark is not None
    typed = {"login": "nigora", "password": PASSPHRASE, "csrfmiddlewaretoken": mark[1]}
    answer = browser.post(LOGIN, typed, REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 302
    assert answer.cookies["csrf"].value != first.value, "who signed in goes on with another"


@pytest.mark.django_db
def test_my_sessions_are_shown_and_end() -> None:
    here, elsewhere, other = client_of("nigora"), client_of("nigora"), client_of("pulod")
    for browser in (here, elsewhere, other):
        assert is_signed_in(browser)
    page = here.get("/access/account/sessions/").content.decode()
    assert page.count('name="mark"') == 1, "all but this one"
    assert here.post("/access/account/sessions/end-others/").status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert is_signed_in(other)


@pytest.mark.parametrize("typed", ["000000", "not-a-recovery-code"])
def test_a_wrong_second_code_is_recorded_and_what_was_typed_is_not(
    fresh_db: str, connect: Callable[[str], psycopg.Connection], typed: str
) -> None:
    with_codes()
    browser = Client()
    sign_in(browser)
    assert browser.post(CODE, {"code": typed}).status_code == 200
    client_of("nigora").post("/sign-in/2/reauthenticate/", {"code": typed})
    rows = connect("auditor").execute(
        "SELECT subject_id, unit_id, reason FROM audit_entry"
        " WHERE event = 'account.second_code_failed'"
    )
    person = user("nigora")
    assert rows.fetchall() == [(str(person.pk), person.unit_id, "")] * 2
    every = connect("auditor").execute("SELECT audit_entry::text FROM audit_entry").fetchall()
    assert not [row for (row,) in every if f"{typed})" in row or f",{typed}," in row]


@pytest.mark.django_db
def test_the_passphrase_alone_changes_no_second_factor_that_is_there() -> None:
    with_codes()
    browser = client_of("nigora")
    answer = browser.get(reverse("mfa_deactivate_totp"))
    assert answer.status_code == 302 and "reauthenticate" in answer.headers["Location"]


@pytest.mark.django_db
def test_signing_out_leaves_nothing_in_the_browser() -> None:
    for browser, path in ((client_of("nigora"), "/sign-in/logout/"), (late(), PAGE)):
        left = browser.post(path)
        assert left.status_code == 302
        assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
        assert left.headers["Cache-Control"] == "no-store"
    assert "Clear-Site-Data" not in client_of("nigora").get(PAGE).headers


def late() -> Client:
    """A browser whose session was idle for too long."""
    return too_late(client_of("nigora"))


@pytest.mark.parametrize("name", ["mfa_reauthenticate", "access:recover"])
@pytest.mark.django_db
def test_a_code_typed_into_a_lost_session_is_kept_in_no_draft(name: str) -> None:
    keys_of = {"team_id": team("ngo-cases").pk} if name == "access:recover" else {}
    path = reverse(name, kwargs=keys_of)
    assert late().post(path, {"code": "ABCD-EFGH"}).status_code == 302
    assert late().post("/first-contact/", {"chosen": "Номи навишта"}).status_code == 302
    with as_user("nigora"):
        assert [row.page for row in Draft.objects.all()] == ["/first-contact/"]


@pytest.mark.django_db
def test_codes_and_sessions_cannot_be_guessed() -> None:
    seeds = {with_codes(name) for name in ("nigora", "safar", "lola")}
    assert len(seeds) == 3 and all(len(seed) >= 32 for seed in seeds), "160 bits in base 32"
    row = Authenticator.objects.get(user=user("nigora"), type=Authenticator.Type.RECOVERY_CODES)
    codes = row.wrap().get_unused_codes()
    assert len(set(codes)) == 10 and all(re.fullmatch(r"\d{8}", code) for code in codes), "26 bits"
    sessions = {client_of("nigora").session.session_key for _ in range(3)}
    # 32 signs out of 36: 165 bits.
    assert len(sessions) == 3
    assert all(re.fullmatch("[a-z0-9]{32}", str(key)) for key in sessions)


@pytest.mark.django_db
def test_a_code_of_the_half_minute_before_or_after_opens_nothing() -> None:
    assert (library.TOTP_PERIOD, library.TOTP_TOLERANCE) == (30, 0)
    secret = with_codes()
    now = next(iter(yield_hotp_counters_from_time()))
    for counter in (now - 2, now + 2):
        browser = Client()
        sign_in(browser)
        browser.post(CODE, {"code": format_hotp_value(hotp_value(secret, counter))})
        assert not is_signed_in(browser)


@pytest.mark.django_db
def test_showing_a_factor_again_makes_a_new_session_and_kills_the_old_token() -> None:
    secret, browser = with_codes(), client_of("nigora")
    assert is_signed_in(browser)
    before = browser.session.session_key
    browser.post("/sign-in/2/reauthenticate/", {"code": "000000"})
    assert browser.session.session_key == before
    assert browser.post("/sign-in/2/reauthenticate/", {"code": code_now(secret)}).status_code == 302
    assert browser.session.session_key != before
    assert is_signed_in(browser) and VAULT in browser.session
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.django_db
def test_a_lost_code_app_is_taken_out_and_opens_nothing_any_more() -> None:
    secret = with_codes()
    browser = client_of("nigora")
    browser.post("/sign-in/2/reauthenticate/", {"code": code_now(secret)})
    assert browser.post(reverse("mfa_deactivate_totp")).status_code == 302
    left = Authenticator.objects.filter(user=user("nigora"), type=Authenticator.Type.TOTP)
    assert not left.exists()


@pytest.mark.django_db
def test_a_challenge_of_a_passkey_is_long_and_new() -> None:
    with_codes()
    browser = client_of("nigora")
    row = Authenticator.objects.get(user=user("nigora"), type=Authenticator.Type.RECOVERY_CODES)
    # From the paper: a code of the app may end while a slow machine sends it.
    browser.post("/sign-in/2/reauthenticate/", {"code": row.wrap().get_unused_codes()[0]})
    pages: list[Any] = [browser.get(reverse("mfa_add_webauthn")) for _ in range(2)]
    asked = [page.context["js_data"]["creation_options"]["publicKey"] for page in pages]
    challenges = {urlsafe_b64decode(one["challenge"] + "==") for one in asked}
    assert len(challenges) == 2 and all(len(one) >= 16 for one in challenges)
