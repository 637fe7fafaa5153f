"""Consent at the desk: the room first, the script aloud, one sentence, three buttons."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from panoh.access import actions as access
from panoh.access.models import Grant
from panoh.cases import actions as facts
from panoh.cases.models import Case
from panoh.consent.models import Consent
from panoh.directory.models import Organisation
from panoh.duties.models import Duty
from panoh.kernel.rules import Category
from tests.factories.cases import contact
from tests.factories.clients import client_of, too_late, words
from tests.factories.directory import organisation
from tests.factories.referrals import until
from tests.factories.staff import as_user, team
from tests.factories.status import HALF, commission

pytestmark = pytest.mark.django_db


def case(**answers: str) -> Case:
    with as_user("nigora") as by:
        return contact(by, timezone.now(), **answers)


def shelter() -> Organisation:
    return organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)


def post() -> Organisation:
    return organisation("Fictional Post", kind="police", unit=team("police-cases").unit)


def url(one: Case, code: str = "service") -> str:
    return f"/cases/{one.dossier.ref}/consent/{code}/"


def asked(to: Organisation | None, code: str = "service", **more: Any) -> dict[str, Any]:
    return {
        "purpose": code,
        "present": ["nobody"],
        "language": "tg",
        "read_in": "",
        "interpreter": "not_needed",
        "to": str(to.pk) if to else "",
        "categories": ["core", "services"],
        "until": until().isoformat(),
        "submission": str(uuid4()),
        **more,
    }


def answered(given: dict[str, Any], answer: str, **more: Any) -> dict[str, Any]:
    return {**given, "told_limits": "on", "answer": answer, **more}


def consents(one: Case) -> list[Consent]:
    with as_user("nigora"):
        return list(Consent.objects.filter(dossier=one.dossier))


def test_the_room_comes_first_then_the_script_in_the_persons_language() -> None:
    one, to = case(), shelter()
    browser = client_of("nigora")
    page = browser.get(url(one)).content.decode()
    assert page.index('name="present"') < page.index('name="to"')
    page = browser.post(url(one), asked(to), headers={"Accept-Language": "en"}).content.decode()
    assert '<div class="say" lang="tg">' in page
    assert page.index("пинҳон дошта наметавонам") < page.index("Метавонам ба «Fictional House»")
    assert "Script version 2" in page
    assert "govuk-error-summary" not in page, "nothing was answered wrongly yet"
    assert consents(one) == []


def test_help_that_was_asked_for_stands_first_and_the_rest_is_folded_away() -> None:
    one = case()
    to = shelter()
    browser = client_of("nigora", "en")
    page = browser.get(url(one)).content.decode()
    assert re.search(
        r'<details class="govuk-details" open>\s*<summary[^>]*><span[^>]*>All kinds', page
    )
    with as_user("nigora") as by:
        facts.record_facts(
            one.dossier, field="services_asked", codes=["bed"], by=by, at=timezone.now()
        )
    page = browser.get(url(one)).content.decode()
    bed, fold = page.index('value="bed"'), page.index("Other help")
    assert bed < fold < page.index('value="doctor"')
    browser.post(url(one), answered(asked(to, services=["bed", "doctor"]), "yes"))
    assert consents(one)[0].services == ["bed", "doctor"]


def test_yes_is_saved_once_and_nothing_is_sent() -> None:
    one, to = case(), shelter()
    browser = client_of("nigora")
    given = answered(asked(to), "yes", own_words="Майлаш")
    for _turn in range(2):
        answer = browser.post(url(one), given)
        assert answer.headers["Location"] == f"/cases/{one.dossier.ref}/consent/"
    (saved,) = consents(one)
    assert saved.answer == "yes"
    assert saved.unit == team("shelter-cases").unit
    assert saved.categories == int(Category.CORE | Category.SERVICES)
    assert saved.script_version == "2"
    with as_user("nigora"):
        assert {g.source for g in Grant.objects.filter(dossier=one.dossier)} == {"holder"}


def test_from_the_sentence_one_goes_back_to_the_answers_and_after_the_yes_on_to_asking() -> None:
    one, to = case(), shelter()
    browser = client_of("nigora", "en")
    given = asked(to, services=["bed"], present=["husband"])
    sentence = browser.post(url(one), given).content.decode()
    # What Enter presses is the first button of the form, and that is no answer.
    buttons = re.findall(r'<button[^>]* name="(\w+)"', sentence[sentence.index("<main") :])
    assert buttons[0] == "change"
    kept = {**answered(given, ""), "change": "1"}
    del kept["answer"]
    page = browser.post(url(one), kept).content.decode()
    for name in ("husband", "bed", str(to.pk)):
        assert re.search(rf'value="{name}"[^>]* (checked|selected)', page), name
    assert consents(one) == []
    told = browser.post(url(one), answered(asked(to), "yes"), follow=True).content.decode()
    assert f'href="/cases/{one.dossier.ref}/refer/"' in told


def test_without_reading_aloud_nothing_is_saved_and_nothing_lost() -> None:
    one, to = case(), shelter()
    given = {**answered(asked(to), "yes", own_words="Майлаш")}
    del given["told_limits"]
    page = client_of("nigora").post(url(one), given).content.decode()
    assert "govuk-error-summary" in page
    assert "Майлаш" in page
    assert consents(one) == []


def test_h18_the_script_is_read_once_in_a_visit_and_then_one_sentence_and_her_options() -> None:
    one, to = case(), shelter()
    clinic = organisation("Fictional Clinic", kind="health_service", unit=team("clinic-cases").unit)
    browser = client_of("nigora", "en")
    browser.post(url(one), answered(asked(to), "no"))
    given = asked(clinic)
    page = browser.post(url(one), given).content.decode()
    aloud = " ".join(re.findall(r'<div class="say".*?</div>', page, re.DOTALL))
    assert "пинҳон дошта наметавонам" not in aloud and "пинҳон дошта наметавонам" in page
    assert "Ҳа, не ё баъдтар" in aloud and "Fictional Clinic" in aloud
    assert 'name="told_limits"' not in page
    browser.post(url(one), {**given, "answer": "yes"})
    first, second = sorted(consents(one), key=lambda row: row.asked_at)
    assert (first.read_at, second.read_at) == (first.asked_at, first.asked_at)
    assert second.asked_at > first.asked_at and second.told_limits
    assert second.answer == "yes" and len(second.explained) == 7


def test_h18_another_worker_another_language_and_the_police_are_read_everything() -> None:
    one, to = case(), shelter()
    nigora = client_of("nigora", "en")
    nigora.post(url(one), answered(asked(to), "no"))
    russian = asked(to, read_in="ru", interpreter="by_telephone")
    assert 'name="told_limits"' in nigora.post(url(one), russian).content.decode()
    assert 'name="told_limits"' in client_of("safar").post(url(one), asked(to)).content.decode()
    police = asked(post(), "police")
    assert 'name="told_limits"' in nigora.post(url(one, "police"), police).content.decode()
    unread = {**asked(to, read_in="ru", interpreter="by_telephone"), "answer": "yes"}
    assert "govuk-error-summary" in nigora.post(url(one), unread).content.decode()
    assert [row.answer for row in consents(one)] == ["no"]


def test_no_lets_nothing_leave_and_closes_nothing() -> None:
    one, to = case(), shelter()
    browser = client_of("nigora", "en")
    answer = browser.post(url(one), answered(asked(to), "no"))
    page = browser.get(answer.headers["Location"], headers={"Accept-Language": "en"})
    assert "Nothing leaves. Every service stays open." in page.content.decode()
    assert consents(one)[0].answer == "no"
    page = browser.get(f"/cases/{one.dossier.ref}/", headers={"Accept-Language": "en"})
    assert "every service stays open" in page.content.decode()


def test_later_becomes_a_duty() -> None:
    one, to = case(), shelter()
    client_of("nigora").post(url(one), answered(asked(to), "later"))
    with as_user("nigora"):
        assert Duty.objects.filter(dossier=one.dossier, kind="consent.ask_later").exists()


@pytest.mark.parametrize("who", ["husband", "employer", "guardian", "officer"])
def test_h18_with_such_a_person_in_the_room_no_yes_can_be_saved(who: str) -> None:
    one, to = case(), shelter()
    browser = client_of("nigora")
    given = asked(to, present=[who])
    page = browser.post(url(one), given, headers={"Accept-Language": "en"}).content.decode()
    assert "With this person in the room no yes can be saved." in page
    assert 'name="answer" value="yes"' not in page
    assert 'name="answer" value="no"' in page
    told = browser.post(url(one), answered(given, "yes"), headers={"Accept-Language": "en"})
    assert "Ask again when you are alone" in told.content.decode()
    assert consents(one) == []
    called = browser.post(url(one, "be_called"), asked(to, "be_called", present=[who]))
    assert 'name="answer" value="yes"' in called.content.decode(), "a helper may call"


def test_h18_police_is_asked_apart_and_takes_effect_after_a_day() -> None:
    one, house, police = case(), shelter(), post()
    browser = client_of("nigora")
    page = browser.get(url(one)).content.decode()
    assert str(house.pk) in page
    assert str(police.pk) not in page
    page = browser.get(url(one, "police")).content.decode()
    assert str(police.pk) in page
    assert str(house.pk) not in page
    given = asked(police, "police")
    told = browser.post(url(one, "police"), given, headers={"Accept-Language": "en"})
    assert "A yes takes effect later" in told.content.decode()
    browser.post(url(one, "police"), answered(given, "yes"))
    (saved,) = consents(one)
    assert saved.effective_at
    assert saved.effective_at > saved.asked_at


def test_h18_a_missing_language_opens_the_task_of_an_interpreter() -> None:
    one, to = case(language="ps"), shelter()
    browser = client_of("nigora")
    given = asked(to, language="ps")
    page = browser.post(url(one), given, headers={"Accept-Language": "en"}).content.decode()
    assert "The script is not there in this language" in page
    path = f"/cases/{one.dossier.ref}/interpreter/"
    for _turn in range(2):
        assert browser.post(path, {"language": "ps"}).status_code == 302
    with as_user("nigora"):
        assert Duty.objects.filter(dossier=one.dossier, kind="consent.interpreter").count() == 1
    assert browser.post(path, {"language": "nonsense"}).status_code == 400
    given |= {"read_in": "tg"}
    page = browser.post(url(one), given).content.decode()
    assert "govuk-error-summary" in page, "who interprets?"
    given |= {"interpreter": "by_telephone"}
    assert browser.post(url(one), answered(given, "yes")).status_code == 302
    assert consents(one)[0].read_in == "tg"


def test_a19_legal_status_is_asked_alone() -> None:
    one, to = case(), shelter()
    browser = client_of("nigora")
    given = answered(asked(to, categories=["core", "services", "legal"]), "yes")
    page = browser.post(url(one), given).content.decode()
    assert "govuk-error-summary" in page
    alone = answered(asked(to, categories=["legal"]), "yes")
    assert browser.post(url(one), alone).status_code == 302
    assert consents(one)[0].categories == int(Category.LEGAL)


def test_police_may_record_only_that_a_helper_may_call() -> None:
    with as_user("pulod") as by:
        one = contact(by, timezone.now(), in_team="police-cases")
    browser = client_of("pulod")
    shelter()
    assert browser.get(url(one)).status_code == 404
    assert browser.get(url(one, "be_called")).status_code == 200
    page = browser.get(f"/cases/{one.dossier.ref}/consent/").content.decode()
    assert re.findall(r"/consent/(\w+)/", page) == ["be_called"]


def test_being_found_names_nobody() -> None:
    one = case()
    browser = client_of("nigora")
    page = browser.get(url(one, "be_found")).content.decode()
    assert 'name="to"' not in page
    given = asked(None, "be_found")
    for name in ("to", "categories"):
        del given[name]
    assert browser.post(url(one, "be_found"), answered(given, "yes")).status_code == 302


def test_a_date_in_the_past_is_refused() -> None:
    one, to = case(), shelter()
    given = answered(asked(to, until="2020-01-01"), "yes")
    page = client_of("nigora").post(url(one), given).content.decode()
    assert "govuk-error-summary" in page
    assert consents(one) == []


def test_a_receiver_of_another_list_or_none_is_refused() -> None:
    one, police = case(), post()
    browser = client_of("nigora")
    for to in (str(police.pk), str(uuid4()), "", "x"):
        page = browser.post(url(one), answered({**asked(None), "to": to}, "yes"))
        assert page.status_code == 200
        assert consents(one) == []


def test_only_the_holders_team_asks() -> None:
    one = case()
    for name in ("lola", "shirin"):
        assert client_of(name).get(url(one)).status_code == 404
        assert client_of(name).get(f"/cases/{one.dossier.ref}/consent/").status_code == 404


def test_a_half_filled_sentence_comes_back_after_a_lost_session() -> None:
    one, to = case(), shelter()
    given = asked(to, present=["interpreter"], interpreter="professional")
    late = too_late(client_of("nigora")).post(url(one), given)
    assert late.headers["Location"].startswith("/sign-in/login/")
    again = client_of("nigora", "en")
    page = again.get(url(one))
    assert "before your session ended" in words(page)
    assert given["submission"] in page.content.decode()
    assert "Fictional House" in words(page)
    assert consents(one) == []


def test_an_answer_given_as_the_session_ended_is_shown_again_and_saved_only_by_hand() -> None:
    one, to = case(), shelter()
    given = answered(asked(to), "yes", own_words="Сухани қалбакӣ")
    too_late(client_of("nigora")).post(url(one), given)
    again = client_of("nigora", "en")
    page = again.get(url(one))
    assert "Сухани қалбакӣ" in page.content.decode()
    assert consents(one) == [], "what somebody agreed to is never saved by a visit"
    assert again.post(url(one), given).status_code == 302
    assert [row.answer for row in consents(one)] == ["yes"]
    assert "Сухани қалбакӣ" not in again.get(url(one)).content.decode(), "the draft is gone"


def test_b4_a_commission_is_agreed_to_by_pages_and_then_asked() -> None:
    home, far = commission(), commission("far", "tj_3501266", "anor", "bahor", "chaman")
    one, near = case(district="tj_3505401", age_branch="adult"), f"body:{home.code}"
    browser = client_of("nigora", "en")
    apply = f"/decisions/{one.dossier.ref}/status/apply/"
    assert f'href="{url(one, "status")}"' in browser.get(apply).content.decode()
    page = browser.get(url(one, "status")).content.decode()
    assert page.index(near) < page.index(f"body:{far.code}"), "her own district first"
    assert 'name="services"' not in page, "a commission gives no help"
    given = asked(None, "status", categories=["core"], language="ru") | {"to": near}
    assert "сообщить в «Fictional district-status»" in words(
        browser.post(url(one, "status"), given)
    )
    said = answered(given, "yes", asked_now="on")
    assert browser.post(url(one, "status"), said).status_code == 302
    (saved,) = consents(one)
    assert (saved.team, saved.unit) == (home.team, home.team.unit)
    assert f"The person has agreed to: {home}." in words(browser.get(apply))
    typed = {"body": home.code, "text": HALF, "hearing": "not_wanted", "opinion": "supports"}
    assert browser.post(apply, typed).status_code == 302
    with as_user("nigora") as by:
        access.exclude(one.dossier, kind="unit", unit=far.team.unit, by=by, at=timezone.now())
    page = browser.get(url(one, "status")).content.decode()
    assert f"body:{far.code}" not in page and near in page
    stale = given | {"to": "body:nowhere"}
    assert browser.post(url(one, "status"), stale).status_code == 200


def test_b4_for_a_child_a_commission_is_proposed_as_any_other_receiver() -> None:
    home, one = commission(), case(district="tj_3505401", age_branch="child")
    page = client_of("nigora", "en").get(reverse("desk:propose", args=[one.dossier.ref]))
    assert f'value="body:{home.code}"' in page.content.decode()
