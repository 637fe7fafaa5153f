"""Never-list, accounts that are stopped, closed circles: ``never.sql``."""

import re
from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Allow

HERE = Path(__file__).parent


def former(file: str, *names: str) -> str:
    """These functions as an earlier file made them."""
    text = (HERE / file).read_text("utf-8")
    found = [
        re.search(
            rf"CREATE (?:OR REPLACE )?(FUNCTION public\.{name}\(.*?^(?:END )?\$\$;)",
            text,
            re.DOTALL | re.MULTILINE,
        )
        for name in names
    ]
    return "\n".join(f"CREATE OR REPLACE {one[1]}" for one in found if one)


BACK = """
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT tablename FROM pg_policies
             WHERE schemaname = 'public' AND policyname = 'stopped' LOOP
        EXECUTE format('DROP POLICY stopped ON public.%I', t.tablename);
    END LOOP;
END $$;
CREATE OR REPLACE FUNCTION public.audit_may_read_dossier(dossier bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.access_dossier d
                   WHERE d.id = dossier AND d.holder = ANY (public.ctx_teams()));
END $$;
DROP FUNCTION public.access_protect(text, int, text, boolean, text, boolean, boolean);
ALTER FUNCTION public.access_protect_rows(text, int, text, boolean, text, boolean, boolean)
    RENAME TO access_protect;
DROP POLICY app_reads ON public.access_never;
DROP POLICY owner_all ON public.access_never;
ALTER TABLE public.access_never DISABLE ROW LEVEL SECURITY;
DROP FUNCTION public.access_close_circle(bigint, timestamptz);
DROP FUNCTION public.access_seal(bigint, int, timestamptz);
DROP FUNCTION public.access_turn_over(bigint, int, int, timestamptz, timestamptz);
DROP FUNCTION public.access_include(uuid);
DROP FUNCTION public.access_exclude(uuid, bigint, text, int, text, int, bytea, timestamptz);
DROP FUNCTION public.access_stop_on(text, text);
DROP TRIGGER access_excluded ON public.access_grant;
DROP FUNCTION public.access_refuse_excluded();
DROP TRIGGER access_excluded ON public.access_never;
CREATE TRIGGER access_excluded AFTER INSERT ON public.access_never
    FOR EACH ROW EXECUTE FUNCTION public.access_drop_emergency();
DROP FUNCTION public.access_team_may_rescue(bigint, int);
DROP FUNCTION public.access_stopped();
DROP FUNCTION public.access_excluded(bigint, int);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0010_never")]

    operations = [
        Allow("Never"),
        migrations.RunSQL(
            (HERE / "never.sql").read_text("utf-8"),
            former("verbs.sql", "access_lock_dossier", "access_offer")
            + former("0009_hand_over.py", "access_hand_over")
            + former("emergency.sql", "access_may_rescue", "access_in_emergency")
            + former("advocate.sql", "access_is_advocate")
            + BACK,
        ),
    ]
