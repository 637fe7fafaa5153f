"""First contact in two answers, age first."""

from uuid import UUID, uuid4

import pytest
from django.test import Client

from panoh.access.models import Grant
from panoh.cases.models import Case
from panoh.people.models import Identity
from panoh.referrals.models import Referral
from tests.factories.clients import client_of, hidden, too_late
from tests.factories.directory import organisation
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


def typed(**more: str) -> dict[str, str]:
    return {"safe_to_talk": "yes", "danger_now": "none", "submission": str(uuid4()), **more}


def case_of(answer: object) -> Case:
    ref = str(getattr(answer, "headers")["Location"]).split("/")[2]  # noqa: B009
    with as_user("nigora"):
        return Case.objects.select_related("dossier").get(dossier__ref=ref)


def test_two_answers_are_enough_and_nothing_is_sent() -> None:
    browser = client_of("nigora")
    answer = browser.post("/first-contact/", typed())
    assert answer.status_code == 302
    case = case_of(answer)
    page = browser.get(answer.headers["Location"], headers={"Accept-Language": "en"})
    assert "Saved. Nothing has been sent to anyone." in page.content.decode()
    with as_user("nigora"):
        assert not Identity.objects.filter(dossier=case.dossier).exists()
        assert not Referral.objects.filter(dossier=case.dossier).exists()
        assert {grant.source for grant in Grant.objects.filter(dossier=case.dossier)} == {"holder"}


@pytest.mark.parametrize("missing", ["safe_to_talk", "danger_now"])
def test_without_one_of_the_two_what_was_typed_stays(missing: str) -> None:
    given = typed(chosen="Моҳи Сохта", language="tg")
    del given[missing]
    page = client_of("nigora").post("/first-contact/", given).content.decode()
    assert "govuk-error-summary" in page
    assert 'value="Моҳи Сохта"' in page
    assert '<option value="tg" selected>' in page


def test_the_field_budget_is_eight_questions() -> None:
    page = client_of("nigora").get("/first-contact/").content.decode()
    assert page.count('class="govuk-form-group"') <= 8


def test_an_officer_is_led_to_the_only_question_that_police_may_ask() -> None:
    """ "Continue" ended on a page that is not theirs to see."""
    browser = client_of("pulod", "en")
    place = browser.post("/first-contact/", typed()).headers["Location"]
    ref = place.split("/")[2]
    asks, apart = f"/cases/{ref}/consent/be_called/", f"/cases/{ref}/consent/service/"
    page = browser.get(place)
    assert asks in page.content.decode() and apart not in page.content.decode()
    answered = {"age_branch": "adult", "seen_version": hidden(page, "seen_version")}
    answer = browser.post(place, answered)
    assert answer.headers["Location"] == asks and browser.get(asks).status_code == 200
    to = organisation("Fictional House", unit=team("shelter-cases").unit)
    preview = browser.get(f"/cases/{ref}/refer/{to.pk}/", {"help": "bed"}).content.decode()
    assert f"{asks}?to={to.pk}" in preview and apart not in preview
    recruited = browser.get(f"/cases/{ref}/recruitment/")
    assert recruited.status_code == 200 and "/consent/pattern/" not in recruited.content.decode()


def test_a_name_is_kept_sealed_and_found_again() -> None:
    browser = client_of("nigora")
    case = case_of(browser.post("/first-contact/", typed(chosen="Моҳи Сохта")))
    with as_user("nigora"):
        row = Identity.objects.get(dossier=case.dossier)
        assert "Моҳи".encode() not in bytes(row.names or b"")
    page = browser.get(f"/cases/{case.dossier.ref}/").content.decode()
    assert "Моҳи Сохта" in page
    assert case.dossier.ref in browser.post("/search/", {"name": "Mohi Sokhta"}).content.decode()


def test_sent_twice_it_is_saved_once() -> None:
    browser = client_of("nigora")
    given = typed(chosen="Моҳи Сохта")
    places = {browser.post("/first-contact/", given).headers["Location"] for _turn in range(2)}
    assert len(places) == 1
    with as_user("nigora"):
        assert Case.objects.filter(submission=UUID(given["submission"])).count() == 1


