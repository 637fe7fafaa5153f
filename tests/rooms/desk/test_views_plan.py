"""Pages of the joint plan."""

from typing import Any

import pytest
from django.test import Client

from panoh.access.models import Dossier
from panoh.cases.models import PlanPart, PlanTask
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from tests.factories.clients import client_of, hidden
from tests.factories.plans import SHARED, agreed, joined, task, written
from tests.factories.referrals import NOW, case, later
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
TEXT, OWN = "Нақшаи муштараки канарӣ", "Ёддошти худии канарӣ"


def page(browser: Client, dossier: Dossier, path: str = "") -> str:
    return browser.get(f"/cases/{dossier.ref}/plan/{path}").content.decode()


def post(browser: Client, dossier: Dossier, path: str, **typed: Any) -> Any:
    return browser.post(f"/cases/{dossier.ref}/plan/{path}", typed)


def test_c3_the_holder_lets_in_only_those_the_person_agreed_to() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
    worker = client_of("nigora", "en")
    assert "The person has not agreed yet" in page(worker, dossier, "add/")
    with as_user("nigora") as by:
        agreed(dossier, team("shelter-cases"), by=by)
        agreed(dossier, team("clinic-cases"), by=by)
        referrals.exclude(dossier, kind="unit", unit=team("clinic-cases").unit, by=by, at=NOW)
    shown = page(worker, dossier, "add/")
    assert "Fictional House" in shown
    assert "Fictional Clinic" not in shown
    forged = {"team": team("clinic-cases").pk, "categories": ["services"]}
    assert post(worker, dossier, "add/", **forged).status_code == 200
    with as_user("nigora"):
        assert not PlanPart.objects.exists()
    chosen = {"team": team("shelter-cases").pk, "categories": ["services"]}
    assert post(worker, dossier, "add/", **chosen).status_code == 302
    assert "Fictional House" in page(worker, dossier)
    assert "Joint plan" in worker.get(f"/cases/{dossier.ref}/").content.decode()
    other = client_of("shirin", "en")
    assert "Joint plan" in other.get(f"/cases/{dossier.ref}/").content.decode()
    assert other.get(f"/cases/{dossier.ref}/plan/add/").status_code in {403, 404}


def test_c3_two_pages_of_one_text_show_both_versions() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        written(dossier, TEXT, by=by)
    path = "text/services/shared/"
    worker, other = client_of("nigora", "en"), client_of("shirin", "en")
    seen = hidden(worker.get(f"/cases/{dossier.ref}/plan/{path}"), "seen")
    assert post(other, dossier, path, text="аз паноҳгоҳ", seen=seen).status_code == 302
    stale = post(worker, dossier, path, text="аз созмон", seen=seen)
    shown = stale.content.decode()
    assert "Somebody else changed this meanwhile" in shown
    assert "аз паноҳгоҳ" in shown
    assert "аз созмон" in shown
    assert hidden(stale, "seen") == "2"
    assert post(worker, dossier, path, text="аз созмон", seen="2").status_code == 302
    shown = page(worker, dossier, path)
    assert all(one in shown for one in (TEXT, "аз паноҳгоҳ", "аз созмон"))


def test_c3_an_own_text_is_on_no_page_of_another() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
    other, worker = client_of("shirin", "en"), client_of("nigora", "en")
    assert post(other, dossier, "text/services/own/", text=OWN, seen=0).status_code == 302
    for path in ("", "text/services/own/", "text/services/shared/"):
        assert OWN not in page(worker, dossier, path)
    assert OWN in page(other, dossier)
    assert other.get(f"/cases/{dossier.ref}/plan/text/health/shared/").status_code == 404
    assert other.get(f"/cases/{dossier.ref}/plan/text/identity/own/").status_code == 404
    assert other.get(f"/cases/{dossier.ref}/plan/text/services/theirs/").status_code == 404


def test_c3_tasks_are_added_done_given_and_dropped_on_the_page() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
    worker, other = client_of("nigora", "en"), client_of("shirin", "en")
    typed: dict[str, Any] = {
        "team": team("shelter-cases").pk,
        "category": "services",
        "text": TEXT,
        "due_on": policy.local_day(later(days=7)).isoformat(),
        "submission": hidden(worker.get(f"/cases/{dossier.ref}/plan/tasks/"), "submission"),
    }
    late = typed | {"due_on": "2020-01-01"}
    assert TEXT in post(worker, dossier, "tasks/", **late).content.decode()
    assert post(worker, dossier, "tasks/", **typed).status_code == 302
    with as_user("nigora"):
        pk = PlanTask.objects.get().pk
    assert "Do what the joint plan says" in other.get("/").content.decode()
    assert TEXT in page(other, dossier)
    assert other.get(f"/cases/{dossier.ref}/plan/tasks/{pk}/give/").status_code == 404
    assert post(other, dossier, f"tasks/{pk}/drop/").status_code == 404
    assert post(worker, dossier, f"tasks/{pk}/give/", team=team("ngo-cases").pk).status_code == 302
    assert post(other, dossier, f"tasks/{pk}/done/").status_code == 404
    assert post(worker, dossier, f"tasks/{pk}/done/").status_code == 302
    again = post(worker, dossier, f"tasks/{pk}/give/", team=team("shelter-cases").pk)
    assert "This step is not possible now" in again.content.decode()


def test_c3_who_leaves_is_led_away_and_finds_nothing() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        part = joined(dossier, by=by)
        task(dossier, TEXT, "shelter-cases", by=by)
        assert part.categories == int(SHARED)
    other = client_of("shirin", "en")
    assert "Leave the plan" in page(other, dossier)
    gone = post(other, dossier, f"part/{part.pk}/end/")
    assert gone.headers["Location"] == "/"
    assert other.get(f"/cases/{dossier.ref}/plan/").status_code == 404
    assert other.get(f"/cases/{dossier.ref}/").status_code == 404
    shown = page(client_of("nigora", "en"), dossier)
    assert "This organisation takes part no more" in shown


def test_c3_a_role_that_reads_no_health_sees_no_health_in_the_plan() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, "legal-cases", by=by, categories=SHARED | Category.HEALTH)
        written(dossier, TEXT, by=by, category=Category.HEALTH)
    browser = client_of("latif", "en")
    assert TEXT not in page(browser, dossier)
    assert browser.get(f"/cases/{dossier.ref}/plan/text/health/shared/").status_code == 404


def test_c3_who_reads_health_and_does_not_write_it_is_given_no_form() -> None:
    """A social worker would type for nothing."""
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        written(dossier, TEXT, by=by, category=Category.HEALTH)
    browser, path = client_of("safar", "en"), f"/cases/{dossier.ref}/plan/text"
    shown = page(browser, dossier)
    assert TEXT in shown
    assert f"{path}/services/shared/" in shown
    assert f"{path}/health/shared/" not in shown
    assert browser.get(f"{path}/health/shared/").status_code == 403
    assert f"{path}/health/shared/" in page(client_of("nigora", "en"), dossier)
