"""A row of no dossier (what a team owes about a call, a house, a payment) is nobody's of a grant:
it is right with no teams and no holder, and ``access_verify`` says so."""

from django.db import migrations

VERIFY = """
CREATE OR REPLACE FUNCTION public.access_verify() RETURNS TABLE (table_name text, wrong bigint)
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT * FROM public.access_protected LOOP
        table_name := p.table_name;
        EXECUTE format(
            'SELECT count(*) FROM public.%1$I s, LATERAL public.access_reach(s.%4$I, %2$s, %3$s) y '
            'WHERE (s.teams, s.holder) IS DISTINCT FROM ({row})',
            p.table_name,
            CASE WHEN p.category_column <> '' THEN format('s.%I', p.category_column)
                 ELSE p.mask::text END,
            CASE WHEN p.by_source THEN 's.id' ELSE 'NULL' END,
            CASE WHEN p.table_name = 'access_dossier' THEN 'id' ELSE 'dossier_id' END
        ) INTO wrong;
        RETURN NEXT;
    END LOOP;
END $$;
"""
NOW = VERIFY.replace("{row}", "coalesce(y.teams, ''{}''), coalesce(y.holder, 0)")
BEFORE = VERIFY.replace("{row}", "y.teams, y.holder")


class Migration(migrations.Migration):
    dependencies = [("access", "0017_names")]

    operations = [migrations.RunSQL(NOW, BEFORE)]
