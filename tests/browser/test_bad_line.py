"""Row F7: a consul on a bad line, and a line that is cut in the middle of a form."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route

from panoh.access.models import Dossier
from panoh.cases.models import Case
from panoh.people.queries import person
from tests.browser import moments
from tests.browser.conftest import PATIENCE_MS, Opener, enter, slow_network
from tests.browser.moments import WORKER, Hand
from tests.factories.directory import organisation, service
from tests.factories.staff import as_user, user

pytestmark = pytest.mark.browser
Connect = Callable[[str], psycopg.Connection]
DELAY = 600


def consul(server: str, connect: Connect, page: Page) -> None:
    """Sign an account in whose role is that of a consular officer."""
    pk = user(WORKER).pk
    connect("owner").execute("UPDATE access_rolegrant SET role = 'cons' WHERE user_id = %s", [pk])
    enter(page, server, WORKER, "en")


def cases_of() -> list[Case]:
    with as_user(WORKER):
        return list(Case.objects.all())


def test_f7_a_consul_opens_a_case_at_50_kbit_and_600_ms(
    server: str, open_page: Opener, connect: Connect
) -> None:
    page = open_page(js=False, language="en")
    consul(server, connect, page)
    slow_network(page, DELAY)
    page.goto(f"{server}/")
    hand = Hand(page)
    moments.first_contact(hand)
    assert "Saved. Nothing has been sent to anyone." in hand.words()
    assert len(cases_of()) == 1


def typed(page: Page, server: str) -> None:
    """A first contact, filled in and not sent yet."""
    page.goto(f"{server}/first-contact/")
    page.locator("main [name=safe_to_talk][value=yes]").check()
    page.locator("main [name=danger_now][value=none]").check()
    page.locator("main [name=chosen]").fill("Ситораи озмоишӣ")


def is_saved_once(page: Page) -> bool:
    """One case, with the name that was typed."""
    assert "Saved. Nothing has been sent to anyone." in page.inner_text("main")
    (case,) = cases_of()
    with as_user(WORKER) as by:
        found = person(Dossier.objects.get(pk=case.pk), by=by, at=timezone.now())
    return found is not None and found.chosen == "Ситораи озмоишӣ"


@pytest.mark.parametrize("js", [False, True], ids=["plain", "script"])
def test_f7_a_line_cut_in_mid_form_loses_nothing(
    server: str, open_page: Opener, connect: Connect, js: bool
) -> None:
    """The line is gone when the form is sent: one "reload" when it is back sends all of it."""
    page = open_page(js=js, language="en")
    consul(server, connect, page)
    typed(page, server)
    page.context.set_offline(True)
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url("chrome-error://**")
    assert cases_of() == []
    page.context.set_offline(False)
    page.reload()
    assert is_saved_once(page)


def test_f7_a_line_cut_before_the_answer_saves_once(
    server: str, open_page: Opener, connect: Connect
) -> None:
    """The server has saved it, the answer never came: sent again it is the same case."""
    page = open_page(js=False, language="en")
    consul(server, connect, page)
    typed(page, server)

    def cut(route: Route) -> None:
        route.fetch(max_redirects=0, timeout=PATIENCE_MS)
        route.abort("connectionreset")

    page.route("**/first-contact/", cut)
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url("chrome-error://**")
    assert len(cases_of()) == 1
    page.unroute("**/first-contact/")
    page.reload()
    assert is_saved_once(page)


def test_c5_the_copy_to_keep_opens_without_network(
    server: str, open_page: Opener, tmp_path: Path
) -> None:
    """Yesterday's list: saved once, it is read from the disk while nothing answers."""
    service(organisation("Fictional Help"))
    page = open_page(js=False, language="en")
    enter(page, server, WORKER, "en")
    page.goto(f"{server}/directory/")
    with page.expect_download() as kept:
        page.locator("main a[href*='/directory/keep/']").click()
    copy = tmp_path / kept.value.suggested_filename
    kept.value.save_as(copy)
    page.context.set_offline(True)
    page.goto(copy.as_uri())
    assert "Fictional Help" in page.inner_text("body")
    assert "000 00 01" in page.inner_text("body")
