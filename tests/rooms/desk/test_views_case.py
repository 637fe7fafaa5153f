"""The page of a case and its answers, through the browser of an account."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from panoh.audit.queries import who_saw
from panoh.cases import actions as cases
from panoh.cases.models import Case
from panoh.duties import actions as duties
from panoh.kernel.rules import Category
from panoh.people import actions as people
from panoh.people.rules.person import Person
from tests.factories.clients import client_of, words
from tests.factories.pages import english, fresh, opened, url
from tests.factories.referrals import accepted, answer, sent
from tests.factories.staff import as_user, team, user

pytestmark = pytest.mark.django_db


PAGES = (
    *("", "next/", "answers/", "facts/means/", "facts/exploitation_forms/"),
    *("facts/vulnerabilities/", "facts/immigration_status/", "assess/trafficking/"),
    *("assess/smuggling/", "assess/case_category/", "apart/", "person/", "person/name/"),
    *("person/way/", "notes/story/", "notes/legal/", "documents/", "close/", "consent/"),
    *("consent/service/", "consent/police/"),
)


@pytest.mark.parametrize("language", ["tg", "ru", "en"])
def test_every_page_of_a_case_opens(language: str) -> None:
    case = opened()
    browser = client_of("nigora")
    browser.cookies["django_language"] = language
    for page in ["/", "/more/", "/search/", "/first-contact/", "/cases/", "/policy/"]:
        assert browser.get(page).status_code == 200, page
    for page in PAGES:
        assert browser.get(url(case, page)).status_code == 200, page


def test_a_page_asks_at_most_25_questions_of_the_database() -> None:
    case = opened(danger_now="danger")
    for _turn in range(10):
        opened()
    with as_user("nigora") as by:
        people.name(case.dossier, person=Person(chosen="Моҳ"), by=by, at=timezone.now())
        for field, codes in (("means", ["threats"]), ("triage_signs", ["injury"])):
            cases.record_facts(case.dossier, field=field, codes=codes, by=by, at=timezone.now())
    browser = client_of("nigora")
    for path in ("/", "/cases/", url(case), url(case, "person/"), url(case, "consent/")):
        browser.get(path)
        with CaptureQueriesContext(connection) as found:
            assert browser.get(path).status_code == 200
        # The test is a transaction of its own: the page's is a savepoint here, two statements.
        assert len(found) - 2 <= 25, (path, len(found))


def test_another_team_finds_no_page_of_it() -> None:
    case = opened()
    for name in ("lola", "shirin", "pulod"):
        browser = client_of(name)
        for page in PAGES:
            assert browser.get(url(case, page)).status_code in {403, 404}, (name, page)


def test_opening_is_recorded_and_the_name_stands_on_the_page() -> None:
    case = opened()
    with as_user("nigora") as by:
        people.name(case.dossier, person=Person(chosen="Моҳ"), by=by, at=timezone.now())
    assert "Моҳ" in english(client_of("safar"), url(case))
    with as_user("nigora"):
        seen = {(row.user_id, row.event) for row in who_saw(case.dossier.pk)}
    safar = user("safar").pk
    assert {(safar, "case.read"), (safar, "people.identity_read")} <= seen


def test_a_receiver_sees_what_was_granted_and_nothing_else() -> None:
    referral = accepted()
    with as_user("nigora") as by:
        cases.add_note(
            referral.dossier, category=Category.STORY, text="Сир", by=by, at=timezone.now()
        )
        people.name(referral.dossier, person=Person(chosen="Моҳ"), by=by, at=timezone.now())
    browser = client_of("shirin")
    page = english(browser, f"/cases/{referral.dossier.ref}/")
    assert "Моҳ" not in page
    assert "Steps of this case<" in page
    assert "What happened<" not in page, "the name of the story's part"
    for part in ("notes/story/", "notes/legal/", "person/name/", "consent/", "close/", "apart/"):
        assert browser.get(f"/cases/{referral.dossier.ref}/{part}").status_code in {403, 404}, part
    empty = browser.get(f"/cases/{referral.dossier.ref}/notes/services/")
    assert empty.status_code == 200 and b"timeline" not in empty.content, "a dot beside nothing"


def test_who_was_only_asked_sees_no_case() -> None:
    referral = sent()
    assert client_of("shirin").get(f"/cases/{referral.dossier.ref}/").status_code == 404


def form(case: Case, **more: str) -> dict[str, str]:
    return {"scope": "not_yet_known", "seen_version": str(case.version), **more}


def test_a13_saving_without_a_value_is_refused_and_not_yet_known_is_the_default() -> None:
    case = opened()
    browser = client_of("nigora")
    page = english(browser, url(case, "answers/"))
    assert re.search(r'name="scope"[^>]*value="not_yet_known" checked', page)
    empty = form(case)
    del empty["scope"]
    page = browser.post(url(case, "answers/"), empty).content.decode()
    assert "govuk-error-summary" in page
    with as_user("nigora"):
        assert fresh(case).version == case.version
    assert browser.post(url(case, "answers/"), form(case, scope="internal")).status_code == 302
    with as_user("nigora"):
        assert fresh(case).scope == "internal"


def test_what_somebody_else_changed_is_shown_beside_mine() -> None:
    case = opened()
    with as_user("safar") as by:
        changes = {"sex": "man"}
        cases.change(
            case.dossier, changes=changes, seen_version=case.version, by=by, at=timezone.now()
        )
    browser = client_of("nigora")
    mine = form(case, sex="own_words", language="uz", age_branch="adult", district="tj_3505401")
    page = browser.post(
        url(case, "answers/"), mine, headers={"Accept-Language": "en"}
    ).content.decode()
    assert "Somebody else changed this meanwhile" in page
    assert re.search(r"Saved now: <strong>Man</strong>", page)
    assert re.search(r"Yours: <strong>In own words</strong>", page)
    version = re.search(r'name="seen_version" value="(\d+)"', page)
    assert version
    again = browser.post(url(case, "answers/"), {**mine, "seen_version": version[1]})
    assert again.status_code == 302
    with as_user("nigora"):
        assert fresh(case).sex == "own_words"


@pytest.mark.parametrize("year", ["3000", "1700", "abc", "٢٠٠٠x", "99999999999999"])
def test_impossible_years_are_named(year: str) -> None:
    case = opened()
    page = client_of("nigora").post(url(case, "answers/"), form(case, birth_year=year))
    assert page.status_code == 200
    assert "govuk-error-summary" in page.content.decode()


def test_adult_and_a_childs_age_do_not_fit() -> None:
    case = opened()
    given = form(case, age_branch="adult", age_band="age_9_13")
    page = client_of("nigora").post(url(case, "answers/"), given, headers={"Accept-Language": "en"})
    assert "does not fit the age" in page.content.decode()


def test_what_is_owed_twice_is_one_line_of_what_a_closing_ends() -> None:
    case, now = opened(), timezone.now()
    with as_user("nigora") as by:
        duties.start(
            "case.later_questions",
            period="next_contact",
            owner=team("ngo-cases"),
            dossier=case.dossier,
            started_at=now,
            by=by,
            at=now,
        )
    page = english(client_of("nigora"), url(case, "close/"))
    assert re.findall(r"<li>Ask what was left for later(.*?)</li>", page) == [" × 2"]


def test_a_case_closes_with_a_reason_and_opens_again() -> None:
    case = opened()
    browser = client_of("nigora")
    with as_user("nigora") as by:
        answer(case.dossier, team("shelter-cases"), by=by)
    page = english(browser, url(case, "close/"))
    assert "Ask what was left for later" in page
    assert "Fictional House" in page
    page = browser.post(url(case, "close/"), {}).content.decode()
    assert "govuk-error-summary" in page
    assert browser.post(url(case, "close/"), {"reason": "contact_lost"}).status_code == 302
    page = browser.post(url(case, "close/"), {"reason": "contact_lost"}).content.decode()
    assert "govuk-error-summary" in page, "closed already"
    for _turn in range(2):
        assert browser.post(url(case, "reopen/")).status_code == 302
    with as_user("nigora"):
        assert fresh(case).state == "open"
    assert browser.get(url(case, "reopen/")).status_code == 302


def test_older_cases_stand_on_the_next_page() -> None:
    for _turn in range(51):
        opened()
    browser = client_of("nigora")
    page = browser.get("/cases/").content.decode()
    assert page.count('<li class="card') == 50
    older = re.search(r'rel="next" href="\?before=([^"]+)"', page)
    assert older
    assert browser.get(f"/cases/?before={older[1]}").content.decode().count('<li class="card') >= 1
    past = "1_2020-01-01T00:00:00+00:00"
    assert "There are no more cases." in words(
        client_of("nigora", "en").get("/cases/", {"before": past})
    )
    for bad in ("x", "1_x", "_2020-01-01", "99999999999999999999_2020-01-01", "0_2020-01-01"):
        assert browser.get("/cases/", {"before": bad}).status_code == 404, bad


def test_the_list_is_narrowed_and_turned() -> None:
    first, last = opened(danger_now="danger"), opened()
    browser = client_of("nigora")
    assert browser.post(url(last, "close/"), {"reason": "contact_lost"}).status_code == 302

    def shown(**asked: str) -> list[str]:
        page = browser.get("/cases/", asked).content.decode()
        refs = re.findall(r'class="govuk-link code" href="/cases/(\w+)/"', page)
        return [ref for ref in refs if ref in (first.dossier.ref, last.dossier.ref)]

    both = [last.dossier.ref, first.dossier.ref]
    assert shown() == both
    assert shown(order="oldest") == both[::-1]
    assert shown(state="open") == both[1:]
    assert shown(state="closed") == both[:1]
    assert shown(urgency="immediate", age_branch="", district="") == both[1:]
    assert shown(state="closed", urgency="immediate") == []
    page = browser.get("/cases/", {"state": "ajar"}).content.decode()
    assert "govuk-error-summary" in page
    assert all(ref in page for ref in both), "nothing is hidden by a slip"


def test_the_next_page_of_a_narrowed_list_stays_narrowed() -> None:
    for _turn in range(52):
        opened()
    browser = client_of("nigora")
    page = browser.get("/cases/", {"state": "open", "order": "oldest"}).content.decode()
    further = re.search(r'rel="next" href="\?([^"]+)"', page)
    assert further
    asked = further[1].replace("&amp;", "&")
    assert "state=open" in asked and "order=oldest" in asked
    assert browser.get(f"/cases/?{asked}").content.decode().count('<li class="card') >= 2
