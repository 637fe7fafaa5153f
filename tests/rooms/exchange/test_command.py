"""`manage import_cases`, run as an operator runs it: secrets by a descriptor."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)

from panoh.exchange.models import External, Import
from tests.factories import tables
from tests.factories.staff import PASSPHRASE, as_user
from tests.harness import Databases
from tests.house.tree import ROOT


def code_of(secret: str) -> str:
    counter = int(time.time()) // 30
    return str(format_hotp_value(hotp_value(secret, counter)))


@pytest.fixture
def secret(fresh_db: str) -> str:
    made = str(generate_totp_secret())
    with as_user("nigora") as by:
        TOTP.activate(by, made)
    return made


def run(
    databases: Databases, database: str, secrets: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    reading, writing = os.pipe()
    os.write(writing, secrets.encode())
    os.close(writing)
    try:
        return subprocess.run(
            [sys.executable, "manage.py", "import_cases", *arguments, f"--secrets-fd={reading}"],
            cwd=ROOT,
            env=databases.environment(database),
            pass_fds=[reading],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(reading)


def test_a_file_comes_in_at_the_terminal(
    fresh_db: str, databases: Databases, secret: str, tmp_path: Path
) -> None:
    file, back = tmp_path / "cases.csv", tmp_path / "back.csv"
    bad = {"external_id": "A-2", "prs_Birthdate": "2099-01-01"}
    file.write_bytes(tables.as_csv({}, bad))
    good = f"{PASSPHRASE}\n{code_of(secret)}\n"
    done = run(databases, fresh_db, good, str(file), "--as", "nigora", f"--back={back}")
    assert done.returncode == 0, done.stderr
    assert "added 1, there already 0, changed since 0, stay out 1" in done.stdout
    assert "row 3 prs_Birthdate" in done.stderr
    for canary in ("Гулнора", "2099", PASSPHRASE):
        assert canary not in done.stdout + done.stderr
    assert back.stat().st_mode & 0o777 == 0o600
    assert "2099" in back.read_text(encoding="utf-8-sig")
    with as_user("nigora"):
        assert External.objects.count() == 1
    again = run(databases, fresh_db, good, str(file), "--as", "nigora")
    assert again.returncode == 1, "a code holds once"


def test_without_passphrase_and_second_factor_nothing_opens(
    fresh_db: str, databases: Databases, secret: str, tmp_path: Path
) -> None:
    file = tmp_path / "cases.csv"
    file.write_bytes(tables.as_csv({}))
    right = f"{PASSPHRASE}\n{code_of(secret)}\n"
    tries = [
        ("nigora", f"not the passphrase\n{code_of(secret)}\n"),
        ("nigora", f"{PASSPHRASE}\n000000\n"),
        ("nigora", ""),
        ("nobody", right),
    ]
    for account, lines in tries:
        done = run(databases, fresh_db, lines, str(file), "--as", account)
        assert done.returncode == 1
        assert "cannot be opened" in done.stderr, "the same words whatever was wrong"
    with as_user("nigora"):
        assert not Import.objects.exists()
