"""The printed card of one-time codes as a second factor."""

from collections.abc import Callable

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from panoh.access import actions as access
from panoh.access.queries import card_codes_left
from panoh.kernel.rules import NotPossible
from panoh.vault.rules import ALPHABET, card_mark, new_card
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW
from tests.factories.staff import PASSPHRASE, as_user, user

LOGIN, CODE, CARD = "/sign-in/login/", "/sign-in/2/authenticate/", "/access/account/card/"
STEP_UP = "/sign-in/2/reauthenticate/"


def card(name: str = "nigora") -> list[str]:
    """Connect a code app, as at the first sign-in, and make a card."""
    if not Authenticator.objects.filter(user=user(name)).exists():
        TOTP.activate(user(name), str(generate_totp_secret()))
    with as_user(name) as by:
        return access.make_card(by=by, at=NOW)


def enters(code: str, name: str = "nigora") -> bool:
    """Does a sign-in with this code succeed?"""
    browser = Client()
    browser.post(LOGIN, {"login": name, "password": PASSPHRASE})
    browser.post(CODE, {"code": code})
    return browser.get("/access/teams/").status_code == 200


@pytest.mark.django_db
def test_each_code_opens_once_however_it_was_copied() -> None:
    codes = card()
    assert len(set(codes)) == 10
    assert enters(codes[3])
    assert not enters(codes[3])
    assert enters(codes[4].lower().replace("-", " ").replace("0", "o").replace("1", "l"))
    assert card_codes_left(user("nigora")) == 8


@pytest.mark.django_db
def test_a_card_opens_no_other_account_and_nothing_without_the_passphrase() -> None:
    codes = card()
    card("safar")
    assert not enters(codes[0], "safar")
    browser = Client()
    browser.post(LOGIN, {"login": "nigora", "password": "five wrong words for nobody"})
    browser.post(CODE, {"code": codes[0]})
    assert browser.get("/access/teams/").status_code == 302
    assert enters(codes[0])


@pytest.mark.django_db
def test_a_new_card_voids_the_old_one_and_the_codes_of_set_up() -> None:
    TOTP.activate(user("nigora"), str(generate_totp_secret()))
    first = RecoveryCodes.activate(user("nigora")).get_unused_codes()
    assert card_codes_left(user("nigora")) == 10
    old, new = card(), card()
    assert not enters(first[0])
    assert not enters(old[0])
    assert enters(new[0])


@pytest.mark.django_db
def test_only_marks_are_kept_and_nobody_forges_one_without_the_servers_key() -> None:
    codes = card()
    row = Authenticator.objects.get(user=user("nigora"), type=Authenticator.Type.RECOVERY_CODES)
    kept = str(row.data)
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]
    assert row.wrap().get_unused_codes() == [], "the library shows none"
    (code,) = new_card()[:1]
    salt = bytes.fromhex(row.data["card"]["salt"])
    row.data["card"]["marks"].append(card_mark(bytes(32), salt, code, user("nigora").pk))
    row.save(update_fields=["data"])
    assert not enters(code)
    assert set("".join(codes)) <= {*ALPHABET, "-"}


@pytest.mark.django_db
def test_guesses_are_counted_and_then_the_right_code_is_not_even_looked_at() -> None:
    codes = card()
    browser = Client()
    browser.post(LOGIN, {"login": "nigora", "password": PASSPHRASE})
    for _ in range(6):
        browser.post(CODE, {"code": "0000-0000"})
    browser.post(CODE, {"code": codes[0]})
    assert browser.get("/access/teams/").status_code == 302
    assert card_codes_left(user("nigora")) == 10


def test_making_and_using_a_card_are_recorded_and_no_code_is(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    codes = card()
    assert enters(codes[0])
    rows = connect("auditor").execute(
        "SELECT event, user_id, subject_id, reason FROM audit_entry"
        " WHERE event LIKE 'account.card%' ORDER BY seq"
    )
    pk = user("nigora").pk
    assert rows.fetchall() == [
        ("account.card_made", pk, str(pk), ""),
        ("account.card_code_used", None, str(pk), "9 left"),
    ]
    every = connect("auditor").execute("SELECT audit_entry::text FROM audit_entry").fetchall()
    assert not [row for (row,) in every if codes[0] in row]


@pytest.mark.django_db
def test_the_page_shows_a_card_once_and_asks_first_who_is_there() -> None:
    TOTP.activate(user("nigora"), str(generate_totp_secret()))
    browser = client_of("nigora", "en")
    before = browser.get(CARD)
    assert "You have no code on paper that works" in words(before)
    made = browser.post(CARD)
    codes = made.context["codes"]
    assert len(codes) == 10 and all(code in words(made) for code in codes)
    assert made.headers["Cache-Control"] == "no-store"
    again = words(browser.get(CARD))
    assert "10 codes of your present paper still work" in again and codes[0] not in again
    assert "Printed code card" in words(browser.get("/sign-in/2/"))

    session = browser.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 1.0}]
    session.save()
    for method in (browser.get, browser.post):
        answer = method(CARD)
        assert answer.status_code == 302 and "reauthenticate" in answer.headers["Location"]
    assert browser.post(STEP_UP, {"code": codes[1]}).status_code == 302
    assert browser.get(CARD).status_code == 200, "a code of the card steps up too"


@pytest.mark.django_db
def test_without_a_code_app_there_is_no_card() -> None:
    with as_user("nigora") as by, pytest.raises(NotPossible):
        access.make_card(by=by, at=NOW)
