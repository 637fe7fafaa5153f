"""No request answers 500, whatever it carries; and every answer carries the browser's walls."""

import logging
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path as address

from config import urls
from config.logs import Formatter
from panoh.access.middleware import page
from tests.factories.clients import client_of
from tests.factories.world import World
from tests.house.test_pages import addresses

pytestmark = pytest.mark.django_db

# A signed-in account of each kind that sees other pages; "" is nobody.
READERS = ["", "nigora", "shirin", "amina", "admin"]
VALUES = {"int": ("1", "99999999"), "uuid": (str(UUID(int=7)),), "": ("zzz", "2222222222")}
GARBAGE = [
    "",
    "\x00",
    "\u202eabc\u2066",
    "x" * 15_000,
    "9" * 30,
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
]


def filled(text: str, turn: int) -> str:
    """An address with the plausible (0) or the impossible (1) value in each place."""

    def value(match: re.Match[str]) -> str:
        values = VALUES.get(match[1] or "", VALUES[""])
        return values[min(turn, len(values) - 1)]

    return "/" + re.sub(r"<(?:(\w+):)?\w+>", value, re.sub(r"[\^$]|\\Z", "", text))


def paths() -> list[str]:
    """Every address with values in its places, signing out excepted."""
    texts = [text for text, name, _ in addresses() if "logout" not in name]
    found = [filled(text, turn) for text in texts for turn in (0, 1)]
    return [path for path in dict.fromkeys(found) if "(?P" not in path]


