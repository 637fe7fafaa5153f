"""No wrap of a team's key slips in beside a leaving; teams with leavers take another key."""

from django.db import migrations

PUT = """
CREATE OR REPLACE FUNCTION public.access_put_team_wrap(
    p_team int, p_version int, p_user int, p_wrapped bytea
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    {lock}
    IF NOT public.ctx_ok() OR NOT p_team = ANY (public.ctx_teams())
       OR NOT (p_user = public.ctx_user() OR public.access_supervises(p_team))
       OR NOT EXISTS (
           SELECT FROM public.access_membership m
           WHERE m.user_id = p_user AND m.team_id = p_team
             AND (m.until IS NULL OR m.until > statement_timestamp()))
    THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.vault_teamkeywrap (team_id, version, user_id, wrapped)
    VALUES (p_team, p_version, p_user, p_wrapped)
    ON CONFLICT (team_id, version, user_id) DO UPDATE SET wrapped = excluded.wrapped;
END $$;
"""
# Whoever leaves at this moment is waited for, and whoever wraps is waited for by the leaving,
# which then takes this wrap away too.
LOCK = """PERFORM 1 FROM public.access_membership m
    WHERE m.user_id = p_user AND m.team_id = p_team AND m.until IS NULL FOR SHARE;"""

# Somebody left before this was known: take another key once.
MARK = """
UPDATE public.vault_teamkey k SET stale = true WHERE EXISTS (
    SELECT FROM public.access_membership m WHERE m.team_id = k.team_id AND m.until IS NOT NULL)
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0004_clock"), ("vault", "0004_leavers")]

    operations = [
        migrations.RunSQL(PUT.format(lock=LOCK), PUT.format(lock="")),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
    ]
