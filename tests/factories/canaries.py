"""Words that occur nowhere else, typed into every page; a proof then looks where they came to."""

import base64
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from panoh.access.models import Dossier
from panoh.access.rules import SEEN
from panoh.cases.models import Guardian
from panoh.duties.models import Duty
from panoh.exchange import actions as exchange
from panoh.kernel.rules import CASE_CATEGORIES, Category
from tests.factories import tables
from tests.factories.children import advocate, child, proposed
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
    shown = re.findall(r'error-message">.*?</span>([^<]*)', done.content.decode())
    assert done.status_code == 302, (done.status_code, shown)
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


@cache
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
    alleged = {name: word(name) for name in ("recruiter", "agency", "permit", "employer")}
    saved(fill(browser, f"{case}recruitment/", channel="agency", **alleged))
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
    _of_danger(browser, case, all_of)
    _of_a_child(browser, all_of)
    _of_others(browser, all_of)
    _brought_in(by, all_of)
    _mistakes(browser, case, all_of)
    return all_of


def _of_danger(browser: Client, case: str, all_of: Canaries) -> None:
    """Questions, a safety plan, a request for protection, rights, whom she excludes, emergency."""
    word, dossier = all_of.word, all_of.dossier
    assert dossier is not None
    begun = {"form_id": "general", "language": ""}
    path = saved(fill(browser, f"{case}questions/", **begun))["Location"]
    while re.search(r"/\d+/$", path):  # the last page leads to the result
        field = re.search(r'name="(seen_heard\.0)"', browser.get(path).content.decode())
        typed = {field[1]: word("seen and heard")} if field else {}
        path = saved(fill(browser, path, **typed))["Location"]
    assert word("seen and heard") in browser.get(path).content.decode()
    saved(fill(browser, path, code="look_closer", reason=word("why so decided")))
    plan = f"{case}safety/add/"
    for kind, code in (("contact", "never_call"), ("threat", "killing"), ("review", "high")):
        saved(fill(browser, f"{plan}{kind}/", code=code, text=word(f"plan {kind}")))
    with as_user("nigora") as worker:
        police = team("police-cases")
        answer(
            dossier, police, by=worker, purpose="police", categories=Category.SAFETY, asked_now=True
        )
    asked = {"to": police.pk, "measure": "patrol", "danger": "none", "text": word("protection")}
    saved(fill(browser, f"{case}safety/ask/", **asked))
    refused = {"state": "refused", "on": "2026-01-05", "language": "ru", "reason": word("right")}
    saved(fill(browser, f"{case}rights/lawyer/", **refused))
    saved(fill(browser, f"{case}never/", kind="person", person=word("excluded")))
    assert word("excluded") in browser.get(f"{case}never/").content.decode()
    calling = client_of("mavluda", "en")
    why = {"danger": "danger", "reason": word("emergency"), "name": word("name in an emergency")}
    saved(fill(calling, "/emergency/", **why, phone=all_of.number("emergency phone")))
    saved(fill(calling, "/emergency/", **{**why, "name": "", "ref": all_of.ref}))
    with as_user("nigora"):
        ring = Duty.objects.get(kind="emergency.ring")
    no = {"answer": "refused", "why": word("why not opened")}
    saved(fill(browser, f"/emergency/ring/{ring.pk}/", **no))


def _of_a_child(browser: Client, all_of: Canaries) -> None:
    """A guardian, what a colleague proposes, the child's own words, the advocate's refusal."""
    word = all_of.word
    with as_user("nigora") as worker:
        dossier = child(worker).dossier
        advocate(dossier, by=worker)
    case = f"/cases/{dossier.ref}/child/"
    saved(fill(browser, f"{case}guardian/", relation="father", name=word("guardian")))
    with as_user("nigora"):
        guardian = Guardian.objects.get(dossier=dossier)
    why = {"trust": "suspected", "reason": word("why not trusted")}
    saved(fill(browser, f"{case}guardians/{guardian.pk}/", **why))
    with as_user("nigora") as worker:
        made = proposed(
            dossier, by=worker, reason=word("why best"), view=word("what the child says")
        )
    reader = client_of("latif", "en")
    page = reader.get(f"{case}decisions/{made.pk}/")
    assert word("what the child says") in page.content.decode()
    no = {"refuse": "1", "answer": word("why not signed")}
    saved(fill(reader, f"{case}decisions/{made.pk}/", **no))


def _of_others(browser: Client, all_of: Canaries) -> None:
    """Somebody who asks for a person, and many people at one place."""
    word = all_of.word
    asks = {"caller": "police", "channel": "telephone", "name": word("asked for")}
    how = {"number": all_of.number("number of who asks"), "words": word("what was said")}
    saved(fill(browser, "/asked/", **asks, **how, phone=all_of.number("phone asked for")))
    shared = {"kind": "site_visit", "found_on": "2026-01-05", "language": "tg"}
    texts = {"employer": word("employer"), "site": word("site")}
    path = saved(fill(browser, "/groups/new/", **shared, **texts))["Location"]
    one = {"p0-sex": "man", "p0-age_band": "age_21_29", "p0-chosen": word("chosen in a group")}
    saved(fill(browser, path, **one))


def _brought_in(name: str, all_of: Canaries) -> None:
    """A table of two rows: one comes in, one is kept to be taken back."""
    word = all_of.word
    content = tables.as_csv(
        {
            "external_id": all_of.number("own number"),
            "prs_FirstName": word("imported name"),
            "prs_MobilePhone": all_of.number("imported phone"),
            "cco_CaseComment": word("imported note"),
            word("column of its own"): "1",
        },
        {
            "external_id": all_of.number("own number of a bad row"),
            "prs_FirstName": word("name in a bad row"),
            "prs_Birthdate": "2999-01-01",
        },
    )
    with as_user(name) as worker:
        at = datetime.now(UTC)
        run = exchange.start(content, team=team("ngo-cases"), by=worker, at=at)
        run = exchange.check(run, part=0, by=worker, at=at)
        run = exchange.run_part(run, part=0, by=worker, at=at)
    assert (run.added, run.refused) == (1, 1)


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
