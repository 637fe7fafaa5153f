"""`manage restore FOLDER KEYS`: bring a backup back into an installation that is still empty."""

import getpass
import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config.backup import BackupError, bring_back
from panoh.files import queries as files
from panoh.files.management.commands.backup import owner_address

AFTERWARDS = (("prepare", "--renew-key"), ("access", "verify"), ("audit", "verify"))


class Command(BaseCommand):
    """Everything is checked before the first change; then rights and audit are verified."""

    help = "Restore a backup FOLDER with the sealed keys of KEYS (of the same day or newer)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("keys", type=Path)
        parser.add_argument("--secrets-fd", type=int, help="file descriptor to read the code from")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = owner_address()
        code = self._code(options["secrets_fd"])
        connections.close_all()
        try:
            bring_back(
                owner,
                secrets=settings.PANOH_KEYS,
                documents=files.folder(),
                backup=options["folder"],
                keys=options["keys"],
                code=code,
            )
        except (BackupError, OSError, psycopg.Error) as error:
            raise CommandError(f"Not restored: {error}") from error
        # In new processes: this one has read the keys of the empty installation.
        for command in AFTERWARDS:
            if subprocess.call([sys.executable, settings.BASE_DIR / "manage.py", *command]):  # noqa: S603
                raise CommandError(f"Restored, but `./run manage {' '.join(command)}` failed")
        self.stdout.write(
            "Restored. All sessions are closed. Consents withdrawn since the backup must be "
            "withdrawn again before anybody works: ask each unit for its papers."
        )

    def _code(self, descriptor: int | None) -> str:
        if descriptor is None:
            try:
                return getpass.getpass("Code from the safe: ")
            except EOFError as error:
                raise CommandError("There is no terminal to ask at: use --secrets-fd.") from error
        with os.fdopen(descriptor) as file:
            return file.readline().strip()
