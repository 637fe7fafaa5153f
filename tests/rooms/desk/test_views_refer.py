"""Who can help, exactly what they will see, sending, and the letter to those without accounts."""

import gzip
import io
import re
from typing import Any
from uuid import uuid4

import pypdf
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from panoh.access.models import Dossier
from panoh.audit.queries import who_saw
from panoh.cases import actions as cases
from panoh.cases.queries import is_apart
from panoh.directory.models import Organisation, UnmetNeed
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.referrals.models import Referral
from panoh.referrals.rules import DEFAULT_PACKET, State
from tests.factories.clients import client_of, hidden, too_late, words
from tests.factories.directory import organisation, service
from tests.factories.referrals import NOW, answer, case
from tests.factories.staff import as_user, team, user

pytestmark = pytest.mark.django_db


def house() -> Organisation:
    """The shelter's entry: a bed for women, with the shelter's accounts behind it."""
    made = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(made, sexes=("woman",))
    return made


def opened(to: Any = None, *, categories: Category = DEFAULT_PACKET, **answers: Any) -> Dossier:
    """A case of the NGO; with ``to`` the person has agreed that it be told."""
    with as_user("nigora") as by:
        dossier = case(by, **answers).dossier
        if to is not None:
            answer(dossier, to, by=by, categories=categories)
        return dossier


def requests(dossier: Dossier) -> list[Referral]:
    """Every request about a case, as its holder sees them."""
    with as_user("nigora"):
        return list(Referral.objects.filter(dossier=dossier))


def send(browser: Client, dossier: Dossier, to: Organisation, **typed: Any) -> Any:
    """Look at the preview, then send what it shows."""
    address = f"/cases/{dossier.ref}/refer/{to.pk}/"
    page = browser.get(address, {"help": "bed"})
    sent = {
        "services": ["bed"],
        "categories": ["contact"],
        "urgency": "routine",
        "submission": hidden(page, "submission"),
        "shown": hidden(page, "shown"),
        "send": "1",
    }
    return browser.post(address, sent | typed)


def test_who_can_help_is_filled_in_from_the_case() -> None:
    house()
    dossier = opened()
    with as_user("nigora") as by:
        cases.record_facts(dossier, field="services_asked", codes=["bed"], by=by, at=NOW)
    page = client_of("nigora", "en").get(f"/cases/{dossier.ref}/refer/")
    assert "Fictional House" in words(page)
    assert '<option value="woman" selected' in page.content.decode()
    assert len(page.context["form"].fields) <= 6


def test_a16_shelter_for_a_man_lists_only_places_that_admit_men() -> None:
    house()
    dossier = opened(sex="man")
    browser = client_of("nigora", "en")
    asked = {"service": "bed", "sex": "man", "district": "tj_3505401"}
    page = browser.post(f"/cases/{dossier.ref}/refer/", asked)
    assert "Fictional House" not in words(page)
    assert "Nobody was found" in words(page)
    assert "Money for a safe night" in words(page)
    assert UnmetNeed.objects.count() == 1
    browser.post(f"/cases/{dossier.ref}/refer/", asked)
    assert UnmetNeed.objects.count() == 1, "looked at twice is one need"
    men = organisation("Fictional Men's House", kind="shelter", telephone="000 00 07")
    service(men, sexes=("man",))
    page = browser.post(f"/cases/{dossier.ref}/refer/", asked)
    assert "Fictional Men&#x27;s House" in page.content.decode()


def test_the_preview_shows_exactly_what_is_sent() -> None:
    to = house()
    dossier = opened(team("shelter-cases"), children="one", danger_now="danger")
    browser = client_of("nigora", "en")
    page = browser.get(f"/cases/{dossier.ref}/refer/{to.pk}/")
    assert "Show what they will see" in words(page) and "Show it again" not in words(page)
    page = browser.get(f"/cases/{dossier.ref}/refer/{to.pk}/", {"help": "bed"})
    shown = [line.text for line in page.context["preview"].before]
    assert f"They will see these {len(shown)} lines" in words(page)
    assert "They will not see" in words(page) and "What happened" in words(page)
    assert send(browser, dossier, to, urgency="immediate").status_code == 302
    (sent,) = requests(dossier)
    assert sent.state == State.SENT
    receiver = client_of("shirin", "en").get(f"/requests/{sent.ref}/")
    assert [line.text for line in receiver.context["preview"].before] == shown
    assert dossier.ref not in receiver.content.decode()


