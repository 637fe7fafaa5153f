"""Another country by its pack alone (row B10): the main job and a matter before its own commission,
by pages; bodies, levels, places, periods, zone and language are that country's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone, translation

from panoh.access.models import Dossier
from panoh.bodies import actions as bodies
from panoh.decisions.models import Application, Ruling
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Invalid
from panoh.policy import queries as policy
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation, service
from tests.factories.referrals import answer
from tests.factories.staff import ADMIN, as_user, team
from tests.factories.status import HALF, MEMBER, commission
from tests.house.test_letters import words_of
from tests.house.tree import ROOT
from tests.journeys.test_commission import GRANTED, Room
from tests.journeys.test_main_job import agrees, first_contact, is_adult, refers, request_of

pytestmark = pytest.mark.django_db
PLACE = "kg_b"


@pytest.fixture(autouse=True)
def elsewhere() -> Iterator[None]:
    """The other pack in force; no line of the programme differs."""
    with override_settings(PANOH_PACK=ROOT / "packs" / "kg"), translation.override("en"):
        assert policy.pack().code == "kg"
        yield


def test_b10_the_main_job_under_another_country() -> None:
    house = organisation(
        "Fictional House", kind="shelter", area=(PLACE,), unit=team("shelter-cases").unit
    )
    service(house, "bed", sexes=("woman",))
    worker, shelter = client_of("nigora", "en"), client_of("shirin", "en")
    page = words(worker.get("/first-contact/"))
    assert "Batken" in page and "Sughd" not in page
    ref = first_contact(worker, sex="woman", language="ru", district=PLACE)
    is_adult(worker, ref)
    assert "Batken" in words(worker.get(f"/cases/{ref}/"))
    agrees(worker, ref, house, language="ru")
    found = worker.post(f"/cases/{ref}/refer/", {"service": "bed", "district": PLACE})
    assert "Fictional House" in words(found)
    sent = refers(worker, ref, house)
    assert "Sent" in words(sent)
    asked = request_of(sent)
    assert "You said yes" in words(shelter.post(f"/requests/{asked}/accept/", follow=True))
    assert shelter.get(f"/cases/{ref}/").status_code == 200
    assert client_of("pulod", "en").get(f"/cases/{ref}/").status_code == 404


def test_b10_a_matter_before_the_commission_of_another_country() -> None:
    body = commission("province", PLACE, kind="rehabilitation_commission")
    room, worker = Room(body), client_of("nigora", "en")
    page = words(room.desk.get(reverse("bodies:body", args=["province"])))
    assert "Social-rehabilitation commission · A region · Batken" in page
    for kind, level in (("rehabilitation_commission", "district"), ("dialogue", "district")):
        with as_user(ADMIN) as by, pytest.raises(Invalid, match="at this level"):
            given: dict[str, Any] = {
                "code": "odd",
                "names": {"en": "Odd"},
                "kind": kind,
                "level": level,
            }
            bodies.found(**given, place=PLACE, team=body.team, by=by, at=timezone.now())
    # The application, by the person's own word, to a body that is not that of another country.
    ref = first_contact(worker, sex="woman", language="ru", district=PLACE)
    is_adult(worker, ref)
    with as_user("nigora") as by:
        dossier = Dossier.objects.get(ref=ref)
        asked: dict[str, Any] = {
            "purpose": "status",
            "categories": Category.CORE,
            "asked_now": True,
        }
        answer(dossier, body.team, by=by, language="ru", **asked)
    typed: dict[str, Any] = {
        "body": body.code,
        "text": HALF,
        "hearing": "not_wanted",
        "language": "ru",
    }
    base = f"/decisions/{ref}/status/"
    assert worker.post(f"{base}apply/", typed).status_code == 302
    with as_user("nigora"):
        row = Application.objects.get()
    room.desk.post(f"/decisions/before/{row.number}/complete/")
    assert HALF in words(client_of(MEMBER, "en").get(f"/decisions/before/{row.number}/"))
    room.sits()
    room.votes(row, "for")
    assert room.decides(row, GRANTED).status_code == 302
    assert room.closes().status_code == 302
    told = {"way": "in_person", "on": policy.today().isoformat()}
    assert worker.post(f"{base}{row.number}/tell/", told).status_code == 302
    with as_user(room.name):
        assert Ruling.objects.get().pack_version == policy.pack().version
    # Its letters are in its languages, and in no other.
    letter = f"{base}{row.number}/letter/"
    paper = words_of(worker.post(letter, {"code": "status_notice", "language": "ru"}).content)
    assert row.number in paper
    refused = worker.post(letter, {"code": "status_notice", "language": "tg"})
    assert refused.status_code == 200 and "Select a valid choice" in words(refused)


def test_b10_the_law_and_its_periods_are_those_of_the_pack() -> None:
    now = timezone.now()
    with as_user("nigora") as by:
        given: dict[str, Any] = {"owner": team("ngo-cases"), "by": by, "at": now}
        period = "shelter_self_declared_days"
        runs = duties.start(
            "case.later_questions", period=period, started_at=now - timedelta(days=2), **given
        )
        stands = duties.start(
            "case.later_questions", period="status_decision_days", started_at=now, **given
        )
    worker = client_of("nigora", "en")
    why = words(worker.get(f"/duties/{runs.pk}/why/"))
    assert "10 days: Law No. 55 of 17 March 2005" in why and "article 21-4" in why
    assert "not verified by a lawyer" in why and "(time of Bishkek)" in why
    assert "had not set how long that is" in words(worker.get(f"/duties/{stands.pk}/why/"))
    law = words(worker.get(reverse("policy_in_force")))
    assert "Kyrgyzstan" in law and "Tajikistan" not in law
    assert worker.get(reverse("policy_act", args=["law_55"])).status_code == 200
    assert worker.get(reverse("policy_act", args=["law_1096"])).status_code == 404
