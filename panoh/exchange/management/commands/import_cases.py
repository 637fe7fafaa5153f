"""`manage import_cases FILE --as ACCOUNT`: the same import as on the page, at the terminal."""

import getpass
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation

from panoh.access.models import Team, User
from panoh.access.queries import acting, may
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.exchange import actions as exchange
from panoh.exchange import queries
from panoh.exchange.models import Import
from panoh.exchange.rules import State
from panoh.kernel.rules import Problem
from panoh.vault import queries as vault
from panoh.vault.rules import WrongSecret

REFUSED = (
    "This account cannot be opened with that passphrase and second factor. "
    "A code holds for half a minute, and once: wait for the next one."
)
READY = "Ready to read the passphrase and a fresh code."


class Command(BaseCommand):
    """Shows the columns, checks every row, brings the good ones in part by part."""

    help = "Bring in cases from a CSV or XLSX file with the field names of HTCDS 2.0."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="account", required=True, help="user name")
        parser.add_argument("--team", default="", help="needed if the account has several teams")
        parser.add_argument(
            "--secrets-fd",
            type=int,
            help="file descriptor with passphrase and code, a line each; write the code when this "
            "command says that it is ready, as a code holds for half a minute",
        )
        parser.add_argument("--check", action="store_true", help="check only, bring nothing in")
        parser.add_argument(
            "--letters-are-right", action="store_true", help="confirm letters that were guessed"
        )
        parser.add_argument("--back", type=Path, help="write the rows that stay out here, in clear")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["back"] and options["back"].exists():
            raise CommandError(f"{options['back']} is there already: name another place.")
        try:
            with options["file"].open("rb") as file:
                # One byte too many is enough to be told so; a huge file fills no memory.
                content = file.read(queries.most_bytes() + 1)
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}") from error
        passphrase, code = self._secrets(options["secrets_fd"])
        user, opened = _signed_in(options["account"], passphrase, code)
        try:
            with translation.override(user.language or None):
                self._bring(content, user, opened, options)
        except Problem as problem:
            raise CommandError(str(problem.message)) from problem

    def _secrets(self, descriptor: int | None) -> tuple[str, str]:
        if descriptor is None:
            try:
                return getpass.getpass("Passphrase: "), getpass.getpass("Second factor: ")
            except EOFError as error:
                raise CommandError("There is no terminal to ask at: use --secrets-fd.") from error
        # A process takes seconds to start, so a code that was written before may have run out.
        self.stderr.write(READY)
        self.stderr.flush()
        try:
            with os.fdopen(descriptor, encoding="utf-8", closefd=False) as lines:
                passphrase, code = (lines.readline().rstrip("\r\n") for _ in range(2))
        except OSError as error:
            raise CommandError("--secrets-fd names no open file.") from error
        except UnicodeDecodeError as error:
            raise CommandError("What --secrets-fd brings is not UTF-8.") from error
        return passphrase, code

    def _bring(
        self, content: bytes, user: User, opened: vault.Opened, options: dict[str, Any]
    ) -> None:
        with _working(user, opened):
            run = exchange.start(
                content, team=_team(user, options["team"]), by=user, at=timezone.now()
            )
            head = queries.head_of(run)
        for column in queries.mapping(head.columns):
            self.stdout.write(f"{column.name}: {column.goes.label}")
        if run.state == State.UNSURE:
            if not options["letters_are_right"]:
                self._forget(run, user, opened)
                raise CommandError(
                    "The file does not say which letters it uses (guessed: Windows-1251). Save it "
                    "as UTF-8, or add --letters-are-right after looking at it."
                )
            with _working(user, opened):
                run = exchange.confirm(run, by=user, at=timezone.now())
        while run.state == State.READ:
            with _working(user, opened):
                run = exchange.check(run, part=run.next_part, by=user, at=timezone.now())
        self._say_faults(run, user, opened)
        if options["check"]:
            self._forget(run, user, opened)
            return
        while run.state != State.DONE:
            with _working(user, opened):
                run = exchange.run_part(run, part=run.next_part, by=user, at=timezone.now())
            self.stdout.write(f"{run.done}/{run.rows}")
        self.stdout.write(
            f"added {run.added}, there already {run.already}, changed since {run.changed}, "
            f"stay out {run.refused}"
        )
        if run.changed or run.refused:
            self._hand_back(run, user, opened, options["back"])

    def _say_faults(self, run: Import, user: User, opened: vault.Opened) -> None:
        """Row, column and what is wrong; never what stands in the cell but in lists' names."""
        with _working(user, opened):
            for row in queries.back_of(run):
                for fault in row.faults:
                    self.stderr.write(f"row {row.number} {fault.column}: {fault.message}")

    def _hand_back(self, run: Import, user: User, opened: vault.Opened, place: Path | None) -> None:
        if place is None:
            self.stdout.write("Take the other rows back on the page, signed in as this account.")
            return
        with _working(user, opened):
            found = exchange.take_back(
                run, workbook=place.suffix == ".xlsx", by=user, at=timezone.now()
            )
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(found.content)

    def _forget(self, run: Import, user: User, opened: vault.Opened) -> None:
        with _working(user, opened):
            exchange.forget(run, by=user, at=timezone.now())


@contextmanager
def _working(user: User, opened: vault.Opened) -> Iterator[None]:
    """One transaction in which the account acts with its vault open."""
    with transaction.atomic(), acting(user), vault.opened(opened):
        yield


def _signed_in(username: str, passphrase: str, code: str) -> tuple[User, vault.Opened]:
    """The account and its open vault: passphrase and second factor, as at the page.

    Raises ``CommandError`` with the same words whatever was wrong.
    """
    user = User.objects.select_related("unit").filter(username__iexact=username).first()
    opened = None
    if user is not None and user.is_active:
        with transaction.atomic(), acting(user):
            try:
                opened = vault.unlock(user.pk, passphrase)
            except WrongSecret:
                opened = None
        if opened is not None and not _second_factor(user, code):
            opened = None
    if user is None or opened is None:
        audit.record(
            "account.sign_in_failed",
            by=None,
            at=timezone.now(),
            subject=user,
            unit_id=user.unit_id if user else None,
        )
        raise CommandError(REFUSED)
    with transaction.atomic(), acting(user):
        audit.record("account.signed_in", by=user, at=timezone.now(), subject=user)
    if not may(user, Permission.IMPORT_CASES):
        raise CommandError("This account may not import cases.")
    return user, opened


def _second_factor(user: User, code: str) -> bool:
    """Does the code belong to one of the account's authenticators? Each holds once."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    rows = Authenticator.objects.filter(user_id=user.pk, type__in=kinds)
    return any(row.wrap().validate_code(code) for row in rows)


def _team(user: User, name: str) -> Team:
    teams = queries.teams_of(user)
    found = [team for team in teams if name in {"", team.name}]
    if len(found) != 1:
        names = ", ".join(team.name for team in teams)
        raise CommandError(f"Name one of the account's teams with --team: {names}")
    return found[0]
