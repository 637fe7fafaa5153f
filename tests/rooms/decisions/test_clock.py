"""What the clock says of applications: in which order they are treated, and which are late."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from panoh.bodies import actions as bodies
from panoh.bodies import queries as sittings
from panoh.duties.models import Duty
from panoh.kernel.rules import Invalid
from panoh.policy import queries as policy
from panoh.ui.templatetags.panoh import city
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW, as_jobs, later
from tests.factories.staff import ADMIN, as_user
from tests.factories.status import SECRETARY, commission, completed, filed, sitting
from tests.factories.terms import many_zones, terms


def test_b6_the_agenda_begins_with_what_is_due_and_what_is_late_is_counted(fresh_db: str) -> None:
    body = commission()
    with as_user("nigora") as by:
        first, second, third = (filed(body, by=by) for _one in range(3))
    completed(first)  # nobody has set its time
    for row, days in ((second, 20), (third, 3)):
        with terms(status_decision_days=days):
            completed(row)
    held = sitting(body)
    with as_user(SECRETARY):
        told = list(sittings.items_of(held))
        assert [one.number for one in told] == [third.number, second.number, first.number]
        dues = [vars(one)["due_at"] for one in told]
        assert dues[0] is not None and dues[2] is None
        assert sittings.agenda(held, NOW).duties == [], "each stands there by its number"
        due = policy.local_day(dues[0])
        assert (due - policy.local_day(NOW)).days >= 3
    with as_jobs():
        bodies.look_back(at=later(days=6))
        assert bodies.look_back(at=later(days=6)) == 0, "once"
    with as_user(SECRETARY):
        late = [one for one in sittings.happenings(body) if one.kind == "overdue"]
        assert [(one.item_kind, one.key) for one in late] == [("application", str(told[0].pk))]


@pytest.mark.django_db
def test_b5_a_body_counts_its_days_in_the_zone_where_it_sits() -> None:
    page = reverse("bodies:found")
    asks = "In which time zone does it sit?"
    assert asks not in words(client_of(ADMIN, "en").get(page)), "a country of one zone is not asked"
    with many_zones(status_decision_days=3) as zone:
        assert zone in policy.zones() and policy.zones()[0] == policy.pack().timezone
        assert asks in words(client_of(ADMIN, "en").get(page))
        body = commission(zone=zone)
        given: dict[str, Any] = {"kind": "national_commission", "level": "national", "at": NOW}
        with as_user(ADMIN) as by, pytest.raises(Invalid):
            names = {"en": "Odd"}
            bodies.found(code="odd", names=names, team=body.team, zone="Asia/Tokyo", by=by, **given)
        with as_user("nigora") as by:
            row = filed(body, by=by)
        completed(row)
        secretary = client_of(SECRETARY, "en")
        with as_user(SECRETARY):
            duty = Duty.objects.get(kind="status.decide")
        assert duty.due_at is not None
        assert duty.due_at.astimezone(ZoneInfo(zone)).time() == time(23, 59, 59)
        why = reverse("desk:why", args=[duty.pk])
        assert f"(time of {city(zone)})" in words(secretary.get(why))
        assert city(zone) in words(secretary.get(reverse("bodies:body", args=[body.code])))
