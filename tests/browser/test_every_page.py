"""Every page that staff can reach by links: axe, phone width, three languages, weight."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page, Response

from tests.browser.conftest import Opener, axe_findings, enter
from tests.factories.cases import contact
from tests.factories.staff import as_user

pytestmark = pytest.mark.browser
# One account of each kind: who holds cases, who receives, who administers.
ACCOUNTS = ("nigora", "shirin", "admin")
OTHER_LANGUAGES = ("ru", "en")
# Leads out of the page into a file.
FILES = {"mfa_download_recovery_codes"}
MOST_BYTES = 10_000


def view_of(url: str) -> str:
    """The name of the view behind an address; empty for what is no page of ours."""
    try:
        return resolve(urlsplit(url).path).view_name
    except Resolver404:
        return ""


def walk(page: Page, start: str) -> Iterator[tuple[str, Response]]:
    """Open each view that links lead to, once: its name and the answer."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        url = waiting.pop(0)
        name = view_of(url)
        if not name or name in seen | FILES:
            continue
        seen.add(name)
        answer = page.goto(url)
        assert answer is not None
        if view_of(page.url) != name:  # led elsewhere
            waiting.append(page.url)
            continue
        links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
        waiting += [link for link in links if urlsplit(link).netloc == urlsplit(start).netloc]
        yield name, answer


def faults(page: Page, answer: Response, look: Callable[[Page], list[str]]) -> list[str]:
    """What is wrong with the page as it stands."""
    found = look(page)
    if answer.status >= 500:
        found.append(f"answered {answer.status}")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        found.append(f"{wide} px wider than the screen")
    # Compressed, and without the static files: they are cached for ever.
    if (sent := answer.request.sizes()["responseBodySize"]) > MOST_BYTES:
        found.append(f"{sent} bytes")
    return found


@pytest.fixture
def at_work(server: str) -> str:
    """A server with two first contacts to look at."""
    with as_user("nigora") as nigora:
        contact(nigora)
        contact(nigora, danger_now="danger")
    return server


@pytest.mark.parametrize("name", ACCOUNTS)
def test_every_page_is_accessible_fits_and_is_light(
    name: str, at_work: str, open_page: Opener
) -> None:
    page = open_page(language="tg")
    enter(page, at_work, name)
    found: dict[str, list[str]] = {}
    seen: dict[str, str] = {}
    for view, answer in walk(page, f"{at_work}/"):
        seen[view] = page.url
        found[view] = faults(page, answer, axe_findings)
    for language in OTHER_LANGUAGES:
        other = open_page(language=language)
        enter(other, at_work, name)
        for view, url in seen.items():
            again = other.goto(url)
            assert again is not None
            found[f"{view} {language}"] = faults(other, again, lambda _page: [])
    assert len(seen) > 3, seen
    assert {view: what for view, what in found.items() if what} == {}
