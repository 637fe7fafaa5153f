"""``./run bench pictures``: the pictures of the handbook, from a demonstration that runs.

Makes a fictional country in a throwaway folder, signs in as a worker and as a shelter, does the
main job and keeps six pictures of it in ``docs/handbook``: each language on a phone and a desk.
"""

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django

from bench import ROOT, note, say
from config.cluster import Cluster
from config.launch import MANAGE, Processes, database, free_port, run, start_web

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FOLDER = ROOT / "docs" / "handbook"
CASES = 90
COLOURS = 128
SCREENS = {360: 780, 1280: 860}
WORKER, SHELTER, SHELTER_UNIT = "nigina", "shirin", "bahor"


@contextlib.contextmanager
def demonstration() -> Iterator[str]:
    """A demonstration of its own on a free port; its address. Everything goes at the end."""
    folder, port = tempfile.mkdtemp(prefix="panoh-pictures-"), free_port(0)
    os.environ.update(
        PANOH_MODE="demo",
        PANOH_VAR=folder,
        PANOH_ORIGIN=f"http://localhost:{port}",
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    try:
        with database(note) as environment:
            run([*MANAGE, "prepare", "--renew-key"], environment)
            run([*MANAGE, "demo", "--cases", str(CASES)], environment)
            django.setup()
            processes = Processes()
            try:
                start_web(processes, environment, port)
                yield os.environ["PANOH_ORIGIN"]
            finally:
                processes.stop()
    finally:
        cluster = Cluster(Path(folder))
        for left in (cluster.socket, cluster.home, folder):
            shutil.rmtree(left, ignore_errors=True)


class Camera:
    """Signed-in accounts, shown in any language and width."""

    def __init__(self, browser: "Browser", origin: str) -> None:
        self.browser, self.origin = browser, origin
        self.signed: dict[str, BrowserContext] = {}

    def sign_in(self, name: str) -> None:
        """As a visitor of the demonstration does: with what its sign-in page shows."""
        from panoh.desk.templatetags.demo import demo_accounts

        context = self.browser.new_context()
        page = context.new_page()
        page.goto(f"{self.origin}/")
        account = next(one for one in demo_accounts() if one["username"] == name)
        page.locator("[name=login]").fill(name)
        page.locator("[name=password]").fill(account["passphrase"])
        page.locator("main form [type=submit]").first.click()
        account = next(one for one in demo_accounts() if one["username"] == name)
        page.locator("[name=code]").fill(account["code"])
        page.locator("main form [type=submit]").first.click()
        page.wait_for_url(f"{self.origin}/")
        self.signed[name] = context

    def page(self, name: str, path: str, language: str, width: int) -> "Page":
        """A page of the account, open."""
        context = self.browser.new_context(
            viewport={"width": width, "height": SCREENS[width]},
            device_scale_factor=2 if width < SCREENS[width] else 1,
            locale=language,
            storage_state=self.signed[name].storage_state(),
        )
        context.add_cookies([{"name": "language", "value": language, "url": self.origin}])
        page = context.new_page()
        page.goto(f"{self.origin}{path}")
        return page


def keep(page: "Page", name: str) -> None:
    """Keep what stands on the screen, with few colours."""
    from PIL import Image

    image = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    path = FOLDER / f"{name}.png"
    image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        path, optimize=True
    )
    say("pictures", path.name, path.stat().st_size / 1000, "KB", "<= 120")


def tour(camera: Camera) -> None:
    """The main job, six pictures on the way."""
    from panoh.directory.models import Organisation
    from tests.browser.moments import Hand, who_knows

    shelter = Organisation.objects.get(unit__code=SHELTER_UNIT)
    keep(camera.page(WORKER, "/", "tg", 360), "today-tg-360")

    page = camera.page(WORKER, "/first-contact/", "ru", 360)
    hand = Hand(page)
    hand.choose("safe_to_talk", "yes")
    hand.choose("danger_now", "none")
    hand.choose("sex", "woman")
    page.evaluate("window.scrollTo(0, 0)")
    keep(page, "first-contact-ru-360")
    hand.tap("main form [type=submit]")
    ref = page.url.rstrip("/").split("/")[-2]

    page = camera.page(WORKER, f"/cases/{ref}/next/", "en", 360)
    hand = Hand(page)
    hand.choose("age_branch", "adult")
    hand.tap("main form [type=submit]")
    hand.choose("present", "nobody")
    hand.pick("language", "en")
    hand.pick("read_in", "en")
    hand.pick("to", str(shelter.pk))
    hand.choose("services", "bed")
    hand.choose("services", "doctor")
    hand.tap("main form [type=submit]")
    hand.choose("told_limits")
    page.locator("main .say strong").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('main .say strong').scrollIntoView({block: 'center'})")
    keep(page, "consent-en-360")
    hand.tap("main button[name=answer][value=yes]")

    hand = Hand(camera.page(WORKER, f"/cases/{ref}/refer/{shelter.pk}/?help=bed", "tg", 1280))
    keep(hand.page, "preview-tg-1280")
    hand.tap("main button[name=send]")
    request = hand.page.url.rstrip("/").rsplit("/", 1)[-1]

    hand = Hand(camera.page(SHELTER, f"/requests/{request}/", "ru", 1280))
    keep(hand.page, "answer-ru-1280")
    hand.tap("main form[action$='/accept/'] button")

    hand = Hand(camera.page(WORKER, f"/cases/{ref}/", "en", 1280))
    who_knows(hand)
    keep(hand.page, "who-knows-en-1280")


def main() -> None:
    """Make them all."""
    with demonstration() as origin:
        from playwright.sync_api import sync_playwright

        from tests.browser.conftest import BROWSER

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**BROWSER)
            camera = Camera(browser, origin)
            for name in (WORKER, SHELTER):
                camera.sign_in(name)
            tour(camera)
            browser.close()


if __name__ == "__main__":
    main()
