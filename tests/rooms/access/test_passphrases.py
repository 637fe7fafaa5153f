"""Passphrases: long, the same on every keyboard, changed with care, never guessed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from panoh.access import actions as access
from panoh.access.forms import PassphraseForm
from panoh.access.models import User
from panoh.access.rules import VAULT
from panoh.kernel.rules import Invalid
from panoh.policy import queries as policy
from panoh.vault import queries as keys
from panoh.vault.rules import WrongSecret
from tests.factories.clients import client_of
from tests.factories.codes import code_now
from tests.factories.staff import PASSPHRASE, as_user, team, user
from tests.rooms.access.test_sign_in import (
    CODE,
    LOGIN,
    WRONG,
    is_signed_in,
    sign_in,
    with_codes,
)


def plain(answer: Any, *names: str) -> str:
    """A page without what differs by itself: the token of the form, and what was typed."""
    text = answer.content.decode()
    for name in names:
        text = text.replace(name, "…")
    marks = ("csrfmiddlewaretoken", 'name="once"')
    return "\n".join(line for line in text.splitlines() if not any(mark in line for mark in marks))


@pytest.mark.django_db
def test_a_wrong_name_and_a_wrong_passphrase_have_one_answer() -> None:
    known, unknown = sign_in(Client(), "nigora", WRONG), sign_in(Client(), "nobody", WRONG)
    assert known.status_code == unknown.status_code == 200
    assert plain(known, "nigora") == plain(unknown, "nobody")


@pytest.mark.django_db
def test_a_passphrase_is_long_and_not_common_and_nothing_else() -> None:
    at = datetime.now(UTC)
    rules = [
        ("short", False),
        ("password1234", False),
        ("sunflowerdragon", False),
        ("Qwerty-123456!", False),
        ("friend of emily", False),
        ("aaaaaaaaaaaa", False),
        ("aaaa bbbb cccc", True),
        ("ғарибу қашанг 🌿 чорроҳа", True),
        ("x1" * 60, True),
        ("a word " * 100_000, True),  # from anybody, on a public page: it is not taken apart
    ]
    for number, (words, good) in enumerate(rules):
        with as_user("admin") as by:
            made, code = access.invite(
                unit=team("ngo-cases").unit,
                username=f"new-{number}",
                display_name="New (fictional)",
                language="tg",
                by=by,
                at=at,
            )
        if good:
            access.take_invitation(username=made.username, code=code, passphrase=words, at=at)
            with pytest.raises(Invalid):  # an invitation works once
                access.take_invitation(username=made.username, code=code, passphrase=words, at=at)
        else:
            with pytest.raises(ValidationError):
                access.take_invitation(username=made.username, code=code, passphrase=words, at=at)


@pytest.mark.django_db
def test_passphrase_fields_are_masked_and_take_a_password_manager() -> None:
    page = Client().get(LOGIN).content.decode()
    assert 'type="password"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page and 'autocomplete="off"' not in page


SECOND = timedelta(seconds=1)
NEW = "another handful of fictional words"


@pytest.mark.django_db
def test_the_passphrase_changes_with_the_present_one_only_and_ends_other_sessions() -> None:
    here, elsewhere = client_of("nigora"), client_of("nigora")
    assert is_signed_in(elsewhere)
    for old, new in [(WRONG, NEW), (PASSPHRASE, "short"), (PASSPHRASE, "password1234")]:
        answer = here.post("/access/account/", {"old": old, "passphrase": new, "again": new})
        assert answer.status_code == 200
        assert user("nigora").check_password(PASSPHRASE)
    typed = {"old": PASSPHRASE, "passphrase": NEW, "again": NEW}
    assert here.post("/access/account/", typed).status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    with as_user("nigora") as by:
        assert keys.unlock(by.pk, NEW) is not None
        with pytest.raises(WrongSecret):
            keys.unlock(by.pk, PASSPHRASE)
    assert sign_in(Client()).status_code == 200
    assert sign_in(Client(), words=NEW).status_code == 302


@pytest.mark.django_db
def test_who_was_invited_types_the_passphrase_once_to_set_up_the_second_factor() -> None:
    browser = Client()
    sign_in(browser)
    page = browser.get("/", follow=True)
    assert page.redirect_chain[-1][0] == reverse("mfa_activate_totp")
    secret = page.context["form"].secret
    page = browser.post(reverse("mfa_activate_totp"), {"code": code_now(secret)}, follow=True)
    assert "reauthenticate" not in str(page.redirect_chain)
    assert Authenticator.objects.filter(user=user("nigora")).count() == 2
    assert is_signed_in(browser)


# й and ӣ in one sign, as a desk keyboard gives them, and in two, as some telephones do.
COMPOSED = "\u0439\u043e\u0434 \u0448\u0438\u0440\u04e3\u043d\u04e3 \u0434\u0430\u0440\u0451"
DECOMPOSED = (
    "\u0438\u0306\u043e\u0434\u00a0\u0448\u0438\u0440\u0438\u0304\u043d\u0438\u0304 "
    "\u0434\u0430\u0440\u0435\u0308"
)


@pytest.mark.django_db
@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_a_passphrase_is_the_same_on_every_keyboard(chosen: str, typed: str) -> None:
    assert COMPOSED != DECOMPOSED
    with as_user("admin") as admin:
        _account, code = access.invite(
            unit=team("ngo-cases").unit,
            username="newcomer",
            display_name="Newcomer",
            language="tg",
            by=admin,
            at=datetime.now(UTC),
        )
    form = {"username": "newcomer", "code": code, "passphrase": chosen, "again": typed}
    assert Client().post(reverse("access:invitation"), form).status_code == 302
    browser = Client()
    sign_in(browser, "newcomer", typed)
    assert VAULT in browser.session, "signed in, and the vault opened with it"


@pytest.mark.django_db
def test_a_passphrase_gets_no_longer_by_its_accents() -> None:
    form = PassphraseForm({"passphrase": "и\u0306" * 6, "again": "и\u0306" * 6})
    assert not form.is_valid() and "passphrase" in form.errors


@pytest.mark.django_db
def test_guessing_the_present_passphrase_in_a_stolen_session_is_slowed() -> None:
    thief = client_of("nigora")
    wrong = {"old": WRONG, "passphrase": NEW, "again": NEW}
    answers = [thief.post("/access/account/", wrong).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
    right = {"old": PASSPHRASE, "passphrase": NEW, "again": NEW}
    assert thief.post("/access/account/", right).status_code == 429
    assert user("nigora").check_password(PASSPHRASE)


@pytest.mark.django_db
def test_guessing_an_invitation_is_slowed_and_known_names_answer_like_unknown() -> None:
    path = reverse("access:invitation")
    typed = {"code": "x", "passphrase": NEW, "again": NEW}
    known = Client().post(path, typed | {"username": "nigora"})
    unknown = Client().post(path, typed | {"username": "nobody"})
    assert plain(known, "nigora") == plain(unknown, "nobody")
    guesser = Client()
    answers = [guesser.post(path, typed | {"username": "nigora"}) for _ in range(19)]
    assert {answer.status_code for answer in answers[:18]} == {200}
    assert answers[18].status_code == 429


@pytest.mark.django_db
def test_a_passphrase_never_grows_old() -> None:
    nigora = user("nigora")
    User.objects.filter(pk=nigora.pk).update(last_login=datetime(2001, 1, 1, tzinfo=UTC))
    with_codes()
    browser = Client()
    assert sign_in(browser).headers["Location"].startswith(CODE), "to the code, not to a change"


@pytest.mark.django_db
def test_case_and_end_of_a_passphrase_count() -> None:
    """Nothing is cut off and nothing folded before it is compared."""
    words = "Рӯди ором " + "x" * 80
    nigora = user("nigora")
    nigora.set_password(words)
    assert nigora.check_password(words)
    for other in (words.lower(), words[:-1], words[:72], words + " ", f" {words}"):
        assert not nigora.check_password(other), other


@pytest.mark.django_db
def test_an_invitation_works_once_and_not_for_ever() -> None:
    at = datetime.now(UTC)
    ends = policy.due("invitation_hours", at)
    assert ends is not None
    codes = []
    for number, (taken_at, good) in enumerate([(ends - SECOND, True), (ends + SECOND, False)]):
        with as_user("admin") as by:
            made, code = access.invite(
                unit=team("ngo-cases").unit,
                username=f"later-{number}",
                display_name="Later (fictional)",
                language="tg",
                by=by,
                at=at,
            )
        codes.append(code)
        given = {"username": made.username, "code": code, "passphrase": NEW}
        if good:
            access.take_invitation(**given, at=taken_at)
        with pytest.raises(Invalid):
            access.take_invitation(**given, at=taken_at)
    assert len(set(codes)) == 2 and all(len(code) >= 16 for code in codes), "96 bits in base 64"
