"""The embedded server after kill -9: the next start recovers, nothing committed is lost."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.cluster import Cluster, is_root
from tests.harness import ROOT, SHARED

LAUNCHER = """
import sys
from pathlib import Path
from config.cluster import Cluster, is_root
with Cluster(Path(sys.argv[1])).running():
    print("up", flush=True)
    sys.stdin.read()
"""
ENOUGH = 200
PATIENCE = 600  # seconds; a disk may be slow


@pytest.fixture
def blank() -> Iterator[Cluster]:
    """The server of a folder in which nothing was ever made."""
    SHARED.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SHARED, prefix="kill-"))
    folder.chmod(0o711)
    yield Cluster(folder)
    shutil.rmtree(Cluster(folder).home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def made() -> Iterator[Cluster]:
    """A durable server made once and stopped, to copy."""
    SHARED.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SHARED, prefix="made-"))
    folder.chmod(0o711)
    with Cluster(folder).running() as cluster:
        pass
    yield cluster
    shutil.rmtree(cluster.home)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own(made: Cluster, blank: Cluster) -> Cluster:
    """A durable server of this test alone."""
    subprocess.run(["cp", "-a", made.keys, blank.keys], check=True)
    subprocess.run(["cp", "-a", made.home, blank.home], check=True)
    return blank


@contextlib.contextmanager
def launched(cluster: Cluster) -> Iterator[subprocess.Popen[bytes]]:
    """A process that started the server and uses it."""
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(cluster.var)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == b"up\n"
        yield launcher


class Writer(threading.Thread):
    """Writes two rows a transaction and remembers which transactions were acknowledged."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self.connection = psycopg.connect(cluster.url("owner"))
        self.connection.execute("CREATE TABLE IF NOT EXISTS half (id int, side text)")
        self.connection.commit()
        self.acknowledged: list[int] = []
        self.enough = threading.Event()

    def run(self) -> None:
        with contextlib.suppress(psycopg.OperationalError):
            for number in range(10**9):
                self.connection.execute("INSERT INTO half VALUES (%s, 'left')", [number])
                self.connection.execute("INSERT INTO half VALUES (%s, 'right')", [number])
                self.connection.commit()
                self.acknowledged.append(number)
                if number == ENOUGH:
                    self.enough.set()


def kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("victims", ["everything", "postmaster", "one backend"])
def test_kill_9_in_the_middle_of_writes(own: Cluster, victims: str) -> None:
    with launched(own) as launcher:
        writer = Writer(own)
        open_transaction = psycopg.connect(own.url("owner"))
        open_transaction.execute("INSERT INTO half VALUES (-1, 'never committed')")
        writer.start()
        assert writer.enough.wait(PATIENCE)
        server = own.server_processes()
        postmaster = int((own.data / "postmaster.pid").read_text().split()[0])
        assert postmaster in server
        assert len(server) > 3
        match victims:
            case "everything":
                kill([launcher.pid, *server])
            case "postmaster":
                kill([launcher.pid, postmaster])
            case _:
                kill([writer.connection.info.backend_pid])
        writer.join(PATIENCE)
        assert not writer.is_alive()
        writer.connection.close()
        open_transaction.close()

    with own.running(), psycopg.connect(own.url("owner")) as reader:
        rows = reader.execute("SELECT id, count(*) FROM half GROUP BY id").fetchall()
        found: dict[int, int] = dict(rows)
    assert set(found.values()) == {2}, "a transaction is half there"
    assert -1 not in found
    assert set(writer.acknowledged) <= set(found)
    assert len(found) - len(writer.acknowledged) <= 1, "only the last may be unacknowledged"
    assert own.server_processes() == []


def test_a_server_whose_launcher_was_killed_is_joined_and_then_stopped(own: Cluster) -> None:
    with launched(own) as launcher:
        server = (own.data / "postmaster.pid").read_text().split()[0]
        kill([launcher.pid])
    with own.running(), psycopg.connect(own.url("app")) as connection:
        assert connection.info.backend_pid
        now = (own.data / "postmaster.pid").read_text().split()[0]
        assert now == server, "the same server goes on"
    assert own.server_processes() == []


def test_the_last_one_out_stops_the_server(own: Cluster) -> None:
    with launched(own) as launcher:
        with own.running():
            assert launcher.stdin is not None
            launcher.stdin.close()
            assert launcher.wait(PATIENCE) == 0
            psycopg.connect(own.url("app")).close()
        assert own.server_processes() == []


@pytest.mark.parametrize("pid", [os.getpid(), 2**22 - 1], ids=["a living one", "none"])
def test_traces_of_another_life_do_not_stop_a_start(own: Cluster, pid: int) -> None:
    with own.running():
        pass
    (own.data / "postmaster.pid").write_text(f"{pid}\n{own.data}\n1\n5432\n{own.socket}\n\n")
    (own.socket / ".s.PGSQL.5432").touch()
    (own.socket / ".s.PGSQL.5432.lock").write_text(f"{pid}\n{own.data}\n")
    with own.running():
        psycopg.connect(own.url("app")).close()


def test_a_first_start_that_was_cut_begins_anew(blank: Cluster) -> None:
    half_made = blank.home / "data.new" / "base"
    half_made.mkdir(parents=True)
    with blank.running():
        psycopg.connect(blank.url("app")).close()
    assert not half_made.exists()


@pytest.mark.skipif(not is_root(), reason="only root serves as somebody else")
def test_a_checkout_that_the_system_user_cannot_reach(blank: Cluster) -> None:
    hidden = blank.var / "hidden"
    hidden.mkdir(mode=0o700, parents=True)
    cluster = Cluster(hidden / "var")
    with cluster.running():
        psycopg.connect(cluster.url("app")).close()
    assert not cluster.home.is_relative_to(hidden)
    shutil.rmtree(cluster.home)


def test_a_folder_too_deep_for_a_socket(blank: Cluster) -> None:
    cluster = Cluster(blank.var / ("deep" * 30) / "var")
    with cluster.running():
        psycopg.connect(cluster.url("app")).close()
    shutil.rmtree(cluster.socket)


def test_nobody_signs_in_as_superuser_or_over_the_network(own: Cluster) -> None:
    with own.running(), psycopg.connect(own.url("owner")) as owner:
        found = owner.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()
        assert found == [("postgres",)]
        assert owner.execute("SHOW listen_addresses").fetchone() == ("",)
        for password in ("", "postgres", own.password("owner")):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(own.url("owner"), user="postgres", password=password)
    for key in own.keys.iterdir():
        assert key.stat().st_mode & 0o777 == 0o400
