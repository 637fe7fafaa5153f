"""`manage import_cases`, run as an operator runs it: secrets by a descriptor."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command

from panoh.exchange.management.commands.import_cases import READY
from panoh.exchange.models import External, Import
from tests.factories import tables
from tests.factories.codes import code_now
from tests.factories.staff import PASSPHRASE, as_user
from tests.factories.terminal import Terminal, in_a_terminal
from tests.harness import Databases
from tests.house.tree import ROOT

BY_THE_LAUNCHER = ("-m", "config.launch", "manage")  # as `./run manage` calls it
ENOUGH_SECONDS = 12  # for a process of its own to open the account before it reads the code


@pytest.fixture
def secret(fresh_db: str) -> str:
    made = str(generate_totp_secret())
    with as_user("nigora") as by:
        TOTP.activate(by, made)
    return made


def here(secrets: bytes, *arguments: str) -> None:
    """The command in this process, its secrets in a pipe."""
    reading, writing = os.pipe()
    os.write(writing, secrets)
    os.close(writing)
    try:
        call_command("import_cases", *arguments, f"--secrets-fd={reading}")
    finally:
        os.close(reading)


@dataclass(frozen=True)
class Done:
    """How the command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(
    databases: Databases,
    database: str,
    secrets: Callable[[], str],
    *arguments: str,
) -> Done:
    """Start the command, and hand it the secrets through a pipe once it says that it is ready."""
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, *BY_THE_LAUNCHER, "import_cases", *arguments, f"--secrets-fd={reading}"],
        cwd=ROOT,
        env=databases.environment(database),
        pass_fds=[reading],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        os.close(reading)
        assert child.stderr is not None
        said = ""
        for line in child.stderr:
            said += line
            if READY in line:
                os.write(writing, secrets().encode(errors="surrogateescape"))
                break
        os.close(writing)
        stdout, more = child.communicate()
    return Done(child.returncode, stdout, said + more)


def test_a_file_comes_in_at_the_terminal(
    fresh_db: str, databases: Databases, secret: str, tmp_path: Path
) -> None:
    file, back = tmp_path / "cases.csv", tmp_path / "back.csv"
    bad = {"external_id": "A-2", "prs_Birthdate": "2099-01-01"}
    file.write_bytes(tables.as_csv({}, bad))
    codes: list[str] = []

    def good() -> str:
        codes.append(code_now(secret, ENOUGH_SECONDS))
        return f"{PASSPHRASE}\n{codes[-1]}\n"

    done = run(databases, fresh_db, good, str(file), "--as", "nigora", f"--back={back}")
    assert done.returncode == 0, done.stderr
    assert "added 1, there already 0, changed since 0, stay out 1" in done.stdout
    assert "row 3 prs_Birthdate" in done.stderr
    for canary in ("Гулнора", "2099", PASSPHRASE, *codes):
        assert canary not in done.stdout + done.stderr
    assert back.stat().st_mode & 0o777 == 0o600
    assert "2099" in back.read_text(encoding="utf-8-sig")
    with as_user("nigora"):
        assert External.objects.count() == 1
    with pytest.raises(CommandError, match="cannot be opened"):  # a code holds once
        here(f"{PASSPHRASE}\n{codes[0]}\n".encode(), str(file), "--as=nigora")


def test_passphrase_and_code_are_typed_where_there_is_a_terminal(
    fresh_db: str, databases: Databases, secret: str, tmp_path: Path
) -> None:
    file = tmp_path / "cases.csv"
    file.write_bytes(tables.as_csv({}))
    words = [*BY_THE_LAUNCHER, "import_cases", str(file), "--as", "nigora", "--check"]
    env = databases.environment(fresh_db)
    one = Terminal(*in_a_terminal(*words, env=env))
    try:
        one.answer("Passphrase: ", PASSPHRASE)
        one.until("Second factor: ")
        code = code_now(secret, ENOUGH_SECONDS)
        one.answer("Second factor: ", code)
        one.until("external_id: ")
        with suppress(OSError):  # the screen closes with the command
            while more := os.read(one.screen, 65536):
                one.said += more.decode()
        assert os.waitstatus_to_exitcode(os.waitpid(one.pid, 0)[1]) == 0, one.said
    finally:
        os.close(one.screen)
    assert PASSPHRASE not in one.said and code not in one.said, "nothing typed is shown"
    with as_user("nigora"):
        assert not External.objects.exists() and not Import.objects.exists(), "only looked at"


def test_without_passphrase_and_second_factor_nothing_opens(secret: str, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_bytes(tables.as_csv({}))
    said = set()
    for account, lines in (
        ("nigora", f"not the passphrase\n{code_now(secret)}\n"),
        ("nigora", f"{PASSPHRASE}\n000000\n"),
        ("nigora", ""),
        ("nobody", f"{PASSPHRASE}\n{code_now(secret)}\n"),
    ):
        with pytest.raises(CommandError) as refused:
            here(lines.encode(), str(file), f"--as={account}")
        said.add(str(refused.value))
    assert len(said) == 1 and "cannot be opened" in said.pop(), "the same words whatever was wrong"
    with as_user("nigora"):
        assert not Import.objects.exists()


@pytest.mark.django_db
def test_what_cannot_be_read_or_written_is_said_before_anything_else(tmp_path: Path) -> None:
    file, there = tmp_path / "cases.csv", tmp_path / "there.csv"
    file.write_bytes(tables.as_csv({}))
    there.write_text("somebody's work")
    for arguments, words in (
        ([str(tmp_path / "none.csv")], "cannot be read"),
        ([str(tmp_path)], "cannot be read"),
        ([str(file), f"--back={there}"], "is there already"),
        ([str(file)], "is not UTF-8"),
    ):
        with pytest.raises(CommandError, match=words):
            here(b"\xff\n", *arguments, "--as=nigora")
    with pytest.raises(CommandError, match="names no open file"):
        call_command("import_cases", str(file), "--as=nigora", "--secrets-fd=987")
    assert there.read_text() == "somebody's work"
