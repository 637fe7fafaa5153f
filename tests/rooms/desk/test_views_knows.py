"""Moment 10: who knows about me, what they saw already, and stopping one of them."""

import gzip

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panoh.access.models import Dossier
from panoh.consent.models import Consent
from panoh.referrals.models import Referral
from panoh.referrals.rules import State
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation
from tests.factories.referrals import accepted, answer, case, sent
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


def consent_to(dossier: Dossier, name: str = "shelter-cases") -> Consent:
    with as_user("nigora"):
        return Consent.objects.get(dossier=dossier, team=team(name))


def knows(dossier: Dossier) -> str:
    return words(client_of("nigora", "en").get(f"/cases/{dossier.ref}/knows/"))


def test_nobody_knows_of_a_new_case() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
    assert "No other service knows." in knows(dossier)


def test_asked_is_not_yet_reading() -> None:
    referral = sent()
    page = knows(referral.dossier)
    assert "1 other service knows" in page
    assert "sees only the few lines of the request" in page
    assert "Can read now" not in page


def test_the_page_names_who_what_until_when_and_what_was_seen() -> None:
    referral = accepted()
    client_of("shirin").get(f"/cases/{referral.dossier.ref}/")
    page = knows(referral.dossier)
    for text in ("Fictional House", "Can read now", "How to reach the person", "Until"):
        assert text in page
    assert "Opened the case" in page and "Said yes to the request" in page
    assert "Fictional Counsel" not in page


def test_stop_closes_for_every_viewer_and_ends_no_service() -> None:
    referral = accepted()
    dossier = referral.dossier
    receiver, holder = client_of("shirin", "en"), client_of("nigora", "en")
    assert receiver.get(f"/cases/{dossier.ref}/").status_code == 200
    address = f"/cases/{dossier.ref}/knows/{consent_to(dossier).pk}/stop/"
    first = words(holder.get(address))
    assert "What they saw already" in first and "Opened the case" in first
    assert "No service, bed or payment ends" in first
    done = holder.post(address, follow=True)
    assert "Stopped: Fictional House" in words(done)
    assert "What they saw before stays in their memory" in words(done)
    assert "Asked to destroy copies; no answer yet" in words(done)
    assert receiver.get(f"/cases/{dossier.ref}/").status_code == 404
    assert receiver.get(f"/requests/{referral.ref}/").status_code == 404
    again = holder.post(address, follow=True)
    assert "stopped already" in words(again)
    with as_user("nigora"):
        assert Referral.objects.get(pk=referral.pk).state == State.WITHDRAWN
        assert holder.get(f"/cases/{dossier.ref}/refer/").status_code == 200


def test_stopping_one_leaves_the_other() -> None:
    referral = accepted()
    with as_user("nigora") as by:
        answer(referral.dossier, team("legal-cases"), by=by)
    assert "2 other services know" in knows(referral.dossier)
    key = consent_to(referral.dossier, "legal-cases").pk
    client_of("nigora").post(f"/cases/{referral.dossier.ref}/knows/{key}/stop/")
    assert "1 other service knows" in knows(referral.dossier)
    assert client_of("shirin").get(f"/cases/{referral.dossier.ref}/").status_code == 200


def test_agreements_without_a_receiver_are_stopped_too() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        given = answer(dossier, by=by, purpose="be_found")
    assert "Being found by another service" in knows(dossier)
    browser = client_of("nigora", "en")
    page = browser.post(f"/cases/{dossier.ref}/knows/{given.pk}/stop/", follow=True)
    assert "Stopped: Being found by another service" in words(page)


def test_a_receiver_by_letter_stands_there_too() -> None:
    to = organisation("Fictional Village Help")
    referral = sent(to)
    page = knows(referral.dossier)
    assert "Fictional Village Help" in page and "Was told by letter or telephone" in page
    letter = client_of("nigora").get(f"/requests/{referral.ref}/letter/").content.decode()
    assert ">Русский</a>" in letter, "a language by its own name, not its code"


def test_only_the_holder_asks_who_knows() -> None:
    referral = accepted()
    address = f"/cases/{referral.dossier.ref}/knows/"
    for name, status in [("shirin", 404), ("pulod", 404), ("lola", 404), ("rustam", 404)]:
        assert client_of(name).get(address).status_code == status
        stop = f"{address}{consent_to(referral.dossier).pk}/stop/"
        assert client_of(name).post(stop).status_code in {403, 404}
    assert client_of("safar").get(address).status_code == 200, "the same team"


def test_the_page_is_cheap() -> None:
    referral = accepted()
    with as_user("nigora") as by:
        for name in ("legal-cases", "clinic-cases", "hotline-cases"):
            answer(referral.dossier, team(name), by=by)
        answer(referral.dossier, team("police-cases"), by=by, purpose="police")
    browser = client_of("nigora")
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(f"/cases/{referral.dossier.ref}/knows/")
    assert len(asked) <= 25
    assert len(gzip.compress(page.content)) <= 10_000
