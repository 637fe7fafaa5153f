"""Odd requests for every address as every role, and what no answer to them may hold.

Seeded: the same seed and number give the same request. A shot begins with what the page's own
form offers, and turns a part of it into nonsense, so that it comes further than to the form.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.factories.clients import client_of

PLAIN = "application/x-www-form-urlencoded"
# A letter as a web server hands it on: its bytes, each as one sign.
RAW = "й".encode().decode("latin-1")
SCRIPT = "<script>alert(7)</script>"
# No page of a worker asks the database more often, however odd the request.
MOST_QUERIES = 120
TEXTS = (
    *("", " ", "0", "-1", "1", "on", "yes", "none", "null", "None", "[]", "{}", "NaN", "1e999"),
    *("9" * 400, "2" * 19, "9" * 20, "١٢٣", "½", "0x10", "1_0", "+7", "2999-12-31"),
    *(
        "0000-00-00",
        "31.02.2026",
        "2026-02-30",
        "9999-12-31",
        "0001-01-01",
        "24:61",
        "12:00",
        "2026-W01",
    ),
    *(
        "Ном\x00 бо сифр",
        "Ном\u202e\u2066 дигар",
        "\ufeff\u200b",
        "a\r\nSet-Cookie: x=1",
        "\x1b[2J",
    ),
    *("x" * 15_001, "қ" * 300, "é" * 99, "😀" * 50, "\ufffe", "İ", "ǆ", "ﬁ", "\u2028"),
    *("' OR 1=1 --", "%s%(x)s{0}{x.__class__}", "$$;select 1", "\\", "../../etc/passwd"),
    *(SCRIPT, '"><img src=x onerror=alert(7)>', "{{ 7*7 }}{% debug %}", "=cmd|' /C calc'!A0"),
    *("//evil.example/", "https://evil.example/", "javascript:alert(7)", "/\\evil.example"),
    *("tj_3505401", "tj_zz", "adult", "child", "unknown", "police", "service", "phone", "story"),
    *("tg", "xx", "accept", "no_such_code", "2222222222", "adm", "superuser", "true"),
)
# Names that no form has: what a program that trusts its input would take over.
SMUGGLED = (
    *("id", "pk", "by", "at", "dossier", "dossier_id", "holder", "holder_id", "team", "team_id"),
    *("unit", "unit_id", "user", "user_id", "role", "state", "is_superuser", "permission"),
    *("categories", "version", "submission", "seen", "ref", "request_ref", "next", "sealed"),
)
HEADERS: dict[str, tuple[str, ...]] = {
    "HTTP_ACCEPT_LANGUAGE": (
        *("ru;q=9,tg", "x" * 5000, "*", "../../etc", "tg-\x00", ",,,;;;q=", "en-" + "a-" * 900),
    ),
    "HTTP_HX_REQUEST": ("true", "false", "\x00"),
    "HTTP_HX_BOOSTED": ("true",),
    "HTTP_HX_HISTORY_RESTORE_REQUEST": ("true",),
    "HTTP_HX_CURRENT_URL": ("http://[", "https://evil.example/x", "%00%ff", "http://testserver:x/"),
    "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": ("true",),
    "HTTP_HX_TARGET": (RAW, "a" * 9000, "%FF%FE"),
    "HTTP_HX_PROMPT": ("%00", "\x00"),
    "HTTP_HX_TRIGGERING_EVENT": ("{", "[" * 5000, "null", "%FF"),
    "HTTP_HX_TRIGGERING_EVENT_URI_AUTOENCODED": ("true",),
    "HTTP_REFERER": ("http://evil.example/", "http://[", "x" * 9000, "\x00"),
    "HTTP_ORIGIN": ("null", "http://evil.example", "http://["),
    "HTTP_HOST": ("evil.example", "testserver:99999", "[::1", "testserver\x00", "a" * 300),
    "HTTP_X_FORWARDED_HOST": ("evil.example",),
    "HTTP_X_FORWARDED_FOR": ("x", "1.2.3.4, ::1", "\x00", "," * 99, "999.1.1.1", ""),
    "HTTP_X_FORWARDED_PROTO": ("https", "x"),
    "HTTP_X_HTTP_METHOD_OVERRIDE": ("DELETE",),
    "HTTP_X_ORIGINAL_URL": ("/access/audit/",),
    "HTTP_X_CSRFTOKEN": ("x", RAW),
    "HTTP_IF_NONE_MATCH": ("*", '"x', 'W/"'),
    "HTTP_IF_MODIFIED_SINCE": ("Sat, 99 Foo 2026 00:00:00 GMT", "\x00"),
    "HTTP_RANGE": ("bytes=0-1,9-1,-", "bytes=-9", "x"),
    "HTTP_ACCEPT": ("application/json", "\x00", "text/*;q=x"),
    "HTTP_ACCEPT_ENCODING": ("gzip;q=x", "br, gzip", "identity"),
    "HTTP_USER_AGENT": ("", "x" * 9000, "\xff\xfe"),
    "HTTP_AUTHORIZATION": ("Basic eA==", "Bearer x"),
    "REMOTE_ADDR": ("", "::1", "no address"),
}
TYPES = (
    *("application/json", "text/plain", "", "multipart/form-data", "application/xml", "a/b; =;"),
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 400,
    f"multipart/form-data; boundary={RAW}",
    *(f"{PLAIN}; charset={name}" for name in ("none", "rot13", "idna", "utf-7", "zlib", "utf-16")),
)
BODIES: tuple[bytes, ...] = (
    *(
        b"",
        b"\x00",
        b"\xff\xfe",
        b"=&=&==",
        b"%FF=%FE&%00=%00",
        b"[]",
        b'{"a":[{"b":1}]}',
        b"[" * 9999,
    ),
    "text=Ном&given=Ном".encode("cp1251"),
    "text=Ном".encode("utf-16"),
    b"text=\xed\xa0\xbd&given=\xed\xb8\x80",
    b"--x\r\nContent-Disp",
    b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n',
    b'--x\r\nContent-Disposition: form-data; name="a"; filename="\x00"\r\n\r\nz\r\n--x--\r\n',
    b"--x\r\nContent-Disposition: form-data; name*=utf-9''%ff\r\n\r\nz\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="text"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
    "&".join(f"a{n}=1" for n in range(1001)).encode(),
)
FILES: tuple[tuple[str, bytes, str], ...] = (
    (
        "x.svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(7)</script></svg>",
        "image/svg+xml",
    ),
    ("x.html", SCRIPT.encode(), "text/html"),
    ("../../x\x00.pdf", b"%PDF-1.4\n%%EOF" + SCRIPT.encode(), "application/pdf"),
    ("x.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "image/png"),
    ("x.gif", b"GIF89a/*" + SCRIPT.encode(), "image/gif"),
    ("x.xlsx", b"PK\x03\x04" + b"\x00" * 60, "application/vnd.ms-excel"),
    ("x.csv", b"external_id,prs_FirstName\n=1+1,\xff\x00\n", "text/csv"),
    ("", b"", ""),
)
COOKIES = ("", "x", "\x00", "a" * 4000, '"', "%00%FF", "../../etc", "ru", RAW)


class Fields(HTMLParser):
    """The fields of a page's forms: each name with the values that the page offers for it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.offered: dict[str, list[str]] = {}
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {key: value or "" for key, value in attrs}
        name = have.get("name", "")
        if tag == "select":
            self._select = name
        if tag == "option":
            name = self._select
        if name and tag in {"input", "select", "textarea", "button", "option"}:
            values = self.offered.setdefault(name, [])
            if "value" in have:
                values.append(have["value"])


