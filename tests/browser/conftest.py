"""Chromium as people have it: a cheap phone, often without JavaScript, on a bad line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.conftest import CHROMIUM
from tests.factories.clients import client_of

# Playwright's own event loop runs in the test's thread; the test's database calls are not async.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESKTOP = 360, 1280
SLOW_BYTES_PER_SECOND = 50_000 // 8
# No test measures time: an answer may come late where many things run at once.
PATIENCE_MS = 180_000
BROWSER: dict[str, Any] = {
    "executable_path": str(CHROMIUM),
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        # Nothing but this machine can be reached; the browser's cache stays as it is.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ],
}


class Opener(Protocol):
    """Opens a page; ``language`` is what the browser asks for."""

    def __call__(self, width: int = PHONE, *, js: bool = True, language: str = "tg") -> Page: ...


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all browser tests."""
    if not CHROMIUM.exists():
        pytest.skip("CHROMIUM IS MISSING: /usr/bin/chromium")
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(**BROWSER, timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Opener]:
    """Open pages that ask no third party and break no content policy: the test fails if they do."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def watch(request: Request) -> None:
        if urlsplit(request.url).hostname not in {"localhost", "127.0.0.1", None}:
            faults.append(f"third party: {request.url}")

    def opener(width: int = PHONE, *, js: bool = True, language: str = "tg") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 740 if width < 700 else 900},
            java_script_enabled=js,
            locale=language,
            has_touch=width < 700,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("request", watch)
        page.on(
            "console",
            lambda said: (
                faults.append(f"console: {said.text}")
                if "Content Security Policy" in said.text
                else None
            ),
        )
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        return page

    yield opener
    for context in contexts:
        context.close()
    assert not faults, faults


@pytest.fixture
def phone(open_page: Opener) -> Page:
    """A page 360 px wide, with JavaScript."""
    return open_page()


@pytest.fixture
def plain_phone(open_page: Opener) -> Page:
    """A page 360 px wide, without JavaScript."""
    return open_page(js=False)


@pytest.fixture
def desktop(open_page: Opener) -> Page:
    """A page 1280 px wide, with JavaScript."""
    return open_page(DESKTOP)


def enter(page: Page, server: str, name: str, language: str = "") -> str:
    """Sign an account of the fictional country in, with its vault open; the key of its session."""
    client = client_of(name, language)
    jar, home = client.cookies, "://".join(urlsplit(server)[:2])
    page.context.add_cookies(
        # Of the whole server, whatever page of it was named.
        [{"name": key, "value": morsel.value, "url": home} for key, morsel in jar.items()]
    )
    return str(client.session.session_key)


def axe_findings(page: Page, *, sheets: bool = True) -> list[str]:
    """What axe-core finds on the page as it stands: rule, element, advice. Without ``sheets`` it
    does not read the style sheets themselves, which are the same on every page. A test that looks
    at many pages lets the browser bring axe along (``add_init_script``): sending it takes longer.
    """
    page.wait_for_load_state()  # a click waits for the first byte of the page only
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    result: dict[str, Any] = page.evaluate(
        "asked => axe.run(document, asked)",
        {"runOnly": AXE_TAGS, "resultTypes": ["violations"], "preload": sheets},
    )
    return [
        f"{found['id']}: {node['html'][:200]} — {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


# What a hand without a mouse must come to: all that is seen and can be used, in its own order.
PASSED_BY = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]"
  )].filter(one => one.tabIndex > 0 || one.tabIndex < 0 && one.matches(
    "a, button, input, select, textarea, summary") && !one.disabled &&
    one.checkVisibility({visibilityProperty: true})).map(one => one.outerHTML)"""


def passed_by(page: Page) -> list[str]:
    """What Tab passes by, or comes to out of its order; no script here holds the focus."""
    return [f"Tab passes by {one[:120]}" for one in page.evaluate(PASSED_BY)]


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fail with axe's findings, and when a page is wider than the screen."""

    def check(page: Page) -> None:
        assert axe_findings(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{page.url} is {wide} px wider than the screen"

    return check


def slow_network(page: Page, latency: int = 300) -> None:
    """Give the page 50 kbit/s with so many ms of delay from now on."""
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": latency,
            "downloadThroughput": SLOW_BYTES_PER_SECOND,
            "uploadThroughput": SLOW_BYTES_PER_SECOND,
        },
    )


class Weight:
    """Counts requests and bytes on the wire (headers included) since it was made or cleared."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.bytes = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._loaded)
        session.on("Network.requestServedFromCache", self._cached)
        self._urls: dict[str, str] = {}

    def _asked(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if url.startswith("http"):
            self._urls[event["requestId"]] = url
            self.requests.append(url)

    def _cached(self, event: dict[str, Any]) -> None:
        url = self._urls.get(event["requestId"])
        if url in self.requests:
            self.requests.remove(url)

    def _loaded(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def clear(self) -> None:
        """Count from nothing again."""
        self.requests, self.bytes = [], 0