def test_age_first_leads_an_adult_to_consent_and_a_child_nowhere() -> None:
    browser = client_of("nigora")
    for branch, leads in (
        ("adult", "/consent/service/"),
        ("child", "/next/"),
        ("unknown", "/next/"),
    ):
        case = case_of(browser.post("/first-contact/", typed()))
        url = f"/cases/{case.dossier.ref}/next/"
        answer = browser.post(url, {"age_branch": branch, "seen_version": "1"})
        assert answer.headers["Location"].endswith(leads), branch
        if branch == "child":
            page = browser.get(url, headers={"Accept-Language": "en"}).content.decode()
            assert "two named people have decided" in page
            assert "/consent/service/" not in page
            page = browser.get(f"/cases/{case.dossier.ref}/consent/service/").content.decode()
            assert 'name="present"' not in page


def test_danger_puts_first_steps_before_everything() -> None:
    browser = client_of("nigora")
    answer = browser.post("/first-contact/", typed(danger_now="injury"))
    page = browser.get(answer.headers["Location"], headers={"Accept-Language": "en"})
    text = page.content.decode()
    assert text.index("Before anything else") < text.index("How old is the person?")
    called = "The duty officer of your team is called, nobody else."
    assert called in text
    calm = browser.post("/first-contact/", typed())
    page = browser.get(calm.headers["Location"], headers={"Accept-Language": "en"})
    assert called not in page.content.decode()


def test_what_was_typed_comes_back_after_a_lost_session() -> None:
    browser = too_late(client_of("nigora"))
    given = typed(chosen="Моҳи Сохта", danger_now="danger")
    answer = browser.post("/first-contact/", given)
    assert answer.headers["Location"] == "/sign-in/login/?next=%2Ffirst-contact%2F"
    again = client_of("nigora")
    page = again.get("/first-contact/").content.decode()
    assert 'value="Моҳи Сохта"' in page
    assert given["submission"] in page
    assert again.post("/first-contact/", given).status_code == 302
    assert "Моҳи Сохта" not in again.get("/first-contact/").content.decode(), "the draft is gone"


@pytest.mark.parametrize(
    "bad",
    ["\x00", "\u202eabc", "\ufffd", "x" * 15_001, "<script>alert(1)</script>" * 20],
    ids=["nul", "direction", "encoding", "long", "script"],
)
def test_bad_text_is_named_and_nothing_is_lost(bad: str) -> None:
    page = client_of("nigora").post("/first-contact/", typed(chosen=f"Моҳ {bad}")).content.decode()
    assert "govuk-error-summary" in page
    assert "Моҳ" in page
    assert "<script>alert" not in page


def test_codes_outside_the_list_are_refused() -> None:
    page = client_of("nigora").post("/first-contact/", typed(language="xx", danger_now="maybe"))
    assert page.status_code == 200
    assert "govuk-error-summary" in page.content.decode()


def test_without_a_team_nothing_can_be_saved() -> None:
    assert client_of("tahmina").get("/first-contact/").status_code == 403
    assert Client().post("/first-contact/", typed()).status_code == 302


def signs(case: Case, *codes: str) -> str:
    """The case's page after these signs of urgency were ticked there."""
    browser = client_of("nigora", "en")
    path = f"/cases/{case.dossier.ref}/"
    given = {"codes": list(codes), "seen": [""]}
    assert browser.post(f"{path}facts/triage_signs/", given).status_code == 302
    return browser.get(path).content.decode()


def test_a17_forced_sex_of_late_puts_the_doctor_with_both_windows_before_story_and_papers() -> None:
    case = case_of(client_of("nigora").post("/first-contact/", typed()))
    assert (
        "Before anything else"
        not in client_of("nigora", "en").get(f"/cases/{case.dossier.ref}/").content.decode()
    )
    page = signs(case, "forced_sex_5_days")
    first, story = page.index("Doctor now, before story and papers"), page.index("/notes/story/")
    assert first < page.index("72 hours") < page.index("120 hours") < story
    assert first < page.index("/documents/")
    assert "not verified" in page[first:story], "until a doctor has signed them"


def test_a17_thoughts_of_dying_open_the_safety_steps() -> None:
    case = case_of(client_of("nigora").post("/first-contact/", typed()))
    page = signs(case, "thoughts_of_dying")
    plan = f"/cases/{case.dossier.ref}/safety/"
    card = page[page.index("Before anything else") : page.index("/notes/story/")]
    assert "Safety steps: do not leave the person alone" in card
    assert f'href="{plan}"' in card
    assert client_of("nigora").get(plan).status_code == 200
    with as_user("nigora"):
        own = {case.dossier.holder_id}
        assert set(Grant.objects.values_list("team", flat=True)) <= own, "nobody outside is called"
