"""The desk in a browser: hints beside a text, and pictures for people who look at the pages."""

import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from panoh.cases import actions as cases
from panoh.cases.models import Case
from panoh.kernel.rules import Category
from panoh.people import actions as people
from panoh.people.rules.person import Person
from tests.browser.conftest import DESKTOP, Opener, enter
from tests.factories.cases import contact
from tests.factories.directory import organisation
from tests.factories.referrals import answer, drafted
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.browser

# A folder into which pictures of the pages go, for people who look at them.
PICTURES = os.environ.get("PANOH_PICTURES", "")
PAGES = (
    *("", "next/", "answers/", "facts/means/", "assess/trafficking/", "apart/", "person/"),
    *("person/name/", "person/way/", "notes/story/", "documents/", "close/", "consent/"),
    *("consent/service/", "consent/police/"),
)
OTHERS = ("/", "/more/", "/search/", "/first-contact/", "/cases/")


def country() -> Case:
    """One case with something in every section, a shelter and a police post in the register."""
    organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    organisation("Fictional Post", kind="police", unit=team("police-cases").unit)
    now = timezone.now()
    with as_user("nigora") as by:
        case = contact(by, now, danger_now="danger", children="one", scope="transnational")
        dossier = case.dossier
        people.name(dossier, person=Person(chosen="Моҳ", given="Зебо"), by=by, at=now)
        people.add_contact(dossier, kind="phone", value="000 00 00", cover="Китоб", by=by, at=now)
        for field, codes in (("means", ["threats"]), ("exploitation_forms", ["forced_labour"])):
            cases.record_facts(dossier, field=field, codes=codes, by=by, at=now)
        text = "Вай фоҳиша аст, гуфт ҳамсоя."
        cases.add_note(dossier, category=Category.STORY, text=text, by=by, at=now)
        cases.assess(dossier, field="trafficking", code="presumed", reason="Сухан", by=by, at=now)
        answer(dossier, team("shelter-cases"), by=by)
        answer(dossier, team("police-cases"), purpose="police", answer="no", by=by)
        drafted(dossier, by=by)
        contact(by, now, sex="man")
    return case


def picture(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_a23_the_hint_appears_on_leaving_the_field_and_never_blocks(
    server: str, phone: Page
) -> None:
    case = country()
    enter(phone, server, "nigora")
    phone.goto(f"{server}/cases/{case.dossier.ref}/notes/story/")
    box = phone.locator("textarea")
    box.fill("Онҳо мегӯянд, ки вай Фоҳиша аст")
    expect(phone.locator("form [role=status]")).to_be_empty()
    box.blur()
    expect(phone.locator("form [role=status]")).to_contain_text("«фоҳиша…»")
    phone.locator("main form [type=submit]").first.click()
    expect(phone.locator("main")).to_contain_text("Онҳо мегӯянд")


@pytest.mark.skipif(not PICTURES, reason="pictures are made when somebody wants to look at them")
@pytest.mark.parametrize("language", ["tg", "ru", "en"])
def test_pictures(server: str, open_page: Opener, language: str) -> None:
    case = country()
    for width in (360, DESKTOP):
        page = open_page(width, language=language)
        enter(page, server, "nigora")
        paths = {"today": "/", "search": "/search/", "first": "/first-contact/", "more": "/more/"}
        paths |= {part.strip("/").replace("/", "-") or "case": part for part in PAGES}
        for name, part in paths.items():
            page.goto(server + (part if part in OTHERS else f"/cases/{case.dossier.ref}/{part}"))
            picture(page, f"{language}-{width}-{name}")
        page.goto(f"{server}/cases/{case.dossier.ref}/consent/service/")
        page.locator("[name=present]").first.check()
        page.locator("[name=to]").select_option(label="Fictional House")
        page.locator("main form [type=submit]").click()
        picture(page, f"{language}-{width}-sentence")
