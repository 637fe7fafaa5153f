"""`manage prepare`: bring the database, the keys and the built files up to date."""

import gc
import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connections, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected, LockNotAvailable

from config.keys import renew, secret
from panoh.policy import queries as policy

# How long one try waits for a lock, how many there are, and the seconds in which others go on.
LOCK_WAIT, TRIES, LOCK_PAUSE = "5s", 12, 2


class Command(BaseCommand):
    """Idempotent; runs as the database's owner, who is known here and in no server process."""

    help = "Migrate, grant privileges, store the context key, make cache table and built files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--renew-key", action="store_true", help="make a fresh context key")
        parser.add_argument("--database-only", action="store_true", help="no built files")

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError("PANOH_OWNER_DATABASE_URL is not set (./run manage prepare sets it)")
        if not options["database_only"]:
            compile_catalogues(Path(settings.BASE_DIR))
            call_command("collectstatic", interactive=False, verbosity=0)
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LOCK_WAIT}'")
        self.patiently(migrate)
        if options["renew_key"]:
            renew(settings.PANOH_KEYS, "context")
        self.patiently(install)
        for table in unmended():
            self.stderr.write(
                f"{table} keeps rows with a moment before 1900 or after 2999 that could not be "
                "mended: they cannot be changed"
            )

    def patiently(self, step: Callable[[], None]) -> None:
        """Do a step of the update; where somebody holds what it changes, try again a few times.

        Who waits for a lock holds up everybody behind it: so we wait shortly, and often. What was
        tried is undone, what came before it stays. Raises CommandError.
        """
        for left in reversed(range(TRIES)):
            try:
                return step()
            except OperationalError as fault:
                if not isinstance(fault.__cause__, LockNotAvailable | DeadlockDetected):
                    raise
            self.stderr.write(f"Somebody works on the database; {left} more tries")
            time.sleep(LOCK_PAUSE)
        raise CommandError(
            "Somebody still works on the database: a web server or worker of before, a backup, a "
            "long question. Stop it and start again: it goes on where it stopped."
        )


def migrate() -> None:
    """Bring tables and functions up to date."""
    # What migrations make is one great net of cycles: without the collector an empty database
    # is made in 23 s in place of 37, and takes 770 MB for that time.
    gc.disable()
    try:
        call_command("migrate", database="owner", interactive=False, verbosity=0)
    finally:
        gc.enable()
    call_command("createcachetable", database="owner", verbosity=0)


def unmended() -> list[str]:
    """Tables with old rows that ``access_bound_moments`` could not mend."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint "
            "WHERE conname = 'moments_of_calendars' AND NOT convalidated ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def install() -> None:
    """Privileges, roles and limits of the pack, the context key: all at once."""
    key = bytes.fromhex(secret(settings.PANOH_KEYS, "context"))
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT access_install_privileges()")
        cursor.execute("DELETE FROM access_rolepermission")
        cursor.executemany(
            "INSERT INTO access_rolepermission (role, permission) VALUES (%s, %s)",
            [(role, verb) for role, verbs in policy.roles().items() for verb in verbs],
        )
        cursor.execute("DELETE FROM access_unitrole")
        cursor.executemany(
            "INSERT INTO access_unitrole (type, role) VALUES (%s, %s)",
            [(code, role) for code, each in policy.unit_types().items() for role in each.roles],
        )
        cursor.execute(
            "INSERT INTO access_emergency (id, wait_minutes, open_minutes, per_month) "
            "VALUES (1, %s, %s, %s) ON CONFLICT (id) DO UPDATE SET "
            "wait_minutes = excluded.wait_minutes, open_minutes = excluded.open_minutes, "
            "per_month = excluded.per_month",
            [
                minutes("break_glass_wait"),
                minutes("break_glass_open"),
                policy.number("break_glass_per_month"),
            ],
        )
        cursor.execute("DELETE FROM audit_context_key")
        cursor.execute("INSERT INTO audit_context_key (key) VALUES (%s)", [key])


def minutes(period: str) -> int:
    """A period of the pack in minutes. A pack without these two is refused: the gate needs them."""
    start = timezone.now()
    end = policy.due(period, start)
    if end is None:
        raise CommandError(f"{period} is not set in the pack")
    return int((end - start).total_seconds() // 60)


def compile_catalogues(root: Path) -> None:
    """Compile each django.po of rooms, packs and libraries that is newer than its result."""
    places = ("panoh/*/locale", "packs/*/locale", "config/locale")
    for source in [po for place in places for po in root.glob(f"{place}/**/*.po")]:
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file)
        aside = target.with_suffix(f".{os.getpid()}.new")
        with aside.open("wb") as file:
            write_mo(file, catalogue)
        aside.replace(target)
