"""`manage backup FOLDER --keys OTHER`: what is sealed, and apart from it what opens it."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.backup import BackupError, expire, pair_of_code, take
from panoh.files import queries as files
from panoh.policy import queries as policy
from panoh.vault.rules import new_recovery_code

PUBLIC = "backup-public"


class Command(BaseCommand):
    """Works as owner, beside the running installation; both halves are of one moment."""

    help = "Save the database and documents in FOLDER, the keys that open them in another folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?")
        parser.add_argument("--keys", type=Path, help="where the sealed keys go: another disk")
        parser.add_argument(
            "--new-code", action="store_true", help="print the code that will open the keys, once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        public = settings.PANOH_KEYS / PUBLIC
        if options["new_code"]:
            self._new_code(public)
            return
        if not (options["folder"] and options["keys"]):
            raise CommandError("Name two folders: ./run manage backup FOLDER --keys OTHER")
        if not public.exists():
            raise CommandError("Make the code of the safe first: ./run manage backup --new-code")
        try:
            name = take(
                owner_address(),
                secrets=settings.PANOH_KEYS,
                documents=files.folder(),
                to=options["folder"],
                keys=options["keys"],
                public=bytes.fromhex(public.read_text(encoding="ascii")),
            )
        except (BackupError, OSError, psycopg.Error) as error:
            raise CommandError(f"No backup was made: {error}") from error
        gone = expire(options["keys"], name, policy.number("backup_keys_kept"))
        self.stdout.write(f"{name}: saved. Older backups of keys removed: {len(gone)}.")

    def _new_code(self, public: Path) -> None:
        code = new_recovery_code()
        aside = public.with_suffix(".new")
        aside.write_text(pair_of_code(code).public.hex(), encoding="ascii")
        aside.replace(public)
        self.stdout.write(
            f"{code}\nWrite it on paper for the director's safe. It is not kept here."
        )


def owner_address() -> str:
    """The address of the database's owner. Raises CommandError where it is not known."""
    try:
        return os.environ["PANOH_OWNER_DATABASE_URL"]
    except KeyError as error:
        raise CommandError("PANOH_OWNER_DATABASE_URL is not set (./run manage sets it)") from error