def test_five_taps_are_enough_and_a_second_press_is_harmless() -> None:
    to = house()
    dossier = opened(team("shelter-cases"))
    browser = client_of("nigora", "en")
    first = browser.get(f"/cases/{dossier.ref}/refer/")  # tap 1, on the page of the case
    assert f"/refer/{to.pk}/" in first.content.decode()
    key = str(uuid4())
    page = browser.get(f"/cases/{dossier.ref}/refer/{to.pk}/", {"help": "bed"})  # tap 2
    typed = {"submission": key, "shown": hidden(page, "shown")}
    done = send(browser, dossier, to, **typed)  # tap 3
    again = send(browser, dossier, to, **typed)
    assert done["Location"] == again["Location"]
    assert len(requests(dossier)) == 1


def test_nothing_is_sent_without_a_yes_to_this_one() -> None:
    to = house()
    dossier = opened(team("legal-cases"))
    browser = client_of("nigora", "en")
    page = browser.get(f"/cases/{dossier.ref}/refer/{to.pk}/", {"help": "bed"})
    assert "was not asked about this service yet" in words(page)
    assert f"?to={to.pk}" in page.content.decode()
    assert 'name="send"' not in page.content.decode()
    page = send(browser, dossier, to)
    assert page.status_code == 200 and "has not agreed" in words(page)
    assert not requests(dossier)


def test_a_case_that_changed_after_the_preview_is_shown_once_more() -> None:
    to = house()
    dossier = opened(team("shelter-cases"))
    browser = client_of("nigora", "en")
    shown = hidden(browser.get(f"/cases/{dossier.ref}/refer/{to.pk}/", {"help": "bed"}), "shown")
    with as_user("nigora") as by:
        cases.change(dossier, changes={"children": "two"}, seen_version=1, by=by, at=NOW)
    page = send(browser, dossier, to, shown=shown)
    assert "This has changed since you saw it" in words(page)
    assert not requests(dossier)
    assert send(browser, dossier, to, shown=hidden(page, "shown")).status_code == 302


@pytest.mark.parametrize("branch", ["child", "unknown"])
def test_for_a_child_or_an_unknown_age_nothing_is_sent_and_it_is_said_kindly(branch: str) -> None:
    to = house()
    dossier = opened(age_branch=branch)
    browser = client_of("nigora", "en")
    assert "Nothing is sent" in words(browser.get(f"/cases/{dossier.ref}/refer/"))
    page = browser.get(f"/cases/{dossier.ref}/refer/{to.pk}/", {"help": "bed"})
    assert 'name="send"' not in page.content.decode()
    assert send(browser, dossier, to).status_code == 200
    assert not requests(dossier)


def test_a19_the_default_packet_has_no_legal_field_even_where_she_agreed_to_it() -> None:
    to = house()
    dossier = opened(team("shelter-cases"))
    with as_user("nigora") as by:
        answer(dossier, team("shelter-cases"), by=by, categories=Category.LEGAL)
    browser = client_of("nigora", "en")
    page = browser.get(f"/cases/{dossier.ref}/refer/{to.pk}/", {"help": "bed"})
    assert "Legal matters" in page.context["preview"].never
    assert not Category(page.context["proposal"].categories) & Category.LEGAL
    assert 'value="legal"' in page.content.decode(), "she agreed apart, so it may be ticked"
    other = opened(team("shelter-cases"))
    page = browser.get(f"/cases/{other.ref}/refer/{to.pk}/", {"help": "bed"})
    assert 'value="legal"' not in page.content.decode()


