"""Starts and stops the processes of an installation: database, web server, worker.

`python -m config.launch demo | check-demo | serve | manage …`, called by `./run`.
"""

import contextlib
import ctypes
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from config.cluster import Cluster, ClusterError

ROOT = Path(__file__).resolve().parent.parent
FIRST_LINE = (
    "No real names until a lawyer has signed the periods and the reporting duty, a native reader "
    "the scripts, survivors the words, and an independent host is found."
)
DEFAULT_PORT = 8000
PR_SET_PDEATHSIG = 1  # linux/prctl.h
WITHOUT_DATABASE = {"catalogue", "check", "estimate", "help", "makemigrations", "release", "roles"}
MANAGE = (sys.executable, "-W", "ignore", "manage.py")


def say(text: str) -> None:
    """Show progress at once, also through a pipe."""
    print(text, flush=True)  # noqa: T201


def mention(text: str) -> None:
    """Show progress apart from what a command prints."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def var_folder() -> Path:
    """Return the folder of this installation's data and keys."""
    mode = os.environ.setdefault("PANOH_MODE", "demo")
    return Path(os.environ.setdefault("PANOH_VAR", str(ROOT / "var" / mode))).absolute()


@contextlib.contextmanager
def database(tell: Callable[[str], object] = say) -> Iterator[dict[str, str]]:
    """Make sure that a database answers; yield the environment that knows its owner's address."""
    if url := os.environ.get("PANOH_DATABASE_URL"):
        tell("using the database of PANOH_DATABASE_URL")
        yield {**os.environ, "PANOH_DATABASE_URL": url}
        return
    var = var_folder()
    keys = Path(os.environ.get("PANOH_KEYS") or var / "keys").absolute()
    with Cluster(var, keys=keys).running(tell) as cluster:
        yield {**os.environ, "PANOH_OWNER_DATABASE_URL": cluster.url("owner")}


def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run one step to its end. Raises StepError."""
    code = subprocess.call(command, cwd=ROOT, env=environment)  # noqa: S603
    if code:
        raise StepError(f"{' '.join(command[3:])} ended with {code}")


class StepError(Exception):
    """A step of the start did not succeed; its own output says why."""


def end_with(launcher: int) -> Callable[[], None]:
    """What a child does before it begins: ask the kernel to end it when the launcher does, even by
    kill -9. Where the kernel is not Linux the child stays, and the next start finds the port taken.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" else None

    def before_it_begins() -> None:
        if library is not None:
            library.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != launcher:  # it was gone before the kernel was asked
                os._exit(1)

    return before_it_begins


