"""Three organisations work on one plan; she no longer wants one of them to know."""

from typing import Any

import psycopg
from django.db import connection
from django.test import Client

from panoh.access.models import Dossier
from panoh.cases import queries
from panoh.consent.models import Consent
from panoh.duties.models import Duty
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from tests.factories.clients import client_of, hidden
from tests.factories.plans import SHARED, agreed
from tests.factories.referrals import case, later
from tests.factories.staff import as_user, team

SHARED_TEXT, CLINIC_OWN, TASK = "Нақшаи канарӣ", "Худии канарии клиника", "Вазифаи канарӣ"
CLINIC_TASK = "Духтури канарӣ"


def send(browser: Client, path: str, **typed: Any) -> None:
    assert browser.post(path, typed).status_code == 302, path


def give(browser: Client, root: str, to: str, text: str, category: str) -> None:
    """The holder gives a task on the page."""
    send(
        browser,
        f"{root}plan/tasks/",
        team=team(to).pk,
        category=category,
        text=text,
        due_on=policy.local_day(later(days=7)).isoformat(),
        submission=hidden(browser.get(f"{root}plan/tasks/"), "submission"),
    )


def begun(worker: Client) -> Dossier:
    """She agrees to a shelter and a clinic; both take part, each gets a task."""
    health = SHARED | Category.HEALTH
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, team("shelter-cases"), by=by)
        agreed(dossier, team("clinic-cases"), by=by, categories=health)
    root = f"/cases/{dossier.ref}/"
    send(worker, f"{root}plan/add/", team=team("shelter-cases").pk, categories=["services"])
    both = ["services", "health"]
    send(worker, f"{root}plan/add/", team=team("clinic-cases").pk, categories=both)
    send(worker, f"{root}plan/text/services/shared/", text=SHARED_TEXT, seen=0)
    give(worker, root, "shelter-cases", TASK, "services")
    give(worker, root, "clinic-cases", CLINIC_TASK, "health")
    return dossier


def visible(dossier: Dossier, owner: psycopg.Connection) -> dict[str, int]:
    """Every table that hangs on a case, and how many of its rows the acting account finds in
    SQL."""
    names = owner.execute("SELECT table_name FROM access_protected ORDER BY 1").fetchall()
    found = {}
    with connection.cursor() as cursor:
        for (name,) in names:
            column = "id" if name == "access_dossier" else "dossier_id"
            cursor.execute(f"SELECT count(*) FROM {name} WHERE {column} = %s", [dossier.pk])
            found[name] = int(cursor.fetchone()[0])
    return {name: count for name, count in found.items() if count}


def test_c3_three_units_on_one_plan_and_one_is_excluded(fresh_db: str, connect: Any) -> None:
    worker, house, clinic = (client_of(name, "en") for name in ("nigora", "shirin", "mavluda"))
    dossier = begun(worker)
    root = f"/cases/{dossier.ref}/"
    send(clinic, f"{root}plan/text/services/own/", text=CLINIC_OWN, seen=0)
    shown = {name: browser.get(f"{root}plan/").content.decode() for name, browser in
             (("ngo", worker), ("house", house), ("clinic", clinic))}  # fmt: skip
    assert all(SHARED_TEXT in one and TASK in one for one in shown.values())
    assert CLINIC_TASK in shown["clinic"] and CLINIC_TASK in shown["ngo"]
    assert CLINIC_TASK not in shown["house"]
    assert [name for name, one in shown.items() if CLINIC_OWN in one] == ["clinic"]

    unit = team("clinic-cases").unit
    send(
        worker,
        f"{root}never/",
        kind="unit",
        unit=unit.pk,
        submission=hidden(worker.get(f"{root}never/"), "submission"),
    )

    excluded_finds_nothing(clinic, dossier, connect("owner"))
    comes_back_to_the_holder(worker, dossier)
    goes_on_for_the_others(worker, house, root)


def excluded_finds_nothing(clinic: Client, dossier: Dossier, owner: psycopg.Connection) -> None:
    root = f"/cases/{dossier.ref}/"
    with as_user("mavluda"):
        # Its own duties stay on its own account; the one still owed is to destroy copies.
        assert set(visible(dossier, owner)) == {"duties_duty"}
        owed = Duty.objects.unsettled().filter(dossier=dossier)
        assert [duty.kind for duty in owed] == ["consent.destroy_copies"]
        duties = list(Duty.objects.filter(dossier=dossier))
    paths = [
        *(f"{root}{path}" for path in ("", "next/", "answers/", "person/", "notes/health/")),
        *(f"{root}plan/{path}" for path in ("", "tasks/", "text/health/shared/")),
        f"{root}plan/text/services/own/",
    ]
    for path in paths:
        assert clinic.get(path).status_code == 404, path
    assert (
        clinic.post(f"{root}plan/text/services/own/", {"text": "x", "seen": 1}).status_code == 404
    )
    words = (dossier.ref, SHARED_TEXT, CLINIC_OWN, TASK, CLINIC_TASK)
    listed = ["/", "/more/", "/cases/", "/inbox/", "/search/"]
    for path in [*listed, *(f"/duties/{duty.pk}/copies/" for duty in duties)]:
        page = clinic.get(path, follow=True).content.decode()
        assert not [word for word in words if word in page], path


def comes_back_to_the_holder(worker: Client, dossier: Dossier) -> None:
    with as_user("nigora"):
        (back,) = Duty.objects.unsettled().filter(kind="plan.back", dossier=dossier)
        assert back.owner == team("ngo-cases")
        plan = queries.require_plan(dossier)
        (left,) = [one for one in queries.tasks_of(plan, [Category.HEALTH]) if one.is_back]
        assert (left.row.pk, left.text) == (back.subject_id, CLINIC_TASK)
        assert Consent.objects.exclude(withdrawn_at=None).get().unit == team("clinic-cases").unit
    root = f"/cases/{dossier.ref}/"
    today = worker.get("/").content.decode()
    assert "A task of the joint plan came back" in today
    send(worker, f"{root}plan/tasks/{left.row.pk}/give/", team=team("ngo-cases").pk)
    with as_user("nigora"):
        assert not Duty.objects.unsettled().filter(kind="plan.back").exists()


def goes_on_for_the_others(worker: Client, house: Client, root: str) -> None:
    send(house, f"{root}plan/text/services/shared/", text=f"{SHARED_TEXT} 2", seen=1)
    assert f"{SHARED_TEXT} 2" in worker.get(f"{root}plan/").content.decode()
    page = house.get(f"{root}plan/").content.decode()
    assert TASK in page
    assert "Fictional Clinic" not in page
