"""Who signs for a child, and what a house without the case may do: ``agreed.sql``."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent / "agreed.sql").read_text("utf-8")
DROP = """
DROP FUNCTION public.cases_see_off(bigint, boolean, int, text[], timestamptz[], timestamptz);
CREATE OR REPLACE FUNCTION public.cases_is_grave(p_dossier bigint, p_grave text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.access_reach(p_dossier, 1, NULL) r
        WHERE r.teams || r.holder && public.ctx_teams())
    AND NOT public.cases_never_apart()
    AND (
        EXISTS (
            SELECT FROM public.cases_safetyentry t
            WHERE t.dossier_id = p_dossier AND t.kind = 'threat' AND NOT EXISTS (
                SELECT FROM public.cases_safetyentry v
                WHERE v.dossier_id = p_dossier AND v.kind = 'review' AND v.at > t.at))
        OR (SELECT v.code = ANY (p_grave) FROM public.cases_safetyentry v
            WHERE v.dossier_id = p_dossier AND v.kind = 'review'
            ORDER BY v.at DESC, v.id DESC LIMIT 1) IS TRUE)
$$;
DROP FUNCTION public.cases_danger_stands(bigint, text[]);
DROP TRIGGER cases_leaving_agreed ON public.cases_leaving;
DROP FUNCTION public.cases_leaving_agreed();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0025_leaving_agreed"), ("access", "0008_advocate")]

    operations = [migrations.RunSQL(SQL, DROP)]
