"""Who sees advocates, guardians and links between files."""

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category

# A link names two people: whoever does not reach both files does not learn that there is one.
BOTH = """
CREATE POLICY both_files ON public.cases_kin AS RESTRICTIVE TO app
    USING (EXISTS (SELECT FROM public.access_dossier d WHERE d.id = other_id));
"""
ONE = "DROP POLICY both_files ON public.cases_kin;"


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_family"), ("access", "0008_advocate")]

    operations = [
        Protect("Advocate", category=Category.SAFETY),
        Protect("Guardian", category=Category.SAFETY, jobs=True),
        Protect("GuardianEntry", category=Category.SAFETY),
        Protect("Kin", category=Category.CORE),
        Protect("Adulthood", category=Category.IDENTITY, jobs=True),
        migrations.RunSQL(BOTH, ONE),
    ]
