"""Row F13: breaches, and whom they concern."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Affected
from panoh.cases.rules.orders import (
    BreachKind,
)
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import Refused
from panoh.people import actions as people
from panoh.policy import queries as policy
from tests.factories.clients import client_of, hidden, words
from tests.factories.orders import (
    DAY,
    GIVEN,
    PHONE,
    known,
)
from tests.factories.referrals import NOW, as_jobs
from tests.factories.staff import as_user, team, user


def breach(name: str = "admin", **other: Any) -> int:
    given: dict[str, Any] = {
        "kind": BreachKind.ACCOUNT,
        "user": user("safar"),
        "since": NOW - timedelta(hours=1),
        "until": NOW + timedelta(minutes=4),
    } | other
    with as_user(name) as by:
        return cases.open_breach(**given, by=by, at=NOW + timedelta(minutes=4))


def looked_at(dossier: Dossier, name: str = "safar") -> None:
    with as_user(name) as by:
        cases.read(dossier, fields=["core"], by=by, at=NOW)


def test_f13_a_mock_breach_lists_the_people_and_their_safe_channels_within_a_day(
    fresh_db: str,
) -> None:
    seen, unseen = known(), known()
    looked_at(seen)
    with as_user("nigora") as by:
        people.add_contact(
            seen, kind="phone", value="000 111", is_safe=False, hours="", cover="", by=by, at=NOW
        )
    assert breach() == 1
    with as_user("nigora"):
        duty = Duty.objects.unsettled().get(kind="breach.tell")
        assert (duty.dossier_id, duty.owner) == (seen.pk, team("ngo-cases"))
        assert duty.due_at == policy.due("breach_tell", NOW + timedelta(minutes=4))
        assert not policy.period("breach_tell", DAY).verified
        assert Duty.objects.unsettled().filter(kind="safety.review", dossier=seen).exists()
        assert queries.safety_plan(seen).review_is_due
        assert not queries.safety_plan(unseen).review_is_due
        (row,) = Affected.objects.all()
    text = words(client_of("nigora", "en").get("/breaches/people/"))
    assert GIVEN in text and PHONE in text and "000 111" not in text
    told = client_of("nigora", "en").post(f"/breaches/people/{row.pk}/", {"channel": "call"})
    assert told.status_code == 302
    with as_user("nigora") as by:
        assert not Duty.objects.unsettled().filter(kind="breach.tell").exists()
        cases.review_risk(seen, code="high", text="x", by=by, at=NOW + timedelta(minutes=5))
        assert not queries.safety_plan(seen).review_is_due
        assert not Duty.objects.unsettled().filter(kind="safety.review").exists()
        assert [(one.people, one.told) for one in _registered()] == [(1, 1)]


def _registered() -> list[queries.BreachTold]:
    with as_user("admin"):
        return queries.breaches()


def test_f13_a_breach_rings_the_duty_officer_at_the_next_minute(fresh_db: str) -> None:
    looked_at(known())
    breach()
    with as_jobs():
        duties.escalate_overdue(at=NOW + timedelta(minutes=5))
    with as_user("nigora"):
        assert Duty.objects.get(kind="breach.tell").assigned_to == user("safar")


@pytest.mark.django_db
def test_f13_through_a_team_everybody_is_concerned_whom_it_reached() -> None:
    known(), known()
    assert breach(user=None, team=team("ngo-cases"), kind=BreachKind.DEVICE) == 2
    with as_user("shirin"):
        assert not Affected.objects.exists()


@pytest.mark.django_db
def test_f13_who_registers_a_breach_reads_numbers_only() -> None:
    dossier = known()
    looked_at(dossier)
    breach()
    page = client_of("admin", "en").get("/breaches/")
    text = page.content.decode()
    assert "0 of 1 people were told" in words(page)
    assert dossier.ref not in text and GIVEN not in text
    with as_user("admin"):
        assert not Affected.objects.exists() and not Dossier.objects.exists()
    assert client_of("admin").get("/breaches/people/").status_code == 403


@pytest.mark.django_db
def test_f13_a_breach_of_another_unit_and_by_others_is_refused() -> None:
    with pytest.raises(Refused):
        breach("nigora")
    with pytest.raises(DatabaseError), transaction.atomic():
        breach("latif", user=user("safar"))
    assert breach("latif", user=user("parvona")) == 0
    with as_user("latif"):
        assert len(queries.breaches()) == 1
    with as_user("amina"):
        assert queries.breaches() == []


@pytest.mark.django_db
def test_f13_who_cannot_be_reached_hides_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries.orders, "CONCERNED", 2)
    monkeypatch.setattr(queries, "CONCERNED", 2)
    for dossier in (known(), known(), known()):
        looked_at(dossier)
    assert breach() == 3
    browser = client_of("nigora", "en")
    first = browser.get("/breaches/people/")
    assert len(first.context["rows"]) == 2 and "?after=2" in first.content.decode()
    second = browser.get("/breaches/people/?after=2")
    assert len(second.context["rows"]) == 1 and 'rel="next"' not in second.content.decode()
    beyond = browser.get("/breaches/people/?after=4")
    assert beyond.headers["Location"] == "/breaches/people/", "somebody has to be told still"


@pytest.mark.django_db
def test_f13_an_account_that_was_closed_first_can_still_be_named() -> None:
    """The page says: first close the account."""
    looked_at(known())
    browser = client_of("admin", "en")
    typed = {
        "kind": "account",
        "user": str(user("safar").pk),
        "since": (NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "until": (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "submission": hidden(browser.get("/breaches/"), "submission"),
    }
    with as_user("admin") as by:
        access.close_account(user=user("safar"), by=by, at=NOW + timedelta(minutes=1))
    shown = words(browser.get("/breaches/"))
    assert f"{user('safar').display_name} (closed)" in shown
    assert browser.post("/breaches/", typed).status_code == 302
    with as_user("nigora"):
        assert Affected.objects.count() == 1


@pytest.mark.django_db
def test_f13_the_page_of_a_breach_names_its_faults_and_counts_once() -> None:
    looked_at(known())
    browser = client_of("admin", "en")
    page = browser.get("/breaches/")
    typed = {
        "kind": "account",
        "user": str(user("safar").pk),
        "since": (NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "until": (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "submission": hidden(page, "submission"),
    }
    both = browser.post("/breaches/", typed | {"team": str(team("ngo-cases").pk)})
    assert "Choose one account, or one team." in words(both)
    turned = browser.post("/breaches/", typed | {"until": "2020-01-01T00:00"})
    assert "The end comes after the beginning." in words(turned)
    for _twice in range(2):
        assert browser.post("/breaches/", typed).status_code == 302
    with as_user("nigora"):
        assert Affected.objects.count() == 1
