"""Who sees care, returns, permits and letters: who helps, and never police, prosecutors,
commission or rapporteur."""

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category

TABLES = ("need", "carestep", "served", "review", "return", "permit", "letter")
SHUT = "".join(
    f"CREATE POLICY apart ON public.care_{table} AS RESTRICTIVE TO app "
    "USING (NOT (SELECT public.cases_never_apart()));\n"
    for table in TABLES
) + "".join(
    f"CREATE POLICY care_{name} ON public.duties_duty AS RESTRICTIVE FOR {verb} TO app "
    "USING (kind NOT LIKE 'care.%' OR NOT (SELECT public.cases_never_apart()));\n"
    for name, verb in (("reads", "SELECT"), ("changes", "UPDATE"))
)
OPEN = (
    "DROP POLICY care_changes ON public.duties_duty; DROP POLICY care_reads ON public.duties_duty;"
) + "".join(f"DROP POLICY apart ON public.care_{table};" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("care", "0001_initial"),
        ("cases", "0021_leaving_walls"),
        ("duties", "0002_walls"),
    ]

    operations = [
        Protect("Need", category=Category.SERVICES),
        Protect("CareStep", category=Category.SERVICES),
        Protect("Served", category=Category.SERVICES),
        Protect("Review", category=Category.SERVICES),
        Protect("Return", category=Category.SERVICES),
        Protect("Permit", category=Category.LEGAL),
        Protect("Letter", category=Category.SERVICES),
        migrations.RunSQL(SHUT, OPEN),
    ]
