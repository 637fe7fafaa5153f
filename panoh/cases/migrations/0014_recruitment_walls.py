"""Who sees how somebody was recruited; what the analyst is told, and nobody else."""

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category

CREATE = """
-- It takes no name, so nobody can be looked for with it. A file that no authority holds counts
-- only while the person's yes to being compared lives, and shows only among three units or five
-- people. No sealed file, none that has changed hands since. What more than fifty files name is a
-- common name and tells nothing. Overlapping sets that lie within a larger one are one flag.
CREATE FUNCTION public.cases_patterns()
RETURNS TABLE (people text, units text, districts text[], forms text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('pattern_read') THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN QUERY
    WITH counted AS (
        SELECT DISTINCT t.token, t.dossier_id, t.unit_id, t.is_authority
        FROM public.people_patterntoken t
        JOIN public.access_dossier d ON d.id = t.dossier_id AND NOT d.sealed
        JOIN public.access_team h ON h.id = d.holder AND h.unit_id = t.unit_id
        WHERE (t.until IS NULL OR t.until > statement_timestamp())
          AND (t.is_authority OR EXISTS (
            SELECT FROM public.consent_consent k
            WHERE k.dossier_id = t.dossier_id AND k.purpose = 'pattern' AND k.answer = 'yes'
              AND k.withdrawn_at IS NULL AND k.effective_at <= statement_timestamp()
              AND k.ends_at >= statement_timestamp()))
    ), named AS (
        SELECT c.token, array_agg(c.dossier_id ORDER BY c.dossier_id) AS every,
               array_agg(c.dossier_id ORDER BY c.dossier_id)
                   FILTER (WHERE c.is_authority) AS open_ones,
               count(DISTINCT c.unit_id) >= 3 OR count(*) >= 5 AS enough
        FROM counted c GROUP BY c.token HAVING count(*) BETWEEN 2 AND 50
    ), shown AS (
        SELECT DISTINCT CASE WHEN n.enough THEN n.every ELSE n.open_ones END AS files
        FROM named n WHERE n.enough OR cardinality(n.open_ones) >= 2
    ), flags AS (
        SELECT s.files FROM shown s WHERE NOT EXISTS (
            SELECT FROM shown o WHERE s.files <@ o.files AND NOT o.files <@ s.files)
    )
    SELECT CASE WHEN cardinality(f.files) < 5 THEN '2-4'
                WHEN cardinality(f.files) < 10 THEN '5-9' ELSE '10+' END,
           CASE WHEN (SELECT count(DISTINCT c.unit_id) FROM counted c
                      WHERE c.dossier_id = ANY (f.files)) < 3 THEN '1-2' ELSE '3+' END,
           ARRAY(SELECT DISTINCT c.district::text FROM public.cases_case c
                 WHERE c.dossier_id = ANY (f.files) AND c.district <> '' ORDER BY 1),
           ARRAY(SELECT DISTINCT x.code::text FROM public.cases_fact x
                 WHERE x.dossier_id = ANY (f.files) AND x.field = 'exploitation_forms'
                   AND x.removed_at IS NULL ORDER BY 1)
    FROM flags f ORDER BY cardinality(f.files) DESC, md5(f.files::text) LIMIT 200;
END $$;

REVOKE EXECUTE ON FUNCTION public.cases_patterns() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.cases_patterns() TO app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0013_recruitment"),
        ("people", "0008_patterns_walls"),
        ("consent", "0005_decision_walls"),
    ]

    operations = [
        Protect("RecruitmentEntry", category=Category.LEGAL),
        migrations.RunSQL(CREATE, "DROP FUNCTION public.cases_patterns();"),
    ]
