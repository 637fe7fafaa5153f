"""Today, search and the pages beside the main job."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from panoh.cases import actions as cases
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.ui.rules import PartialDate
from tests.factories.cases import contact
from tests.factories.clients import client_of, hidden, words
from tests.factories.referrals import answer, sent
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


def test_today_counts_and_explains_its_order() -> None:
    with as_user("nigora") as by:
        calm = contact(by, timezone.now())
        urgent = contact(by, timezone.now(), danger_now="danger")
    page = client_of("nigora").get("/", headers={"Accept-Language": "en"}).content.decode()
    assert "1 thing today" in page, "the alert; the questions of both are for the days to come"
    assert "2 more are not due today." in page
    assert page.index(urgent.dossier.ref[:5]) < page.index(calm.dossier.ref[:5])
    assert "Why here: Immediately" in page
    assert "service target, not law" in page
    assert "hours left" in page or "days left" in page


def test_nobody_owes_anything() -> None:
    page = client_of("lola").get("/", headers={"Accept-Language": "en"}).content.decode()
    assert "Nothing is owed today" in page
    assert "Requests of other services come into the inbox." in page


def test_an_alert_is_taken_and_a_duty_ticked_off() -> None:
    with as_user("nigora") as by:
        case = contact(by, timezone.now(), danger_now="danger")
    browser = client_of("nigora", "en")
    alert = Duty.objects
    with as_user("nigora"):
        alert_id = alert.get(kind="urgent.alert", dossier=case.dossier).pk
        later_id = alert.get(kind="case.later_questions", dossier=case.dossier).pk
    button = {"csrfmiddlewaretoken": hidden(browser.get("/"), "csrfmiddlewaretoken")}
    for said in ("You have taken it.", "Nothing was done twice."):  # pressed twice
        page = browser.post(f"/duties/{alert_id}/take/", button, follow=True)
        assert page.status_code == 200 and said in words(page)
    assert browser.post(f"/duties/{alert_id}/take/").status_code == 409, "taken already"
    for _again in range(2):
        assert browser.post(f"/duties/{later_id}/done/").status_code == 302
    assert browser.get(f"/duties/{later_id}/done/").status_code == 302, "after a lost session"
    with as_user("nigora"):
        assert alert.get(pk=alert_id).acknowledged_at
        assert alert.get(pk=later_id).settled_at


@pytest.mark.parametrize(
    ("alert", "minutes_left", "said"),
    [
        ("emergency.ring", 9, "Danger to life: somebody asks"),
        ("emergency.ring", -1, "Danger to life: somebody asks"),
        ("bed.expected", -1, "A bed is held"),
    ],
)
def test_a_call_that_nobody_took_stands_before_what_is_late(
    alert: str, minutes_left: int, said: str
) -> None:
    now = timezone.now()
    with as_user("nigora") as by:
        calm = contact(by, now)
        given: dict[str, Any] = {"owner": team("ngo-cases"), "by": by, "at": now}
        for kind, minutes in (("case.close_review", -9), (alert, minutes_left)):
            due = now + timedelta(minutes=minutes)
            duties.open(kind, dossier=calm.dossier, due=due, **given)
        duties.escalate_overdue(at=now)
    page = words(client_of("nigora", "en").get("/"))
    assert page.index("Nobody has taken this yet") < page.index(said)
    assert page.rindex(said) < page.index("Read why a case was closed")


def test_a_duty_of_another_team_is_not_there() -> None:
    with as_user("nigora") as by:
        case = contact(by, timezone.now(), danger_now="danger")
        duty = Duty.objects.filter(dossier=case.dossier).first()
    assert duty
    for name in ("lola", "shirin", "pulod"):
        assert client_of(name).post(f"/duties/{duty.pk}/done/").status_code == 404
    assert client_of("nigora").post(f"/duties/{uuid4()}/done/").status_code == 404


def test_an_alert_of_a_case_that_is_not_read_any_more_is_taken_all_the_same() -> None:
    """The team owes it still; of the case it sees nothing."""
    with as_user("nigora") as by:
        dossier, owner = contact(by, timezone.now()).dossier, team("shelter-cases")
        duty = duties.open("bed.expected", dossier=dossier, owner=owner, by=by, at=timezone.now())
    taken = client_of("shirin").post(reverse("desk:take", args=[duty.pk]))
    assert taken.status_code == 302
    with as_user("shirin"):
        assert Duty.objects.get(pk=duty.pk).acknowledged_at


def test_older_duties_stand_on_the_next_page() -> None:
    with as_user("nigora") as by:
        for hours in range(25):
            duties.open(
                "consent.ask_later",
                owner=team("ngo-cases"),
                by=by,
                at=timezone.now() - timedelta(hours=hours),
                due=timezone.now() + timedelta(hours=hours + 1),
            )
    browser = client_of("nigora")
    page = browser.get("/").content.decode()
    assert page.count("/done/") == 20
    older = page.split("?after=")[1].split('"')[0]
    assert browser.get(f"/?after={older}").content.decode().count("/done/") == 5
    assert browser.get("/?after=nonsense").status_code == 404


def test_a_request_that_waits_is_on_today() -> None:
    sent()
    page = client_of("shirin").get("/", headers={"Accept-Language": "en"}).content.decode()
    assert "1 request waits for your answer" in page
    assert "/inbox/" in page


@pytest.mark.parametrize("name", ["ibrohim", "rustam", "tahmina", "firuz", "amina", "admin"])
def test_accounts_without_cases_have_a_today(name: str) -> None:
    browser = client_of(name)
    page = browser.get("/")
    assert page.status_code == 200
    assert "/policy/" in page.content.decode() or "/access/" in page.content.decode()
    assert browser.get("/more/").status_code == 200
    for path in ("/search/", "/first-contact/", "/cases/"):
        assert browser.get(path).status_code == 403, path
        assert f'href="{path}"' not in page.content.decode(), "no link that is refused"


def test_a_page_is_signed_in_or_leads_to_sign_in() -> None:
    answer_ = Client().get("/")
    assert answer_.status_code == 302
    assert answer_.headers["Location"].startswith("/sign-in/")


def test_copies_are_confirmed_by_a_receiver_that_sees_no_case() -> None:
    with as_user("shirin") as by:
        duty = duties.open(
            "consent.destroy_copies", owner=team("shelter-cases"), by=by, at=timezone.now()
        )
    browser = client_of("shirin")
    assert f"/duties/{duty.pk}/copies/" in browser.get("/").content.decode()
    page = browser.post(f"/duties/{duty.pk}/copies/", {})
    assert page.status_code == 200, "an answer is needed"
    page = browser.post(f"/duties/{duty.pk}/copies/", {"answer": "destroyed"})
    assert page.status_code == 302
    assert browser.post(f"/duties/{duty.pk}/copies/", {"answer": "destroyed"}).status_code == 302


# -- search -----------------------------------------------------------------------------------


def named(chosen: str) -> str:
    with as_user("nigora") as by:
        case = contact(by, timezone.now())
        person = Person(given=chosen, family="Сохтаева")
        people.name(case.dossier, person=person, by=by, at=timezone.now())
    return case.dossier.ref


def test_search_finds_own_files_and_says_why() -> None:
    ref = named("Гулнора")
    page = client_of("nigora").post(
        "/search/", {"name": "Gulnora Sokhtaeva"}, headers={"Accept-Language": "en"}
    )
    text = page.content.decode()
    assert ref in text
    assert "Гулнора" in text
    assert "two names agree" in text
    assert page.headers["Cache-Control"] == "no-store"


def test_a4_police_search_answers_not_found_with_and_without_a_file() -> None:
    """Row A4: the answer is the same for a person who is known elsewhere and for nobody."""
    named("Гулнора")
    browser = client_of("pulod")
    texts = [
        browser.post("/search/", {"name": name}, headers={"Accept-Language": "en"})
        .content.decode()
        .replace(name, "")
        for name in ("Гулнора Сохтаева", "Зебо Набудаева")
    ]
    marks = ("csrf", 'name="once"')
    strip = [
        [line for line in text.split("\n") if not any(mark in line for mark in marks)]
        for text in texts
    ]
    different = [one for one, other in zip(*strip, strict=True) if one != other]
    assert all("left today" in line for line in different), different
    assert "Nobody was found in the files of your teams" in texts[0]


def test_where_somebody_agreed_to_be_found_only_the_unit_is_said() -> None:
    with as_user("nigora") as by:
        case = contact(by, timezone.now())
        person = Person(given="Гулнора", family="Сохтаева", birth=PartialDate.parse("1998-03-27"))
        people.name(case.dossier, person=person, by=by, at=timezone.now())
        answer(case.dossier, purpose="be_found", by=by)
    asked = {
        "name": "Гулнора Сохтаева",
        "birth_day": "27",
        "birth_month": "3",
        "birth_year": "1998",
    }
    page = client_of("shirin").post("/search/", asked, headers={"Accept-Language": "en"})
    assert "Known to Fictional Road NGO: ask there." in page.content.decode()
    assert case.dossier.ref not in page.content.decode()


def test_the_quota_is_said_and_what_was_typed_stays() -> None:
    browser = client_of("nigora")
    for _turn in range(20):
        assert browser.post("/search/", {"name": "Зебо Набудаева"}).status_code == 200
    page = browser.post(
        "/search/", {"name": "Зебо Набудаева"}, headers={"Accept-Language": "en"}
    ).content.decode()
    assert "You have searched as often today as is allowed" in page
    assert 'value="Зебо Набудаева"' in page


def test_a_search_needs_something_and_stands_in_no_address() -> None:
    page = client_of("nigora").get("/search/?name=Gulnora").content.decode()
    assert 'value="Gulnora"' not in page
    assert 'method="get"' not in page
    page = client_of("nigora").post("/search/", {}).content.decode()
    assert "govuk-error-summary" in page


# -- the demo's own sign-in page ------------------------------------------------------------


def test_accounts_stand_on_the_sign_in_page_of_a_demonstration_only(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "demo.json").write_text(
        json.dumps(
            [
                {
                    "username": "nigina",
                    "passphrase": "four fictional words",
                    "role": "ngo",
                    "unit": {"tg": "Ташкилот", "ru": "Вымышленная", "en": "Fictional NGO"},
                    "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                }
            ]
        )
    )
    settings.PANOH_VAR = tmp_path
    assert "nigina" not in Client().get("/sign-in/login/").content.decode()
    settings.PANOH_MODE = "demo"
    page = Client().get("/sign-in/login/", headers={"Accept-Language": "en"}).content.decode()
    assert "nigina" in page and "NGO caseworker, Fictional NGO" in page
    page = Client().get("/sign-in/login/", headers={"Accept-Language": "ru"}).content.decode()
    assert "Сотрудник общественной организации, Вымышленная" in page
    settings.PANOH_MODE = "serve"
    assert "nigina" not in Client().get("/sign-in/login/").content.decode()


def test_a24_a_link_is_ended_once_however_often_it_is_pressed() -> None:
    with as_user("nigora") as by:
        now: dict[str, Any] = {"by": by, "at": timezone.now()}
        first, second = (contact(by, timezone.now()).dossier for _one in range(2))
        kin = cases.link(first, other=second, relation="child", **now)
    browser = client_of("nigora", "en")
    page = browser.get(reverse("desk:relatives", args=[first.ref]))
    button = {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken")}
    for said in ("Saved.", "Nothing was done twice."):
        url = reverse("desk:unlink", args=[first.ref, kin.pk])
        page = browser.post(url, button, follow=True)
        assert page.status_code == 200 and said in words(page)