def test_a_letter_carries_no_name_without_agreement_and_is_noted() -> None:
    to = organisation("Fictional Village Help", telephone="000 00 09")
    service(to)
    dossier = opened(to)
    browser = client_of("nigora", "en")
    done = send(browser, dossier, to)
    assert done.status_code == 302
    page = browser.get(f"{done['Location']}letter/")
    assert "Fictional Village Help" in words(page) and "000 00 09" not in words(page)
    assert "Name" not in [*re.findall(r"<dt[^>]*>([^<]*)</dt>", page.content.decode())]
    assert "We ask you to help one person" in words(page)
    assert "Тоҷикӣ · Русский · English" in words(page), "languages by their names, not by codes"
    ref = done["Location"].split("/")[2]
    for language, title in (("tg", "Хоҳиши кумак"), ("ru", "Просьба о помощи")):
        made = browser.get(f"{done['Location']}letter/{language}/")
        (sheet,) = pypdf.PdfReader(io.BytesIO(made.content)).pages
        text = " ".join(sheet.extract_text().split())
        assert title in text and "Fictional Village Help" in text and "000 00 09" not in text
    assert browser.get(f"{done['Location']}letter/uz/").status_code == 404
    with as_user("nigora"):
        assert [row.event for row in who_saw(dossier.pk)].count("referral.printed") == 3
    page = browser.post(f"/requests/{ref}/accept/", {"channel": "telephone"}, follow=True)
    assert "Accepted" in words(page)
    assert requests(dossier)[0].state == State.ACCEPTED


def test_nobody_else_may_refer() -> None:
    to = house()
    dossier = opened(team("shelter-cases"))
    for name, status in [("pulod", 404), ("lola", 404), ("rustam", 404)]:
        browser = client_of(name, "en")
        assert browser.get(f"/cases/{dossier.ref}/refer/").status_code == status
        assert browser.get(f"/cases/{dossier.ref}/refer/{to.pk}/").status_code == status
        assert send_blind(browser, dossier, to).status_code == status


def send_blind(browser: Client, dossier: Dossier, to: Organisation) -> Any:
    typed = {"services": ["bed"], "submission": str(uuid4()), "send": "1"}
    return browser.post(f"/cases/{dossier.ref}/refer/{to.pk}/", typed)


def test_a_unit_cannot_ask_itself() -> None:
    own = organisation("Fictional Road", unit=user("nigora").unit)
    service(own)
    dossier = opened()
    browser = client_of("nigora", "en")
    page = browser.post(f"/cases/{dossier.ref}/refer/", {"service": "bed"})
    assert "Your own organisation" in words(page)
    page = browser.get(f"/cases/{dossier.ref}/refer/{own.pk}/", {"help": "bed"})
    assert "already has this case" in words(page)


def test_refer_preview_and_request_stay_cheap() -> None:
    to = house()
    for number in range(20):
        service(organisation(f"Fictional {number}", telephone="000 00 06"))
    dossier = opened(team("shelter-cases"))
    browser = client_of("nigora", "en")
    address = send(browser, dossier, to)["Location"]
    for path in (
        f"/cases/{dossier.ref}/refer/",
        f"/cases/{dossier.ref}/refer/{to.pk}/?help=bed",
        address,
        f"{address}letter/",
    ):
        with CaptureQueriesContext(connection) as asked:
            page = browser.get(path)
        assert len(asked) <= 25, path
        assert len(gzip.compress(page.content)) <= 10_000, path
    with CaptureQueriesContext(connection) as asked:
        page = browser.post(f"/cases/{dossier.ref}/refer/", {"service": "bed"})
    assert len(page.context["people"]) == 21
    assert len(asked) <= 25
    assert len(gzip.compress(page.content)) <= 10_000
    with CaptureQueriesContext(connection) as asked:
        client_of("shirin").get(address)
    assert len(asked) <= 30, "with what signing the account in asks"


