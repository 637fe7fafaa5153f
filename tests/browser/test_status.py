"""Status from the application to the notice, by keys alone, on a phone, in Tajik."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page

from panoh.bodies.models import Sitting
from panoh.decisions.models import Application
from panoh.decisions.rules.application import State
from panoh.policy import queries as policy
from tests.browser.conftest import Opener, enter
from tests.browser.moments import Keys
from tests.factories.referrals import case
from tests.factories.staff import as_user
from tests.factories.status import HALF, MEMBER, SECRETARY, agreed, commission

pytestmark = pytest.mark.browser
SEND = "main form[novalidate] [type=submit]"
FOCUSED = "element => element === document.activeElement"


def write(hand: Keys, name: str, text: str) -> None:
    """Go to a field with Tab, and type."""
    hand._reach(hand.page.locator(f"main [name={name}]"), FOCUSED)
    hand.page.keyboard.type(text)


def day(hand: Keys, name: str, wanted: date) -> None:
    """The parts of a day, each with the arrow that leads to it."""
    field = hand.page.locator(f"main [name={name}]")
    hand._reach(field, FOCUSED)
    hand.page.keyboard.type(f"{wanted:%m%d%Y}")
    assert field.input_value() == wanted.isoformat()


def every(hand: Keys, name: str) -> None:
    """Tick all boxes of a name."""
    boxes = hand.page.locator(f"main [name={name}]")
    for place in range(boxes.count()):
        hand._tick(boxes.nth(place))


def fits(page: Page) -> None:
    """Nothing hangs over the edge of the phone."""
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    ), page.url


def test_from_the_application_to_the_notice_by_keys_on_a_phone_in_tajik(
    server: str, open_page: Opener
) -> None:
    def begin(path: str, name: str) -> Keys:
        page = open_page(js=False, language="tg")
        enter(page, server, name, "tg")
        page.goto(server + path)
        return Keys(page)

    body = commission()
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, body, by=by)
    ngo = begin(f"/decisions/{dossier.ref}/status/", "nigora")
    ngo.tap("main a[href$='/apply/']")
    fits(ngo.page)
    write(ngo, "text", HALF)
    ngo.choose("hearing", "in_person")
    ngo.choose("documents", "statement")
    ngo.choose("opinion", "supports")
    ngo.tap(SEND)
    secretary = begin("/decisions/", SECRETARY)
    assert HALF not in secretary.words()
    secretary.tap("main .card a[href*='/before/']")
    secretary.tap("main form[action$='/complete/'] button")
    member = begin(secretary.page.url.removeprefix(server), MEMBER)
    assert HALF in member.words()
    secretary.page.goto(f"{server}/bodies/of/{body.code}/")
    secretary.tap("main a[href$='/call/']")
    fits(secretary.page)
    day(secretary, "day", policy.today() + timedelta(days=1))
    secretary.tap(SEND)
    # A day before its day it is asked twice.
    secretary._press(secretary.page.locator("main details:has(form[action$='/open/']) > summary"))
    secretary.tap("main form[action$='/open/'] button")
    every(secretary, "there")
    secretary.tap("main form[action$='/attend/'] button")
    fits(secretary.page)
    secretary.tap("main a[href$='/votes/']")
    for group in secretary.page.locator("main fieldset").all():
        secretary._tick(group.locator("[value=for]"))
    secretary.tap(SEND)
    secretary.tap("main a[href$='/decisions/']")
    secretary.tap("main a[href$='/decide/']")
    fits(secretary.page)
    secretary.choose("outcome", "granted")
    secretary.choose("grounds", "signs_enough")
    secretary.tap(SEND)
    secretary.tap("main form[action$='/close/'] button")
    fits(secretary.page)
    member.page.reload()
    assert HALF not in member.words("body"), "with the minutes it is read no more"
    ngo.page.goto(f"{server}/decisions/{dossier.ref}/status/")
    ngo.tap("main a[href$='/tell/']")
    ngo.choose("way", "in_person")
    ngo.tap(SEND)
    fits(ngo.page)
    with as_user("nigora"):
        row = Application.objects.get()
        assert (row.state, row.told_way) == (State.GRANTED, "in_person")
    with as_user(SECRETARY):
        assert Sitting.objects.get().state == "closed"
