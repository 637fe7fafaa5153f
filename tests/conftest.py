"""Fixtures for all tests: real databases, a closed network."""

import gc
import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from argon2.low_level import hash_secret_raw
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.test import override_settings
from django.test.testcases import LiveServerThread
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed
from hypothesis import HealthCheck
from hypothesis import settings as drawn
from pytest_django import DjangoDbBlocker

from config.cluster import OLDEST, version
from panoh.access.management.commands.prepare import compile_catalogues
from tests import harness
from tests.harness import ALIASES, ROOT, Databases, cluster

CHROMIUM = Path("/usr/bin/chromium")
OLD_PROGRAMS = Path(f"/usr/lib/postgresql/{OLDEST}/bin")

# No test measures time, and the same values are tried each time: a run says something about the
# code and nothing about its luck.
drawn.register_profile(
    "panoh", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
drawn.load_profile("panoh")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the catalogues before anybody reads one; whitenoise wants its folder."""
    compile_catalogues(ROOT)
    # Something may have been translated on the way here, from what stood there before.
    translation_file_changed(None, Path("django.mo"))
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give database tests both aliases; send tests that commit to `fresh_db`."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        asked = {"db", "client", "rf"} & set(getattr(item, "fixturenames", ()))
        if "fresh_db" in getattr(item, "fixturenames", ()):
            if marker:
                raise pytest.UsageError(f"{item.nodeid}: fresh_db and django_db exclude each other")
        elif marker and marker.kwargs.get("transaction"):
            raise pytest.UsageError(f"{item.nodeid}: a test that commits takes `fresh_db`")
        elif marker or "db" in asked:
            wanted = {**(marker.kwargs if marker else {}), "databases": list(ALIASES)}
            item.add_marker(pytest.mark.django_db(**wanted), append=False)
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM.exists():
                item.add_marker(pytest.mark.skip(reason="CHROMIUM IS MISSING"))


def pytest_collection_finish() -> None:
    """What was loaded for all tests stays: the collector of cycles need not look through it."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly what was not tested."""
    if not CHROMIUM.exists():
        terminalreporter.section("BROWSER TESTS WERE SKIPPED: /usr/bin/chromium is missing", "!")
    if (version(OLD_PROGRAMS) or 0) != OLDEST:
        text = f"THE OLDEST POSTGRESQL WAS NOT TRIED: {OLD_PROGRAMS} is missing"
        terminalreporter.section(text, "!")


@pytest.fixture(autouse=True, scope="session")
def closed_network() -> Iterator[None]:
    """Let no test reach further than this machine."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise PermissionError(f"a test wants to reach {host}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        yield


@pytest.fixture(autouse=True, scope="session")
def slow_keys_once() -> Iterator[None]:
    """Argon2id is slow on purpose, and gives one key for the same words, salt and costs: each is
    reckoned once."""
    with pytest.MonkeyPatch.context() as patch:
        place = "panoh.vault.rules.passphrases.hash_secret_raw"
        patch.setattr(place, cache(hash_secret_raw))
        yield


@pytest.fixture(autouse=True, scope="session")
def separate_worker(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The files of one worker are no other's."""
    harness.separate_worker(tmp_path_factory.mktemp("var"))


@pytest.fixture(autouse=True, scope="session")
def patient() -> Iterator[None]:
    """Children that read files of strangers may take long where many things run at once, and so may
    guesses, of which so many a minute are let through: their clock goes on by each look alone.
    """
    still = SimpleNamespace(**vars(time) | {"time": partial(next, count(time.time(), 0.001))})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("allauth.core.internal.ratelimit.time", still)
        for place in ("files", "exchange"):
            patch.setattr(f"panoh.{place}.actions._CHILD_SECONDS", 600)
        yield


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Each test begins in the first language, whatever the page before it was read in."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The running test server."""
    with cluster().running() as server:
        yield Databases(server)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, databases: Databases, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """One clone of the template for this worker; each test in it is rolled back."""
    with django_db_blocker.unblock(), databases.clone():
        yield


@pytest.fixture
def fresh_db(
    django_db_setup: None, databases: Databases, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A clone for one test that commits (races, browser, kill); the value is its name."""
    with django_db_blocker.unblock(), databases.clone() as name:
        yield name
        connections.close_all()


@pytest.fixture
def connect(databases: Databases) -> Iterator[Callable[[str], psycopg.Connection]]:
    """Open a plain connection to the test's database as a role (owner, app, jobs, auditor)."""
    opened: list[psycopg.Connection] = []

    def to(role: str) -> psycopg.Connection:
        name = connections["default"].settings_dict["NAME"]
        opened.append(psycopg.connect(databases.server.url(role, name), autocommit=True))
        return opened[-1]

    yield to
    for connection in opened:
        connection.close()


@pytest.fixture
def server(fresh_db: str) -> Iterator[str]:
    """The application on a free port over a fresh database; the value is its address."""
    thread = LiveServerThread("localhost", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    origin = f"http://localhost:{thread.port}"
    with override_settings(PANOH_ORIGIN=origin):
        yield origin
    thread.terminate()
