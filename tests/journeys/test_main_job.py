"""The main job over HTTP, as a person does it: from first contact to an accepted request.

A worker in Khujand, a shelter manager, the police, who must get nothing, and a lawyer of a second
organisation. Every step is a page that was opened and a form that was filled in.
"""

from typing import Any

import pytest
from django.test import Client

from panoh.access.models import Dossier
from panoh.consent.models import Consent
from panoh.directory.models import Organisation
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.referrals.models import Referral
from panoh.referrals.rules import State
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation, service
from tests.factories.forms import typed
from tests.factories.referrals import NOW
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db

DISTRICT = "tj_3505401"


class Country:
    """Who is there: the entries of the directory and a browser for each user."""

    def __init__(self) -> None:
        self.house = self._entry("Fictional House", "shelter", "shelter-cases", "bed", ("woman",))
        self.counsel = self._entry(
            "Fictional Counsel", "legal_service", "legal-cases", "legal_advice", ("woman", "man")
        )
        self.post = self._entry(
            "Fictional Post", "police", "police-cases", "protection", ("woman", "man")
        )
        self.worker = client_of("nigora", "en")
        self.shelter = client_of("shirin", "en")
        self.lawyer = client_of("latif", "en")
        self.police = client_of("pulod", "en")

    def _entry(
        self, name: str, kind: str, in_team: str, code: str, sexes: tuple[str, ...]
    ) -> Organisation:
        made = organisation(name, kind=kind, unit=team(in_team).unit)
        service(made, code, sexes=sexes)
        return made


@pytest.fixture
def country() -> Country:
    return Country()


def send(browser: Client, path: str, **answers: Any) -> Any:
    """Open a page, fill in its form, send it, follow where it leads."""
    page = browser.get(path)
    assert page.status_code == 200, path
    return browser.post(path, typed(page, **answers), follow=True)


def first_contact(browser: Client, **answers: Any) -> str:
    """Two answers, no name: the reference of the case."""
    page = send(browser, "/first-contact/", safe_to_talk="yes", danger_now="none", **answers)
    assert "Nothing has been sent to anyone" in words(page) or page.status_code == 200
    path: str = page.request["PATH_INFO"]
    return path.split("/")[2]


def is_adult(browser: Client, ref: str) -> None:
    """Age comes before anything else."""
    send(browser, f"/cases/{ref}/next/", age_branch="adult")


def agrees(
    browser: Client, ref: str, to: Organisation, code: str = "service", **answers: Any
) -> Any:
    """One sentence about one receiver, read aloud, and its answer."""
    path = f"/cases/{ref}/consent/{code}/"
    settled = {
        "present": "nobody",
        "language": "tg",
        "to": str(to.pk),
        "categories": ["core", "services", "contact"],
    }
    page = browser.post(path, typed(browser.get(path), **(settled | answers)))
    said = {"told_limits": "on", "answer": "yes"}
    return browser.post(path, typed(page, **(said | answers)), follow=True)


def refers(browser: Client, ref: str, to: Organisation, code: str = "bed") -> Any:
    """Choose a receiver, read what they will see, send it."""
    path = f"/cases/{ref}/refer/{to.pk}/"
    page = browser.get(path, {"help": code})
    return browser.post(path, typed(page, send="1"), follow=True)


def request_of(page: Any) -> str:
    """The reference of the request on a page of it."""
    path: str = page.request["PATH_INFO"]
    return path.split("/")[2]


def case_with_consent(country: Country, *to: Organisation) -> str:
    """An adult's case with a yes to each of these."""
    ref = first_contact(country.worker, sex="woman", language="tg", district=DISTRICT)
    is_adult(country.worker, ref)
    for one in to:
        agrees(country.worker, ref, one)
    return ref


def state(request_ref: str) -> str:
    with as_user("nigora"):
        return Referral.objects.get(ref=request_ref).state


def dossier(ref: str) -> Dossier:
    with as_user("nigora"):
        return Dossier.objects.get(ref=ref)


