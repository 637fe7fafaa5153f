"""Every page that staff can open: axe, Tab, phone width in the two longer languages, weight."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page, Response

from tests.browser.conftest import AXE, Opener, axe_findings, enter, passed_by
from tests.browser.pages import LOOKS
from tests.factories.country import country

pytestmark = pytest.mark.browser
# English, the shortest of the three, is what all other browser tests read.
OTHER_LANGUAGES = ("ru",)
MOST_BYTES = 10_000
Connect = Callable[[str], psycopg.Connection]


def view_of(url: str) -> str:
    """The name of the view behind an address; empty for what is no page of ours."""
    try:
        return resolve(urlsplit(url).path).view_name
    except Resolver404:
        return ""


def walk(page: Page, wanted: set[str], *starts: str) -> Iterator[tuple[str, Response]]:
    """Open these addresses, then each wanted view that links lead to, once: name and answer."""
    seen: set[str] = set()
    waiting = list(starts)
    for url in waiting:
        name = view_of(url)
        if name not in wanted or (name in seen and url not in starts):
            continue
        seen.add(name)
        answer = page.goto(url)
        assert answer is not None
        if view_of(page.url) != name:  # led elsewhere
            waiting.append(page.url)
            continue
        links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
        here = urlsplit(starts[0]).netloc
        waiting += [link for link in links if urlsplit(link).netloc == here if link not in waiting]
        yield name, answer


def seen_by_axe(page: Page) -> list[str]:
    """What axe finds; the style sheets were read in ``test_gallery``."""
    return axe_findings(page, sheets=False)


def faults(page: Page, answer: Response, look: Callable[[Page], list[str]]) -> list[str]:
    """What is wrong with the page as it stands."""
    found = look(page)
    if answer.status >= 400:
        found.append(f"answered {answer.status}")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        found.append(f"{wide} px wider than the screen")
    # Compressed, and without the static files: they are cached for ever.
    if (sent := answer.request.sizes()["responseBodySize"]) > MOST_BYTES:
        found.append(f"{sent} bytes")
    return found


def test_every_page_is_accessible_fits_and_is_light(
    server: str, open_page: Opener, connect: Connect
) -> None:
    """One country for all accounts: to make it takes longer than to look at it."""
    starts = country(connect("owner"))
    found: dict[str, list[str]] = {}
    for name, wanted in LOOKS.items():
        found |= look(name, wanted, [server + path for path in (*starts[name], "/")], open_page)
    assert {view: what for view, what in found.items() if what} == {}


def look(name: str, wanted: set[str], starts: list[str], open_page: Opener) -> dict[str, list[str]]:
    """What is wrong with the pages that this account looks at."""
    seen, found = dict[str, str](), dict[str, list[str]]()
    page = open_page(language="tg")
    page.add_init_script(path=AXE)
    enter(page, starts[0], name)
    for view, answer in walk(page, wanted, *starts):
        seen[page.url] = view
        found[f"{name} {view}"] = faults(page, answer, seen_by_axe) + passed_by(page)
    signed_in: Any = page.context.cookies()
    page.context.close()
    for language in OTHER_LANGUAGES:
        page = open_page(language=language)
        page.context.add_cookies(signed_in)
        for url, view in seen.items():
            again = page.goto(url)
            assert again is not None
            found[f"{name} {view} {language}"] = faults(page, again, lambda _page: [])
        page.context.close()
    found[f"{name}: no link leads there"] = sorted(wanted - set(seen.values()))
    return found
