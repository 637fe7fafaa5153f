"""Help without a name: the whole way from first contact to a second opening, and no identity in
any table; a name that is written down later changes nothing of what happened before."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from panoh.directory.models import Organisation
from panoh.kernel.rules import Category
from panoh.people.models import Identity
from panoh.people.rules.keys import Kind
from panoh.vault import queries as vault
from tests.factories.canaries import fill, saved
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation, service
from tests.factories.staff import as_user, team
from tests.journeys.test_main_job import agrees, refers, request_of, send

Connect = Callable[[str], psycopg.Connection]
Rows = dict[str, set[tuple[str, ...]]]

# What is no history: sessions, counters, jobs and caches of the installation; tokens are made anew
# from what is known, and a new version of a name ends the former one, whose text stays.
MOVES = frozenset(
    {
        "django_session",
        "plain_cache",
        "procrastinate_jobs",
        "procrastinate_events",
        "procrastinate_workers",
        "access_usersession",
        "people_nametoken",
        "people_identity",
        "vault_draft",
        "vault_sent",
    }
)
HISTORY = frozenset(
    {
        "audit_entry",
        "cases_case",
        "cases_event",
        "cases_note",
        "cases_rightentry",
        "cases_safetyentry",
        "consent_consent",
        "duties_duty",
        "people_contactpoint",
        "referrals_referral",
    }
)
# A word to call her by can betray too, so it is sealed like a name; nothing else stands there.
KEPT_OF_A_CHOSEN_NAME = {
    "people_identity",
    "people_nametoken",
    "vault_datakey",
    "vault_datakeywrap",
}


def everything(owner: psycopg.Connection) -> Rows:
    """Every row of every table, as text."""
    found: Rows = {}
    for (table,) in owner.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    ).fetchall():
        query = sql.SQL("SELECT * FROM {}").format(sql.Identifier("public", table))
        found[table] = {tuple(map(repr, row)) for row in owner.execute(query).fetchall()}
    return found


def sealed_identity(owner: psycopg.Connection) -> list[str]:
    """Where anything of the category identity stands: rows, tokens, keys, wraps, documents."""
    asked = {
        "people_identity": "true",
        "people_nametoken": "true",
        "people_nationaltoken": "kind <> 0",
        "vault_datakey": "category = %(identity)s",
        "vault_datakeywrap": "category = %(identity)s",
        "cases_note": "category = %(identity)s",
        "files_document": "category = %(identity)s",
        "access_grant": "categories & %(identity)s > 0 AND source <> 'holder'",
        "consent_consent": "categories & %(identity)s > 0",
    }
    found = []
    for table, where in asked.items():
        query = sql.SQL("SELECT count(*) FROM {} WHERE " + where).format(sql.Identifier(table))
        row = owner.execute(query, {"identity": int(Category.IDENTITY)}).fetchone()
        found += [table] if row and row[0] else []
    return found


class Journey:
    """A worker, a shelter, a doctor and a lawyer; one person, who says no name."""

    def __init__(self, chosen: str) -> None:
        self.house = self._entry("Fictional House", "shelter", "shelter-cases", "bed")
        self.clinic = self._entry("Fictional Clinic", "health_service", "clinic-cases", "doctor")
        self.counsel = self._entry(
            "Fictional Counsel", "legal_service", "legal-cases", "legal_advice"
        )
        self.worker = client_of("nigora", "en")
        contact = {"safe_to_talk": "yes", "danger_now": "injury", "language": "tg"}
        typed = {"chosen": chosen} if chosen else {}
        done = saved(fill(self.worker, "/first-contact/", sex="woman", **contact, **typed))
        self.ref = done["Location"].split("/")[2]
        self.case = f"/cases/{self.ref}/"

    def _entry(self, name: str, kind: str, in_team: str, code: str) -> Organisation:
        made = organisation(name, kind=kind, unit=team(in_team).unit)
        service(made, code, sexes=("woman",))
        return made

    def walk(self) -> None:
        """Everything that stands, one page after the other; nobody asks for a name on the way."""
        self._first_steps()
        for name, to, code in (
            ("mavluda", self.clinic, "doctor"),
            ("shirin", self.house, "bed"),
            ("latif", self.counsel, "legal_advice"),
        ):
            self._helped(name, to, code)
        self._plan_and_rights()
        page = self.worker.get(f"{self.case}knows/")
        assert "3 other services know" in words(page)
        page = send(self.worker, f"{self.case}close/", reason="contact_lost")
        assert "can be opened again" in words(page)
        self.worker.post(f"{self.case}reopen/")
        assert 'name="reason"' in self.worker.get(f"{self.case}close/").content.decode()

    def _first_steps(self) -> None:
        page = self.worker.get(f"{self.case}next/")
        assert "Doctor now" in words(page)
        saved(fill(self.worker, f"{self.case}next/", age_branch="adult"))
        saved(fill(self.worker, f"{self.case}notes/story/", text="Дар бораи роҳ нақл кард"))
        way = {"kind": "person", "value": "Дар бозор, дӯкони сеюм", "is_safe": "yes"}
        saved(fill(self.worker, f"{self.case}person/way/", **way, hours="", cover=""))
        assert self.worker.get(f"{self.case}questions/").status_code == 200

    def _helped(self, name: str, to: Organisation, code: str) -> None:
        agrees(self.worker, self.ref, to)
        asked = request_of(refers(self.worker, self.ref, to, code))
        browser = client_of(name, "en")
        saved(fill(browser, f"/requests/{asked}/accept/"))
        for path in ("", "safety/", "person/"):
            assert browser.get(f"{self.case}{path}").status_code in {200, 403, 404}
        send(browser, f"/requests/{asked}/complete/", outcome="helped")
        assert "Helped" in words(self.worker.get(f"/requests/{asked}/"))

    def _plan_and_rights(self) -> None:
        told = {"code": "debt", "text": "Қарз мепурсанд"}
        saved(fill(self.worker, f"{self.case}safety/add/threat/", **told))
        saved(fill(self.worker, f"{self.case}safety/add/review/", code="low", text="Дар ҷойи амн"))
        given = {"state": "explained", "on": "2026-01-05", "language": "tg", "reason": ""}
        saved(fill(self.worker, f"{self.case}rights/lawyer/", **given))

    def named(self, **typed: Any) -> None:
        """The name that she gives when she wishes."""
        page = self.worker.get(f"{self.case}person/name/")
        more = {"reason": "completed"} if 'name="reason"' in page.content.decode() else {}
        given = {"given": "Зариначаканарӣ", "family": "Канарзодаӣ"}
        saved(fill(self.worker, f"{self.case}person/name/", **given, **typed, **more))
        assert "Зариначаканарӣ" in self.worker.get(f"{self.case}person/").content.decode()


@pytest.mark.parametrize("chosen", ["", "Ситора"])
def test_a27_the_whole_journey_leaves_no_identity_and_a_name_added_later_changes_no_history(
    fresh_db: str, connect: Connect, chosen: str
) -> None:
    journey = Journey(chosen)
    journey.walk()
    owner = connect("owner")
    assert set(sealed_identity(owner)) <= (KEPT_OF_A_CHOSEN_NAME if chosen else set())
    if chosen:
        assert _read() == [({"chosen": chosen}, {})]
        kinds = owner.execute("SELECT DISTINCT kind FROM people_nametoken").fetchall()
        assert kinds == [(Kind.ONLY_NAME,)], "only the one word itself is found again"
    before = everything(owner)
    assert all(before[table] for table in HISTORY)

    journey.named(**({"chosen": chosen} if chosen else {}))
    assert {"people_identity", "vault_datakey"} <= set(sealed_identity(owner)), "it can see them"
    after = everything(owner)
    changed = {table for table in before if not before[table] <= after[table]}
    assert changed <= MOVES, changed - MOVES
    for table in HISTORY - {"audit_entry"}:
        assert after[table] == before[table], table
    # The earlier version keeps its text; only the day on which it ended is added.
    read = _read()
    assert len(read) == (2 if chosen else 1)
    assert ({"chosen": chosen}, {}) in read or not chosen


def _read() -> list[tuple[dict[str, str], dict[str, str]]]:
    """Every version of the identity, opened."""
    with as_user("nigora"):
        texts = [vault.open(row, "names", "details") for row in Identity.objects.all()]
    return [(json.loads(names or "{}"), json.loads(details or "{}")) for names, details in texts]
