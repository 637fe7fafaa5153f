"""The real web server as a process: threads and connections shared by many, and kill -9."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from config.launch import free_port, web_server
from panoh.access.models import Dossier
from panoh.audit import actions as audit
from panoh.audit.queries import verify
from panoh.cases.models import Note
from panoh.vault import queries as keys
from tests.factories.clients import client_of
from tests.factories.referrals import case
from tests.factories.staff import as_user
from tests.harness import ROOT, Databases
from tests.rooms.audit.conftest import Role

Connect = Callable[[str], psycopg.Connection]
TOKEN = "a" * 32
THREADS, TURNS = 4, 12
PATIENCE = 600  # seconds: no test measures time
TEAMS = {"nigora": "ngo-cases", "lola": "ngo-other", "mavluda": "clinic-cases"}


@dataclass
class Web:
    """A running server, and who is signed in at it."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    databases: Databases
    name: str

    def ask(self, name: str, path: str, typed: dict[str, str] | None = None) -> tuple[int, bytes]:
        """One request over a connection of its own, as the account's browser would send it."""
        jar = {key: morsel.value for key, morsel in COOKIES[name].items()}
        headers = {
            "Host": "localhost",
            "Cookie": "; ".join(f"{k}={v}" for k, v in {**jar, "csrf": TOKEN}.items()),
        }
        body = None
        if typed is not None:
            body = urlencode({**typed, "csrfmiddlewaretoken": TOKEN})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            line.request("POST" if body else "GET", path, body, headers)
            got = line.getresponse()
            return got.status, got.read()
        finally:
            line.close()

    def hang_up(self, path: str) -> None:
        """Ask and go away before the answer."""
        with suppress(OSError):
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            jar = "; ".join(f"{k}={m.value}" for k, m in COOKIES["nigora"].items())
            line.request("GET", path, headers={"Host": "localhost", "Cookie": jar})
            line.close()


COOKIES: dict[str, dict[str, Any]] = {}


@contextmanager
def running(databases: Databases, name: str, log: Path) -> Iterator[Web]:
    """gunicorn as `config.launch` starts it, over a test's own database."""
    port = free_port(0)
    command = web_server(port, THREADS)
    environment = databases.environment(name) | {"PANOH_ORIGIN": f"http://localhost:{port}"}
    environment.pop("PYTEST_VERSION", None)
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=said, stderr=said, start_new_session=True
        )
    web = Web(port, process, log, databases, name)
    try:
        for _ in range(PATIENCE * 20):
            with suppress(OSError):
                if web.ask("", "/sign-in/login/")[0] == 200:
                    break
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield web
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def web(fresh_db: str, databases: Databases, tmp_path: Path) -> Iterator[Web]:
    COOKIES.clear()
    COOKIES[""] = {}
    for name in TEAMS:
        COOKIES[name] = dict(client_of(name).cookies)
    with running(databases, fresh_db, tmp_path / "log") as found:
        yield found


def opened() -> dict[str, Dossier]:
    """One case for each team."""
    found = {}
    for name, team in TEAMS.items():
        with as_user(name) as by:
            found[name] = case(by, in_team=team).dossier
    return found


def test_shared_connections_never_carry_another_accounts_context(web: Web) -> None:
    """Few threads with kept connections, accounts in turn; some fail, some hang up."""
    held = opened()
    refs = {name: dossier.ref for name, dossier in held.items()}
    wrong: list[str] = []

    def work(number: int) -> None:
        names = list(TEAMS)
        for turn in range(TURNS):
            name = names[(number + turn) % len(names)]
            other = names[(number + turn + 1) % len(names)]
            if turn % 5 == 4:
                web.hang_up(f"/cases/{refs['nigora']}/")
            if turn % 3 == 2:
                status, page = web.ask("", "/cases/")
                if status != 302 or any(ref.encode() in page for ref in refs.values()):
                    wrong.append("nobody")
            status, page = web.ask(name, "/cases/")
            shown = {who for who, ref in refs.items() if ref.encode() in page}
            if status != 200 or shown != {name}:
                wrong.append(f"{name} sees {shown} ({status})")
            if web.ask(name, f"/cases/{refs[other]}/")[0] != 404:
                wrong.append(f"{name} reaches {other}")
            if web.ask(name, f"/cases/{refs[name]}/notes/story/", {"text": ""})[0] != 200:
                wrong.append(f"{name} cannot write")

    with ThreadPoolExecutor(THREADS * 2) as pool:
        for done in [pool.submit(work, number) for number in range(THREADS * 2)]:
            done.result()
    assert wrong == []
    assert not re.search(r"Traceback|ERROR|CRITICAL", web.log.read_text())
    said = web.log.read_text()
    assert not any(ref in said for ref in refs.values())


