"""``./run bench load [--size SECONDS]``: fifty people at work at the server of `./run serve`.

The web server, the worker and the database run as processes of their own, begun as `./run serve`
begins them. Fifty accounts of three teams each open a page every 1.1 seconds (faster than a person
reads): lists, a file with its names opened, notes, the inbox; every fifth writes a note or
searches. Every opened name is audited. Signing in is not part of it: the sessions stand already.
A page counts from asking to its last byte, redirects apart; time that it came later than planned
counts too. Memory is what all processes of the installation hold, shared pages once.
"""

import argparse
import http.client
import os
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

from bench import ROOT, installation, median, note, owner, p95, say
from bench.pages import country, seed
from config.cluster import Cluster
from config.launch import MANAGE, Processes, free_port, start_web

if TYPE_CHECKING:
    from panoh.access.models import Team, User

PEOPLE = 50
EVERY_SECONDS = 1.1
CASES_EACH = 3
SEEDED = 10_000
TOKEN = "a" * 32
PLAIN = "application/x-www-form-urlencoded"
READ = ("/", "/cases/", "/inbox/", "/directory/", "/search/")
OF_A_CASE = ("", "person/", "notes/story/", "knows/", "next/", "consent/")
FINE = {"200", "302"}
# Team, role of the accounts, and who lets them in.
PLACES = (
    ("ngo-cases", "ngo", "safar"),
    ("ngo-other", "ngo", "lola"),
    ("hotline-cases", "hot", "hadia"),
)


@dataclass
class Person:
    """One browser: its cookies, its cases, and what it met."""

    jar: dict[str, str]
    refs: list[str]
    spent: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def work(self, port: int, begin: float, end: float, random: Random) -> None:
        """Ask for page after page on a fixed beat until the end."""
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        due = begin + random.random() * EVERY_SECONDS
        for number in cycle(range(10)):
            if due >= end:
                break
            time.sleep(max(0.0, due - time.monotonic()))
            path, typed = self._next(number, random)
            try:
                met = str(self._ask(line, path, typed))
            except (OSError, http.client.HTTPException) as error:
                line.close()
                met = type(error).__name__
            self.spent.append((time.monotonic() - due) * 1000)
            self.statuses[met] += 1
            due = max(due + EVERY_SECONDS, time.monotonic())
        line.close()

    def _next(self, number: int, random: Random) -> tuple[str, dict[str, str]]:
        case = f"/cases/{random.choice(self.refs)}/"
        if number == 3:
            words = "Навишта шуд: ин ҷо ҳеҷ чиз воқеӣ нест. " * 5
            return f"{case}notes/story/", {"text": words, "submission": str(uuid4())}
        if number == 7:
            return "/search/", {"name": "Афсона Намунаева"}
        if number % 2:
            return case + random.choice(OF_A_CASE), {}
        return random.choice((*READ, case)), {}

    def _ask(self, line: http.client.HTTPConnection, path: str, typed: dict[str, str]) -> int:
        headers = {
            "Host": "localhost",
            "Accept-Encoding": "gzip",
            "Cookie": "; ".join(f"{key}={value}" for key, value in self.jar.items()),
        }
        body = None
        if typed:
            body = urlencode({**typed, "csrfmiddlewaretoken": TOKEN})
            headers["Content-Type"] = PLAIN
        try:
            line.request("POST" if body else "GET", path, body, headers)
            got = line.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The server closes a connection that waited; a browser then asks over a new one.
            line.close()
            line.request("POST" if body else "GET", path, body, headers)
            got = line.getresponse()
        got.read()
        return got.status


def hired(number: int, team: "Team", role: str, lead: "User", admin: "User") -> "User":
    """One more account of a team."""
    from django.utils import timezone

    from panoh.access import actions as access
    from tests.factories.staff import PASSPHRASE, as_user

    name, now = f"bench{number}", timezone.now()
    with as_user(admin):
        made, code = access.invite(
            unit=team.unit, username=name, display_name=name, language="tg", by=admin, at=now
        )
        access.appoint(user=made, role=role, by=admin, at=now)
    account = access.take_invitation(username=name, code=code, passphrase=PASSPHRASE, at=now)
    with as_user(lead):
        access.join(user=account, team=team, by=lead, at=now)
        access.let_in(user=account, team=team, by=lead, at=now)
    return account


