"""The six pictures of the handbook: `PANOH_HANDBOOK=docs/handbook ./run test -k handbook_pictures`.

Three languages, a phone and a desk; every name in them is of the fictional country.
"""

import os
from pathlib import Path

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Opener, enter
from tests.browser.test_desk import country
from tests.factories.referrals import sent

pytestmark = pytest.mark.browser

FOLDER = os.environ.get("PANOH_HANDBOOK", "")
# Name of the picture, language, width, who looks, at which page of a case ("" is its first page).
PICTURES = (
    ("today-tg-360", "tg", PHONE, "nigora", "/"),
    ("first-contact-ru-360", "ru", PHONE, "nigora", "/first-contact/"),
    ("inbox-en-360", "en", PHONE, "shirin", "/inbox/"),
    ("case-tg-1280", "tg", DESKTOP, "nigora", "/cases/{ref}/"),
    ("today-ru-1280", "ru", DESKTOP, "nigora", "/"),
    ("who-knows-en-1280", "en", DESKTOP, "nigora", "/cases/{ref}/knows/"),
)


@pytest.mark.skipif(not FOLDER, reason="pictures are made when somebody asks for them")
def test_handbook_pictures(server: str, open_page: Opener) -> None:
    case = country()
    sent()
    for name, language, width, reader, path in PICTURES:
        page = open_page(width, language=language)
        enter(page, server, reader, language)
        answer = page.goto(server + path.format(ref=case.dossier.ref))
        assert answer is not None and answer.ok, f"{name}: {answer and answer.status}"
        page.screenshot(path=Path(FOLDER) / f"{name}.png", full_page=width == PHONE)
