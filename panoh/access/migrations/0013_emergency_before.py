"""What was written before a duty hotline was named gets its emergency wrap afterwards.

Only members of the holder's team can open the keys, so their pages do it slice by slice
(``access.tend_keys``); here stands what a team still owes, and how far it came.
"""

from django.db import migrations

NAME = """
CREATE OR REPLACE FUNCTION public.access_name_hotline(p_team int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('installation_manage') OR (p_team IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.vault_teamkey k
        JOIN public.access_membership m ON m.team_id = k.team_id AND m.until IS NULL
        JOIN public.access_rolegrant r ON r.user_id = m.user_id AND r.until IS NULL
        JOIN public.access_rolepermission p ON p.role = r.role AND p.permission = 'break_glass'
        WHERE k.team_id = p_team))
    THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_emergency SET team_id = p_team;
    DELETE FROM public.vault_datakeywrap WHERE offered = public.access_emergency_offer();
    UPDATE public.vault_datakey SET stale = true WHERE category IN (4, 256);
    {mark}
END $$;
"""
MARK = """-- Every team begins anew; without a hotline there is nothing to do.
    UPDATE public.access_team SET emergency_mark = CASE WHEN p_team IS NOT NULL THEN 0 END;"""

OWED = """
-- The next keys of contact and safety that a team of mine wraps for the hotline: of files that it
-- holds, a slice of its wraps at a time. A wrap that comes later lays the hotline's beside itself.
CREATE FUNCTION public.access_emergency_owed(p_team int, p_most int)
RETURNS TABLE (dossier_id bigint, category int, version int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE
    v_mark bigint;
    v_last bigint;
    v_count int;
BEGIN
    IF NOT public.ctx_ok() OR NOT p_team = ANY (public.ctx_teams()) THEN
        PERFORM public.access_refuse();
    END IF;
    -- A colleague's page is at it: this one goes on without.
    SELECT t.emergency_mark INTO v_mark FROM public.access_team t
    WHERE t.id = p_team AND t.emergency_mark IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED;
    IF v_mark IS NULL THEN
        RETURN;
    END IF;
    SELECT max(x.id), count(*) INTO v_last, v_count FROM (
        SELECT w.id FROM public.vault_datakeywrap w
        WHERE w.team_id = p_team AND w.id > v_mark ORDER BY w.id LIMIT p_most
    ) x;
    UPDATE public.access_team SET emergency_mark = CASE WHEN v_count = p_most THEN v_last END
    WHERE id = p_team;
    RETURN QUERY SELECT DISTINCT w.dossier_id, w.category, w.version
    FROM public.vault_datakeywrap w
    JOIN public.access_dossier d ON d.id = w.dossier_id AND d.holder = p_team
    WHERE w.team_id = p_team AND w.id > v_mark AND w.id <= v_last AND w.offered IS NULL
      AND public.access_in_emergency(w.dossier_id, w.category)
      AND NOT EXISTS (
          SELECT FROM public.vault_datakeywrap e
          WHERE e.dossier_id = w.dossier_id AND e.category = w.category
            AND e.version = w.version AND e.offered = public.access_emergency_offer());
END $$;
REVOKE EXECUTE ON FUNCTION public.access_emergency_owed(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.access_emergency_owed(int, int) TO app;

UPDATE public.access_team SET emergency_mark = 0
WHERE EXISTS (SELECT FROM public.access_emergency e WHERE e.team_id IS NOT NULL);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0012_emergency_mark"), ("vault", "0006_offered")]

    operations = [
        migrations.RunSQL(NAME.format(mark=MARK), NAME.format(mark="")),
        migrations.RunSQL(OWED, "DROP FUNCTION public.access_emergency_owed(int, int);"),
    ]
