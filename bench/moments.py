"""``./run bench moments``: seconds of the moments that decide whether Panoh is used.

The journeys of ``tests/browser/moments.py`` on a phone without JavaScript at 50 kbit/s. Waiting is
measured; the hand and the voice are counted: each tap takes what the keystroke-level model of Card,
Moran and Newell gives for thinking and pointing, each typed sign a key press, and what is read
aloud is read slowly.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench import installation, note, say
from config.launch import MANAGE, Processes, free_port, run, start_web

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.moments import Hand, Moment

# Seconds: to think (1.35) and to point (1.10), to press a key; words a second, read aloud to
# somebody frightened.
THINK = 1.35
A_TAP = THINK + 1.1
A_KEY = 0.28
ALOUD = 2.0
LATENCY = 600


@contextlib.contextmanager
def site() -> Iterator[str]:
    """A fresh installation with the tests' accounts, served as ``./run demo`` does; its address."""
    port = free_port(0)
    os.environ["PANOH_ORIGIN"] = f"http://localhost:{port}"
    with installation(staff=True):
        run([*MANAGE, "collectstatic", "--no-input", "--verbosity", "0"], os.environ)
        processes = Processes()
        try:
            start_web(processes, os.environ, port)
            yield os.environ["PANOH_ORIGIN"]
        finally:
            processes.stop()


def measure(moment: "Moment", browser: "Browser", origin: str) -> None:
    """Do one moment, its first page and its files being there already."""
    from tests.browser.conftest import PHONE, enter, slow_network
    from tests.browser.moments import Hand

    context = browser.new_context(
        viewport={"width": PHONE, "height": 740}, java_script_enabled=False, locale="en"
    )
    page = context.new_page()
    path = moment.start()  # may make the account
    moment.before(enter(page, origin, moment.account, "en"))
    page.goto(f"{origin}{path}")
    slow_network(page, LATENCY)
    hand = Hand(page)
    moment.do(hand)
    _say(moment, hand)
    context.close()


def _say(moment: "Moment", hand: "Hand") -> None:
    typing = THINK + hand.keys * A_KEY if hand.keys else 0
    hands, voice = hand.taps * A_TAP + typing, hand.aloud / ALOUD
    most = f"<= {moment.most_taps}" if moment.most_taps else ""
    say("moments", f"{moment.name}, taps", hand.taps, "taps", most)
    say("moments", f"{moment.name}, waiting", hand.waited, "s")
    say("moments", f"{moment.name}, hand (reckoned)", hands, "s")
    if voice:
        say("moments", f"{moment.name}, voice (reckoned)", voice, "s")
    total = hand.waited + hands + voice
    say("moments", f"{moment.name}, in all", total, "s", f"<= {moment.seconds}")


def first_visit(browser: "Browser", origin: str) -> None:
    """Seconds until Today stands on the screen of a phone that has never been here."""
    from tests.browser.conftest import PHONE, enter, slow_network

    context = browser.new_context(viewport={"width": PHONE, "height": 740}, locale="tg")
    page = context.new_page()
    enter(page, origin, "nigora", "tg")
    slow_network(page, LATENCY)
    for name in ("first visit of Today", "Today again"):
        started = time.perf_counter()
        page.goto(f"{origin}/")
        say("moments", f"{name}, waiting", time.perf_counter() - started, "s")
    context.close()


def main() -> None:
    """Every moment that exists so far."""
    with site() as origin:
        from playwright.sync_api import sync_playwright

        from tests.browser.conftest import BROWSER
        from tests.browser.moments import moments, ready

        note("the line carries 50 kbit/s")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**BROWSER)
            first_visit(browser, origin)
            for moment in moments(ready()):
                measure(moment, browser, origin)
            browser.close()


if __name__ == "__main__":
    main()
