"""The third wall and the only writers of authority: ``walls.sql`` and ``verbs.sql``."""

from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Allow, Protect
from panoh.kernel.rules import CASE_CATEGORIES

HERE = Path(__file__).parent

DROP = """
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT oid::regprocedure AS name FROM pg_proc
             WHERE pronamespace = 'public'::regnamespace AND proname ~ '^access_' LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', f.name);
    END LOOP;
END $$;
DROP TABLE public.access_protected, public.access_allowed;
"""

# A team sees its own grants and those of the dossiers it holds; every row is read by definer
# functions as owner.
GRANTS = """
ALTER TABLE public.access_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.access_grant FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON public.access_grant TO CURRENT_USER USING (true);
CREATE POLICY jobs_read ON public.access_grant FOR SELECT TO jobs USING (true);
CREATE POLICY app_reads ON public.access_grant FOR SELECT TO app USING (
    (team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
     OR EXISTS (SELECT FROM public.access_dossier d WHERE d.id = dossier_id
                AND d.holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])))
    AND (SELECT public.ctx_ok()));
CREATE INDEX access_dossier_fresh ON public.access_dossier (fresh_until)
    WHERE fresh_until < 'infinity';
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT oid::regprocedure AS name FROM pg_proc
             WHERE pronamespace = 'public'::regnamespace AND proname ~ '^access_' LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.name);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION
    public.access_can(text), public.access_supervises(int), public.access_runs_unit(int),
    public.access_lock_dossier(bigint),
    public.access_open_dossiers(text[], int, timestamptz, boolean),
    public.access_offer(bigint, int, int, uuid, timestamptz, timestamptz),
    public.access_release(bigint, uuid, timestamptz, timestamptz),
    public.access_end(bigint, uuid, int, timestamptz),
    public.access_hand_over(bigint, int, timestamptz, timestamptz),
    public.access_narrow(bigint, int),
    public.access_teams_for(bigint, int),
    public.access_put_wraps(bigint[], int[], int[], int[], int[], bytea[], uuid[]),
    public.access_put_data_keys(bigint[], int[], int[], int[], int[], bytea[], uuid[]),
    public.access_put_account_key(bytea, bytea, bytea, text),
    public.access_put_team_key(int, int, bytea, bytea),
    public.access_put_team_wrap(int, int, int, bytea),
    public.access_put_unit_token_wrap(int, int, bytea),
    public.access_put_unit(text, text, text, text, text),
    public.access_put_team(int, text, boolean),
    public.access_put_user(int, text, text, text, text, timestamptz),
    public.access_take_invitation(int, text, text, timestamptz),
    public.access_close_user(int, timestamptz),
    public.access_join(int, int, timestamptz, boolean, boolean, boolean),
    public.access_leave(int, int, timestamptz),
    public.access_appoint(int, text, timestamptz),
    public.access_dismiss(int, text, timestamptz),
    public.access_set_up(text, text, text, text, text, text, text, text, timestamptz)
TO app;
GRANT EXECUTE ON FUNCTION public.access_sweep() TO jobs;
"""

UNGRANT = """
DROP INDEX public.access_dossier_fresh;
DROP POLICY app_reads ON public.access_grant;
DROP POLICY jobs_read ON public.access_grant;
DROP POLICY owner_all ON public.access_grant;
ALTER TABLE public.access_grant DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("audit", "0001_context"),
        ("vault", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL((HERE / "walls.sql").read_text("utf-8"), DROP),
        migrations.RunSQL((HERE / "verbs.sql").read_text("utf-8"), migrations.RunSQL.noop),
        Allow("Unit"),
        Allow("Team"),
        Allow(
            "User",
            app="select, update (password, last_login, language)",
            jobs="select (id, is_active)",  # whom an alert rings
        ),
        Allow("Membership", jobs="select"),
        Allow("RoleGrant"),
        Allow("RolePermission"),
        Allow("Territory"),
        Allow("Grant", app="select", jobs="select"),
        Allow("Dossier", app="select", jobs="select"),
        Allow("Listing", app="select", owner="team:team_id"),
        Protect("Dossier", category=CASE_CATEGORIES, jobs=True),
        migrations.RunSQL(GRANTS, UNGRANT),
    ]
