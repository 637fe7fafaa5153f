"""Who sees the guests of a conference: who takes part. The clock ends requests for protection."""

from django.db import migrations

from panoh.access.models.protection import Protect, Within
from panoh.kernel.rules import Category

# As ``Protect(…, jobs=True)`` would have said it from the start.
CLOCK = """
UPDATE public.access_protected SET jobs = true WHERE table_name = 'cases_protectionrequest';
CREATE POLICY jobs_all ON public.cases_protectionrequest TO jobs USING (true);
SELECT public.access_apply('cases_protectionrequest');
"""
NO_CLOCK = """
UPDATE public.access_protected SET jobs = false WHERE table_name = 'cases_protectionrequest';
DROP POLICY jobs_all ON public.cases_protectionrequest;
SELECT public.access_apply('cases_protectionrequest');
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0022_guests")]

    operations = [
        Protect("Guest", category=Category.CORE),
        Within("Guest", sources=("conference_id",)),
        migrations.RunSQL(CLOCK, NO_CLOCK),
    ]
