"""`manage roles`: the SQL that makes a PostgreSQL of your own ready for Panoh."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.cluster import DATABASE, Cluster

AFTERWARDS = """\
-- Then, with the name of the server in place of HOST:
--   PANOH_DATABASE_URL=postgresql://app:{app}@HOST/{database}
--   PANOH_OWNER_DATABASE_URL=postgresql://owner:{owner}@HOST/{database}
--   ./run manage prepare
-- These passwords stand in {keys}; nowhere else."""


class Command(BaseCommand):
    """Prints; `./run manage roles | psql` as a superuser of that server does it."""

    help = "Print the SQL for roles and database of a PostgreSQL 15 or newer of your own."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        cluster = Cluster(settings.PANOH_VAR, keys=settings.PANOH_KEYS)
        for statement in cluster.first_statements():
            self.stdout.write(f"{statement};")
        self.stdout.write(
            AFTERWARDS.format(
                app=cluster.password("app"),
                owner=cluster.password("owner"),
                keys=settings.PANOH_KEYS,
                database=DATABASE,
            )
        )
