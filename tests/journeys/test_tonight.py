"""One night and what follows, page by page and without a name: a call, a bed, money for a taxi, a
doctor, a plan, leaving, silence; a house whose money ends; a way back from abroad."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.consent.models import Consent
from panoh.directory.models import Organisation
from panoh.duties import actions as duties
from panoh.fund import queries as books
from panoh.fund.models import Line
from panoh.policy import queries as policy
from panoh.shelters import actions as shelters
from panoh.shelters.models import Hold, Stay, Takeover
from tests.factories import fund as money
from tests.factories.canaries import fill, saved
from tests.factories.care import READY, consulate
from tests.factories.clients import client_of, edited, hidden, words
from tests.factories.directory import organisation, service
from tests.factories.houses import case_of, held, house
from tests.factories.referrals import as_jobs
from tests.factories.staff import as_user, team
from tests.journeys.test_main_job import agrees, refers, request_of, send
from tests.journeys.test_night_call import asks, takes
from tests.journeys.test_without_a_name import sealed_identity

Connect = Callable[[str], psycopg.Connection]


def clinic() -> Organisation:
    made = organisation("Fictional Clinic", kind="health_service", unit=team("clinic-cases").unit)
    service(made, "doctor", sexes=("woman",))
    return made


def only_hold(of: str) -> Hold:
    with as_user(of):
        return Hold.objects.get()


class Night:
    """An operator, a house, a clinic and a fund; somebody calls who says no name."""

    def __init__(self) -> None:
        house(("1", 4, ""), boys_until=17)
        organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
        self.clinic = clinic()
        self.line = money.line()
        self.operator, self.keeper = client_of("hadia", "en"), client_of("shirin", "en")
        self.approver = client_of(money.FIRST, "en")
        done = saved(takes(self.operator, asks(self.operator)))
        self.ref = done["Location"].split("/")[3]
        self.case = f"/cases/{self.ref}/"
        self.hold = only_hold("hadia")

    def dossier(self) -> Dossier:
        with as_user("hadia"):
            return Dossier.objects.get(ref=self.ref)

    def arrives(self) -> None:
        """They say the code at the door."""
        assert self.hold.code in words(self.keeper.get("/beds/"))
        saved(self.keeper.post(f"/beds/holds/{self.hold.pk}/admit/"))

    def taxi(self) -> None:
        """Two hundred somoni tonight, on one signature."""
        path = reverse("fund:person", args=[self.ref])
        asked = {"kind": "taxi", "amount": "200", "urgent": "on", "book": self.line.book_id}
        asked["submission"] = hidden(self.operator.get(path), "submission")
        assert "No name was told" in words(self.operator.post(path, asked, follow=True))
        with as_user("hadia"):
            (row,) = books.on_dossier(self.dossier())
        self.approver.post(reverse("fund:approve", args=[row.ref]), {"line": self.line.pk})
        paid = self.approver.post(reverse("fund:pay", args=[row.ref]), {}, follow=True)
        assert "Second signature due" in words(paid)

    def doctor(self) -> None:
        """Asked, agreed, gone, and what came of it."""
        saved(fill(self.operator, f"{self.case}next/", age_branch="adult"))
        agrees(self.operator, self.ref, self.clinic)
        asked = request_of(refers(self.operator, self.ref, self.clinic, "doctor"))
        browser = client_of("mavluda", "en")
        saved(fill(browser, f"/requests/{asked}/accept/"))
        send(browser, f"/requests/{asked}/complete/", outcome="helped")

    def plan(self) -> None:
        """What she wants, in her own words."""
        saved(
            self.operator.post(
                f"/care/{self.ref}/need/", {"service": "doctor", "goal": "Бе дард хоб кунам"}
            )
        )

    def leaves(self) -> None:
        """The house, which reads no case, waits for the plan; then the safe contacts are owed."""
        path, goes = f"/beds/holds/{self.hold.pk}/leave/", {"who": ["1", "2"]}
        given = goes | {"outcome": "relatives"}
        assert "no plan of leaving ready" in words(self.keeper.post(path, given))
        written = {"wish": "Ба назди апа", "destination": "relatives_friends", "risk": "low"}
        saved(self.operator.post(f"{self.case}leaving/plan/", written))
        saved(self.keeper.post(path, given))
        assert "Safe contacts" in words(self.operator.get(f"{self.case}leaving/"))


def test_a27_a_night_without_a_name_from_the_call_to_the_third_day(
    fresh_db: str, connect: Connect
) -> None:
    night = Night()
    night.arrives()
    night.taxi()
    night.doctor()
    night.plan()
    refused = words(night.operator.get(night.case))
    assert "they live in a shelter: the case stays open" in refused
    shown = words(night.operator.get(f"{night.case}whole/"))
    for part in ("Doctor", "Helped", "A place in a shelter, 2 people", "lives there", "200 somoni"):
        assert part in shown, part
    night.leaves()
    with as_jobs():
        assert cases.watch_silence(at=timezone.now() + timedelta(days=4)) == 1
    assert "Silence or danger after somebody left" in words(night.operator.get("/"))
    # What she agreed to by telephone stands with its time, and nothing of hers names her.
    assert "by telephone" in words(night.operator.get(f"{night.case}consent/"))
    with as_user("hadia"):
        assert Consent.objects.filter(by_telephone=True).count() == 1
    assert sealed_identity(connect("owner")) == []


def test_d4_taxi_money_at_night_and_the_second_signature_on_the_working_day(fresh_db: str) -> None:
    night = Night()
    night.taxi()
    monday = timezone.now() + timedelta(days=10)
    with as_jobs():
        duties.escalate_overdue(at=monday)
    keeper = client_of(money.SECOND, "en")
    assert "second signature" in words(keeper.get("/"))
    with as_user("hadia"):
        (row,) = books.on_dossier(night.dossier())
    # Neither who asked nor who has signed already is the second one.
    for browser in (night.operator, night.approver):
        answer = browser.post(reverse("fund:approve", args=[row.ref]), {"line": night.line.pk})
        assert answer.status_code in {200, 403, 404, 409}
    with as_user(money.SECOND):
        assert books.request_of(row.ref).signed_at is None
        line = Line.objects.get()
    keeper.post(reverse("fund:approve", args=[row.ref]), {"line": line.pk})
    with as_user(money.SECOND):
        assert books.request_of(row.ref).signed_at is not None


def post(browser: Client, path: str, **given: str) -> int:
    return browser.post(path, given).status_code


def test_d6_a_shelters_money_ends_and_somebody_else_pays_while_people_stay(fresh_db: str) -> None:
    where = house(("1", 2, ""))
    with as_user("hadia") as by:
        hold = held(where, by=by, dossier=case_of(by))
    with as_user("shirin") as by:
        shelters.admit(hold, by=by, at=timezone.now())
    keeper, base = client_of("shirin", "en"), f"/beds/houses/{where.pk}/"
    today = policy.local_day(timezone.now())
    until = today + timedelta(days=400)
    kept = {"payer": "Fictional donor", "kind": "donor", "since": today.isoformat()}
    assert post(keeper, f"{base}add/funding/", until=until.isoformat(), **kept) == 302
    assert "money ends" not in words(keeper.get("/"))
    with as_jobs():
        shelters.remind(at=timezone.now() + timedelta(days=250))
    assert "money ends: plan who pays on" in words(keeper.get("/"))
    life = keeper.get(f"{base}life/").content.decode()
    found = re.search(r"/beds/funding/([^/]+)/takeover/", life)
    assert found
    texts = {"staff": "Ҳама мемонанд", "premises": "Аз шаҳр", "residents": "Мемонанд"}
    path, nobody = f"/beds/funding/{found[1]}/takeover/", {"payer": "", "kind": "", "until": ""}
    assert edited(keeper, path, nobody | texts).status_code == 302
    with as_user("shirin"):
        plan = Takeover.objects.get()
    settle = f"/beds/takeovers/{plan.pk}/settle/"
    assert keeper.post(settle).status_code == 409, "without a new payer it stays open"
    state = {
        "payer": "Fictional budget",
        "kind": "state",
        "until": (until + timedelta(days=365)).isoformat(),
    }
    assert edited(keeper, path, state | texts).status_code == 302
    saved(keeper.post(settle))
    assert "money ends: plan who pays on" not in words(keeper.get("/"))
    with as_user("shirin"):
        assert [one.state for one in Stay.objects.all()] == ["in"]
    assert "1 of 2 beds free" in words(keeper.get("/beds/"))


def test_e14_a_consul_does_not_let_anybody_return_without_a_look_at_the_danger(
    fresh_db: str,
) -> None:
    consulate()
    consul = client_of("qosim", "en")
    contact: dict[str, Any] = {"safe_to_talk": "yes", "danger_now": "none", "language": "tg"}
    done = saved(fill(consul, "/first-contact/", sex="woman", citizenship="TJ", **contact))
    ref = done["Location"].split("/")[2]
    back, on = f"/care/{ref}/return/", policy.local_day(timezone.now()).isoformat()
    written = READY | {"kind": "home_from_abroad", "asylum": "no_fear", "text": ""}
    sent = consul.post(f"{back}write/", written)
    assert sent.status_code == 302, words(sent)
    refused = consul.post(f"{back}depart/", {"on": on})
    assert refused.status_code == 200
    assert "how dangerous the place is" in words(refused)
    plan = {"wish": "Мехоҳам ба хона", "destination": "family_home", "risk": "low"}
    saved(consul.post(f"/cases/{ref}/leaving/plan/", plan))
    saved(consul.post(f"{back}depart/", {"on": on}))
    assert "Safe contacts" in words(consul.get(f"/cases/{ref}/leaving/"))
