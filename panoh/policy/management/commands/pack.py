"""`./run manage pack check [FOLDER]`: read a pack and say what is wrong with it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from panoh.policy import queries as policy
from panoh.policy.rules import PackFault, Standing


class Command(BaseCommand):
    help = "Check a country pack: the one in force here, or the one in FOLDER."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["check"])
        parser.add_argument("folder", nargs="?", default=settings.PANOH_PACK, type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        folder = Path(folder)
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder")
        try:
            pack = policy.read(folder)
            for letter in pack.letters.values():
                for language in letter.languages:
                    policy.typeset(folder, letter, language, letter.example)
        except PackFault as fault:
            raise CommandError(str(fault)) from fault
        latest = [versions[-1] for versions in pack.periods.values()]
        self.stdout.write(
            f"{pack.name.into('en')}, version {pack.version}: {len(pack.places)} places, "
            f"{len(pack.lists)} code lists, {len(latest)} periods "
            f"({sum(found.standing is Standing.UNSET for found in latest)} not set, "
            f"{sum(found.verified for found in latest)} verified), {len(pack.roles)} roles, "
            f"{len(pack.forms)} questionnaires, {len(pack.letters)} letters."
        )
        for gap in pack.gaps:
            self.stdout.write(f"Gap: {gap.into('en')}")
