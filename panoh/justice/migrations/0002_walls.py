"""Charges are seen by who holds the case and reads what is legal; never by police, prosecutors,
the commission's secretariat or the rapporteur, and neither are the duties that tell of them."""

from django.db import migrations

from panoh.access.models.protection import Protect

SHUT = (
    "CREATE POLICY apart ON public.justice_charge AS RESTRICTIVE TO app "
    "USING (NOT (SELECT public.cases_never_apart()));\n"
) + "".join(
    f"CREATE POLICY justice_{name} ON public.duties_duty AS RESTRICTIVE FOR {verb} TO app "
    "USING (kind NOT LIKE 'justice.%' OR NOT (SELECT public.cases_never_apart()));\n"
    for name, verb in (("reads", "SELECT"), ("changes", "UPDATE"))
)
OPEN = (
    "DROP POLICY justice_changes ON public.duties_duty; "
    "DROP POLICY justice_reads ON public.duties_duty; "
    "DROP POLICY apart ON public.justice_charge;"
)


class Migration(migrations.Migration):
    dependencies = [
        ("justice", "0001_initial"),
        ("cases", "0002_walls"),
        ("duties", "0002_walls"),
    ]

    operations = [
        # No grant opens it: the holder alone, as what is kept apart.
        Protect("Charge", category=None),
        migrations.RunSQL(SHUT, OPEN),
    ]
