"""``./run bench pages [--size N]``: server time, questions and weight of the pages of every day.

Three hundred teams, one of them large; requests, consents and duties in proportion. Seeded by the
owner role in SQL, larger sizes on top of smaller ones, so that the ratios are of one run. What is
shown of a person is a real sealed case, made by the actions.
"""

import argparse
import gzip
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from bench import installation, median, note, owner, p95, rest, say

if TYPE_CHECKING:
    from django.test import Client

SIZES = (10_000, 100_000, 1_000_000)
TEAMS = 300
RUNS = 60
WARM = 5


PROTECTED = (
    "access_grant",
    "access_dossier",
    "cases_case",
    "cases_event",
    "cases_fact",
    "consent_consent",
    "referrals_referral",
    "duties_duty",
)


def run(connection: psycopg.Connection, name: str, **values: object) -> None:
    """Run the statements of an SQL file of this folder with values in the places of ``$names``."""
    plain = {key: sql.Literal(value).as_string(connection) for key, value in values.items()}
    text = Path(__file__).with_name(name).read_text("utf-8")
    for statement in Template(text).substitute(plain).split(";\n\n"):
        started = time.perf_counter()
        connection.execute(statement.encode())
        note(f"  {time.perf_counter() - started:6.1f} s  {statement.splitlines()[0]}")


def seed(connection: psycopg.Connection, first: int, last: int, **people: int) -> None:
    """Add the dossiers ``first`` to ``last`` with everything that belongs to them; ``people`` are
    the ids of the measured teams and of the account that wrote the seeded rows."""
    for table in PROTECTED:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    run(connection, "pages_cases.sql", first=first, last=last, teams=TEAMS, **people)
    for table in PROTECTED:
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    rest(connection)


def country(connection: psycopg.Connection) -> None:
    """Three hundred units with one team and one entry of the register each."""
    from panoh.access.models import Team
    from panoh.policy import queries as policy

    places = [place.code for place in policy.places(2)]
    run(connection, "pages_country.sql", districts=places, teams=TEAMS - Team.objects.count())


def real_case() -> str:
    """One case with name, story, wishes, two consents and a request: its reference."""
    from panoh.cases import actions as cases
    from panoh.kernel.rules import Category
    from panoh.people import actions as people
    from panoh.people.rules.person import Person
    from tests.factories.referrals import NOW, answer, sent
    from tests.factories.staff import as_user, team

    dossier = sent().dossier
    with as_user("nigora") as by:
        people.name(dossier, person=Person(given="Афсона", family="Намунаева"), by=by, at=NOW)
        people.add_contact(dossier, kind="phone", value="000000000", by=by, at=NOW)
        text = "A fictional note: nothing here happened to anybody."
        cases.add_note(dossier, category=Category.STORY, text=text, by=by, at=NOW)
        cases.record_facts(dossier, field="services_asked", codes=["bed"], by=by, at=NOW)
        cases.record_facts(
            dossier,
            field="exploitation_forms",
            codes=[_first_code("exploitation_forms")],
            by=by,
            at=NOW,
        )
        answer(dossier, team("clinic-cases"), by=by)
    return dossier.ref


def _first_code(name: str) -> str:
    from panoh.policy import queries as policy

    return policy.codes(name)[0].code


def measure(size: int, ref: str, before: dict[str, float], *, largest: bool) -> None:
    """Each page at one size; ``before`` holds the p95 of the smallest size of this run."""
    from tests.factories.clients import client_of

    worker, receiver = client_of("nigora", "tg"), client_of("shirin", "tg")
    pages: list[tuple[str, Client, str]] = [
        ("Today", worker, "/"),
        ("cases", worker, "/cases/"),
        ("one case", worker, f"/cases/{ref}/"),
        ("refer", worker, f"/cases/{ref}/refer/"),
        ("inbox", receiver, "/inbox/"),
    ]
    for name, browser, path in pages:

        def get(browser: "Client" = browser, path: str = path) -> bytes:
            found = browser.get(path, headers={"accept-encoding": "gzip"})
            if found.status_code != 200:
                raise RuntimeError(f"{path} answers {found.status_code}")
            return bytes(found.content)

        spent = _milliseconds(get)
        label = f"{name}, {size:,} cases"
        say("pages", f"{label}, server p50", median(spent), "ms")
        most = "<= 60" if largest else ""
        say("pages", f"{label}, server p95", p95(spent), "ms", most)
        if name in before:
            say("pages", f"{label}, p95 against smallest", p95(spent) / before[name], "", "<= 1.3")
        before.setdefault(name, p95(spent))
        say("pages", f"{label}, questions", _questions(get), "queries", "<= 25")
        _weigh(label, get())


def _milliseconds(get: Callable[[], bytes]) -> list[float]:
    found = []
    for number in range(RUNS + WARM):
        started = time.perf_counter()
        get()
        if number >= WARM:
            found.append((time.perf_counter() - started) * 1000)
    return found


def _questions(get: Callable[[], bytes]) -> int:
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    with ExitStack() as stack:
        seen = [
            stack.enter_context(CaptureQueriesContext(connections[alias]))
            for alias in ("default", "plain")
        ]
        get()
    # A statement found prepared has no text of its own any more.
    asked = [row["sql"] or "" for one in seen for row in one.captured_queries]
    return sum(not re.match(r"BEGIN|COMMIT|SAVEPOINT|RELEASE", text) for text in asked)


def _weigh(label: str, page: bytes) -> None:
    """Bytes and requests of a first visit (page and its files) and of the next page (page)."""
    from django.conf import settings
    from django.contrib.staticfiles import finders

    html = len(page)
    prefix = re.escape(settings.STATIC_URL)
    names = set(re.findall(rf'(?:src|href)="{prefix}([^"]+)"', gzip.decompress(page).decode()))
    files = 0
    for name in names:
        found = finders.find(name)
        files += len(gzip.compress(Path(str(found)).read_bytes()))
    say("pages", f"{label}, next page", html, "bytes", "<= 10000")
    say("pages", f"{label}, first visit", html + files, "bytes", "<= 50000")
    say("pages", f"{label}, first visit", 1 + len(names), "requests", "<= 6")


def main() -> None:
    """Seed and measure size after size."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=0)
    asked = arguments.parse_args().size
    sizes = (asked,) if asked else SIZES
    with installation(staff=True) as cluster, owner(cluster) as connection:
        from tests.factories.staff import team, user

        people = {
            "large": team("ngo-cases").pk,
            "receiver": team("shelter-cases").pk,
            "worker": user("nigora").pk,
        }
        country(connection)
        ref, before, done = real_case(), dict[str, float](), 0
        for size in sizes:
            note(f"seeding {size:,} cases")
            seed(connection, done + 1, size, **people)
            done = size
            measure(size, ref, before, largest=size == max(SIZES))


if __name__ == "__main__":
    main()
