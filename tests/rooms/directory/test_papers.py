"""Row C5: who helps whom, on one sheet to fold and as a page to keep; nothing of a person."""

import io
import re

import pytest
from pypdf import PdfReader

from panoh.policy import queries as policy
from tests.factories.clients import client_of
from tests.factories.directory import DISTRICT, far_away, organisation, service
from tests.factories.staff import team

LANGUAGES = policy.languages()


def text_of(pdf: bytes) -> str:
    """What stands on the sheets, in one line."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def furnished() -> None:
    house = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(house)
    service(organisation("Fictional Far Help", area=(far_away(),)))


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_c5_the_district_list_is_one_sheet_to_fold_dated_and_with_its_source(
    language: str,
) -> None:
    furnished()
    got = client_of("nigora", language).get("/directory/folded/", {"district": DISTRICT})
    assert got["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(got.content))
    box = reader.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (842, 595), "A4, across"
    text = text_of(got.content)
    title, source = (policy.letters()["helpers"].words[code] for code in ("title", "source"))
    assert title.into(language) in text
    assert source.into(language) in text
    assert str(policy.today().year) in text
    assert "Fictional House" in text
    assert "000 00 01" in text
    assert "Fictional Far Help" not in text
    assert "nigora" not in text, "it names nobody, not even who printed it"


@pytest.mark.django_db
def test_c5_the_copy_to_keep_asks_for_nothing_and_says_its_day() -> None:
    furnished()
    got = client_of("nigora", "en").get("/directory/keep/", {"district": DISTRICT})
    assert got["Content-Disposition"].startswith("attachment")
    page = got.content.decode()
    assert not re.search(r"src=|<link|<script|url\(|http|csrf|<form", page)
    assert "Fictional House" in page
    assert "Fictional Far Help" not in page
    assert str(policy.today().year) in page
    assert "Call before you go" in page


@pytest.mark.django_db
def test_c5_a_district_without_help_says_so_on_both() -> None:
    furnished()
    asked = {"district": far_away(), "service": "doctor"}
    browser = client_of("nigora", "en")
    assert "Nobody is listed" in text_of(browser.get("/directory/folded/", asked).content)
    assert "Nobody was found" in browser.get("/directory/keep/", asked).content.decode()
