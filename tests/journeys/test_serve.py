"""`./run serve` as it is: an empty real installation, set up at the terminal, used behind https."""

import http.client
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from config.cluster import Cluster
from config.launch import FIRST_LINE, free_port
from tests.factories.codes import code_now
from tests.factories.terminal import Terminal, in_a_terminal

HOST = "panoh.example.org"
WORDS = "four fictional garden gates"
TOKEN = "a" * 32
PATIENCE = 600  # seconds: no test measures time


@dataclass
class Served(Terminal):
    """The launcher in a terminal of its own, and a browser behind its proxy."""

    port: int = 0
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, typed: dict[str, str] | None = None) -> tuple[int, str, str]:
        """One request as the proxy passes it on: status, where to, page."""
        jar = {"__Host-csrf": TOKEN, **self.cookies}
        headers = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.9",
            "Origin": f"https://{HOST}",
            "Referer": f"https://{HOST}{path}",
            "Cookie": "; ".join(f"{key}={value}" for key, value in jar.items()),
        }
        body = None
        if typed is not None:
            body = urlencode({**typed, "csrfmiddlewaretoken": TOKEN})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        line.request("POST" if body else "GET", path, body, headers)
        got = line.getresponse()
        page = got.read().decode()
        for one in got.headers.get_all("Set-Cookie") or []:
            for key, morsel in SimpleCookie(one).items():
                self.cookies[key] = morsel.value
                assert key.startswith("__Host-") and morsel["secure"] and morsel["path"] == "/"
        line.close()
        return got.status, got.headers.get("Location", ""), page


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def commands(pids: list[int]) -> dict[int, str]:
    """Those of them that still run, with their words."""
    found = {}
    for pid in pids:
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if words:
                found[pid] = words
    return found


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[[], Served]]:
    started: list[Served] = []
    home = tmp_path / "var"

    def start() -> Served:
        port = free_port(0)
        plain = {key: value for key, value in os.environ.items() if not key.startswith("PANOH_")}
        plain.pop("PYTEST_VERSION", None)
        plain.pop("DJANGO_SETTINGS_MODULE", None)
        plain |= {"PANOH_VAR": str(home), "PORT": str(port), "PANOH_ORIGIN": f"https://{HOST}"}
        started.append(Served(*in_a_terminal("-m", "config.launch", "serve", env=plain), port=port))
        return started[-1]

    yield start
    for one in started:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(one.pid, signal.SIGTERM)
            os.waitpid(one.pid, 0)
        os.close(one.screen)
    cluster = Cluster(home, keys=home / "keys")
    with cluster.running():
        pass
    shutil.rmtree(cluster.socket, ignore_errors=True)


def set_up(one: Served) -> tuple[str, list[str]]:
    """Answer what is asked of the first administrator; the seed and the recovery codes."""
    one.answer(r"Language / .*: ", "en")
    kinds = one.until(r"Kind of organisation that runs this server \(([^)]*)\): ")
    one.answer(r"\): ", kinds[1].split(",")[0].strip())
    one.answer("Name of that organisation: ", "Fictional House")
    one.answer("Your name: ", "Fictional Keeper")
    one.answer(r"Your user name .*: ", "keeper")
    secret = one.until(r"or type: ([A-Z2-7]+)")[1]
    one.answer("The six digits it shows now: ", code_now(secret))
    one.answer("12 characters or more: ", WORDS)
    one.answer("Once more: ", WORDS)
    one.until("Panoh runs at")
    printed = one.said.split("Recovery codes", 1)[1]
    assert "register the organisations" in " ".join(printed.split()), "what comes next"
    return secret, re.findall(r"^\s+([0-9a-f-]{8,})\s*$", printed, re.MULTILINE)


def test_an_empty_installation_walks_its_first_administrator_through_set_up(
    terminal: Callable[[], Served],
) -> None:
    one = terminal()
    one.until(r"\n")
    assert one.said.split("\r\n")[0].startswith(FIRST_LINE[:60]), "before anything else"
    secret, codes = set_up(one)
    assert len(codes) >= 8
    assert WORDS not in one.said, "what was typed stays unseen"
    assert one.ask("/access/units/")[1].startswith("/sign-in/login/")
    typed = {"login": "keeper", "password": WORDS}
    assert one.ask("/sign-in/login/", typed)[1].startswith("/sign-in/2/authenticate/")
    assert one.ask("/access/units/")[0] == 302, "the passphrase alone is not enough"
    assert one.ask("/sign-in/2/authenticate/", {"code": code_now(secret)})[0] == 302
    status, _where, page = one.ask("/access/units/")
    assert status == 200 and "Fictional House" in page
    assert {"__Host-session", "__Host-vault"} <= one.cookies.keys()
    # A recovery code from the paper opens it too, once.
    for expected in (302, 200):
        one.cookies.clear()
        one.ask("/sign-in/login/", typed)
        assert one.ask("/sign-in/2/authenticate/", {"code": codes[0]})[0] == expected
    # And the launcher takes everything with it, however it ends.
    below = commands(children(one.pid))
    assert any("gunicorn" in words for words in below.values())
    assert any("procrastinate" in words for words in below.values())
    deeper = [pid for child in below for pid in children(child)]
    ours = [pid for pid, words in below.items() if "postgres" not in words] + deeper
    os.kill(one.pid, signal.SIGKILL)
    os.waitpid(one.pid, 0)
    for _ in range(PATIENCE * 20):
        left = {pid: words for pid, words in commands(ours).items() if "postgres" not in words}
        if not left:
            break
        time.sleep(0.05)
    assert left == {}
