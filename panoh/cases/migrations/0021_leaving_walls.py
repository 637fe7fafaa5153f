"""Who sees how somebody leaves, and the functions of ``leaving.sql``."""

from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category

SQL = (Path(__file__).parent / "leaving.sql").read_text("utf-8")
DROP = """
DROP FUNCTION public.cases_exit_counts();
DROP FUNCTION public.cases_is_grave(bigint, text[]);
DROP POLICY leaving_changes ON public.duties_duty;
DROP POLICY leaving_reads ON public.duties_duty;
DROP POLICY own ON public.cases_exitinterview;
DROP POLICY apart ON public.cases_contactentry;
DROP POLICY apart ON public.cases_safecontact;
DROP POLICY apart ON public.cases_leaving;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0020_leaving"), ("access", "0014_joint"), ("duties", "0002_walls")]

    operations = [
        Protect("Leaving", category=Category.SERVICES),
        Protect("SafeContact", category=Category.SERVICES, jobs=True),
        Protect("ContactEntry", category=Category.SERVICES),
        Protect("ExitInterview", category=Category.SERVICES),
        migrations.RunSQL(SQL, DROP),
    ]
