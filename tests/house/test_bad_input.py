"""What people and attackers send in place of an answer: said kindly, nothing lost, never 500.

`test_answers` throws the same at every address without a case; here stand the forms of a real
one, opened by somebody who may use them.
"""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from panoh.access.rules import SEEN
from panoh.kernel.rules import CASE_CATEGORIES, Category
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.referrals import actions as referrals
from tests.factories.clients import client_of
from tests.factories.directory import organisation, service
from tests.factories.referrals import NOW, answer, case, drafted
from tests.factories.staff import as_user, team, user
from tests.house.test_answers import fields
from tests.house.test_pages import addresses

pytestmark = pytest.mark.django_db

LONG = "Матни дароз " * 1250 + "қ"
BIDI = "Ном\u202e\u2066 дигар"
TEXTS = {
    "a NUL": "Ном\x00 бо сифр",
    "turned letters": BIDI,
    "15,001 signs": LONG,
    "an unknown code": "no_such_code",
    "a day to come": "2999-12-31",
    "a foreign key": "6f1b7c1e-0000-4000-8000-000000000001",
    "a huge number": "9" * 400,
    "half a surrogate": "\U0001f600" * 50,
}
TURNED = [text for text in TEXTS.values() if text is not LONG]
PLAIN = "application/x-www-form-urlencoded"
RAW = {
    "bytes of another alphabet": (
        PLAIN,
        "text=Ном&given=Ном",
        "cp1251",
    ),
    "escaped bytes of another alphabet": (
        PLAIN,
        "text=%CD%EE%EC&given=%CD%EE%EC&%FF=%FE",
        "ascii",
    ),
    "a broken parcel": ("multipart/form-data; boundary=x", "--x\r\nContent-Disp", "ascii"),
    "a parcel without boundary": ("multipart/form-data", "--x--", "ascii"),
    "JSON": ("application/json", '{"text": 1}', "ascii"),
    "a NUL in a name": (PLAIN, "te%00xt=1&submission=%00", "ascii"),
    "a thousand and one fields": (
        PLAIN,
        "&".join(f"a{n}=1" for n in range(1001)),
        "ascii",
    ),
}


class Opened(NamedTuple):
    """The forms that stand open to a worker, and to the one who was asked."""

    paths: list[str]
    asked: list[str]


@pytest.fixture
def opened(db: None) -> Opened:
    to = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(to)
    with as_user("nigora") as by:
        dossier = case(by).dossier
        people.name(dossier, person=Person(given="Озмоиш"), by=by, at=NOW)
        agreed = CASE_CATEGORIES & ~Category.LEGAL
        answer(dossier, team("shelter-cases"), by=by, categories=agreed)
        request = referrals.send(drafted(dossier, by=by, categories=agreed), by=by, at=NOW)
    base, one = f"/cases/{dossier.ref}/", f"/requests/{request.ref}/"
    parts = "next answers facts/exploitation_forms facts/vulnerabilities assess/trafficking apart"
    parts += " person/name person/way notes/story documents close consent/service refer"
    parts += f" refer/{to.pk}"
    own = [f"{base}{part}/" for part in parts.split()]
    own += [f"{one}{verb}/" for verb in ("accept", "decline")]
    own += [
        "/search/",
        "/first-contact/",
        "/access/account/",
        "/directory/add/",
        "/exchange/import/",
    ]
    verbs = ("ask_info", "decline", "propose_other")
    return Opened(own, [f"{one}{verb}/" for verb in verbs])


def faults(path: str, what: str, got: Any, text: str = "") -> list[str]:
    """What is wrong with an answer to nonsense."""
    page = got.content.decode()
    if got.status_code >= 500:
        return [f"{path}: {what} brings {got.status_code}"]
    if got.status_code == 302:
        return []
    found = []
    if '<html lang="ru"' not in page:
        found.append(f"{path}: {what}: {got.status_code}, not in the reader's language")
    for said in re.findall(r'class="govuk-error-message"[^>]*>(.*?)</p>', page, re.DOTALL):
        words = html.unescape(re.sub(r"<[^>]+>", "", said)).strip()
        if words and not re.search("[а-яё]", words, re.IGNORECASE):
            found.append(f"{path}: {what}: says {words!r}")
    return found


def areas(page: str) -> dict[str, str]:
    """What stands in the text areas and text inputs of a page."""
    found = {
        name: html.unescape(text).removeprefix("\n")
        for name, text in re.findall(
            r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL
        )
    }
    for tag in re.findall(r"<input\b[^>]*>", page):
        if re.search(r'type="text"', tag) and (name := re.search(r'name="(\w+)"', tag)):
            value = re.search(r'value="([^"]*)"', tag)
            found[name[1]] = html.unescape(value[1]) if value else ""
    return found


def russian(name: str) -> Client:
    made = client_of(name, "ru")
    made.raise_request_exception = False
    return made


def test_nonsense_in_every_field_of_every_form(opened: Opened) -> None:
    found = []
    for name, paths in (("nigora", opened.paths), ("shirin", opened.asked)):
        browser = russian(name)
        for path in paths:
            page = browser.get(path)
            assert page.status_code == 200, (path, page.status_code)
            names = [one for one in fields(page) if one not in {"send", "next"}]
            assert names, path
            texts = areas(page.content.decode())
            for turn in range(3):
                # Another nonsense in each field, and other neighbours at each turn.
                mixed = {one: TURNED[(n + turn) % len(TURNED)] for n, one in enumerate(names)}
                found += faults(path, f"turn {turn}", browser.post(path, mixed))
            got = browser.post(path, dict.fromkeys(names, LONG))
            found += faults(path, "15,001 signs", got)
            if got.status_code == 200:
                shown = areas(got.content.decode())
                found += [
                    f"{path}: {one} is lost"
                    for one in texts.keys() & shown.keys()
                    if " ".join(shown[one].split()) != " ".join(LONG.split())
                ]
    assert not found, "\n".join(found)


