"""`manage access verify`: does what the rows show equal what the grants say?"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections


class Command(BaseCommand):
    """Works as owner: nobody else sees all rows."""

    help = "Compare who may read each row with the grants, table by table."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("verify", help="count the rows that differ; the answer is 0 or a failure")

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError("PANOH_OWNER_DATABASE_URL is not set (./run manage sets it)")
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT table_name, wrong FROM access_verify() ORDER BY table_name")
            found = cursor.fetchall()
        for table, wrong in found:
            self.stdout.write(f"{table}: {wrong} wrong")
        if faulty := [table for table, wrong in found if wrong]:
            raise CommandError(f"rows differ from the grants in {', '.join(faulty)}")