@dataclass
class Shot:
    """One request; printed, it says all that is needed to send it again."""

    method: str
    path: str
    typed: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    kind: str = PLAIN
    headers: dict[str, Any] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def fire(self, browser: Client) -> Any:
        """Send it, and put the browser's own cookies back."""
        kept = {
            name: browser.cookies[name].value for name in self.cookies if name in browser.cookies
        }
        for name, value in self.cookies.items():
            browser.cookies[name] = value
        try:
            return browser.generic(
                self.method, self.path, self._body(), self.kind or "", **self.headers
            )
        finally:
            for name in self.cookies:
                browser.cookies.pop(name, None)
            for name, value in kept.items():
                browser.cookies[name] = value

    def _body(self) -> bytes:
        if self.body is not None:
            return self.body
        if self.method == "GET":
            return b""
        if self.kind == MULTIPART_CONTENT:
            return encode_multipart(BOUNDARY, self.typed)
        return urlencode(self.typed, doseq=True, errors="surrogatepass").encode()

    def heap(self) -> str:
        """All that the asker sent: it may come back."""
        return f"{self.path} {self.typed} {self.body!r} {self.headers} {self.cookies}"


class Mixer:
    """Mixes requests; ``foreign`` are keys and references of other teams' rows."""

    def __init__(self, seed: str, foreign: list[str]) -> None:
        self.random = Random(seed)
        self.foreign = foreign

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def value(self) -> str:
        """Nonsense, or something of somebody else's."""
        return self.random.choice(self.foreign if self.often(0.3) else TEXTS)

    def typed(self, offered: dict[str, list[str]]) -> dict[str, Any]:
        """The page's form, a part of it turned into nonsense, sometimes with smuggled names."""
        share = self.random.choice((0.1, 0.3, 0.9))
        given: dict[str, Any] = {}
        for name, values in offered.items():
            if self.often(0.15):
                continue
            if values and not self.often(share):
                given[name] = self.random.choice(values)
            else:
                given[name] = self.value()
            if self.often(0.1):
                given[name] = [self.value() for _ in range(self.random.choice((0, 2, 40)))]
        for name in self.random.sample(SMUGGLED, 4) if self.often(0.3) else ():
            given[name] = self.value()
        return given

    def shot(self, path: str, offered: dict[str, list[str]], *, is_post: bool) -> Shot:
        """One request to an address, odd in one to three ways."""
        one = Shot("POST" if is_post else "GET", path)
        one.typed = self.typed(offered)
        if is_post and self.often(0.15):
            one.kind, one.body = self.random.choice((PLAIN, *TYPES)), self.random.choice(BODIES)
        elif is_post and ("file" in offered or self.often(0.05)):
            self._parcel(one)
        if self.often(0.05):
            one.method = self.random.choice(("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"))
        if not is_post and self.often(0.5):
            query = {name: self.value() for name in ("next", "before", "help", "to", "q", "page")}
            one.path += f"?{urlencode(query, errors='surrogatepass')}"
        for name in self.random.sample(sorted(HEADERS), self.random.choice((0, 0, 1, 3))):
            one.headers[name] = self.random.choice(HEADERS[name])
        if self.often(0.1):
            name = self.random.choice(("language", "csrf", "vault", "messages", "session"))
            one.cookies[name] = self.random.choice(COOKIES)
        return one

    def _parcel(self, one: Shot) -> None:
        name, content, kind = self.random.choice(FILES)
        one.kind = MULTIPART_CONTENT
        one.typed["file"] = SimpleUploadedFile(name or "x", content, content_type=kind)