def test_what_was_asked_of_who_can_help_comes_back_after_a_lost_session() -> None:
    house()
    dossier = opened()
    url = f"/cases/{dossier.ref}/refer/"
    asked = {"service": "bed", "sex": "woman", "district": "tj_3505401", "age_band": "age_21_29"}
    late = too_late(client_of("nigora")).post(url, asked)
    assert late.headers["Location"].startswith("/sign-in/login/")
    again = client_of("nigora", "en")
    page = again.get(url)
    assert "before your session ended" in words(page)
    assert '<option value="tj_3505401" selected' in page.content.decode()
    assert "Fictional House" in words(page), "and it is answered"
    again.post(url, asked)
    assert "before your session ended" not in words(again.get(url)), "the draft is gone"


def test_a_half_written_request_comes_back_after_a_lost_session_and_is_not_sent() -> None:
    to = house()
    dossier = opened(team("shelter-cases"))
    url = f"/cases/{dossier.ref}/refer/{to.pk}/"
    browser = client_of("nigora")
    page = browser.get(url, {"help": "bed"})
    kept = {"services": ["bed"], "categories": ["contact"], "urgency": "immediate", "send": "1"}
    kept |= {name: hidden(page, name) for name in ("submission", "shown")}
    late = too_late(browser).post(url, kept)
    assert late.headers["Location"].startswith("/sign-in/login/")
    assert requests(dossier) == []
    again = client_of("nigora", "en")
    page = again.get(url)
    assert "before your session ended" in words(page)
    assert page.context["form"]["urgency"].value() == "immediate"
    assert hidden(page, "submission") == kept["submission"]
    assert requests(dossier) == [], "a draft is shown, never sent by itself"
    assert send(again, dossier, to, urgency="immediate").status_code == 302
    assert [one.urgency for one in requests(dossier)] == ["immediate"]
    assert "before your session ended" not in words(again.get(url)), "the draft is gone"


def test_an_account_sees_no_draft_of_another() -> None:
    house()
    dossier = opened()
    url = f"/cases/{dossier.ref}/refer/"
    too_late(client_of("nigora")).post(url, {"service": "doctor"})
    page = client_of("safar", "en").get(url)
    assert page.status_code == 200
    assert "before your session ended" not in words(page)


def test_e13_whoever_can_help_is_the_same_for_every_form_of_exploitation() -> None:
    """Twelve people whose cases differ in nothing else see the same services, and each may be
    asked; so it is with all forms at once and with none."""
    for code in ("bed", "doctor", "legal_advice", "money", "wage_claim"):
        made = organisation(f"Fictional {code}", kind="ngo")
        service(made, code)
    forms = [row.code for row in policy.codes("exploitation_forms", NOW.date())]
    known = [code for code in forms if code != "not_yet_known"]
    assert len(known) >= 12
    browser, found = client_of("nigora", "en"), {}
    for codes in [*([code] for code in known), known, []]:
        dossier = opened()
        with as_user("nigora") as by:
            field = "exploitation_forms"
            apart = [code for code in codes if is_apart(field, code)]
            for code in apart:
                cases.flag(dossier, field=field, code=code, by=by, at=NOW)
            rest = [code for code in codes if code not in apart]
            cases.record_facts(dossier, field=field, codes=rest, by=by, at=NOW)
        found[tuple(codes)] = eligible(browser, dossier)
    assert all(len(pages) == 5 for pages in found.values())
    assert len({tuple(pages) for pages in found.values()}) == 1, found


def eligible(browser: Client, dossier: Dossier) -> list[str]:
    """Who is offered for each kind of help, as the page says it."""
    pages = []
    for code in ("bed", "doctor", "legal_advice", "money", "wage_claim"):
        page = browser.post(f"/cases/{dossier.ref}/refer/", {"service": code})
        offered = [one.organisation.name() for one in page.context["people"]]
        assert offered == [f"Fictional {code}"], code
        pages.append(f"{code}: {offered} {page.context['sends']} {page.context['instead']}")
    return pages
