"""``./run bench import [--size 10000]``: cases from a CSV and from XLSX, whole and with memory.

Each run works in a process of its own, as the command does: read, check every row, bring in part
by part. The peak is that of the process (Linux: ``VmHWM``), so memory is flat where the figures
of 1,000 and of ``size`` rows are near one another.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from time import perf_counter, process_time

from bench import ROOT, installation, note, say

ROWS = 10_000
SMALL = 1_000
FILE = 10_000  # rows; a larger table comes in several files
PEAKS = ("before", "peak")


def main() -> None:
    """Run in an installation of its own, each size in a child."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=ROWS, help="rows of the larger table")
    arguments.add_argument("--child", nargs=3, metavar=("KIND", "ROWS", "BEGIN"))
    found = arguments.parse_args()
    if found.child:
        child(found.child[0], int(found.child[1]), int(found.child[2]))
        return
    with installation(staff=True):
        begin = 0
        for kind, rows in (("csv", SMALL), ("csv", found.size), ("xlsx", found.size)):
            note(f"{kind}: {rows} rows")
            figures = measured(kind, rows, begin)
            begin += rows
            name = f"{kind}, {rows} rows"
            target = "<= 60" if rows == ROWS else ""
            say("import", f"{name}: read, check, bring in", figures["seconds"], "s", target)
            say("import", f"{name}: of it read", figures["read"], "s")
            say("import", f"{name}: of it check", figures["check"], "s")
            say("import", f"{name}: own processor time", figures["own"], "s")
            say("import", f"{name}: rate", rows / figures["seconds"], "rows/s")
            say("import", f"{name}: memory before", figures["before"], "MB")
            say("import", f"{name}: memory, peak", figures["peak"], "MB")
            say("import", f"{name}: cases opened", figures["added"], "cases")


def measured(kind: str, rows: int, begin: int) -> dict[str, float]:
    """One import, or one file after another, each in a process of its own: sums, and peaks."""
    parts: list[dict[str, float]] = []
    for done in range(0, rows, FILE):
        place = (kind, str(min(FILE, rows - done)), str(begin + done))
        command = [sys.executable, "-m", "bench.import", "--child", *place]
        made = subprocess.run(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, check=True)
        parts.append(json.loads(made.stdout))
    return {
        name: (max if name in PEAKS else sum)(part[name] for part in parts) for name in parts[0]
    }


def child(kind: str, rows: int, begin: int) -> None:
    """Make a table, forget what made it, import it, print the figures."""
    content = made(kind, rows, begin)
    import django

    django.setup()
    from django.utils import timezone

    from panoh.exchange import actions as exchange
    from tests.factories.staff import as_user, team

    before = peak()
    started, own = perf_counter(), process_time()
    with as_user("nigora") as by:
        run = exchange.start(content, team=team("ngo-cases"), by=by, at=timezone.now())
    read = perf_counter() - started
    while run.state == "read":
        with as_user("nigora") as by:
            run = exchange.check(run, part=run.next_part, by=by, at=timezone.now())
    checked = perf_counter() - started - read
    while run.state != "done":
        with as_user("nigora") as by:
            run = exchange.run_part(run, part=run.next_part, by=by, at=timezone.now())
    seconds = perf_counter() - started
    own = process_time() - own
    figures = {"own": own, "seconds": seconds, "read": read, "check": checked, "added": run.added}
    print(json.dumps({**figures, "before": before, "peak": peak()}))


def made(kind: str, rows: int, begin: int) -> bytes:
    """The table, made in a process of its own, so that its memory does not count here."""
    text = (
        "import sys; from tests.factories import tables; "
        f"sys.stdout.buffer.write(tables.as_{kind}(*tables.people({rows}, {begin})))"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, check=True)
    return done.stdout


def peak() -> float:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
