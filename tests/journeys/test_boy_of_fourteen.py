"""A boy of fourteen whose uncle sold him: two people decide, the shelter gets the least, the uncle
and the police nothing."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from panoh.access.models import Dossier
from panoh.cases.models import Guardian
from panoh.consent import actions as consents
from panoh.consent.models import Decision
from panoh.consent.rules import Standing
from panoh.kernel.rules import Problem
from panoh.referrals import actions as referrals
from panoh.referrals.rules import ALWAYS
from tests.factories.canaries import fill, saved
from tests.factories.children import advocate, child, decided, proposed
from tests.factories.clients import client_of
from tests.factories.directory import organisation, service
from tests.factories.referrals import NOW, drafted, later, until
from tests.factories.staff import as_user, team, user

VIEW = "Ман ба хонаи амак намеравам"
NAME, STORY = "Фирӯзканарӣ", "Амакам маро фурӯхт, канарейка"


def opened(browser: Client, ref: str) -> str:
    page = browser.get(f"/cases/{ref}/child/")
    assert page.status_code == 200
    return str(page.content.decode())


def test_c13_a_boy_of_fourteen_whose_uncle_sold_him(fresh_db: str) -> None:
    house = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(house)
    worker, lawyer = client_of("nigora", "en"), client_of("latif", "en")
    contact = {"safe_to_talk": "yes", "danger_now": "none", "sex": "man", "language": "tg"}
    done = saved(fill(worker, "/first-contact/", chosen=NAME, **contact))
    ref = done["Location"].split("/")[2]
    case, child_page = f"/cases/{ref}/", f"/cases/{ref}/child/"
    saved(fill(worker, f"{case}next/", age_branch="child"))
    saved(fill(worker, f"{case}notes/story/", text=STORY))
    today = worker.get("/").content.decode()
    assert "Name an independent advocate for a child" in today

    # The uncle comes along: written down, not believed, told nothing.
    saved(fill(worker, f"{child_page}guardian/", relation="uncle_or_aunt", name="Амак"))
    with as_user("nigora"):
        uncle = Guardian.objects.get()
    check = f"{child_page}guardians/{uncle.pk}/"
    saved(fill(worker, check, trust="suspected", reason="Пул гирифтааст"))
    told = fill(worker, f"{check}tell/", categories=["services"], text="…")
    assert "told nothing" in told.content.decode()
    refused = fill(worker, check, trust="presumed_safe", reason="Хешованд аст")
    assert "child-rights officer" in refused.content.decode()

    # Nobody decides alone, and nobody of the same house.
    share: dict[str, Any] = {
        "to": str(house.pk),
        "categories": ["core", "services"],
        "reason": "Ҷойи ором лозим аст",
        "view": VIEW,
        "until": until().isoformat(),
    }
    alone = fill(worker, f"{child_page}propose/", present=["nobody"], **share)
    assert "First name an independent advocate" in alone.content.decode()
    page = worker.get(f"{child_page}advocate/").content.decode()
    offered = set(re.findall(r'value="(\d+-\d+)"', page))
    mine = f"{team('legal-cases').pk}-{user('latif').pk}"
    assert mine in offered and len(offered) == 3
    saved(fill(worker, f"{child_page}advocate/", advocate=mine))
    watched = fill(worker, f"{child_page}propose/", present=["relative"], **share)
    assert "cannot speak freely" in watched.content.decode()
    saved(fill(worker, f"{child_page}propose/", present=["nobody"], **share))
    with as_user("nigora"):
        decision = Decision.objects.get()
    paper = f"{child_page}decisions/{decision.pk}/"
    preview = f"{case}refer/{house.pk}/"
    assert "Nothing is sent for a child yet" in worker.get(preview).content.decode()
    assert "I have read it and sign" not in worker.get(paper).content.decode()
    assert worker.post(paper, {"sign": "1"}).status_code == 404

    # The advocate reads the boy's words, not his name or story, and signs.
    assert "Read what is proposed for a child" in lawyer.get("/").content.decode()
    seen = lawyer.get(paper).content.decode() + opened(lawyer, ref) + str(lawyer.get(case).content)
    assert VIEW in seen and NAME not in seen and STORY not in seen
    assert lawyer.get(f"{case}notes/story/").status_code == 404
    saved(lawyer.post(paper, {"sign": "1"}))
    assert "Signed by two people" in opened(worker, ref)

    # The shelter is asked and sees the least; police nothing at all.
    boxes = {"services": ["bed"], "categories": [], "urgency": "routine"}
    shown = fill(worker, preview, **boxes)
    text = shown.content.decode()
    assert "Two people decided" in text and 'name="send"' in text
    hidden = dict(re.findall(r'name="(submission|shown)" value="([^"]+)"', text))
    sent = saved(worker.post(preview, {**boxes, **hidden, "send": "1"}))
    request = sent["Location"].split("/")[2]
    shelter, police = client_of("shirin", "en"), client_of("pulod", "en")
    saved(fill(shelter, f"/requests/{request}/accept/"))
    reads = shelter.get(case).content.decode()
    assert NAME not in reads and STORY not in reads
    assert shelter.get(child_page).status_code == 404
    assert shelter.get(paper).status_code == 404
    assert shelter.get(f"{case}person/").status_code in {403, 404}
    for path in (case, child_page, paper, f"/requests/{request}/"):
        assert police.get(path).status_code == 404
    assert "Fictional Post" not in worker.get(f"{case}knows/").content.decode()

    # The advocate takes the signature back: the shelter reads nothing from that moment.
    saved(lawyer.post(paper, {"stop": "1"}))
    assert shelter.get(case).status_code == 404


def at_once(*works: Any) -> list[str]:
    """Do both at the same moment, each over a connection of its own."""
    gate = Barrier(len(works))

    def one(work: Any) -> str:
        try:
            gate.wait()
            work()
        except Problem as problem:
            return type(problem).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return [found.result() for found in [pool.submit(one, work) for work in works]]


def young() -> Dossier:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        advocate(dossier, by=by)
        return dossier


def test_two_signatures_at_once_are_one(fresh_db: str) -> None:
    dossier = young()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)

    def sign() -> None:
        with as_user("latif") as by:
            consents.sign(decision, by=by, at=NOW)

    assert sorted(at_once(sign, sign)) == ["NotPossible", "done"]
    with as_user("nigora"):
        assert Decision.objects.get().state == Standing.SIGNED


def test_a_withdrawal_beside_the_signature_opens_nothing(fresh_db: str) -> None:
    dossier = young()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)

    def sign() -> None:
        with as_user("latif") as by:
            consents.sign(decision, by=by, at=NOW)

    def withdraw() -> None:
        with as_user("nigora") as by:
            referrals.withdraw_for_decision(decision, by=by, at=NOW)

    signed, taken_back = at_once(sign, withdraw)
    assert taken_back == "done"
    assert signed in {"done", "NotPossible"}
    with as_user("nigora") as by:
        assert Decision.objects.get().state == Standing.WITHDRAWN
        with pytest.raises(Problem):
            referrals.send(drafted(dossier, by=by, categories=ALWAYS), by=by, at=NOW)


def test_a_new_advocate_beside_the_signature_leaves_one_who_may_sign(fresh_db: str) -> None:
    dossier = young()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)

    def sign() -> None:
        with as_user("latif") as by:
            consents.sign(decision, by=by, at=NOW)

    def replace() -> None:
        with as_user("nigora") as by:
            advocate(dossier, by=by, name="zebo", in_team="children-cases")

    signed, replaced = at_once(sign, replace)
    assert replaced == "done"
    with as_user("nigora"):
        state = Decision.objects.get().state
    assert (signed, state) in {
        ("done", Standing.SIGNED),
        ("Gone", Standing.PROPOSED),
    }
    with as_user("latif"):
        assert not Dossier.objects.filter(pk=dossier.pk).exists()


def test_sending_beside_the_end_of_a_decision_leaves_nothing_open(fresh_db: str) -> None:
    dossier = young()
    decision = decided(dossier)
    with as_user("nigora") as by:
        request = drafted(dossier, by=by, categories=ALWAYS)

    def send() -> None:
        with as_user("nigora") as by:
            referrals.send(request, by=by, at=NOW)

    def stop() -> None:
        with as_user("latif") as by:
            consents.withdraw_decision(decision, by=by, at=later(minutes=1))

    at_once(send, stop)
    with as_user("shirin") as by, pytest.raises(Problem):
        referrals.accept(request, by=by, at=NOW)
