"""Pages of the safety plan, of a request for protection, and of rights."""

import pytest

from panoh.cases import actions as cases
from panoh.cases.models import ProtectionRequest, RightEntry, SafetyEntry
from panoh.cases.rules import SafetyKind
from panoh.duties.models import Duty
from panoh.kernel.rules import Category
from tests.factories.cases import contact
from tests.factories.clients import client_of
from tests.factories.referrals import NOW, answer
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
TEXT = "Сирри канарӣ"


def test_f12_the_police_answer_on_a_page_that_shows_the_request_and_no_plan() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        cases.write_safety(
            dossier, kind=SafetyKind.CONTACT, code="never_call", text=TEXT, by=by, at=NOW
        )
        answer(
            dossier,
            team("police-cases"),
            by=by,
            purpose="police",
            categories=Category.SAFETY,
            asked_now=True,
        )
    worker, police = client_of("nigora", "en"), client_of("pulod", "en")
    ask = {"to": team("police-cases").pk, "measure": "patrol", "danger": "none", "text": TEXT}
    assert worker.post(f"/cases/{dossier.ref}/safety/ask/", ask).status_code == 302
    with as_user("pulod"):
        duty = Duty.objects.get(kind="protection.reply")
    page = police.get(f"/protection/{duty.pk}/").content.decode()
    assert "Watch near the place of stay" in page
    assert TEXT not in page
    assert dossier.ref not in page
    assert police.get(f"/cases/{dossier.ref}/safety/").status_code == 404
    assert police.post(f"/protection/{duty.pk}/", {"answer": "given"}).status_code == 302
    shown = worker.get(f"/cases/{dossier.ref}/safety/").content.decode()
    assert "Protection is given" in shown
    assert TEXT in shown
    with as_user("nigora"):
        assert ProtectionRequest.objects.get().answer == "given"


def test_f12_a_threat_typed_on_a_page_asks_for_a_review() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
    worker = client_of("nigora", "en")
    path = f"/cases/{dossier.ref}/safety/add/"
    assert worker.post(f"{path}threat/", {"code": "debt", "text": TEXT}).status_code == 302
    words = "There is a new threat."
    assert words in worker.get(f"/cases/{dossier.ref}/safety/").content.decode()
    refused = worker.post(f"{path}review/", {"code": "low", "text": ""})
    assert "Please write why." in refused.content.decode()
    assert worker.post(f"{path}review/", {"code": "low", "text": TEXT}).status_code == 302
    assert words not in worker.get(f"/cases/{dossier.ref}/safety/").content.decode()
    with as_user("nigora"):
        assert SafetyEntry.objects.count() == 2


def test_f11_the_page_lists_rights_and_keeps_what_was_typed_without_a_reason() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
    worker = client_of("nigora", "en")
    path = f"/cases/{dossier.ref}/rights/"
    typed = {"state": "refused", "on": "2026-01-05", "language": "ru", "reason": ""}
    refused = worker.post(f"{path}lawyer/", typed).content.decode()
    assert "Please write why it was refused" in refused
    with as_user("nigora"):
        assert not RightEntry.objects.exists()
    assert worker.post(f"{path}lawyer/", typed | {"reason": TEXT}).status_code == 302
    page = worker.get(path).content.decode()
    assert "Legal help: Refused" in page
    assert TEXT in page
    assert "Russian" in page
