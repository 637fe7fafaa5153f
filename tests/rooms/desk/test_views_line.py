"""The pages of the emergency desk (row D1)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from panoh.intake.models import Call, Handover, Shift
from panoh.policy import queries as policy
from panoh.ui.templatetags.panoh import grouped
from tests.factories.canaries import fill, saved
from tests.factories.clients import client_of, words
from tests.factories.pages import opened
from tests.factories.staff import as_user, team, user

pytestmark = pytest.mark.django_db


def call_of(name: str = "nigora") -> Call:
    with as_user(name):
        return Call.objects.order_by("-noted_at")[0]


def test_d1_a_call_is_written_down_with_one_answer_and_listed_until_it_has_an_outcome() -> None:
    browser = client_of("nigora", "en")
    saved(fill(browser, "/line/calls/add/", danger_now="injury", note="Садо меларзид"))
    call = call_of()
    page = words(browser.get(f"/line/calls/{call.pk}/"))
    assert "Before anything else" in page
    assert "Doctor now" in page
    assert "Садо меларзид" in page
    assert "service target, not law" in page
    assert "No outcome yet" in words(browser.get("/line/"))
    assert "A call has no outcome yet" in words(browser.get("/"))
    saved(fill(browser, f"/line/calls/{call.pk}/", outcome="told_where"))
    assert "Told who can help" in words(browser.get("/line/calls/"))
    assert "No call is open." in words(browser.get("/line/"))
    assert "was said already" in words(
        browser.post(f"/line/calls/{call.pk}/", {"outcome": "advised"})
    )


def test_d1_the_page_of_the_night_leads_to_the_one_answer_for_who_looks_for_her() -> None:
    page = client_of("nigora", "en").get("/line/").content.decode()
    assert 'href="/asked/"' in page
    assert "first help comes before any paper and any status" in page.lower()


def test_d1_a_roster_is_planned_and_an_empty_shift_is_said() -> None:
    zone = policy.pack().calendar.zone
    browser, now = client_of("nigora", "en"), timezone.localtime(timezone=zone)
    begins, ends = now - timedelta(hours=1), now + timedelta(hours=5)
    given = {
        "day": begins.date().isoformat(),
        "begins": begins.strftime("%H:%M"),
        "ends": ends.strftime("%H:%M"),
        "user": str(user("nigora").pk),
        "unit": str(team("shelter-cases").unit_id),
    }
    saved(fill(browser, "/line/roster/", **given))
    page = words(browser.get("/line/roster/"))
    assert "Fictional House" in page, "sent by another organisation"
    assert "Nobody is on duty" in page, "after those hours"
    assert user("nigora").display_name in words(browser.get("/line/"))
    assert "Nobody is on the emergency desk" in words(browser.get("/"))
    with as_user("nigora"):
        shift = Shift.objects.get()
    saved(browser.post(f"/line/roster/{shift.pk}/drop/"))
    assert "No shift is planned." in words(browser.get("/line/roster/"))
    assert browser.post(f"/line/roster/{uuid4()}/drop/").status_code == 404


def test_d1_a_shift_is_handed_over_and_taken_by_name() -> None:
    first, second = client_of("nigora", "en"), client_of("safar", "en")
    case = opened(danger_now="danger")
    saved(fill(first, "/line/calls/add/", danger_now="danger"))
    saved(fill(first, "/line/hand-over/", note="Ба духтур занг занед"))
    with as_user("nigora"):
        given = Handover.objects.get()
    path = f"/line/hand-over/{given.pk}/"
    assert path in second.get("/line/").content.decode()
    page = words(second.get(path))
    assert "Ба духтур занг занед" in page
    assert grouped(case.dossier.ref) in page, "of which case it is owed"
    assert "No outcome yet" in page, "the open calls are listed"
    assert "I take over" in page
    assert "I take over" not in words(first.get(path))
    saved(second.post(path))
    assert call_of().user == user("safar")
    assert second.get(path).status_code == 302, "taken already: back to the desk"
    assert second.post(path).status_code == 409


def test_the_log_goes_on_from_page_to_page() -> None:
    browser = client_of("nigora", "en")
    assert browser.get("/line/calls/", {"before": "yesterday"}).status_code == 404
    assert browser.get("/line/calls/", {"before": "2026-01-01T00:00:00"}).status_code == 404
    saved(fill(browser, "/line/calls/add/", danger_now="none"))
    ahead = (timezone.now() + timedelta(hours=1)).isoformat()
    assert "No outcome yet" in words(browser.get("/line/calls/", {"before": ahead}))
    assert "No call is open." in words(
        browser.get("/line/calls/", {"before": "2026-01-01T00:00:00+00:00"})
    )
