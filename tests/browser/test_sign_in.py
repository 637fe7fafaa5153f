"""Signing in as staff do it: passphrase, code app, recovery codes, and out again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.factories.codes import code_now
from tests.factories.staff import PASSPHRASE

pytestmark = pytest.mark.browser


def send(page: Page) -> None:
    """Press the button of the page's own form."""
    page.locator("main form [type=submit]").first.click()


def passphrase(page: Page, server: str, words: str = PASSPHRASE) -> None:
    """Type name and passphrase."""
    page.goto(f"{server}/sign-in/login/?next=/access/teams/")
    page.locator("[name=login]").fill("nigora")
    page.locator("[name=password]").fill(words)
    send(page)


def test_first_sign_in_connects_a_code_app_and_the_next_asks_for_it(
    server: str, open_page: Opener, axe: Callable[[Page], None]
) -> None:
    page = open_page(language="ru")
    passphrase(page, server, "not the right words at all")
    expect(page.locator(".govuk-error-summary")).to_contain_text("не подошли")
    axe(page)

    passphrase(page, server)
    expect(page).to_have_url(f"{server}/sign-in/2/totp/activate/")
    expect(page.locator(".qr svg")).to_be_visible()
    axe(page)
    secret = page.locator(".code").inner_text().replace(" ", "")
    page.locator("[name=code]").fill("12")
    send(page)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    axe(page)
    page.locator("[name=code]").fill(code_now(secret))
    send(page)
    expect(page).to_have_url(f"{server}/sign-in/2/recovery-codes/")
    expect(page.locator(".codes li")).to_have_count(10)
    codes = page.locator(".codes li").all_inner_texts()
    axe(page)
    page.goto(f"{server}/sign-in/2/")
    axe(page)
    page.goto(f"{server}/sign-in/2/webauthn/add/")
    axe(page)

    page.locator("footer button").click()
    expect(page.locator("[name=login]")).to_be_visible()

    passphrase(page, server)
    expect(page).to_have_url(f"{server}/sign-in/2/authenticate/")
    axe(page)
    page.locator("[name=code]").fill(codes[0])
    send(page)
    expect(page).to_have_url(f"{server}/access/teams/")
    page.goto(f"{server}/sign-in/2/")
    expect(page.locator("footer")).to_contain_text("nigora")


def test_signing_in_without_javascript_in_tajik(server: str, plain_phone: Page) -> None:
    passphrase(plain_phone, server)
    expect(plain_phone.locator("html")).to_have_attribute("lang", "tg")
    secret = plain_phone.locator(".code").inner_text().replace(" ", "")
    plain_phone.locator("[name=code]").fill(code_now(secret))
    send(plain_phone)
    expect(plain_phone.locator(".codes li")).to_have_count(10)


def test_pages_that_do_not_exist_say_what_to_do(server: str, plain_phone: Page) -> None:
    response = plain_phone.goto(f"{server}/sign-in/signup/")
    assert response is not None
    assert response.status == 404
    expect(plain_phone.locator("h1")).to_contain_text("Чунин саҳифа нест")
