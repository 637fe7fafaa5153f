"""Every template of room ui: axe, three languages, 360 and 1280 px, no JavaScript, weight."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from tests.browser import gallery
from tests.browser.conftest import DESKTOP, Opener, Weight, axe_findings

pytestmark = pytest.mark.browser
LANGUAGES = ("tg", "ru", "en")


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    """The gallery on a free port, without a database."""
    settings.ROOT_URLCONF = gallery.__name__
    settings.MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
    settings.MIDDLEWARE = [
        name
        for name in settings.MIDDLEWARE
        if name.startswith(("django.middleware", "csp.", "django.contrib.messages"))
    ]
    samples = Path(gallery.__file__).parent / "templates"
    [(cached, ours)] = settings.TEMPLATES[0]["OPTIONS"]["loaders"]
    loaders = [(cached, [("django.template.loaders.filesystem.Loader", [samples]), *ours])]
    options = {**settings.TEMPLATES[0]["OPTIONS"], "loaders": loaders}
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "OPTIONS": options}]
    thread = LiveServerThread("localhost", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://localhost:{thread.port}"
    thread.terminate()


def look(page: Page, site: str, name: str) -> None:
    """Open one template; a fault of the server is no page to look at."""
    answer = page.goto(f"{site}/t/{name}")
    assert answer is not None and answer.ok, name


def test_axe_finds_nothing_on_any_template(site: str, phone: Page) -> None:
    """As it opens, and after an empty form was sent."""
    found: dict[str, list[str]] = {}
    for name in gallery.CONTEXTS:
        look(phone, site, name)
        found[name] = axe_findings(phone)
        submit = phone.locator("main form[novalidate] [type=submit]")
        if submit.count():
            submit.first.click()
            found[f"{name} sent"] = axe_findings(phone)
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_the_phone_in_every_language(
    language: str, site: str, open_page: Opener
) -> None:
    page = open_page(language=language)
    for name in gallery.CONTEXTS:
        look(page, site, name)
        assert page.locator("html").get_attribute("lang") == language
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name} is {wide} px wider than the screen"


def test_pages_fit_a_wide_screen(site: str, open_page: Opener, axe: Callable[[Page], None]) -> None:
    page = open_page(DESKTOP, language="ru")
    for name in ("sample/components.html", "account/login.html", "500.html"):
        look(page, site, name)
        axe(page)


def test_errors_stand_beside_the_field_and_on_top_and_lose_nothing(
    site: str, plain_phone: Page
) -> None:
    look(plain_phone, site, "sample/components.html")
    plain_phone.locator("[name=words]").fill("Ҷӯраҳо ғ қ")
    plain_phone.locator("[name=born_year]").fill("98")
    plain_phone.locator("main form[novalidate] [type=submit]").click()
    plain_phone.wait_for_load_state()
    expect(plain_phone.locator("[name=words]")).to_have_value("Ҷӯраҳо ғ қ")
    expect(plain_phone.locator("[name=born_year]")).to_have_value("98")
    summary = plain_phone.locator(".govuk-error-summary")
    for link in summary.locator("a").all():
        target = (link.get_attribute("href") or "").removeprefix("#")
        assert plain_phone.locator(f"[id='{target}']").count() == 1
    ref = plain_phone.locator("[name=ref]")
    described = (ref.get_attribute("aria-describedby") or "").split()
    assert any(plain_phone.locator(f"#{key} .govuk-error-message").count() for key in described)


def test_paper_shows_nothing_to_press_and_no_address_beside_a_link(site: str, phone: Page) -> None:
    look(phone, site, "sample/components.html")
    add = "main => main.insertAdjacentHTML('beforeend', '<a href=/cases/>A case</a>')"
    phone.locator("main").evaluate(add)
    assert phone.locator("main .govuk-button:visible").count()
    phone.emulate_media(media="print")
    after = "one => getComputedStyle(one, '::after').content"
    assert phone.locator("main a[href^='/']").evaluate(after) == "none"
    assert phone.locator("main .govuk-button:visible").count() == 0


def test_language_changes_anywhere_without_javascript(site: str, plain_phone: Page) -> None:
    look(plain_phone, site, "404.html")
    for language in ("ru", "en", "tg"):
        plain_phone.locator(f".languages button[value={language}]").click()
        expect(plain_phone.locator("html")).to_have_attribute("lang", language)
        assert plain_phone.url.endswith("/t/404.html")


def test_leaving_by_button_and_by_three_escapes(
    site: str, open_page: Opener, settings: Settings
) -> None:
    settings.PANOH_LEAVE_URL = f"{site}/i18n/"
    page = open_page()
    look(page, site, "sample/public.html")
    button = page.locator("a.leave")
    box = button.bounding_box()
    assert box is not None
    assert box["y"] > 740 / 2, "under the thumb"
    assert box["height"] >= 44
    for _time in range(3):
        page.keyboard.press("Escape")
    page.wait_for_url("**/i18n/")
    look(page, site, "account/login.html")
    button.click()
    page.wait_for_url("**/i18n/")


def test_keyboard_reaches_the_content_first(site: str, phone: Page) -> None:
    look(phone, site, "sample/components.html")
    phone.keyboard.press("Tab")
    expect(phone.locator(".govuk-skip-link")).to_be_focused()
    phone.keyboard.press("Enter")
    expect(phone.locator("main")).to_be_focused()


def test_targets_are_big_enough_for_thumbs(site: str, phone: Page) -> None:
    look(phone, site, "sample/components.html")
    for target in phone.locator(
        "header a:visible, header button:visible, main button, .nav a"
    ).all():
        if "govuk-skip-link" in (target.get_attribute("class") or ""):
            continue
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 40, target.evaluate("e => e.outerHTML")


def test_first_visit_and_next_page_are_light(site: str, open_page: Opener) -> None:
    """First visit at most 6 requests; the files it brings and the page fit in 50 KB compressed."""
    page = open_page()
    look(page, site, "account/login.html")
    page.wait_for_load_state("networkidle")
    weight = Weight(page)
    page.reload()
    page.wait_for_load_state("networkidle")
    assert 1 < len(set(weight.requests)) <= 6, weight.requests
    total = 0
    for url in set(weight.requests):
        response = page.request.get(url)
        total += len(gzip.compress(response.body()))
    assert total <= 50_000
    html = len(gzip.compress(page.content().encode()))
    assert html <= 10_000
