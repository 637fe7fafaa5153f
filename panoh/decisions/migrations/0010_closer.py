"""Copies end with everything that made them: a voice, a role, an exclusion by district too. Letters
are asked of the background role by who decides in that body."""

from pathlib import Path

from django.db import migrations

FORMER = (Path(__file__).parent / "half_copy.sql").read_text("utf-8")


def _function(name: str) -> str:
    """A function as it was made first, to be put in its own place."""
    start = FORMER.index(f"CREATE FUNCTION public.{name}")
    end = FORMER.index("\n$$;", start) + 4
    return FORMER[start:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


ELSEWHERE, SWEEP = _function("decisions_elsewhere("), _function("decisions_sweep_copies()")
WHO_ASKS = """public.ctx_ok()
      AND (u.id = public.ctx_user() OR EXISTS (
        SELECT FROM public.access_dossier d
        WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams())))
      AND """
# The same, whoever asks: for functions that say themselves who may.
MEMBERS = (
    ELSEWHERE.replace("decisions_elsewhere", "decisions_members", 1)
    .replace(WHO_ASKS, "")
    .replace("CREATE OR REPLACE", "CREATE", 1)
)
if MEMBERS.count("ctx_") or WHO_ASKS not in ELSEWHERE:
    raise ValueError("half_copy.sql is not what this migration was written for")
NOW = """
-- A member is told of a case that is before the body, and of no other: whether somebody is excluded
-- from a case is not to be asked by its number.
CREATE OR REPLACE FUNCTION public.decisions_elsewhere(p_dossier bigint, p_body uuid)
RETURNS TABLE (account int, unit int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT m.account, m.unit FROM public.decisions_members(p_dossier, p_body) m
    WHERE public.ctx_ok() AND (
        m.account = public.ctx_user() AND EXISTS (
            SELECT FROM public.decisions_application a
            JOIN public.decisions_halfcopy c ON c.application_id = a.id
            WHERE a.dossier_id = p_dossier AND a.body_id = p_body AND c.account_id = m.account)
        OR EXISTS (
            SELECT FROM public.access_dossier d
            WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams())))
$$;
CREATE OR REPLACE FUNCTION public.decisions_sweep_copies() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
    WITH gone AS (DELETE FROM public.decisions_halfcopy c
    WHERE NOT EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.source_id = c.application_id AND g.source = 'application' AND g.ended_at IS NULL
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp()))
      OR NOT EXISTS (
        SELECT FROM public.decisions_application a
        CROSS JOIN LATERAL public.decisions_members(a.dossier_id, a.body_id) m
        WHERE a.id = c.application_id AND m.account = c.account_id)
      RETURNING c.id)
    SELECT count(*) FROM gone
$$;
REVOKE EXECUTE ON FUNCTION public.decisions_members(bigint, uuid) FROM PUBLIC;
"""
BEFORE = ELSEWHERE + SWEEP + "DROP FUNCTION public.decisions_members(bigint, uuid);"

# The background role makes what a row asks for, also for who may not read it.
ASKED = """
CREATE POLICY asks ON public.decisions_batch AS RESTRICTIVE FOR INSERT TO app WITH CHECK (
    team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
    AND (SELECT public.access_can('status_decide')));
"""


class Migration(migrations.Migration):
    dependencies = [("decisions", "0009_half_copy_walls")]

    operations = [
        migrations.RunSQL(MEMBERS + NOW, BEFORE),
        migrations.RunSQL(ASKED, "DROP POLICY asks ON public.decisions_batch;"),
    ]