def nothing_for(browser: Client, ref: str, *texts: str) -> None:
    """This account learns nothing: no page of the case, no line in any list."""
    for path in ("", "next/", "consent/", "refer/", "knows/", "person/", "notes/story/"):
        assert browser.get(f"/cases/{ref}/{path}").status_code in {403, 404}, path
    for path in ("/", "/cases/", "/inbox/", "/outbox/", "/search/"):
        page = browser.get(path).content.decode()
        assert all(text not in page for text in (ref, *texts)), path


def test_the_main_job(country: Country) -> None:
    worker = country.worker
    assert worker.get("/search/").status_code == 200

    # First contact: two answers, no name. A4: it stays inside the NGO.
    ref = first_contact(worker, sex="woman", language="tg", district=DISTRICT)
    for browser in (country.police, country.shelter, country.lawyer):
        nothing_for(browser, ref)
    refused = worker.get(f"/cases/{ref}/refer/{country.house.pk}/", {"help": "bed"})
    assert "Nothing is sent" in words(refused), "age first"
    is_adult(worker, ref)
    with as_user("nigora") as by:
        person = Person(given="Zarinacanary", family="Fictionalcanary")
        people.name(dossier(ref), person=person, by=by, at=NOW)

    # H18: read aloud, alone; one sentence per receiver.
    page = agrees(worker, ref, country.house, present="husband")
    with as_user("nigora"):
        assert not Consent.objects.filter(dossier__ref=ref, answer="yes").exists()
    page = agrees(worker, ref, country.house)
    assert "Nothing has been sent yet" in words(page)

    # C1: who can help, exactly what they will see, sent.
    page = worker.post(f"/cases/{ref}/refer/", {"service": "bed", "district": DISTRICT})
    assert "Fictional House" in words(page)
    page = worker.get(f"/cases/{ref}/refer/{country.house.pk}/", {"help": "bed"})
    shown = [line.text for line in page.context["preview"].before]
    # A19: no line and no category about status or papers.
    assert "legal" not in page.context["form"].cleaned_data["categories"]
    assert "Legal matters" in page.context["preview"].never
    page = refers(worker, ref, country.house)
    asked = request_of(page)
    assert "Sent" in words(page)

    # The receiver reads the minimum and nothing else.
    page = country.shelter.get(f"/requests/{asked}/")
    assert [line.text for line in page.context["preview"].before] == shown
    assert "canary" not in page.content.decode() and ref not in page.content.decode()
    assert country.shelter.get(f"/cases/{ref}/").status_code == 404
    for browser in (country.police, country.lawyer):
        nothing_for(browser, ref, asked)
        assert browser.get(f"/requests/{asked}/").status_code == 404

    # Yes, in two taps: what was agreed opens, and nothing more.
    page = country.shelter.post(f"/requests/{asked}/accept/", follow=True)
    assert "You said yes" in words(page)
    assert country.shelter.get(f"/cases/{ref}/").status_code == 200
    assert "canary" not in country.shelter.get(f"/cases/{ref}/").content.decode()
    assert country.shelter.get(f"/cases/{ref}/notes/story/").status_code == 404
    assert "Accepted" in words(worker.get(f"/requests/{asked}/"))

    # The outcome comes back.
    send(country.shelter, f"/requests/{asked}/complete/", outcome="helped")
    assert "Helped" in words(worker.get(f"/requests/{asked}/"))
    for browser in (country.police, country.lawyer):
        nothing_for(browser, ref, asked)


def test_a5_no_consent_closes_no_service(country: Country) -> None:
    ref = case_with_consent(country)
    agrees(country.worker, ref, country.house, answer="no")
    page = country.worker.post(f"/cases/{ref}/refer/", {"service": "bed", "district": DISTRICT})
    assert "Fictional House" in words(page)
    refers(country.worker, ref, country.house)
    assert words(country.shelter.get("/inbox/")).count("No request waits") == 1
    nothing_for(country.shelter, ref)
    page = agrees(country.worker, ref, country.counsel)
    page = refers(country.worker, ref, country.counsel, "legal_advice")
    assert "Sent" in words(page), "another service stays open"


