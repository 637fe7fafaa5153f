"""Words that occur nowhere else, typed into every page; a proof then looks where they came to."""

import base64
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from panoh.access.models import Dossier
from panoh.access.rules import SEEN
from panoh.kernel.rules import CASE_CATEGORIES, Category
from tests.factories.clients import client_of
from tests.factories.directory import organisation, service
from tests.factories.papers import pdf
from tests.factories.referrals import answer
from tests.factories.staff import as_user, team

LETTERS = "абвгдежзиклмнопрстуфхчшэюя"
NOTED = ("core", "story", "health", "legal", "services", "money", "safety")


class Form(HTMLParser):
    """What a browser would send back unchanged from a page's forms."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hidden: dict[str, list[str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {key: value or "" for key, value in attrs}
        if tag == "input" and have.get("type") == "hidden" and have.get("name"):
            self.hidden.setdefault(have["name"], []).append(have.get("value", ""))


def fill(browser: Client, path: str, query: dict[str, str] | None = None, /, **typed: Any) -> Any:
    """Open a page, type into its form and send it, hidden fields included."""
    page = browser.get(path, query or {})
    assert page.status_code == 200, (path, page.status_code)
    given = {
        name: values[0] if len(values) == 1 else values
        for name, values in Form(page.content.decode()).hidden.items()
    }
    return browser.post(path, given | typed)


def saved(done: Any) -> Any:
    """The answer of a form that must have been accepted."""
    assert done.status_code == 302, re.findall(r'class="error[^>]*>([^<]*)', done.content.decode())
    return done


@dataclass
class Canaries:
    """One case full of them: ``words`` by what they stand for, and where the case is."""

    words: dict[str, str] = field(default_factory=dict)
    dossier: Dossier | None = None
    ref: str = ""
    request: str = ""

    def word(self, kind: str) -> str:
        """A new word of letters that no other text contains."""
        made = "Канар" + "".join(secrets.choice(LETTERS) for _ in range(10))
        return self.words.setdefault(kind, made)

    def number(self, kind: str) -> str:
        """A telephone number of nobody."""
        return self.words.setdefault(kind, f"000{secrets.randbelow(10**12):012}")

    def found_in(self, heap: bytes) -> list[str]:
        """What of them can be read in these bytes, written in any of the usual ways."""
        return [
            kind for kind, word in self.words.items() if any(one in heap for one in disguises(word))
        ]


def disguises(word: str) -> list[bytes]:
    """A word in the spellings in which programs write it down without hiding it."""
    found: list[bytes] = []
    for text in {word, word.lower(), word.upper()}:
        raw = text.encode()
        found += [raw, raw.hex().encode(), json.dumps(text)[1:-1].encode(), quote(text).encode()]
        found += [text.encode("utf-16-le"), text.encode("cp1251")]
        for shift in range(3):
            # Base 64 of a part does not depend on what stands before it, but for the edges.
            coded = base64.b64encode(bytes(shift) + raw)
            found.append(coded[4:-4])
            found.append(coded[4:-4].replace(b"+", b"-").replace(b"/", b"_"))
    return found


def typed_everywhere(by: str = "nigora", to: str = "shirin") -> Canaries:
    """Walk the main job as two accounts, with a new word in every field that takes text."""
    all_of = Canaries()
    word = all_of.word
    house = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(house)
    browser = client_of(by, "en")
    assert browser.post("/search/", {"name": f"{word('searched')} Номаълум"}).status_code == 200
    contact = {"safe_to_talk": "yes", "danger_now": "none", "language": "tg", "sex": "woman"}
    done = saved(fill(browser, "/first-contact/", chosen=word("chosen"), **contact))
    all_of.ref = ref = done["Location"].split("/")[2]
    case = f"/cases/{ref}/"
    saved(fill(browser, f"{case}next/", age_branch="adult"))
    person = {name: word(name) for name in ("chosen", "given", "patronymic", "family", "other")}
    birth = {"birth_day": "1", "birth_month": "2", "birth_year": "1990"}
    papers = {"documents": all_of.number("document"), "reason": "corrected"}
    saved(fill(browser, f"{case}person/name/", **person, **birth, **papers))
    way = {"kind": "phone", "value": all_of.number("phone"), "is_safe": "yes"}
    saved(fill(browser, f"{case}person/way/", **way, hours=word("hours"), cover=word("cover")))
    for code in NOTED:
        saved(fill(browser, f"{case}notes/{code}/", text=f"Гуфт: {word(f'note {code}')}."))
    paper = SimpleUploadedFile(
        f"{word('file name')}.pdf", pdf(word("document text")), content_type="application/pdf"
    )
    saved(
        fill(browser, f"{case}documents/", title=word("title"), category="story", file=paper),
    )
    facts = {"codes": ["begging"], "note_begging": word("beside a fact")}
    saved(fill(browser, f"{case}facts/exploitation_forms/", **facts))
    why = {"code": "presumed", "reason": word("reason")}
    saved(fill(browser, f"{case}assess/trafficking/", **why))
    all_of.dossier = dossier = _dossier(by, ref)
    agreed = CASE_CATEGORIES & ~Category.LEGAL
    with as_user(by) as worker:
        answer(
            dossier,
            team("shelter-cases"),
            by=worker,
            categories=agreed,
            own_words=word("own words"),
        )
    preview = f"{case}refer/{house.pk}/"
    boxes = {"services": ["bed"], "categories": ["identity", "contact", "story", "safety"]}
    done = fill(browser, preview, {"help": "bed"}, **boxes, urgency="routine", send="1")
    if done.status_code == 200:  # it shows once more what was chosen
        shown = Form(done.content.decode()).hidden
        done = browser.post(
            preview,
            {
                **boxes,
                "urgency": "routine",
                "send": "1",
                "submission": shown["submission"][0],
                "shown": shown["shown"][0],
            },
        )
    all_of.request = saved(done)["Location"].split("/")[2]
    assert browser.get(f"/requests/{all_of.request}/letter/").status_code == 200
    other = client_of(to, "en")
    saved(fill(other, f"/requests/{all_of.request}/accept/"))
    for path in ("", "person/", "notes/story/", "documents/"):
        page = other.get(f"{case}{path}")
        assert page.status_code == 200, path
    assert word("given") in other.get(f"{case}person/").content.decode()
    for path in ("", "person/", "notes/story/", "knows/", "consent/"):
        assert browser.get(f"{case}{path}").status_code == 200, path
    _mistakes(browser, case, all_of)
    return all_of


def _dossier(by: str, ref: str) -> Dossier:
    with as_user(by):
        return Dossier.objects.get(ref=ref)


def _mistakes(browser: Client, case: str, all_of: Canaries) -> None:
    """What goes wrong with words in hand: a form with faults, a wrong address, a lost session."""
    word = all_of.word
    given = {"given": word("in a faulty form"), "birth_year": "2999", "birth_month": "1"}
    assert browser.post(f"{case}person/name/", given).status_code == 200
    browser.get("/no-such-page/", {"q": word("in an address")})
    browser.get("/cases/", {"before": word("in a list's address")})
    browser.post(f"{case}notes/story/", {"text": "x\x00" + word("beside a NUL")})
    given = {"login": word("name at sign-in"), "password": word("passphrase")}
    assert browser.post("/sign-in/login/", given).status_code in {200, 302}
    assert Client().post("/sign-in/login/", given).status_code == 200
    session = browser.session
    session[SEEN] = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    session.save()
    late = browser.post(f"{case}notes/story/", {"text": word("draft")})
    assert late.status_code == 302
    assert "/sign-in/" in late["Location"]
