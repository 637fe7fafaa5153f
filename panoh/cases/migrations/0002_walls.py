"""Who sees what of a case; what is kept apart (row A10) behind a wall of its own."""

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category

# A role without the permission `apart_read` (police, prosecutors, the secretariat of the national
# commission, the rapporteur) never learns what is kept apart, not even when such an account is in
# the team that holds the case or has another role beside: no row, no duty that tells of it.
APART = """
CREATE FUNCTION public.cases_never_apart() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.access_rolegrant r
        WHERE r.user_id = public.ctx_user()
          AND r.since <= statement_timestamp()
          AND (r.until IS NULL OR r.until > statement_timestamp())
          AND NOT EXISTS (SELECT FROM public.access_rolepermission p
                          WHERE p.role = r.role AND p.permission = 'apart_read')
    )
$$;
REVOKE EXECUTE ON FUNCTION public.cases_never_apart() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.cases_never_apart() TO app;
CREATE POLICY apart ON public.cases_apartfact AS RESTRICTIVE TO app
    USING (NOT (SELECT public.cases_never_apart()));
CREATE POLICY apart_reads ON public.duties_duty AS RESTRICTIVE FOR SELECT TO app
    USING (kind <> 'non_punishment_review' OR NOT (SELECT public.cases_never_apart()));
CREATE POLICY apart_changes ON public.duties_duty AS RESTRICTIVE FOR UPDATE TO app
    USING (kind <> 'non_punishment_review' OR NOT (SELECT public.cases_never_apart()));
"""

TOGETHER = """
DROP POLICY apart_changes ON public.duties_duty;
DROP POLICY apart_reads ON public.duties_duty;
DROP POLICY apart ON public.cases_apartfact;
DROP FUNCTION public.cases_never_apart();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0001_initial"),
        ("access", "0002_walls"),
        ("duties", "0002_walls"),
    ]

    operations = [
        Protect("Case", category=Category.CORE, jobs=True),
        Protect("Fact", category="column:category"),
        Protect("ApartFact", category=None),
        Protect("Note", category="column:category"),
        Protect("Event", category=Category.CORE),
        migrations.RunSQL(APART, TOGETHER),
    ]