class Fields(HTMLParser):
    """Names of the fields of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("name")
        if tag in {"input", "select", "textarea", "button"} and name:
            self.names.append(name)


def fields(answer: Any) -> list[str]:
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    parser = Fields()
    parser.feed(answer.content.decode())
    return sorted(set(parser.names) - {"csrfmiddlewaretoken", "viewport", "language"})


def client(reader: str) -> Client:
    made = client_of(reader) if reader else Client()
    made.raise_request_exception = False
    return made


@pytest.mark.parametrize("reader", READERS)
def test_no_address_answers_500(reader: str) -> None:
    assert fuzzed(client(reader), paths()) == []


@pytest.mark.parametrize("reader", ["nigora", "shirin"])
def test_no_page_of_a_real_case_answers_500(reader: str) -> None:
    world = World(answered=True)
    texts = [text for text, _, _ in addresses() if "<" in text and "sign-in" not in text]
    assert (
        fuzzed(client(reader), [path for text in texts for path in world.addresses(text, most=4)])
        == []
    )


def fuzzed(browser: Client, wanted: list[str]) -> list[str]:
    """Faults of these addresses when they are read and sent garbage; forms are sent empty too."""
    found: list[str] = []
    for path in wanted:
        answer = browser.get(path)
        names = fields(answer) if answer.status_code == 200 else []
        found += [f"GET {path}"] if answer.status_code >= 500 else []
        if names and browser.post(path, {}).status_code >= 500:
            found.append(f"POST {path}")
        for text in GARBAGE if names else GARBAGE[1:2]:
            got = browser.post(path, dict.fromkeys(names or ["x"], text))
            found += [f"POST {path} {text[:20]!r}"] if got.status_code >= 500 else []
            if b"<script>alert(1)" in got.content:
                found.append(f"POST {path} shows what was typed unescaped")
    return found


def test_strange_requests_have_an_answer() -> None:
    browser = client("")
    for path in ["/%00", "/" + "a" * 3000, "/..%2f..%2fetc", "/?next=//evil.example", "/\u202e"]:
        assert browser.get(path).status_code < 500
    for method in ("put", "delete", "patch", "options", "trace"):
        assert getattr(browser, method)("/").status_code < 500


def test_fields_are_found() -> None:
    page = HttpResponse('<form><input name="a"><select name="b"></select><p name="c"></form>')
    assert fields(page) == ["a", "b"]


WALLS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize("path", ["/accounts/login/", "/", "/there-is-no-such-page/"])
@pytest.mark.parametrize("reader", ["", "nigora"])
def test_every_answer_carries_the_walls(path: str, reader: str) -> None:
    answer = client(reader).get(path)
    assert {name: answer.headers.get(name) for name in WALLS} == WALLS
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "font-src" not in policy and "manifest-src" not in policy, "no page has either"
    for part in ("default-src 'none'", "base-uri 'none'"):
        assert part in policy
    assert "frame-ancestors 'none'" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy
    assert "Access-Control-Allow-Origin" not in answer.headers
    # Where no script belongs, none runs.
    assert ("script-src 'self'" in policy) == (b"<script" in answer.content)
    if reader:
        assert answer.headers["Cache-Control"] == "no-store"
        assert not {"Vary", "Content-Language"} & answer.headers.keys(), "bytes for no cache"
    else:
        assert "Cookie" in answer.headers["Vary"]


def test_a_page_with_a_script_of_ours_lets_it_run() -> None:
    policy = client("nigora").get("/first-contact/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "connect-src 'self'" in policy


@pytest.mark.parametrize(
    "path", ["/cases/x.css", "/cases/2222222222/x.js", "/search/x.png", "/x.ico"]
)
def test_a_file_name_behind_a_page_is_not_found_and_never_kept(path: str) -> None:
    """No cache on the way takes a page for a picture."""
    answer = client("nigora").get(path)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_cookies_are_closed() -> None:
    browser = client("")
    answer = browser.get("/accounts/login/")
    for cookie in answer.cookies.values():
        assert cookie["samesite"] in {"Lax", "Strict"}
        assert cookie["httponly"]


def test_an_error_says_nothing_of_the_inside() -> None:
    answer = client("").get("/there-is-no-such-page/")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert not re.search(r"Traceback|urlpattern|settings|\.py\b|Django|SELECT ", text)


@page(public=True)
def breaks(_request: HttpRequest) -> HttpResponse:
    raise ValueError("Қаноатбекзода")


urlpatterns = [*urls.urlpatterns, address("breaks/", breaks)]


def test_what_breaks_is_caught_told_in_our_words_and_logged_with_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        answer = client("").get("/breaks/")
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "<h1" in text
    assert not re.search(r"Traceback|ValueError|urlpattern|settings|\.py\b|Django|Қаноат", text)
    lines = [Formatter().format(record) for record in caplog.records]
    assert any("ValueError" in line and f"{Path(__file__).name}:" in line for line in lines)
    assert not any("Қаноат" in line for line in lines)
    assert client("").get("/sign-in/login/").status_code == 200, "the next one is answered"


def test_what_was_typed_begins_no_line_of_the_log() -> None:
    typed = "x\r\n2026-01-01 00:00:00 ERROR panoh invented\u2028\x1b[2J"
    record = logging.LogRecord("x", logging.WARNING, "", 0, "said %s", (typed,), None)
    line = Formatter().format(record)
    assert len(line.splitlines()) == 1 and "invented" in line
    assert line.isprintable()


def test_logs_go_to_the_places_named_and_no_further() -> None:
    """`docs/threats.md`, records kept: no file, no mail, no other machine."""
    logs: dict[str, Any] = settings.LOGGING
    assert logs["handlers"] == {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}}
    assert not [one for one in logs["loggers"].values() if one["handlers"]]
    assert not settings.ADMINS and not settings.MANAGERS


def test_an_unexpected_error_is_logged_with_its_place_and_without_its_words() -> None:
    try:
        raise ValueError("Қаноатбекзода")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "said", (), sys.exc_info())
    line = Formatter().format(record)
    assert "ValueError" in line and Path(__file__).name in line
    assert "Қаноатбекзода" not in line


@pytest.mark.django_db
def test_what_a_request_asked_for_is_logged_without_its_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A refused form, a made-up host: the address names a case, the host is what somebody typed."""
    browser = Client(enforce_csrf_checks=True)
    assert browser.post("/cases/ABCDEFGHJK/person/").status_code == 403
    browser.get("/", headers={"host": "abcdefghjk.example"})
    assert caplog.records
    for line in map(Formatter().format, caplog.records):
        assert "ABCDEFGHJK" not in line.upper(), line
