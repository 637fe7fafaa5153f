"""Facts, assessments, notes, person and documents, through the browser of an account."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from panoh.cases import actions as cases
from panoh.cases.models import Note
from panoh.cases.queries import codes_of
from panoh.files.models import Document
from panoh.people.models import ContactPoint
from tests.factories.clients import client_of, edited
from tests.factories.pages import english, opened, url
from tests.factories.papers import pdf, words_of
from tests.factories.referrals import accepted
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db


def test_a9_the_twelve_forms_are_offered_eleven_here_and_one_apart() -> None:
    case = opened()
    browser = client_of("nigora")
    page = english(browser, url(case, "facts/exploitation_forms/"))
    assert page.count('name="codes"') == 11
    assert "armed" not in page
    assert english(browser, url(case, "apart/")).count('name="code"') == 1


@pytest.mark.parametrize("pay", ["absent", "present"])
def test_a9_marking_work_as_paid_hides_no_form(pay: str) -> None:
    """Paid, paid less or not at all: what was done can be said in the same words."""
    case = opened()
    browser, path = client_of("nigora"), url(case, "facts/exploitation_forms/")

    def offered() -> set[str]:
        return set(re.findall(r'name="codes"[^>]*value="(\w+)"', english(browser, path)))

    before = offered()
    with as_user("nigora") as by:
        given: dict[str, Any] = {"by": by, "at": timezone.now()}
        asked = cases.begin_screening(case.dossier, form_id="labour_conditions", **given)
        answers = {(name, 0): pay for name in ("paid_less", "not_paid", "pay_held")}
        cases.answer_page(asked, answers=answers, seen_version=1, **given)
    assert offered() == before and len(before) == 11
    assert edited(browser, path, {"codes": sorted(before)}).status_code == 302
    with as_user("nigora"):
        assert set(codes_of(case.dossier, "exploitation_forms")) == before


def test_a11_means_are_many_each_with_a_note() -> None:
    case = opened()
    browser = client_of("nigora")
    means = re.findall(
        r'name="codes"[^>]*value="(\w+)"', english(browser, url(case, "facts/means/"))
    )
    first, second = means[:2]
    given = {"codes": [first, second], f"note_{first}": "Паспортро гирифт"}
    assert browser.post(url(case, "facts/means/"), given).status_code == 302
    page = english(browser, url(case, "facts/means/"))
    assert 'value="Паспортро гирифт"' in page
    with as_user("nigora"):
        assert codes_of(case.dossier, "means") == [first, second]
    assert edited(browser, url(case, "facts/means/"), {"codes": [first]}).status_code == 302
    with as_user("nigora"):
        assert codes_of(case.dossier, "means") == [first]
    assert "Until" in english(browser, url(case, "facts/means/")), "the earlier answer is told"


def test_a_text_beside_an_answer_that_is_not_chosen_is_not_lost() -> None:
    case = opened()
    browser = client_of("nigora")
    page = english(browser, url(case, "facts/means/"))
    first = re.findall(r'name="codes"[^>]*value="(\w+)"', page)[0]
    page = edited(browser, url(case, "facts/means/"), {f"note_{first}": "Таҳдид"}).content.decode()
    assert "govuk-error-summary" in page
    assert 'value="Таҳдид"' in page


def test_a20_both_versions_are_readable_with_author_and_date() -> None:
    case = opened()
    first, second = client_of("nigora"), client_of("safar")
    path = url(case, "assess/smuggling/")
    assert edited(first, path, {"code": "presumed", "reason": "Аввал"}).status_code == 302
    assert edited(second, path, {"code": "not_smuggling", "reason": "Баъд"}).status_code == 302
    page = english(first, path)
    for text in ("Аввал", "Баъд", "Nigora (fictional)", "Safar (fictional)"):
        assert text in page
    assert english(first, url(case, "assess/trafficking/")).count("(fictional)") == 0


def test_an_assessment_without_a_reason_is_refused() -> None:
    case = opened()
    page = client_of("nigora").post(url(case, "assess/trafficking/"), {"code": "presumed"})
    assert "govuk-error-summary" in page.content.decode()


def test_a10_what_is_kept_apart_is_not_there_for_others() -> None:
    case = opened()
    browser = client_of("nigora")
    page = english(browser, url(case, "apart/"))
    code = re.search(r'name="code"[^>]*value="([^"]+)"', page)
    assert code
    assert browser.post(url(case, "apart/"), {"code": code[1]}).status_code == 302
    page = english(browser, url(case))
    assert "armed" not in page.casefold()
    referral = accepted()
    for name in ("shirin", "pulod", "ibrohim", "rustam"):
        for one in (case.dossier.ref, referral.dossier.ref):
            assert client_of(name).get(f"/cases/{one}/apart/").status_code in {403, 404}
    taken = re.search(r'action="([^"]+/take-back/)"', english(browser, url(case, "apart/")))
    assert taken
    for _turn in range(2):
        assert browser.post(taken[1]).status_code == 302


def test_legal_facts_need_reach_and_permission() -> None:
    case = opened()
    assert client_of("nigora").get(url(case, "facts/immigration_status/")).status_code == 200
    # Safar's role reads legal matters and does not write them.
    assert client_of("safar").get(url(case, "facts/immigration_status/")).status_code == 403
    referral = accepted()
    page = client_of("shirin").get(f"/cases/{referral.dossier.ref}/facts/immigration_status/")
    assert page.status_code == 404


@pytest.mark.parametrize("code", ["nonsense", "trafficking", "consented_x"])
def test_a_question_that_does_not_exist_has_no_page(code: str) -> None:
    assert client_of("nigora").get(url(opened(), f"facts/{code}/")).status_code == 404


def test_a23_a_listed_word_brings_a_neutral_one_and_blocks_nothing() -> None:
    case = opened()
    browser = client_of("nigora")
    path = url(case, "notes/story/")
    for text in ("Вай фоҳиша аст", "Она проститутка", "She is a prostitute"):
        given = {"text": text, "submission": str(uuid4())}
        assert browser.post(path, given).status_code == 302, text
    page = english(browser, path)
    assert page.count("A neutral way to say it: «") == 3
    assert "Вай фоҳиша аст" in page, "the text stays as it was written"
    assert 'id="words"' in page
    assert "A neutral way to say it: «" not in english(client_of("safar"), path)


def test_a_note_sent_twice_stands_once() -> None:
    case = opened()
    browser = client_of("nigora")
    given = {"text": "Як бор", "submission": str(uuid4())}
    for _turn in range(2):
        assert browser.post(url(case, "notes/safety/"), given).status_code == 302
    with as_user("nigora"):
        assert Note.objects.filter(dossier=case.dossier).count() == 1


def test_a_mark_of_another_form_is_no_fault_of_ours() -> None:
    one, other = opened(), opened()
    browser = client_of("nigora")
    given = {"text": "Як", "submission": str(uuid4())}
    assert browser.post(url(one, "notes/story/"), given).status_code == 302
    assert browser.post(url(other, "notes/story/"), given).status_code == 409


def test_a_long_note_is_kept_and_named() -> None:
    case = opened()
    text = "м" * 15_001
    given = {"text": text, "submission": str(uuid4())}
    page = client_of("nigora").post(url(case, "notes/story/"), given).content.decode()
    assert "govuk-error-summary" in page
    assert text in page


def test_a_name_is_written_and_corrected_and_a_stale_form_shows_both() -> None:
    case = opened()
    browser = client_of("nigora")
    path = url(case, "person/name/")
    assert browser.post(path, {"given": "Зебо", "family": "Сохтаева"}).status_code == 302
    version = re.search(r'name="version" value="([^"]+)"', english(browser, path))
    assert version
    change = {"given": "Зебӣ", "reason": "corrected", "version": version[1]}
    assert client_of("safar").post(path, change).status_code == 302
    stale = {"given": "Зиба", "reason": "corrected", "version": version[1]}
    page = browser.post(path, stale, headers={"Accept-Language": "en"}).content.decode()
    assert "Somebody else changed this meanwhile" in page
    assert "Зебӣ" in page
    assert 'value="Зиба"' in page
    newer = re.search(r'name="version" value="([^"]+)"', page)
    assert newer
    assert browser.post(path, {**stale, "version": newer[1]}).status_code == 302
    assert "Зиба" in english(browser, url(case, "person/"))


def test_a_future_birth_date_is_named() -> None:
    case = opened()
    given = {"given": "Зебо", "birth_day": "1", "birth_month": "1", "birth_year": "2999"}
    page = client_of("nigora").post(url(case, "person/name/"), given).content.decode()
    assert "govuk-error-summary" in page
    assert 'value="Зебо"' in page


def test_a_way_to_reach_the_person_is_unsafe_until_said_so() -> None:
    case = opened()
    browser = client_of("nigora")
    given = {"kind": "phone", "value": "000 00 00", "is_safe": "no", "submission": str(uuid4())}
    for _turn in range(2):
        assert browser.post(url(case, "person/way/"), given).status_code == 302
    page = english(browser, url(case, "person/"))
    assert "Not safe to use until the person says so." in page
    with as_user("nigora"):
        row = ContactPoint.objects.get(dossier=case.dossier)
    end = url(case, f"person/way/{row.pk}/end/")
    for _turn in range(2):
        assert browser.post(end).status_code == 302
    assert "000 00 00" not in english(browser, url(case, "person/"))
    assert browser.post(url(opened(), f"person/way/{row.pk}/end/")).status_code == 404


PDF = pdf("a scan")


def test_a_document_is_kept_and_handed_over() -> None:
    case = opened()
    browser = client_of("nigora")
    submission = str(uuid4())
    for _turn in range(2):
        given = {
            "title": "Ариза",
            "category": "story",
            "file": SimpleUploadedFile("x.pdf", PDF),
            "submission": submission,
        }
        assert browser.post(url(case, "documents/"), given).status_code == 302
    with as_user("nigora"):
        assert Document.objects.filter(dossier=case.dossier).count() == 1
    page = english(browser, url(case, "documents/"))
    assert "Ариза" in page
    link = re.search(r'href="(/files/[^"]+)"', page)
    assert link
    assert words_of(browser.get(link[1]).content) == words_of(PDF)
    assert client_of("lola").get(link[1]).status_code == 404


@pytest.mark.parametrize("content", [b"", b"plain text", b"MZ\x90\x00" * 40, b"<html>"])
def test_files_of_other_types_are_refused_and_the_title_stays(content: bytes) -> None:
    case = opened()
    given = {
        "title": "Ариза",
        "category": "story",
        "file": SimpleUploadedFile("x.pdf", content),
        "submission": str(uuid4()),
    }
    page = client_of("nigora").post(url(case, "documents/"), given).content.decode()
    assert "govuk-error-summary" in page
    assert 'value="Ариза"' in page
