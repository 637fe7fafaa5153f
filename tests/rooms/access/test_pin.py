"""A PIN within a shift, and one's own sessions: over HTTP, as a browser sends it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client

from panoh.access import actions as access
from panoh.access import queries as access_queries
from panoh.access.forms import PinForm
from panoh.access.middleware import VAULT_COOKIE
from panoh.access.rules import LOCKED, PIN, PIN_TRIES, SEEN, STARTED, VAULT, is_plain_pin
from panoh.policy import queries as policy
from panoh.vault import queries as keys
from tests.factories.clients import client_of, words
from tests.factories.staff import as_user, user
from tests.rooms.access.test_sign_in import LOGIN, is_signed_in

SECRET = "804715"
UNLOCK, SESSIONS, PAGE = "/access/account/unlock/", "/access/account/sessions/", "/access/teams/"


def with_pin(name: str = "nigora") -> Client:
    browser = client_of(name)
    typed = {"pin": SECRET, "again": SECRET}
    assert browser.post("/access/account/pin/", typed).status_code == 302
    return browser


def age(browser: Client, mark: str, period: str) -> None:
    """Let the session be older than a period allows."""
    now = datetime.now(UTC)
    due = policy.due(period, now)
    assert due is not None
    session = browser.session
    session[mark] = (now - (due - now) - timedelta(minutes=1)).isoformat()
    session.save()


def idle(browser: Client) -> Client:
    age(browser, SEEN, "session_idle")
    return browser


def is_open(browser: Client) -> bool:
    return browser.get(PAGE).status_code == 200


def try_pin(browser: Client, pin: str = SECRET, onward: str = "") -> str:
    """Where the PIN leads; nothing if the page says that it is wrong."""
    answer = browser.post(UNLOCK, {"pin": pin, "next": onward})
    return answer.headers.get("Location", "")


@pytest.mark.django_db
def test_an_idle_session_with_a_pin_is_locked_and_comes_back_to_where_it_was() -> None:
    browser = idle(with_pin())
    answer = browser.get(PAGE)
    assert answer.headers["Location"] == f"{UNLOCK}?next=%2Faccess%2Fteams%2F"
    assert try_pin(browser, onward=PAGE) == PAGE
    assert is_open(browser)
    assert keys.open_from_session(
        user("nigora").pk, browser.session[VAULT], browser.cookies[VAULT_COOKIE].value
    )


@pytest.mark.django_db
def test_a_pin_sent_to_a_session_that_is_open_counts_no_try_and_changes_nothing() -> None:
    browser = with_pin()
    assert is_open(browser)
    before, key = dict(browser.session.items()), str(browser.session.session_key)
    for pin in ("111222", SECRET):
        with as_user("nigora") as by:
            given = {"pin": pin, "secret": "", "by": by, "at": datetime.now(UTC)}
            assert access.unlock_session(key=key, **given) is None  # type: ignore[arg-type]
    assert dict(SessionStore(key).items()) == before


@pytest.mark.django_db
def test_a_locked_session_answers_no_page_and_holds_no_vault() -> None:
    browser = idle(with_pin())
    browser.get(PAGE)
    assert VAULT not in browser.session
    for path in ("/", PAGE, SESSIONS, "/access/account/", "/access/account/pin/", "/nothing/here"):
        for answer in (browser.get(path), browser.post(path, {"pin": SECRET})):
            assert answer.status_code == 302 and answer.headers["Location"].startswith(UNLOCK)
    assert VAULT not in browser.session
    page = browser.get(UNLOCK)
    assert page.status_code == 200 and "<nav" not in page.content.decode()
    assert browser.cookies[VAULT_COOKIE].value, "the browser keeps its half"


@pytest.mark.django_db
def test_without_a_pin_an_idle_session_ends() -> None:
    browser = idle(client_of("nigora"))
    assert browser.get(PAGE).headers["Location"].startswith(LOGIN)
    assert not is_signed_in(browser)


@pytest.mark.django_db
@pytest.mark.parametrize("locked_first", [True, False])
def test_the_shift_ends_it_whatever_the_pin(locked_first: bool) -> None:
    browser = with_pin()
    if locked_first:
        browser.post("/access/account/lock/")
        assert LOCKED in browser.session
    key = browser.session.session_key
    age(browser, STARTED, "session_absolute")
    assert browser.get(UNLOCK).headers["Location"].startswith(LOGIN)
    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.django_db
def test_five_wrong_pins_end_the_session() -> None:
    browser = idle(with_pin())
    browser.get(PAGE)
    key = browser.session.session_key
    for left in range(PIN_TRIES - 1, 0, -1):
        assert str(left) in words(browser.post(UNLOCK, {"pin": "111222", "next": ""}))
    assert try_pin(browser, "111222").startswith(LOGIN)
    assert not Session.objects.filter(session_key=key).exists()
    assert not is_signed_in(browser)


@pytest.mark.django_db
def test_a_right_pin_starts_the_count_anew() -> None:
    browser = with_pin()
    for _again in range(2):
        browser.post("/access/account/lock/")
        for _try in range(PIN_TRIES - 1):
            assert not try_pin(browser, "111222")
        assert try_pin(browser) == "/"
    assert is_open(browser)


@pytest.mark.django_db
def test_a_pin_opens_its_own_session_in_its_own_browser_only() -> None:
    browser, second = with_pin(), client_of("nigora")
    browser.post("/access/account/lock/")
    thief = Client()
    thief.cookies["session"] = browser.cookies["session"].value
    assert not try_pin(thief), "without the half of the browser"
    assert PIN not in second.session and is_open(second)
    session = second.session
    session[PIN], session[LOCKED], session["panoh_pin_tries"] = browser.session[PIN], "x", 0
    del session[VAULT]
    session.save()
    assert not try_pin(second), "what was kept under the PIN belongs to another browser"
    assert try_pin(browser) == "/"


@pytest.mark.django_db
def test_the_pin_is_kept_nowhere() -> None:
    browser = with_pin()
    assert SECRET not in str(dict(browser.session.items()))
    browser.post("/access/account/lock/")
    kept = browser.session[PIN]
    assert keys.open_with_pin(kept, SECRET, user("nigora").pk)
    assert keys.open_with_pin(kept, SECRET, user("safar").pk) is None
    assert keys.open_with_pin(kept, "111222", user("nigora").pk) is None


@pytest.mark.django_db
def test_a_pin_is_set_after_a_full_sign_in_only() -> None:
    browser = client_of("nigora")
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] = 0
    session.save()
    answer = browser.post("/access/account/pin/", {"pin": SECRET, "again": SECRET})
    assert "reauthenticate" in answer.headers["Location"]
    assert PIN not in browser.session
    session = browser.session
    session["account_authentication_methods"][0]["at"] = 4e9
    del session[VAULT]
    session.save()
    assert browser.post("/access/account/pin/", {"pin": SECRET, "again": SECRET}).status_code == 403


@pytest.mark.parametrize(
    ("pin", "good"),
    [
        ("804715", True),
        ("8047152", True),
        ("80471", False),
        ("80471a", False),
        ("٨٠٤٧١٥", False),
        ("111111", False),
        ("123456", False),
        ("987654", False),
        ("789012", False),
        ("121212", False),
    ],
)
def test_a_pin_has_six_digits_and_is_not_the_first_guess(pin: str, good: bool) -> None:
    assert PinForm({"pin": pin, "again": pin}).is_valid() is good
    assert not PinForm({"pin": pin, "again": "804716"}).is_valid()


def test_a_run_back_and_forth_is_no_run() -> None:
    assert not is_plain_pin("123321")


@pytest.mark.django_db
def test_what_was_typed_is_kept_while_the_session_is_locked() -> None:
    browser = with_pin()
    browser.post("/access/account/lock/")
    browser.post("/first-contact/", {"note": "an unsent word", "pin": SECRET})
    assert try_pin(browser) == "/"
    opened = keys.open_from_session(
        user("nigora").pk, browser.session[VAULT], browser.cookies[VAULT_COOKIE].value
    )
    assert opened is not None
    with as_user("nigora"), keys.opened(opened):
        assert keys.draft("/first-contact/") == {"note": ["an unsent word"]}


@pytest.mark.django_db
@pytest.mark.parametrize("onward", ["https://elsewhere.example/", "//elsewhere.example", "x\x00"])
def test_after_the_pin_no_other_site_follows(onward: str) -> None:
    browser = with_pin()
    browser.post("/access/account/lock/")
    assert "elsewhere" not in try_pin(browser, onward=onward)


@pytest.mark.django_db
def test_a_locked_session_can_be_signed_out() -> None:
    browser = with_pin()
    browser.post("/access/account/lock/")
    browser.post("/sign-in/logout/")
    assert not is_signed_in(browser)
    assert not browser.cookies[VAULT_COOKIE].value


def test_tries_side_by_side_are_counted_one_by_one(fresh_db: str) -> None:
    browser = with_pin()
    browser.post("/access/account/lock/")
    key, secret = str(browser.session.session_key), browser.cookies[VAULT_COOKIE].value

    def guess(number: int) -> object:
        try:
            with as_user("nigora") as by:
                return access.unlock_session(
                    key=key,
                    pin=f"11122{number}",
                    secret=secret,
                    by=by,
                    at=datetime.now(UTC),
                )
        except Exception as error:
            return type(error).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        left = list(threads.map(guess, range(8)))
    assert sorted(map(str, left)) == ["0", "1", "2", "3", "4", "Gone", "Gone", "Gone"]
    assert not SessionStore().exists(key)


@pytest.mark.django_db
def test_one_session_ends_and_only_one_of_mine() -> None:
    here, elsewhere, third, other = (
        client_of("nigora"),
        client_of("nigora"),
        client_of("nigora"),
        client_of("pulod"),
    )
    for browser in (here, elsewhere, third, other):
        assert is_signed_in(browser)
    page = here.get(SESSIONS).content.decode()
    for browser in (here, elsewhere, other):
        assert str(browser.session.session_key) not in page, "a key on a page is a stolen session"
    marks = {row.key: row.mark for row in _sessions("nigora")}
    theirs = [row.mark for row in _sessions("pulod")]
    assert page.count('name="mark"') == 2
    for mark in (*theirs, marks[str(here.session.session_key)], "", "x"):
        assert here.post(f"{SESSIONS}end/", {"mark": mark}).status_code == 404
    mark = marks[str(elsewhere.session.session_key)]
    assert here.post(f"{SESSIONS}end/", {"mark": mark}).status_code == 302
    assert not is_signed_in(elsewhere)
    assert all(map(is_signed_in, (here, third, other)))


def _sessions(name: str) -> list[access_queries.Signed]:
    with as_user(name) as by:
        return access_queries.sessions_of(by, datetime.now(UTC))


def test_the_life_of_a_pin_is_recorded_and_never_the_pin(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    browser = with_pin()
    browser.post("/access/account/lock/")
    try_pin(browser, "111222")
    try_pin(browser)
    idle(browser).get(PAGE)
    for _try in range(PIN_TRIES):
        try_pin(browser, "111222")
    with as_user("nigora") as by:
        second = client_of("nigora")
        second.get(PAGE)
        key = str(second.session.session_key)
        access.end_session(key=key, by=by, at=datetime.now(UTC))
    auditor = connect("auditor")
    rows = auditor.execute(
        "SELECT event FROM audit_entry WHERE event ~ '^account.(pin|session|unlocked)' ORDER BY seq"
    ).fetchall()
    assert [event for (event,) in rows] == [
        "account.pin_set",
        "account.session_locked",
        "account.pin_failed",
        "account.unlocked",
        "account.session_locked",
        *["account.pin_failed"] * (PIN_TRIES - 1),
        "account.pin_failed_for_good",
        "account.session_ended",
    ]
    every = auditor.execute("SELECT audit_entry::text FROM audit_entry").fetchall()
    assert not [row for (row,) in every if f"{SECRET})" in row or f",{SECRET}," in row]