def test_h18_police_is_asked_apart_and_nothing_reaches_it_for_a_day(country: Country) -> None:
    ref = case_with_consent(country, country.house)
    agrees(country.worker, ref, country.post, "police")
    page = country.worker.get(f"/cases/{ref}/refer/{country.post.pk}/", {"help": "protection"})
    assert "takes effect" in words(page) and 'name="send"' not in page.content.decode()
    refers(country.worker, ref, country.post, "protection")
    nothing_for(country.police, ref)
    assert "No request waits" in words(country.police.get("/inbox/"))


def test_withdrawal_in_the_middle_ends_it_for_every_viewer(country: Country) -> None:
    ref = case_with_consent(country, country.house, country.counsel)
    bed = request_of(refers(country.worker, ref, country.house))
    advice = request_of(refers(country.worker, ref, country.counsel, "legal_advice"))
    country.shelter.post(f"/requests/{bed}/accept/")
    assert country.shelter.get(f"/cases/{ref}/").status_code == 200
    page = country.worker.get(f"/cases/{ref}/knows/")
    assert "2 other services know" in words(page)
    with as_user("nigora"):
        given = Consent.objects.get(dossier__ref=ref, unit=country.house.unit)
    page = country.worker.post(f"/cases/{ref}/knows/{given.pk}/stop/", follow=True)
    assert "Opened the case" in words(page), "what was seen already is said"
    nothing_for(country.shelter, ref, bed)
    assert country.shelter.get(f"/requests/{bed}/").status_code == 404
    # The other service goes on; no case, no request and no help ended with it.
    country.lawyer.post(f"/requests/{advice}/accept/")
    assert country.lawyer.get(f"/cases/{ref}/").status_code == 200
    assert state(bed) == State.WITHDRAWN and state(advice) == State.ACCEPTED


def test_a_yes_by_telephone_is_confirmed_later(country: Country) -> None:
    ref = case_with_consent(country, country.house)
    asked = request_of(refers(country.worker, ref, country.house))
    send(country.worker, f"/requests/{asked}/accept/", channel="telephone")
    assert country.shelter.get(f"/cases/{ref}/").status_code == 404
    country.shelter.post(f"/requests/{asked}/confirm/")
    assert country.shelter.get(f"/cases/{ref}/").status_code == 200


def test_c1_declining_without_a_reason_is_refused(country: Country) -> None:
    ref = case_with_consent(country, country.house)
    asked = request_of(refers(country.worker, ref, country.house))
    assert country.shelter.post(f"/requests/{asked}/decline/", {}).status_code == 200
    assert state(asked) == State.SENT
    send(country.shelter, f"/requests/{asked}/decline/", reason="no_place")
    page = country.worker.get(f"/requests/{asked}/")
    assert "No place free" in words(page) and f"/cases/{ref}/refer/" in page.content.decode()
    nothing_for(country.shelter, ref, asked)


def test_a_case_closes_with_its_duties_and_reopens(country: Country) -> None:
    ref = case_with_consent(country, country.house)
    refers(country.worker, ref, country.house)
    page = send(country.worker, f"/cases/{ref}/close/", reason="contact_lost")
    assert "can be opened again" in words(page)
    page = country.worker.get(f"/cases/{ref}/refer/")
    assert "Open it again" in words(page)
    assert "Choose" not in words(page)
    country.worker.post(f"/cases/{ref}/reopen/")
    page = country.worker.post(f"/cases/{ref}/refer/", {"service": "bed", "district": DISTRICT})
    assert "Choose" in words(page)


def test_nothing_is_sent_for_a_child(country: Country) -> None:
    ref = first_contact(country.worker, sex="woman")
    send(country.worker, f"/cases/{ref}/next/", age_branch="child")
    refers(country.worker, ref, country.house)
    assert "No request waits" in words(country.shelter.get("/inbox/"))
    nothing_for(country.shelter, ref)
