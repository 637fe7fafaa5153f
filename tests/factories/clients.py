"""Browsers of signed-in accounts: second factor shown, vault open, as after a real sign-in."""

import re
import time
from html import unescape
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils.html import strip_tags

from panoh.access.middleware import VAULT_COOKIE
from panoh.access.models import User
from panoh.access.rules import SEEN, STARTED, VAULT
from panoh.vault import queries as keys
from tests.factories.staff import PASSPHRASE, as_user, user


def client_of(name: str | User, language: str = "") -> Client:
    """A client in which this account of the fictional country is signed in; ``language`` is the
    one chosen on the page."""
    account = user(name) if isinstance(name, str) else name
    client = Client()
    client.force_login(account)
    if language:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    with as_user(account):
        opened = keys.unlock(account.pk, PASSPHRASE)
    assert opened is not None
    session = client.session
    session[VAULT], client.cookies[VAULT_COOKIE] = keys.seal_for_session(opened)
    session["account_authentication_methods_user"] = str(account.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()},
        {"method": "mfa", "type": "totp", "at": time.time()},
    ]
    session.save()
    return client


def too_late(browser: Client) -> Client:
    """The same browser after its session was idle for longer than the pack allows."""
    session = browser.session
    session[SEEN] = session[STARTED] = "2020-01-01T00:00:00+00:00"
    session.save()
    return browser


def factor_of_old(browser: Client) -> Client:
    """The same browser, signed in still, whose second factor was shown long ago."""
    session = browser.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 1.0}]
    session.save()
    return browser


def words(page: Any) -> str:
    """What a reader of a page sees, in one line."""
    return " ".join(strip_tags(page.content.decode()).split())


def hidden(page: Any, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page.content.decode())
    assert found, name
    return found[1]


def edited(browser: Client, path: str, typed: dict[str, Any], **options: Any) -> Any:
    """What a browser sends that has opened the form: what was typed, and what stood there."""
    seen = unescape(hidden(browser.get(path), "seen"))
    return browser.post(path, {"seen": seen} | typed, **options)
