"""Two people, or one impatient one, at the same moment: one effect, and nothing left open."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connections
from django.test import Client

from panoh.access.models import Dossier, Grant
from panoh.cases.models import Case, Note
from panoh.consent.models import Consent
from panoh.files.models import Document
from panoh.people.models import ContactPoint, Identity
from panoh.referrals.models import Referral
from tests.factories.canaries import Form
from tests.factories.clients import client_of
from tests.factories.directory import organisation, service
from tests.factories.papers import pdf
from tests.factories.referrals import answer, case, sent
from tests.factories.staff import as_user, team

Connect = Callable[[str], psycopg.Connection]
Work = Callable[[], Any]
CLICKS = 3


def at_once(*works: Work) -> list[int]:
    """Do all at the same moment, each over a connection of its own; the statuses."""
    gate = Barrier(len(works))

    def one(work: Work) -> int:
        try:
            gate.wait()
            status: int = work().status_code
            return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result() for done in [pool.submit(one, work) for work in works]]


def post(browser: Client, path: str, data: dict[str, Any] | None = None) -> Work:
    return lambda: browser.post(path, data or {})


def hidden(browser: Client, path: str) -> dict[str, Any]:
    """What the opened form carries along unseen: its mark, the version it saw."""
    page = browser.get(path)
    assert page.status_code == 200
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in Form(page.content.decode()).hidden.items()
    }


def rows(owner: psycopg.Connection, table: str, dossier: Dossier) -> int:
    found = owner.execute(
        f"SELECT count(*) FROM {table} WHERE dossier_id = %s".encode(), [dossier.pk]
    ).fetchone()
    assert found is not None
    return int(found[0])


FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("notes/story/", {"text": "Як бор"}, Note._meta.db_table),
    ("person/way/", {"kind": "phone", "value": "000 00 01", "is_safe": "no"}, ""),
    ("person/name/", {"given": "Озмоиш"}, Identity._meta.db_table),
]


@pytest.mark.parametrize(("path", "typed", "table"), FORMS)
def test_a_form_sent_three_times_at_once_is_saved_once(
    fresh_db: str, connect: Connect, path: str, typed: dict[str, Any], table: str
) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
    browser = client_of("nigora")
    path = f"/cases/{dossier.ref}/{path}"
    given = hidden(browser, path) | typed
    statuses = at_once(*[post(client_of("nigora"), path, given) for _ in range(CLICKS)])
    assert max(statuses) < 500, statuses
    assert 302 in statuses
    assert rows(connect("owner"), table or ContactPoint._meta.db_table, dossier) == 1


def test_a_first_contact_sent_three_times_at_once_is_one_case(
    fresh_db: str, connect: Connect
) -> None:
    browser = client_of("nigora")
    given = hidden(browser, "/first-contact/")
    given |= {"safe_to_talk": "yes", "danger_now": "none", "chosen": "Озмоиш"}
    statuses = at_once(
        *[post(client_of("nigora"), "/first-contact/", given) for _ in range(CLICKS)]
    )
    assert max(statuses) < 500, statuses
    with as_user("nigora"):
        assert (Dossier.objects.count(), Case.objects.count()) == (1, 1)
        assert Identity.objects.count() == 1


def test_a_document_and_a_consent_sent_twice_at_once(fresh_db: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
    base = f"/cases/{dossier.ref}/"
    paper = {"title": "Ариза", "category": "story", "submission": str(uuid4())}
    asked = {
        "purpose": "be_found",
        "present": ["nobody"],
        "language": "tg",
        "interpreter": "not_needed",
        "submission": str(uuid4()),
        "told_limits": "on",
        "answer": "no",
    }

    def upload() -> Any:
        file = BytesIO(pdf())
        file.name = "x.pdf"
        return client_of("nigora").post(f"{base}documents/", {**paper, "file": file})

    browsers = [client_of("nigora") for _ in range(2)]
    statuses = at_once(
        upload, upload, *[post(one, f"{base}consent/be_found/", asked) for one in browsers]
    )
    assert max(statuses) < 500, statuses
    with as_user("nigora"):
        assert Document.objects.filter(dossier=dossier).count() == 1
        assert Consent.objects.filter(dossier=dossier).count() == 1


def test_a_request_sent_twice_at_once_is_sent_once(fresh_db: str, connect: Connect) -> None:
    to = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(to)
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by)
    path = f"/cases/{dossier.ref}/refer/{to.pk}/"
    browser = client_of("nigora")
    page = Form(browser.get(path, {"help": "bed"}).content.decode()).hidden
    typed = {"services": ["bed"], "categories": ["contact"], "urgency": "routine", "send": "1"}
    typed |= {name: page[name][0] for name in ("submission", "shown")}
    statuses = at_once(*[post(client_of("nigora"), path, typed) for _ in range(CLICKS)])
    assert max(statuses) < 500, statuses
    owner = connect("owner")
    assert rows(owner, Referral._meta.db_table, dossier) == 1
    assert offers(owner, dossier) == 1


def offers(owner: psycopg.Connection, dossier: Dossier) -> int:
    """Grants of other teams on a dossier that have not ended."""
    row = owner.execute(
        "SELECT count(*) FROM access_grant g JOIN access_dossier d ON d.id = g.dossier_id"
        " WHERE d.id = %s AND g.team_id <> d.holder AND g.ended_at IS NULL",
        [dossier.pk],
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("sender", ["withdraw", "stop"])
def test_a_yes_beside_a_withdrawal_opens_nothing_for_good(
    fresh_db: str, connect: Connect, sender: str
) -> None:
    """Whoever is first: after a withdrawal nothing of it is open."""
    request = sent()
    owner = connect("owner")
    with as_user("nigora"):
        consent = Consent.objects.get(dossier=request.dossier)
    path = {
        "withdraw": f"/requests/{request.ref}/withdraw/",
        "stop": f"/cases/{request.dossier.ref}/knows/{consent.pk}/stop/",
    }[sender]
    takes = client_of("nigora")
    yes = [client_of("shirin") for _ in range(2)]
    accept = f"/requests/{request.ref}/accept/"
    statuses = at_once(post(takes, path), *[post(one, accept) for one in yes])
    assert max(statuses) < 500, statuses
    state = owner.execute(
        "SELECT state FROM referrals_referral WHERE id = %s", [request.pk]
    ).fetchone()
    assert state is not None
    if state[0] == "withdrawn":
        assert offers(owner, request.dossier) == 0
        assert yes[0].get(f"/cases/{request.dossier.ref}/").status_code == 404
    else:
        # The yes came first, and the withdrawal was told so; nothing is half done.
        assert state[0] == "accepted"
        assert sender == "withdraw"
    again = takes.post(path)
    assert again.status_code < 500
    assert offers(owner, request.dossier) == 0 or state[0] == "accepted"


def test_a_note_beside_a_withdrawal_is_closed_to_the_receiver(
    fresh_db: str, connect: Connect
) -> None:
    request = sent()
    reader = client_of("shirin")
    assert reader.post(f"/requests/{request.ref}/accept/").status_code == 302
    base = f"/cases/{request.dossier.ref}/"
    with as_user("nigora"):
        consent = Consent.objects.get(dossier=request.dossier)
    writer, taker = client_of("nigora"), client_of("safar")
    note = hidden(writer, f"{base}notes/services/") | {"text": "Ёддошти нав"}
    statuses = at_once(
        post(writer, f"{base}notes/services/", note),
        post(taker, f"{base}knows/{consent.pk}/stop/"),
        lambda: reader.get(f"{base}notes/services/"),
    )
    assert max(statuses) < 500, statuses
    assert offers(connect("owner"), request.dossier) == 0
    got = reader.get(f"{base}notes/services/")
    assert got.status_code == 404
    with as_user("shirin"):
        assert not Note.objects.filter(dossier_id=request.dossier.pk).exists()
        assert not Grant.objects.filter(dossier_id=request.dossier.pk, ended_at=None).exists()
    with as_user("nigora"):
        assert Note.objects.filter(dossier_id=request.dossier.pk).count() == 1


def test_closing_and_opening_at_once_leaves_one_state(fresh_db: str, connect: Connect) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
    base = f"/cases/{dossier.ref}/"
    close = {"reason": "contact_lost"}
    for _turn in range(2):
        statuses = at_once(
            post(client_of("nigora"), f"{base}close/", close),
            post(client_of("safar"), f"{base}close/", close),
            post(client_of("nigora"), f"{base}reopen/"),
            post(client_of("safar"), f"{base}reopen/"),
        )
        assert max(statuses) < 500, statuses
    found = connect("owner").execute(
        "SELECT event FROM audit_entry WHERE dossier_id = %s AND event IN"
        " ('case.closed', 'case.reopened') ORDER BY seq",
        [dossier.pk],
    )
    events = [event for (event,) in found.fetchall()]
    assert events == (["case.closed", "case.reopened"] * 4)[: len(events)]
    with as_user("nigora"):
        state = Case.objects.get(pk=dossier.pk).state
    assert state == ("closed" if len(events) % 2 else "open")
