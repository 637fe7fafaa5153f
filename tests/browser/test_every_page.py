"""Every page that staff can reach by links: axe, phone width, three languages, weight."""

from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from tests.browser.conftest import Opener, Weight, axe_findings, enter
from tests.factories.cases import contact
from tests.factories.staff import as_user

pytestmark = pytest.mark.browser
# One account of each kind sees different pages.
ACCOUNTS = ("nigora", "safar", "admin")
# Leads out of the page into a file.
FILES = {"mfa_download_recovery_codes"}


def view_of(url: str) -> str:
    """The name of the view behind an address; empty for what is no page of ours."""
    try:
        return resolve(urlsplit(url).path).view_name
    except Resolver404:
        return ""


def pages(page: Page, start: str) -> dict[str, str]:
    """Follow links from ``start``; each view once: its name and an address of it."""
    found: dict[str, str] = {}
    broken: dict[str, int] = {}
    waiting = [start]
    while waiting:
        url = waiting.pop(0)
        name = view_of(url)
        if not name or name in found or name in broken or name in FILES:
            continue
        answer = page.goto(url)
        assert answer is not None
        if answer.status >= 500:
            broken[name] = answer.status
            continue
        found[name] = url
        links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
        waiting += [link for link in links if urlsplit(link).netloc == urlsplit(start).netloc]
    assert broken == {}
    return found


@pytest.fixture
def at_work(server: str) -> str:
    """A server with a first contact to look at."""
    with as_user("nigora") as nigora:
        contact(nigora)
        contact(nigora, danger_now="danger")
    return server


@pytest.mark.parametrize("name", ACCOUNTS)
def test_axe_finds_nothing_on_any_page(name: str, at_work: str, open_page: Opener) -> None:
    page = open_page()
    enter(page, at_work, name)
    seen = pages(page, f"{at_work}/")
    assert len(seen) > 3, seen
    findings: dict[str, list[str]] = {}
    for view, url in seen.items():
        page.goto(url)
        found = axe_findings(page)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            found.append(f"{wide} px too wide")
        if found:
            findings[view] = found
    assert findings == {}


@pytest.mark.parametrize("language", ["tg", "ru", "en"])
def test_every_page_fits_the_phone_and_the_line(
    language: str, at_work: str, open_page: Opener
) -> None:
    """In each language: not wider than 360 px; at most 10 KB and one request after the first."""
    page = open_page(language=language)
    enter(page, at_work, "nigora")
    seen = pages(page, f"{at_work}/")
    weight = Weight(page)
    faults = []
    for view, url in seen.items():
        weight.clear()
        answer = page.goto(url)
        assert answer is not None
        sent = answer.request.sizes()["responseBodySize"]
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            faults.append(f"{view}: {wide} px too wide")
        # Static files are cached for ever by the real server; the test server does not.
        asked = [u for u in weight.requests if not urlsplit(u).path.startswith("/static/")]
        if len(asked) > 1 or sent > 10_000:
            faults.append(f"{view}: {asked}, {sent} bytes")
    assert faults == []
