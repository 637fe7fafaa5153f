"""The nine questions on a small phone, in each language: width and accessibility."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opener, enter
from tests.factories.cases import contact
from tests.factories.staff import as_user

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["tg", "ru", "en"])
def test_the_questions_fit_a_phone(
    server: str, open_page: Opener, axe: Callable[[Page], None], language: str
) -> None:
    with as_user("nigora") as by:
        ref = contact(by).dossier.ref
    page = open_page(language=language)
    enter(page, server, "nigora", language)
    page.goto(f"{server}/cases/{ref}/questions/")
    _look(page, axe)
    page.locator("main form button").first.click()
    for _part in range(3):
        _look(page, axe)
        page.locator("input[value=present]").first.check()
        page.locator("main form button[type=submit]").first.click()
    _look(page, axe)
    assert page.locator("textarea").count() == 1


def _look(page: Page, axe: Callable[[Page], None]) -> None:
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
