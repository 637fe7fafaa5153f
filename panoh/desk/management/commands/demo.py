"""`manage demo`: a fictional country in motion, made through the actions with past dates."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from panoh.access.models import User
from panoh.desk.management.demo import (
    bodies,
    care,
    cases,
    houses,
    line,
    money,
    register,
    status,
    units,
    work,
)
from panoh.desk.management.demo.country import Country
from panoh.policy import queries as policy

CASES = 300
# In this order: each uses what stands before it.
MAKERS = (units, register, cases, line, houses, work, care, money, bodies, status)


class Command(BaseCommand):
    """Refuses any mode but demo, and does nothing where the country stands already."""

    help = "Make the fictional country of the demo and print its sign-ins."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--cases", type=int, default=CASES)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PANOH_MODE != "demo":
            raise CommandError("The fictional country is made in a demo only.")
        if not User.objects.exists():
            country = Country(self.stdout.write, cases=options["cases"])
            for maker in MAKERS:
                maker.make(country)
        elif not units.sign_ins().exists():
            raise CommandError(
                "This database holds accounts, but their sign-ins are not in this folder: "
                "give the demo an empty database."
            )
        self._print_accounts()

    def _print_accounts(self) -> None:
        found = json.loads(units.sign_ins().read_text("utf-8"))
        self.stdout.write("\nSign in as (the sign-in page shows each one's second code):")
        with translation.override("en"):  # like every word of the launcher
            for account in found:
                role = policy.role(account["role"]).label
                self.stdout.write(f"  {account['username']:<12} {role}")
        self.stdout.write(f"  passphrase for all: {found[0]['passphrase']}\n")
