"""Pages of applications: the NGO's, the member's, the secretary's; letters and the page that says
genuine or not (B4, B7, B8, moment 8)."""

import io
import re
from uuid import uuid4

import pypdf
import pytest
from django.conf import settings
from django.test import Client

from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.models import Application, Ruling
from panoh.decisions.rules.application import Outcome
from panoh.files import queries as papers
from panoh.files.models import Printed
from panoh.kernel.codes import new_ref
from panoh.policy import queries as policy
from tests.factories.clients import client_of, edited, hidden, words
from tests.factories.referrals import NOW, case, later
from tests.factories.staff import as_user, team, user
from tests.factories.status import (
    GROUNDS,
    HALF,
    MEMBER,
    SECRETARY,
    agreed,
    commission,
    completed,
    decided,
    filed,
    sitting,
    vote,
)
from tests.house.test_letters import words_of

pytestmark = pytest.mark.django_db
TODAY = policy.local_day(NOW)
# By it a button is known that is pressed twice on one page.
_TOKEN = "csrfmiddlewaretoken"


def test_b4_from_the_ngos_application_to_the_notice() -> None:
    """The journey by pages: filed, complete, read by a member, decided, printed, told."""
    body = commission()
    with as_user("nigora") as by:
        dossier = case(by, district="tj_3505401").dossier
    ngo, secretary, member = (client_of(one, "en") for one in ("nigora", SECRETARY, MEMBER))
    base = f"/decisions/{dossier.ref}/status/"
    assert "No commission may be told yet" in words(ngo.get(f"{base}apply/")), "before any typing"
    with as_user("nigora") as by:
        agreed(dossier, body, by=by)
    assert f"The person has agreed to: {body}." in words(ngo.get(f"{base}apply/"))
    assert "Nothing was handed in" in words(ngo.get(base))
    typed = {
        "body": body.code,
        "text": HALF,
        "hearing": "not_wanted",
        "language": "tg",
        "documents": ["statement"],
        "opinion": "supports",
    }
    assert ngo.post(f"{base}apply/", typed).status_code == 302
    with as_user("nigora"):
        row = Application.objects.get()
    page = words(ngo.get(base))
    assert row.number[:5] in page and "Handed in" in page
    before = f"/decisions/before/{row.number}/"
    assert HALF not in words(secretary.get(before))
    assert HALF in words(member.get(before))
    button = {_TOKEN: hidden(secretary.get(before), _TOKEN)}
    for said in ("It waits for the sitting", "Nothing was done twice"):  # pressed twice
        assert said in words(secretary.post(f"{before}complete/", button, follow=True))
    assert secretary.post(f"{before}complete/").status_code == 409, "another form is told why"
    decide = f"{before}decide/"
    for page in (before, "/decisions/"):
        assert decide not in secretary.get(page).content.decode(), "nothing is decided before"
    assert "open its sitting first" in words(secretary.get(before))
    held = sitting(body)
    for page in (before, "/decisions/"):
        assert decide in secretary.get(page).content.decode()
    vote(row, Outcome.GRANTED)
    ruling = {"outcome": "granted", "grounds": GROUNDS[Outcome.GRANTED], "reason": "", "on": ""}
    assert "for 2, against 0, abstained 0" in words(secretary.get(decide))
    assert secretary.post(decide, ruling).status_code == 302
    assert "Hand in an application" not in words(ngo.get(base)), "nothing more to ask for"
    docket = words(secretary.get("/decisions/"))
    assert "1 decision, 1 letter, 0 overdue." in docket
    made = secretary.post("/decisions/letters/", {"sitting": str(held.pk)})
    assert made["Content-Type"] == "application/pdf"
    text = words_of(made.content)
    assert row.number in text and HALF not in text
    assert secretary.post("/decisions/close/", {"sitting": str(held.pk)}).status_code == 302
    assert member.get(before).status_code == 404
    printed = {"code": "certificate", "language": "en"}
    paper = words_of(ngo.post(f"{base}{row.number}/letter/", printed).content)
    assert "Certificate" in paper and "traffick" not in paper.lower()
    telling = {"way": "in_person", "on": TODAY.isoformat()}
    assert ngo.post(f"{base}{row.number}/tell/", telling).status_code == 302
    with as_user("nigora"):
        assert Application.objects.get().told_way == "in_person"


@pytest.mark.parametrize("language", ["tg", "ru", "en"])
def test_b4_every_page_opens_in_every_language(language: str) -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by, opinion="")
    names = {
        "nigora": [
            f"/decisions/{row.dossier.ref}/status/",
            f"/decisions/{row.dossier.ref}/status/apply/",
            f"/decisions/{row.dossier.ref}/status/{row.number}/letter/",
            f"/decisions/{row.dossier.ref}/status/{row.number}/appeal/",
            f"/decisions/{row.dossier.ref}/status/{row.number}/supply/",
            f"/decisions/{row.dossier.ref}/status/{row.number}/tell/",
            f"/decisions/{row.dossier.ref}/status/{row.number}/hearing/",
        ],
        SECRETARY: [
            "/decisions/",
            f"/decisions/before/{row.number}/",
            f"/decisions/before/{row.number}/missing/",
            f"/decisions/before/{row.number}/decide/",
        ],
    }
    for name, addresses in names.items():
        browser = client_of(name, language)
        for address in addresses:
            page = browser.get(address)
            assert page.status_code == 200, address
            assert "style=" not in page.content.decode()


