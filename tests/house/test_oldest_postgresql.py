"""The oldest PostgreSQL that is promised (Debian's 15): migrations, accounts and walls on it.

The tests named here run once more, in a child, on a server of that version.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.cluster import OLDEST, Cluster, version
from tests.conftest import OLD_PROGRAMS
from tests.harness import ROOT, SHARED

IS_MISSING = version(OLD_PROGRAMS) != OLDEST
WALLS = (
    "tests/rooms/access/test_forgeries.py",
    "tests/rooms/access/test_reach.py::test_verify_can_find_a_wrong_row",
    "tests/rooms/access/test_reach.py::test_reach_that_begins_and_ends_by_the_clock",
    "tests/rooms/people/test_emergency.py::test_break_glass_without_a_hotline_opens_nothing",
)


@pytest.fixture
def folder() -> Iterator[Path]:
    SHARED.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=SHARED, prefix="oldest-"))
    made.chmod(0o711)
    yield made
    for left in (Cluster(made).socket, Cluster(made).home, made):
        shutil.rmtree(left, ignore_errors=True)


@pytest.mark.skipif(IS_MISSING, reason=f"POSTGRESQL {OLDEST} IS MISSING")
def test_migrations_and_walls_hold_on_the_oldest_postgresql(folder: Path) -> None:
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    given = {"PANOH_VAR": str(folder), "PANOH_PG_BINDIR": str(OLD_PROGRAMS)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *WALLS],
        cwd=ROOT,
        env={key: value for key, value in plain.items() if key != "PANOH_KEYS"} | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "passed" in done.stdout and "skipped" not in done.stdout
    assert (Cluster(folder).data / "PG_VERSION").read_text().strip() == str(OLDEST)