class Count:
    """How often the database was asked."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Callable[..., Any], *asked: Any) -> Any:
        self.queries += 1
        return execute(*asked)


@contextmanager
def counted() -> Iterator[Count]:
    """Count the statements of both connections."""
    count = Count()
    with ExitStack() as stack:
        for alias in ("default", "plain"):
            stack.enter_context(connections[alias].execute_wrapper(count))
        yield count


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is written here, on both connections."""
    with ExitStack() as stack:
        for alias in ("default", "plain"):
            stack.enter_context(transaction.atomic(using=alias))
            stack.callback(transaction.set_rollback, True, using=alias)
        yield


@dataclass
class Range:
    """Fires at addresses as one account and judges the answers."""

    account: str
    mixer: Mixer
    secrets: tuple[str, ...]
    shots: int = 0
    most: int = 0
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._renew()

    def _renew(self) -> None:
        self.browser = client_of(self.account) if self.account else Client()
        self.browser.raise_request_exception = False

    def at(self, path: str) -> None:
        """Read an address plainly and oddly, then send its form, mutated."""
        page = self.fire(Shot("GET", path))
        offered: dict[str, list[str]] = {}
        if page.status_code == 200 and page.headers["Content-Type"].startswith("text/html"):
            offered = Fields(page.content.decode()).offered
            for name in ("csrfmiddlewaretoken", "viewport", "language"):
                offered.pop(name, None)
        self.fire(self.mixer.shot(path, {}, is_post=False))
        self.fire(self.mixer.shot(path, offered or {"text": []}, is_post=True))

    def fire(self, shot: Shot) -> Any:
        """Send, judge, and sign in anew where the session was lost."""
        with counted() as count:
            got = shot.fire(self.browser)
        self.shots += 1
        self.most = max(self.most, count.queries)
        self.faults += [
            f"{self.account or 'nobody'}: {fault}: {shot}"[:900]
            for fault in judged(shot, got, self.secrets, count.queries)
        ]
        if self.account and "_auth_user_id" not in self.browser.session:
            self._renew()
        return got


def judged(shot: Shot, got: Any, secrets: tuple[str, ...], queries: int) -> list[str]:
    """What is wrong with an answer."""
    found = []
    if got.status_code >= 500:
        where = got.exc_info and got.exc_info[1]
        found.append(f"{got.status_code} {where!r}")
    heap = got.content + repr(got.headers).encode() + got.cookies.output().encode()
    sent = shot.heap()
    found += [f"shows {one}" for one in secrets if one.encode() in heap and one not in sent]
    if SCRIPT.encode() in got.content and got.headers.get("Content-Type", "").startswith(
        "text/html"
    ):
        found.append("shows what was typed unescaped")
    if queries > MOST_QUERIES:
        found.append(f"{queries} queries")
    place = urlsplit(got.headers.get("Location", ""))
    if place.netloc not in {"", "testserver"} or place.scheme not in {"", "http", "https"}:
        found.append(f"leads to {got.headers['Location']}")
    for cookie in got.cookies.values():
        if cookie.value and not (cookie["httponly"] and cookie["samesite"]):
            found.append(f"bare cookie {cookie.key}")
    return found


def keys_of(values: dict[str, Any]) -> list[str]:
    """Keys and references among the values of addresses."""
    return [str(one) for one in values.values() if isinstance(one, UUID) or len(str(one)) == 10]


def mixed(random: Random, foreign: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Values for an address: all of another's, own ones with another's rows, or nonsense."""
    turn = random.random()
    if turn < 0.4:
        return foreign
    if turn < 0.8:
        return foreign | own
    odd: dict[str, Any] = {}
    for key, value in foreign.items():
        if isinstance(value, UUID):
            odd[key] = UUID(int=random.choice((0, 7, 2**128 - 1)))
        elif isinstance(value, int):
            odd[key] = random.choice((0, 2**31, 2**63, 10**30))
        else:
            odd[key] = random.choice(("zzz", "2222222222", "\x00", "a" * 300, "Ҷ", "..", "\u202e"))
    return odd
