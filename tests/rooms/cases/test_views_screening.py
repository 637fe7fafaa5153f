"""Pages of the questions: begin, answer page by page without JavaScript, leave, decide."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Case, Screening
from panoh.policy import queries as policy
from tests.factories.cases import AT, contact
from tests.factories.clients import client_of, hidden, words
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    with as_user("nigora") as by:
        return contact(by)


def begun(browser: Client, case: Case, form_id: str, language: str = "") -> str:
    """Begin on the page; the address of the first part."""
    path = reverse("cases:questions", args=[case.dossier.ref])
    page = browser.get(path)
    assert f'value="{form_id}"' in page.content.decode()
    typed = {"form_id": form_id, "submission": hidden(page, "submission"), "language": language}
    return str(browser.post(path, typed)["Location"])


def send(browser: Client, path: str, **answers: Any) -> Any:
    """Answer a part as the form was made."""
    seen = hidden(browser.get(path), "seen_version")
    typed = {f"{name}.0": value for name, value in answers.items() if name != "leave"}
    more = {"leave": "1"} if "leave" in answers else {}
    return browser.post(path, {"seen_version": seen, **typed, **more})


def values(case: Case) -> dict[str, str]:
    with as_user("nigora") as by:
        screening = Screening.objects.get()
        screening.dossier = Dossier.objects.get(pk=case.pk)
        found = queries.interview(screening, user=by)
        return {name: value for (name, _turn), value in found.values.items()}


def test_the_case_and_what_comes_next_lead_to_the_questions(case: Case) -> None:
    browser = client_of("nigora", "en")
    ref = case.dossier.ref
    link = reverse("cases:questions", args=[ref])
    for name in ("desk:case", "desk:next"):
        assert f'href="{link}"' in browser.get(reverse(name, args=[ref])).content.decode()


def test_nine_questions_on_three_pages_then_the_advice_and_a_decision(case: Case) -> None:
    browser = client_of("nigora", "en")
    part = begun(browser, case, "opening", "uz")
    page = browser.get(part)
    assert "Step 1 of 3" in words(page)
    assert '<span lang="uz">' in page.content.decode()
    assert page.content.decode().count('value="not_asked" ') >= 3
    for answers in ({"papers_kept": "present"}, {"debt": "unknown"}, {}):
        part = send(browser, part, **answers)["Location"]
    assert reverse("cases:questions", args=[case.dossier.ref]) in part
    text = words(browser.get(part))
    assert "Something was named" in text
    assert "Does somebody else keep your passport" in text
    assert "2 of 9 signs were asked." in text
    assert "General signs" in text
    refused = browser.post(part, {"code": "refer", "reason": "  "})
    assert refused.status_code == 200
    assert "Why" in words(refused)
    given = {"code": "look_closer", "reason": "Papers.", "once": hidden(refused, "once")}
    for _click in range(2):
        assert browser.post(part, given).status_code == 302
    text = words(browser.get(part))
    assert text.partition("What was decided")[2].partition("What was said")[0].count("Papers.") == 1
    with as_user("nigora"):
        assert queries.case_of(case.dossier).trafficking == "not_assessed"


def test_it_can_be_left_and_gone_on_with_later(case: Case) -> None:
    browser = client_of("nigora", "en")
    part = begun(browser, case, "opening")
    left = send(browser, part, watched="present", leave=True)
    assert left["Location"] == reverse("desk:case", args=[case.dossier.ref])
    assert values(case) == {"watched": "present"}
    page = browser.get(part).content.decode()
    assert re.search(r'name="watched.0" [^>]*value="present" checked', page)
    listed = browser.get(reverse("cases:questions", args=[case.dossier.ref]))
    assert "Begun already Nine first questions" in words(listed)


def test_a_page_sent_as_it_was_opened_writes_nothing(case: Case) -> None:
    browser = client_of("nigora", "en")
    part = begun(browser, case, "opening")
    sent = dict.fromkeys(("papers_kept", "cannot_leave", "watched"), "not_asked")
    assert send(browser, part, **sent).status_code == 302
    assert values(case) == {}


def test_a_question_that_an_answer_opens_is_shown_on_the_same_page(case: Case) -> None:
    browser = client_of("nigora", "en")
    part = begun(browser, case, "labour_conditions").replace("/1/", "/3/")
    assert "How many others" not in words(browser.get(part))
    again = send(browser, part, locked="present")
    assert again["Location"] == part
    assert "How many others" in words(browser.get(part))
    again = send(browser, part, locked="present", others="few")
    assert again["Location"] == part
    on = send(browser, part, locked="present", others="few", place_seen="A yard")
    assert on["Location"] != part
    assert "A yard" in words(browser.get(on["Location"]))


def test_two_browsers_answer_the_same_question(case: Case) -> None:
    browser, other = client_of("nigora", "en"), client_of("safar", "en")
    part = begun(browser, case, "opening")
    seen = hidden(browser.get(part), "seen_version")
    send(other, part, watched="present")
    stale = browser.post(part, {"seen_version": seen, "watched.0": "absent"})
    assert stale.status_code == 200
    assert "Somebody else answered meanwhile: Yes." in words(stale)
    assert values(case) == {"watched": "present"}
    again = {"seen_version": hidden(stale, "seen_version"), "watched.0": "absent"}
    assert browser.post(part, again).status_code == 302
    assert values(case)["watched"] == "absent"


@pytest.mark.parametrize(
    "typed",
    [
        {"watched.0": "perhaps"},
        {"watched.0": "present\x00"},
        {"watched.0": ["present", "absent", "x" * 20_000]},
        {"seen_version": "many"},
        {"seen_version": "9" * 30},
        {"made_to.0": "present", "nothing.7": "x"},
    ],
)
def test_bad_input_is_no_fault_and_writes_nothing_wrong(case: Case, typed: dict[str, Any]) -> None:
    browser = client_of("nigora", "en")
    part = begun(browser, case, "opening")
    answer = browser.post(part, {"seen_version": "1", **typed})
    assert answer.status_code in {200, 302}
    assert values(case) == {}


@pytest.mark.parametrize("number", [0, 4, 999_999_999])
def test_a_part_that_is_not_there_is_not_found(case: Case, number: int) -> None:
    browser = client_of("nigora", "en")
    part = begun(browser, case, "opening").replace("/1/", f"/{number}/")
    assert browser.get(part).status_code == 404


def test_an_unknown_form_begins_nothing(case: Case) -> None:
    browser = client_of("nigora", "en")
    path = reverse("cases:questions", args=[case.dossier.ref])
    for typed in ({"form_id": "../pack.toml"}, {"form_id": "opening", "submission": "x"}, {}):
        assert browser.post(path, typed)["Location"] == path
    with as_user("nigora"):
        assert not Screening.objects.exists()


def test_the_interview_of_another_case_is_not_found(case: Case) -> None:
    with as_user("nigora") as by:
        other = cases.begin_screening(contact(by).dossier, form_id="opening", by=by, at=AT)
    browser = client_of("nigora", "en")
    for name in ("cases:result", "cases:part"):
        more = [1] if name == "cases:part" else []
        path = reverse(name, args=[case.dossier.ref, other.pk, *more])
        assert browser.get(path).status_code == 404


def test_a21_a_forced_marriage_is_said_on_the_page(case: Case) -> None:
    browser = client_of("nigora", "en")
    path = reverse("cases:questions", args=[case.dossier.ref])
    assert "can hide trafficking" not in words(browser.get(path))
    with as_user("nigora") as by:
        cases.record_facts(
            case.dossier, field="related_practices", codes=["bride_kidnapping"], by=by, at=AT
        )
    assert "can hide trafficking" in words(browser.get(path))


def test_only_the_opening_is_offered_first_and_others_when_asked_for(case: Case) -> None:
    browser = client_of("nigora", "en")
    page = words(browser.get(reverse("cases:questions", args=[case.dossier.ref])))
    first, _details, others = page.partition("Other questions")
    assert "Nine first questions" in first
    for form in policy.forms().values():
        assert (str(form.title.into("en")) in first) is (form.form_id == "opening")
        assert form.form_id == "opening" or str(form.title.into("en")) in others


def test_who_reads_health_and_does_not_write_it_is_not_asked_and_loses_no_page(case: Case) -> None:
    """A social worker: the questions on injuries stand with their answers where all is read."""
    doctor, social = client_of("nigora", "en"), client_of("safar", "en")
    part = begun(doctor, case, "general").replace("/1/", "/2/")
    send(doctor, part, gen_07="present", note_violence="Marks on the arm")
    page = social.get(part).content.decode()
    assert 'name="gen_06.0"' in page
    assert 'name="gen_07.0"' not in page and 'name="note_violence.0"' not in page
    assert send(social, part, gen_06="present", gen_07="absent").status_code == 302
    assert values(case) == {"gen_07": "present", "gen_06": "present", "note_violence": ""}
    result = words(social.get(reverse("cases:result", args=part.split("/")[2:5:2])))
    assert "Marks on the arm" in result