def test_b4_papers_are_asked_and_added_by_pages() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    secretary, ngo = client_of(SECRETARY, "en"), client_of("nigora", "en")
    # She changes her mind about being heard: the commission sees it, and who said so and when.
    wish = f"/decisions/{row.dossier.ref}/status/{row.number}/hearing/"
    assert "Wants to speak" not in words(secretary.get("/decisions/"))
    assert edited(ngo, wish, {"hearing": "in_person"}).status_code == 302
    assert "Being heard: Wants to speak in person" in words(secretary.get("/decisions/"))
    assert "wants to be heard" in words(secretary.get(f"/decisions/before/{row.number}/"))
    asked = {"documents": ["mandate"]}
    assert secretary.post(f"/decisions/before/{row.number}/missing/", asked).status_code == 302
    base = f"/decisions/{row.dossier.ref}/status/"
    assert "A mandate to file" in words(ngo.get(base))
    assert ngo.post(f"{base}{row.number}/supply/", asked).status_code == 302
    told = ngo.post(f"{base}{row.number}/supply/", asked)
    assert "is not possible" in words(told) or "Select a valid choice" in words(told)
    told = ngo.get(f"{base}{row.number}/supply/")
    assert "Nothing is missing now." in words(told) and "Which papers?" not in words(told)
    assert ngo.post(f"{base}{row.number}/withdraw/").status_code == 302
    assert "Withdrawn" in words(ngo.get(base))


def test_b8_a_refusal_prints_grounds_and_how_to_appeal_and_what_is_not_known() -> None:
    body = commission()
    _held, (row,) = decided(body, {Outcome.REFUSED: 1})
    browser = client_of("nigora", "en")
    address = f"/decisions/{row.dossier.ref}/status/{row.number}/letter/"
    for language, ground, unknown in (
        ("en", "Signs are missing", "not set"),
        ("ru", "Признаков недостаточно", "не "),
        ("tg", "Аломатҳо намерасанд", ""),
    ):
        made = browser.post(address, {"code": "status_notice", "language": language})
        text = " ".join(words_of(made.content).split())
        assert ground in text and unknown in text and row.number in text
    with as_user("nigora"):
        assert [str(one) for one in papers.printed_about(row.pk)] == ["3/2026", "2/2026", "1/2026"]
    stand = f"/decisions/{row.dossier.ref}/status/{row.number}/let-stand/"
    assert browser.post(stand).status_code == 302


def test_b4_ten_decisions_are_ten_letters_in_one_print() -> None:
    body = commission()
    held, rows = decided(body, {Outcome.GRANTED: 7, Outcome.REFUSED: 3})
    with as_user(SECRETARY) as by:
        rulings = list(Ruling.objects.filter(sitting=held))
        made = decisions.print_decisions(rulings, language="en", by=by, at=later(minutes=6))
        sheets = [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages]
        assert len(sheets) == len(rows) == 10
        assert all(sum(row.number in sheet for sheet in sheets) == 1 for row in rows)
        assert sum("Refused" in sheet for sheet in sheets) == 3
        numbers = list(Printed.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, 11))


def test_b4_hostile_text_stays_text_in_a_letter() -> None:
    body = commission()
    nasty = '#panic("x") *b* $x$ <a> \\ ` #read("/etc/passwd")'
    with as_user("nigora") as by:
        row = filed(body, by=by, text=nasty)
        made = decisions.print_letter(
            row, code="status_application", language="en", is_named=False, by=by, at=NOW
        )
        assert '#panic("x")' in words_of(made) and "root:" not in words_of(made)


def test_b4_the_page_behind_the_picture_says_genuine_or_not_and_nothing_else() -> None:
    mark = papers.new_mark()
    browser = Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = browser.get(f"/files/paper/{mark}/")
    assert "This paper is genuine" in words(page)
    for wrong in (mark[:-1] + ("0" if mark[-1] != "0" else "1"), "x", mark + "0", mark[::-1]):
        told = words(browser.get(f"/files/paper/{wrong}/"))
        assert "not known here" in told
    assert not re.search(r"traffick|shelter|Panoh", page.content.decode())
    codes = [browser.get(f"/files/paper/{mark}/").status_code for _n in range(40)]
    assert 429 in codes


def test_b4_the_register_stays_as_it_was_written() -> None:
    from django.db import DatabaseError, IntegrityError, transaction

    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
        decisions.print_letter(
            row, code="status_receipt", language="tg", is_named=False, by=by, at=NOW
        )
        with pytest.raises(IntegrityError, match="stays printed"), transaction.atomic():
            Printed.objects.update(code="other")
        entered = Printed.objects.get()
    with as_user("shirin"):
        assert not Printed.objects.exists()
        # Nobody enters a letter for another team, or about a case that is not near.
        entered.by, entered.number = user("shirin"), 9
        for team_id in (entered.team_id, team("shelter-cases").pk):
            entered.pk, entered.mark, entered.team_id = uuid4(), new_ref(), team_id
            with pytest.raises(DatabaseError, match="row-level"), transaction.atomic():
                entered.save(force_insert=True)


def test_b4_the_docket_counts_what_waits_and_what_is_late() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    completed(row)
    with as_user(SECRETARY):
        docket = queries.docket(NOW)
        assert [one.number for one in docket.waiting] == [row.number]
        assert docket.late == []
        assert docket.waiting[0].why == "the day is not set"
