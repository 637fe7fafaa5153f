"""The work beside the main job, done with the keyboard alone."""

import re
from collections.abc import Callable

import pytest

from panoh.access.models import Dossier
from tests.browser.conftest import Opener, enter
from tests.browser.moments import Keys
from tests.factories.cases import contact
from tests.factories.emergency import hotline
from tests.factories.orders import enter as entered
from tests.factories.orders import join_lawyer, known
from tests.factories.plans import agreed
from tests.factories.referrals import NOW
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.browser
Begin = Callable[[str, str], Keys]
SUBMIT = "main form button[type=submit]"


@pytest.fixture
def begin(server: str, open_page: Opener) -> Begin:
    """An account at a page, without a pointer."""

    def opened(path: str, name: str = "nigora") -> Keys:
        page = open_page(language="en")
        enter(page, server, name, "en")
        page.goto(server + path)
        return Keys(page)

    return opened


def woman() -> Dossier:
    with as_user("nigora") as by:
        return contact(by, NOW, age_branch="adult").dossier


def write(hand: Keys, name: str, text: str) -> None:
    """Go to a field with Tab, and type."""
    hand._reach(hand.page.locator(f"main [name={name}]"), "one => one === document.activeElement")
    hand.page.keyboard.type(text)


def test_questions_that_may_help_by_keyboard(begin: Begin) -> None:
    hand = begin(f"/cases/{woman().ref}/questions/", "nigora")
    hand.tap("main form button")
    for _part in range(3):
        first = hand.page.locator("main input[value=present]").first
        hand.choose(f'"{first.get_attribute("name")}"', "present")
        hand.tap(SUBMIT)
    assert hand.page.locator("textarea").count() == 1


def test_a_group_by_keyboard(begin: Begin) -> None:
    hand = begin("/groups/new/", "nigora")
    first = hand.page.locator("main input[name=kind]").first
    hand.choose("kind", str(first.get_attribute("value")))
    write(hand, "site", "Fictional site")
    hand.tap(SUBMIT)
    assert re.search(r"/groups/[0-9A-Z]{10}/", hand.page.url)


def test_a_safety_plan_by_keyboard(begin: Begin) -> None:
    hand = begin(f"/cases/{woman().ref}/safety/add/threat/", "nigora")
    hand.choose("code", "violence")
    hand.tap(SUBMIT)
    assert "Threats" in hand.words()


def test_a_joint_plan_by_keyboard(begin: Begin) -> None:
    dossier = woman()
    with as_user("nigora") as by:
        agreed(dossier, team("shelter-cases"), by=by)
    hand = begin(f"/cases/{dossier.ref}/plan/add/", "nigora")
    hand.choose("team", f'"{team("shelter-cases").pk}"')
    hand.choose("categories", "services")
    hand.tap(SUBMIT)
    assert "They can read the plan from now on" in hand.words("body")


def test_an_order_is_viewed_told_and_signed_by_keyboard(begin: Begin) -> None:
    lawyer = join_lawyer()
    dossier = known()
    with as_user("nigora") as by:
        order = entered(dossier, by)
    place = f"/cases/{dossier.ref}/orders/{order.pk}/"
    hand = begin(f"{place}view/", lawyer)
    hand.choose("view", "lawful")
    write(hand, "text", "Fictional article 1")
    hand.tap(SUBMIT)
    teller = begin(f"{place}notice/", "nigora")
    teller.choose("notice", "told")
    teller.tap(SUBMIT)
    signer = begin(f"{place}sign/", "safar")
    signer.tap(SUBMIT)
    assert "Signed." in signer.words("body")


def test_emergency_access_is_asked_for_by_keyboard(begin: Begin) -> None:
    hotline()
    dossier = woman()
    hand = begin("/emergency/", "hadia")
    hand.choose("danger", "danger")
    write(hand, "reason", "Fictional danger tonight")
    write(hand, "ref", dossier.ref)
    hand.tap(SUBMIT)
    assert re.search(r"/emergency/[0-9a-f-]{36}/$", hand.page.url)
