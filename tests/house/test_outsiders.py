"""Who is not let in learns nothing: for no page of a case can an outsider tell it from none.

Every address with a reference, each verb and code, by GET and by POST; the answers are compared
with those for a case that does not exist.
"""

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories.clients import client_of
from tests.factories.world import CANARIES, World
from tests.house.test_pages import addresses

pytestmark = pytest.mark.django_db

CASE_PLACES = re.compile(r"<\w+:(ref|request_ref|duty_id|consent_id|fact_id|contact_id)>")
NOBODY, NO_ROW = "2345678923", "00000000-0000-4000-8000-000000000000"


def of_a_case() -> list[str]:
    """Addresses that name a case or something of it."""
    return [text for text, _, _ in addresses() if CASE_PLACES.search(text)]


def plain(answer: Any, *texts: str) -> tuple[int, str, str]:
    """An answer without what differs by itself: tokens, and the address that was asked."""
    body = answer.content.decode(errors="replace")
    # First the tokens: a random one may hold a text that is taken out below.
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body)
    place = answer.headers.get("Location", "")
    for text in texts:
        body, place = body.replace(text, "…"), place.replace(text, "…")
    return answer.status_code, place, body


def both(browser: Client, path: str, typed: dict[str, str]) -> list[Any]:
    return [browser.get(path), browser.post(path, typed)]


@pytest.mark.parametrize("outsider", ["lola", "pulod", "ibrohim", "admin"])
def test_an_outsider_cannot_tell_a_case_from_none(outsider: str) -> None:
    world, browser = World(answered=True), client_of(outsider)
    browser.raise_request_exception = False
    found = []
    for text in of_a_case():
        for path in world.addresses(text, most=2):
            other = path.replace(world.dossier.ref, NOBODY).replace(world.referral.ref, NOBODY)
            other = re.sub(
                r"[0-9a-f]{8}-[0-9a-f-]{27}", "0" * 8 + "-0000-4000-8000-" + "0" * 12, other
            )
            real, none = both(browser, path, {}), both(browser, other, {})
            for method, here, there in zip(("GET", "POST"), real, none, strict=True):
                if plain(here, path, *path.split("/")[2:3]) != plain(
                    there, other, *other.split("/")[2:3]
                ):
                    found.append(f"{method} {path}: {here.status_code}, not {there.status_code}")
                if here.status_code not in {302, 403, 404, 405}:
                    found.append(f"{method} {path}: {here.status_code}")
                if any(canary.encode() in here.content for canary in CANARIES):
                    found.append(f"{method} {path} shows a canary")
    assert found == []


def test_before_its_yes_a_receiver_sees_the_request_and_nothing_else() -> None:
    world, browser = World(answered=False), client_of("shirin")
    browser.raise_request_exception = False
    found, opened = [], []
    for text in [text for text, _, _ in addresses() if "logout" not in text]:
        for path in world.addresses(text, most=2):
            answer = browser.get(path)
            if any(canary.encode() in answer.content for canary in CANARIES):
                found.append(path)
            if world.dossier.ref in path and answer.status_code == 200:
                found.append(f"{path} opens")
            if world.referral.ref in path and answer.status_code == 200:
                opened.append(path)
    assert found == []
    assert opened, "the request itself is read"


def test_the_holder_sees_the_canaries() -> None:
    """The tests above would be green on empty pages."""
    world, browser = World(answered=True), client_of("nigora")
    seen = b""
    for text in of_a_case():
        for path in world.addresses(text):
            seen += browser.get(path).content
    assert [canary for canary in CANARIES if canary.encode() not in seen] == []


def test_no_page_of_somebody_elses_names_the_reference() -> None:
    """Lists, search, audit, duties: the reference of the case is in none of them."""
    world = World(answered=True)
    open_pages = [text for text, _, _ in addresses() if "<" not in text and "logout" not in text]
    for outsider in ("lola", "pulod", "ibrohim", "admin"):
        browser = client_of(outsider)
        browser.raise_request_exception = False
        for text in open_pages:
            body = browser.get(f"/{text}").content
            assert world.dossier.ref.encode() not in body, f"{outsider} {text}"
            assert world.referral.ref.encode() not in body, f"{outsider} {text}"
            assert not any(canary.encode() in body for canary in CANARIES), f"{outsider} {text}"