def test_whatever_ends_the_server_leaves_no_core_file(web: Web) -> None:
    """Its memory holds the keys of open sessions; a core file would lie on the disk for ever."""
    tasks = Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children")
    (worker,) = tasks.read_text().split()
    limits = Path(f"/proc/{worker}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits), limits


GET_DUMPABLE = """
import ctypes
from config.memory import keep_inside
asked = lambda: ctypes.CDLL(None).prctl(3)
before = asked(); keep_inside(); print(before, asked())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel is not Linux")
def test_nor_is_a_core_handed_to_a_program() -> None:
    """Where ``core_pattern`` is a pipe the limit is not asked."""
    command = [sys.executable, "-c", GET_DUMPABLE]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1", "0"]


HEAD = "Host: localhost\r\n"
SMUGGLED = (
    # Two lengths, or a length and parts: where one server ends the message another goes on.
    f"POST /search/ HTTP/1.1\r\n{HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    f"POST /search/ HTTP/1.1\r\n{HEAD}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
    "0\r\n\r\nG",
    f"POST /search/ HTTP/1.1\r\n{HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    f"POST /search/ HTTP/1.1\r\n{HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    f"POST /search/ HTTP/1.1\r\n{HEAD}Content-Length: +5\r\n\r\nabcde",
    f"POST /search/ HTTP/1.1\r\n{HEAD}Content-Length: -1\r\n\r\n",
    f"POST /search/ HTTP/1.1\r\n{HEAD}Content-Length: x\r\n\r\n",
    f"GET / HTTP/1.1\r\n{HEAD}X: a\r\n b: c\r\n\r\n",
    f"GET / HTTP/1.1\r\n{HEAD}X\x00: a\r\n\r\n",
    f"GET / HTTP/9.9\r\n{HEAD}\r\n",
    "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
)


def raw(port: int, text: str) -> str:
    """What the server says to these bytes until it hangs up."""
    after = "GET /sign-in/login/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        line.sendall((text + after).encode("latin-1"))
        said = b""
        with suppress(ConnectionResetError):
            while part := line.recv(65536):
                said += part
    return said.decode("latin-1")


def test_split_requests_and_forged_places_are_refused(web: Web) -> None:
    for text in SMUGGLED:
        said = raw(web.port, text)
        found = re.findall(r"HTTP/1\.1 (\d+)", said)
        assert found[:1] in (["400"], ["501"], ["505"], []), (text, said[:300])
        assert "evil.example" not in said
    # Names with "_" are those of the environment: a visitor may not say what was asked for.
    for name in ("SCRIPT_NAME", "PATH_INFO", "X_FORWARDED_PROTO", "X-Forwarded-Host"):
        said = raw(web.port, f"GET /cases/ HTTP/1.1\r\n{HEAD}{name}: //evil.example/\r\n\r\n")
        assert re.findall(r"HTTP/1\.1 (\d+)", said)[:1] == ["302"], (name, said[:300])
        assert "evil.example" not in said, (name, said[:300])


ENOUGH = 6


def test_kill_9_of_the_web_server_in_the_middle_of_writes(
    web: Web, connect: Connect, tmp_path: Path, role: Role, key: Ed25519PublicKey
) -> None:
    dossier = opened()["nigora"]
    path = f"/cases/{dossier.ref}/notes/story/"
    acknowledged: set[str] = set()
    enough = threading.Event()

    def write(number: int) -> None:
        for turn in range(10_000):
            text = f"Навишт {number}-{turn}."
            try:
                status, _page = web.ask("nigora", path, {"text": text, "submission": str(uuid4())})
            except (OSError, http.client.HTTPException):
                return
            assert status == 302
            acknowledged.add(text)
            if len(acknowledged) >= ENOUGH:
                enough.set()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    assert enough.wait(PATIENCE)
    os.killpg(web.process.pid, signal.SIGKILL)
    for writer in writers:
        writer.join(PATIENCE)
    web.process.wait()
    # Sessions of the killed process roll back by themselves before anybody reads.
    owner = connect("owner")
    for _ in range(PATIENCE * 20):
        row = owner.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = 'app' AND xact_start IS NOT NULL"
        ).fetchone()
        if row == (0,):
            break
        time.sleep(0.05)
    with as_user("nigora"):
        notes = list(Note.objects.filter(dossier=dossier))
        texts = [keys.open(note, "text") for note in notes]
    assert len(texts) == len(notes) == len(set(texts)), "a note is half there, or twice"
    assert acknowledged <= set(texts)
    assert len(texts) - len(acknowledged) <= len(writers)
    recorded = owner.execute(
        "SELECT count(*) FROM audit_entry WHERE dossier_id = %s AND event = 'note.added'",
        [dossier.pk],
    ).fetchone()
    assert recorded == (len(texts),), "each note and its record, or neither"
    with role("jobs"):
        assert audit.seal(at=datetime.now(UTC)) is not None
    with role("owner"):
        report = verify(key, [])
    assert report.finding is None
    assert report.sealed >= len(texts)
    with running(web.databases, web.name, tmp_path / "second") as again:
        assert again.ask("nigora", path)[0] == 200