class Processes:
    """Children that live and die together, and with this process."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[bytes]] = []

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a child in a session of its own, so that Ctrl-C reaches us alone."""
        self.children.append(
            subprocess.Popen(  # noqa: S603 - no thread of ours runs yet
                command,
                cwd=ROOT,
                env=environment,
                start_new_session=True,
                preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 - no thread runs yet
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        )

    def one_ended(self) -> bool:
        """Whether a child has ended by itself."""
        return any(child.poll() is not None for child in self.children)

    def stop(self) -> None:
        """Ask all to end, wait, and end by force what does not."""
        for child in self.children:
            if child.poll() is None:
                child.terminate()
        for child in self.children:
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def free_port(wanted: int | None) -> int:
    """Return `wanted` if it is free, else any free port; a named one that is taken is an error."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", DEFAULT_PORT if wanted is None else wanted))
        except OSError:
            if wanted is not None:
                raise StepError(f"port {wanted} is taken: PORT=… chooses another") from None
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_web(processes: Processes, environment: Mapping[str, str], port: int) -> None:
    """Start web server and worker, neither of which knows the owner's address."""
    plain = {key: value for key, value in environment.items() if key != "PANOH_OWNER_DATABASE_URL"}
    processes.start(web_server(port), plain)
    processes.start(worker(), {**plain, "PANOH_ROLE": "jobs"})
    for _ in range(6000):  # five minutes and more: a slow machine is no fault
        if processes.one_ended():
            raise StepError("the web server or the worker did not start")
        if answers(port):
            return
        time.sleep(0.05)
    raise StepError("the web server does not answer")


def worker() -> list[str]:
    """Return the command of the worker. Two jobs at a time: numbers may take hours, and are
    computed one by one (`panoh.statistics.tasks`), so that no alert waits for them."""
    return [*MANAGE, "procrastinate", "worker", "--concurrency", "2", "--delete-jobs", "successful"]


def web_server(port: int, threads: int = 8) -> list[str]:
    """Return the command of the web server. No header of a visitor may set the address that the
    application sees, so no front-end's address is trusted for that: Django alone reads the one
    header that says "https"."""
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    gunicorn += ["--workers", "1", "--worker-class", "gthread", "--threads", str(threads)]
    gunicorn += ["--log-level", "warning", "--graceful-timeout", "5"]
    return [*gunicorn, "--forwarded-allow-ips", "", "--worker-tmp-dir", temporary()]


def temporary() -> str:
    """Return a folder in memory for gunicorn's heartbeat where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()  # noqa: S108


def answers(port: int) -> bool:
    """Whether the application answers on the port, be it with a redirect or a refusal."""
    host = urlsplit(os.environ["PANOH_ORIGIN"]).netloc
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        web.request("GET", "/", headers={"Host": host, "X-Forwarded-Proto": "https"})
        status = web.getresponse().status
    except OSError:
        return False
    finally:
        web.close()
    if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        raise StepError(f"the first page answers {status}")
    return True


def until_stopped(processes: Processes) -> None:
    """Wait for Ctrl-C, SIGTERM or the end of a child."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    while not stopped.wait(0.5):
        if processes.one_ended():
            raise StepError("the web server or the worker ended")
    say("stopping")


def demo(*, seconds_only: bool = False) -> None:
    """Start the demo: a fictional country in motion. With `seconds_only` walk it and stop."""
    os.environ["PANOH_MODE"] = "demo"
    given = os.environ.get("PORT")
    port = free_port(0 if seconds_only else int(given) if given else None)
    os.environ["PANOH_ORIGIN"] = f"http://localhost:{port}"
    with database() as environment:
        say("preparing the database")
        run([*MANAGE, "prepare", "--renew-key"], environment)
        if has_command("demo"):
            say("making the fictional country")
            run([*MANAGE, "demo"], environment)
        processes = Processes()
        try:
            start_web(processes, environment, port)
            if seconds_only:
                if has_command("walk"):
                    run([*MANAGE, "walk", os.environ["PANOH_ORIGIN"]], environment)
                say("the demo works")
                return
            say(f"\nPanoh runs at http://localhost:{port} (Ctrl-C stops it)")
            until_stopped(processes)
        finally:
            processes.stop()


def serve() -> None:
    """Start a real installation."""
    say(FIRST_LINE)
    os.environ["PANOH_MODE"] = "serve"
    given = os.environ.get("PORT")
    port = free_port(int(given) if given else None)
    os.environ.setdefault("PANOH_ORIGIN", f"http://localhost:{port}")
    with database() as environment:
        run([*MANAGE, "prepare", "--renew-key"], environment)
        if sys.stdin.isatty():
            run([*MANAGE, "set_up", "--if-empty"], environment)
        else:
            say("an empty installation waits for: PANOH_MODE=serve ./run manage set_up")
        processes = Processes()
        try:
            start_web(processes, environment, port)
            say(f"Panoh runs at {os.environ['PANOH_ORIGIN']} (port {port} on this machine)")
            until_stopped(processes)
        finally:
            processes.stop()


def has_command(name: str) -> bool:
    """Whether a room brings the management command `name`."""
    return any(ROOT.glob(f"panoh/*/management/commands/{name}.py"))


def check_demo() -> None:
    """Start the demo in a throwaway folder on a free port, walk the main job, stop everything."""
    folder = tempfile.mkdtemp(prefix="panoh-check-")
    os.environ["PANOH_VAR"] = folder
    try:
        demo(seconds_only=True)
    finally:
        cluster = Cluster(Path(folder))
        for left in (cluster.socket, cluster.home, folder):
            shutil.rmtree(left, ignore_errors=True)


def manage(arguments: Sequence[str]) -> int:
    """Run one of Django's commands, with the database up if it needs one."""
    if not arguments or arguments[0] in WITHOUT_DATABASE:
        var_folder()
        return subprocess.call([*MANAGE, *arguments], cwd=ROOT)  # noqa: S603
    with database(mention) as environment:
        # Descriptors that were handed over are handed on: import_cases reads its secrets there.
        return subprocess.call(  # noqa: S603
            [*MANAGE, *arguments], cwd=ROOT, env=environment, close_fds=False
        )


def main(arguments: Sequence[str]) -> int:
    """Do what `./run` was asked; return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        match list(arguments):
            case ["demo"]:
                demo()
            case ["check-demo"]:
                check_demo()
            case ["serve"]:
                serve()
            case ["manage", *rest]:
                return manage(rest)
            case _:
                say(__doc__)
                return 2
    except (StepError, ClusterError) as error:
        say(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