def crowd() -> list[Person]:
    """Fifty accounts, each with a session and cases with names, ways to reach her and a story."""
    from django.utils import timezone

    from panoh.cases import actions as cases
    from panoh.kernel.rules import Category
    from panoh.people import actions as people
    from panoh.people.rules import person
    from tests.factories.cases import contact
    from tests.factories.clients import client_of
    from tests.factories.staff import ADMIN, as_user, team, user

    found, text = [], "A fictional note: nothing here happened to anybody. " * 10
    for number, (name, role, lead) in zip(range(PEOPLE), cycle(PLACES), strict=False):
        account = hired(number, team(name), role, user(lead), user(ADMIN))
        refs = []
        with as_user(account) as by:
            for _ in range(CASES_EACH):
                dossier = contact(by, timezone.now(), in_team=name).dossier
                named = person.Person(given="Афсона", family="Намунаева")
                people.name(dossier, person=named, by=by, at=timezone.now())
                people.add_contact(
                    dossier, kind="phone", value="000000000", by=by, at=timezone.now()
                )
                cases.add_note(
                    dossier, category=Category.STORY, text=text, by=by, at=timezone.now()
                )
                refs.append(dossier.ref)
        jar = {key: morsel.value for key, morsel in client_of(account, "tg").cookies.items()}
        found.append(Person({**jar, "csrf": TOKEN}, refs))
    return found


def memory() -> float:
    """Megabytes of every process that this one began, shared pages counted once."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            after = stat.read_text().rpartition(")")[2].split()
            parents.setdefault(int(after[1]), []).append(int(stat.parent.name))
    total, left = 0, list(parents.get(os.getpid(), []))
    while left:
        one = left.pop()
        left += parents.get(one, [])
        # Those that ended meanwhile; who is not root may look into none, and is told so.
        with suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def watch(stopped: threading.Event, seen: list[float]) -> None:
    """Note the memory every two seconds."""
    while not stopped.wait(2):
        seen.append(memory())


def rush(people: list[Person], port: int, seconds: float) -> float:
    """Let all work at once; return the megabytes at the worst moment."""
    begin = time.monotonic() + 1
    seen, stopped = [memory()], threading.Event()
    threads = [
        threading.Thread(
            target=one.work,
            args=(port, begin, begin + seconds, Random(number)),
        )
        for number, one in enumerate(people)
    ]
    watcher = threading.Thread(target=watch, args=(stopped, seen))
    for thread in (watcher, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    stopped.set()
    watcher.join()
    return max(seen)


def serve(cluster: Cluster, people: list[Person], seconds: float) -> float:
    """Begin the processes as `./run serve` does, let them warm up, and measure."""
    port = free_port(0)
    os.environ |= {"PANOH_MODE": "serve", "PANOH_ORIGIN": f"http://localhost:{port}"}
    known = os.environ | {"PANOH_OWNER_DATABASE_URL": cluster.url("owner")}
    subprocess.run([*MANAGE, "prepare"], cwd=ROOT, env=known, check=True)
    processes = Processes()
    try:
        start_web(processes, dict(os.environ), port)
        rush(people, port, 5)
        for one in people:
            one.spent.clear()
            one.statuses.clear()
        return rush(people, port, seconds)
    finally:
        processes.stop()


def main() -> None:
    """Seed, begin, measure, stop."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=60, help="seconds")
    seconds = arguments.parse_args().size
    with installation(staff=True) as cluster, owner(cluster) as connection:
        from django.db import connections

        from tests.factories.staff import team, user

        note("making fifty people and their cases")
        people = crowd()
        large, receiver = team("ngo-cases").pk, team("shelter-cases").pk
        country(connection)
        seed(connection, 1, SEEDED, large=large, receiver=receiver, worker=user("nigora").pk)
        connections.close_all()
        most = serve(cluster, people, seconds)
    spent = [one for person in people for one in person.spent]
    statuses = sum((person.statuses for person in people), Counter[str]())
    note(f"answers: {dict(statuses)}")
    say("load", "pages a second", len(spent) / seconds, "pages/s", ">= 40")
    say("load", "median", median(spent), "ms")
    say("load", "p95", p95(spent), "ms", "<= 500")
    say("load", "errors", sum(n for met, n in statuses.items() if met not in FINE), "", "<= 0")
    say("load", "memory of all processes", most, "MB", "<= 700")


if __name__ == "__main__":
    main()