def test_bodies_that_are_no_form(opened: Opened) -> None:
    browser, found = russian("nigora"), []
    for path in [one for one in opened.paths if re.search("notes|name|documents|contact", one)]:
        for what, (kind, text, encoding) in RAW.items():
            got = browser.generic("POST", path, text.encode(encoding), content_type=kind)
            found += faults(path, what, got)
    assert not found, "\n".join(found)


def test_a_body_of_two_megabytes_is_refused_in_words(opened: Opened) -> None:
    browser = russian("nigora")
    note = next(path for path in opened.paths if "notes" in path)
    for enforced in (False, True):
        browser.handler.enforce_csrf_checks = enforced
        got = browser.post(note, {"text": "х" * 1_100_000})
        assert got.status_code in {200, 400, 403, 413}
        assert faults(note, "2.1 MB", got) == []


def test_a_form_from_elsewhere_is_refused_in_the_readers_language(opened: Opened) -> None:
    browser = russian("nigora")
    browser.handler.enforce_csrf_checks = True
    for typed in ({"text": "Ном"}, {"text": "Ном", "csrfmiddlewaretoken": "x" * 64}):
        got = browser.post(opened.paths[0], typed)
        assert got.status_code == 403
        assert faults(opened.paths[0], "a wrong token", got) == []


def test_keys_of_others_in_a_form_change_nothing_of_theirs(opened: Opened) -> None:
    """The mark of a form is made by the browser: another's mark must not lead to another's row."""
    with as_user("lola") as by:
        theirs = case(by, in_team="ngo-other").dossier
    browser = russian("nigora")
    note = next(path for path in opened.paths if "notes" in path)
    mark = str(uuid4())
    other = client_of("lola")
    kept = {"text": "Аз они Лола", "submission": mark}
    assert other.post(f"/cases/{theirs.ref}/notes/story/", kept).status_code == 302
    got = browser.post(note, {"text": "Аз они Нигора", "submission": mark})
    assert got.status_code < 500
    assert "Аз они Нигора" in browser.get(note).content.decode() or got.status_code != 302
    assert "Аз они Лола" not in browser.get(note).content.decode()
    assert "Аз они Лола" in other.get(f"/cases/{theirs.ref}/notes/story/").content.decode()
    assert "Аз они Нигора" not in other.get(f"/cases/{theirs.ref}/notes/story/").content.decode()


def test_administration_takes_nonsense_too() -> None:
    browser, found = russian("admin"), []
    unit = user("nigora").unit_id
    for path in (f"/access/people/invite/{unit}/", "/access/units/", f"/access/units/{unit}/team/"):
        names: list[str] = fields(browser.get(path))
        for what, text in TEXTS.items():
            got: Any = browser.post(path, dict.fromkeys(names, text))
            found += faults(path, what, got)
    assert not found, "\n".join(found)


STRANGE = ("%00", "%E2%80%AE", "a" * 1000)
STRANGER = ("%FF", "..", "%25", "2222222222%0A", "Ҷ")


def test_strange_references_and_queries_have_an_answer() -> None:
    browser, found = russian("nigora"), []
    for text, name, _entry in addresses():
        if "<str:" in text and "P<" not in text:
            for strange in STRANGE + STRANGER * (name == "desk:case"):
                path = "/" + re.sub(r"<str:\w+>", strange.replace("\\", ""), text)
                path = re.sub(r"<uuid:\w+>", str(uuid4()), path)
                found += faults(path[:60], name, browser.get(path))
    for path in ("/", "/cases/", "/inbox/", "/outbox/", "/directory/", "/directory/print/"):
        for query in ("before", "after", "help", "to", "service", "district", "page"):
            for strange in STRANGE[:2]:
                found += faults(path, query, browser.get(f"{path}?{query}={strange}"))
    assert not found, "\n".join(found)


def test_a_lost_session_keeps_no_draft_of_nonsense() -> None:
    """Where the page does not exist, or the form came from elsewhere, nothing is kept."""
    for path in ("/cases/%00/notes/story/", "/" + "a" * 400, f"/cases/{'a' * 400}/notes/story/"):
        browser = russian("nigora")
        run_out(browser)
        got = browser.post(path, {"text": "Ном"})
        assert got.status_code == 302, path
    browser = russian("nigora")
    run_out(browser)
    browser.handler.enforce_csrf_checks = True
    assert browser.post("/first-contact/", {"chosen": "Аз ҷойи дигар"}).status_code == 302
    assert "Аз ҷойи дигар" not in russian("nigora").get("/first-contact/").content.decode()
    browser = russian("nigora")
    run_out(browser)
    kept = {"chosen": "Номи навишта", "passphrase": "x"}
    assert browser.post("/first-contact/", kept).status_code == 302
    assert "Номи навишта" in russian("nigora").get("/first-contact/").content.decode()
    assert "Номи навишта" not in russian("safar").get("/first-contact/").content.decode()


def test_a_button_whose_session_had_ended_leads_to_words_and_does_nothing() -> None:
    """After signing in the browser asks for the button's address as for a page."""
    for button in (reverse("access:end_sessions"), reverse("access:lock")):
        browser = russian("nigora")
        run_out(browser)
        assert browser.post(button).status_code == 302
        got = russian("nigora").get(button)
        assert (got.status_code, got.headers["Allow"]) == (405, "POST")
        assert "тот шаг тоже не выполнен" in got.content.decode()
        assert faults(button, "GET", got) == []


def run_out(browser: Client) -> None:
    """Let the session have been idle for long."""
    session = browser.session
    session[SEEN] = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    session.save()
