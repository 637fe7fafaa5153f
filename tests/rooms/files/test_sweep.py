"""Files that no row points to: left by an upload that was killed, and swept later."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from panoh.access import actions as access
from panoh.access.models import Dossier, User
from panoh.files import actions as files
from panoh.files.models import Document
from panoh.kernel.rules import Category
from tests.factories.papers import pdf, words_of
from tests.factories.referrals import as_jobs
from tests.factories.staff import as_user, team
from tests.harness import ROOT, Databases

AT = datetime.now(UTC)
PDF = pdf("a scan")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Documents of a test lie in its own folder."""
    settings.PANOH_VAR = tmp_path
    yield tmp_path / "files"


def add(dossier: Dossier, by: User) -> Document:
    return files.add(dossier, category=Category.STORY, title="Letter", content=PDF, by=by, at=AT)


# In a process of its own: a fork would go on with connections that this one still uses.
KILLED = """
import os, signal, sys
import django; django.setup()
from panoh.access.models import Dossier
from tests.factories.staff import as_user
from tests.rooms.files.test_sweep import add
with as_user("nigora") as by:
    add(Dossier.objects.get(pk=sys.argv[1]), by)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_in_the_middle(dossier: Dossier, databases: Databases, name: str) -> int:
    """Upload in another process that is killed before it commits; how it ended."""
    environment = databases.environment(name)
    command = [sys.executable, "-c", KILLED, str(dossier.pk)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def test_what_a_killed_upload_left_is_swept_and_a_running_one_is_not(
    fresh_db: str, databases: Databases, folder: Path
) -> None:
    with as_user("nigora") as by:
        dossier = access.open_dossier(team=team("ngo-cases"), by=by, at=AT)
        kept = add(dossier, by)
    assert killed_in_the_middle(dossier, databases, fresh_db) == -signal.SIGKILL
    assert len(list(folder.iterdir())) == 2, "the file lies there and no row points to it"
    (folder / "notes.txt").write_text("not ours")
    now = datetime.now(UTC)
    with as_jobs():
        # As young as the file of an upload that has not committed yet.
        assert files.sweep(at=now) == 0
        assert len(list(folder.iterdir())) == 3
        assert files.sweep(at=now + timedelta(hours=7)) == 1
        assert files.sweep(at=now + timedelta(hours=7)) == 0
    assert {path.name for path in folder.iterdir()} == {str(kept.pk), "notes.txt"}
    with as_user("nigora") as by:
        assert words_of(files.read(kept, by=by, at=AT).content) == words_of(PDF)


def test_the_folder_of_another_database_is_left_alone(fresh_db: str, folder: Path) -> None:
    folder.mkdir()
    (folder / str(uuid4())).write_bytes(b"of a database that is not connected now")
    with as_jobs():
        assert files.sweep(at=datetime.now(UTC) + timedelta(hours=7)) == 0
    assert len(list(folder.iterdir())) == 1
