"""Pages of case conferences."""

from typing import Any

import pytest

from panoh.cases.models import Conference, PlanTask, Seat
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from tests.factories.clients import client_of, hidden
from tests.factories.plans import SHARED, agreed
from tests.factories.referrals import case, later
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
TEXT = "Қарори канарии машварат"


def test_c8_a_conference_from_the_call_to_its_end() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, team("shelter-cases"), by=by)
        agreed(dossier, team("clinic-cases"), by=by, categories=SHARED | Category.HEALTH)
    worker, house = client_of("nigora", "en"), client_of("shirin", "en")
    root = f"/cases/{dossier.ref}/"
    assert "Conferences" in worker.get(root).content.decode()
    typed: dict[str, Any] = {
        "on": policy.local_day(later(days=1)).isoformat(),
        "categories": ["services"],
    }
    late = worker.post(f"{root}conferences/call/", typed | {"on": "2020-01-01"})
    assert "This day is over." in late.content.decode()
    made = worker.post(f"{root}conferences/call/", typed)
    one = made.headers["Location"]
    assert house.get(one).status_code == 404
    assert worker.post(f"{one}attend/", {"team": team("police-cases").pk}).status_code == 200
    assert worker.post(f"{one}attend/", {"team": team("shelter-cases").pk}).status_code == 302
    assert "Take part in a conference" in house.get("/").content.decode()
    assert house.get(f"{root}conferences/").status_code == 200
    decision: dict[str, Any] = {
        "team": team("shelter-cases").pk,
        "category": "services",
        "text": TEXT,
        "due_on": policy.local_day(later(days=7)).isoformat(),
        "submission": hidden(worker.get(f"{one}decide/"), "submission"),
    }
    for _click in range(2):
        assert worker.post(f"{one}decide/", decision).status_code == 302
    with as_user("nigora"):
        assert PlanTask.objects.get().team == team("shelter-cases")
    assert TEXT in house.get(one).content.decode()
    assert house.post(f"{one}end/").status_code in {403, 404}
    assert worker.post(f"{one}end/").status_code == 302
    assert house.get(one).status_code == 404
    assert TEXT in house.get(f"{root}plan/").content.decode()
    shown = worker.get(one).content.decode()
    assert TEXT in shown
    assert "reads nothing more" in shown


def test_c8_the_page_refuses_an_attendee_outside_the_consent_and_keeps_the_choice() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, team("shelter-cases"), by=by)
    worker = client_of("nigora", "en")
    root = f"/cases/{dossier.ref}/conferences/"
    both = {"on": policy.local_day(later(days=1)).isoformat(), "categories": ["services", "health"]}
    one = worker.post(f"{root}call/", both).headers["Location"]
    answer = worker.post(f"{one}attend/", {"team": team("shelter-cases").pk})
    assert "The person has not agreed to this" in answer.content.decode()
    with as_user("nigora"):
        assert not Seat.objects.exists()


def test_c8_an_attendance_is_taken_back_on_the_page() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, team("shelter-cases"), by=by)
    worker, house = client_of("nigora", "en"), client_of("shirin", "en")
    root = f"/cases/{dossier.ref}/conferences/"
    typed = {"on": policy.local_day(later(days=1)).isoformat(), "categories": ["services"]}
    one = worker.post(f"{root}call/", typed).headers["Location"]
    worker.post(f"{one}attend/", {"team": team("shelter-cases").pk})
    with as_user("nigora"):
        assert Conference.objects.get().ended_at is None
        seat = Seat.objects.get()
    assert house.get(one).status_code == 200
    assert worker.post(f"{one}attend/{seat.pk}/end/").status_code == 302
    assert house.get(one).status_code == 404
    assert house.get(root).status_code == 404
    assert worker.post(f"{one}attend/{seat.pk}/end/").status_code == 409
