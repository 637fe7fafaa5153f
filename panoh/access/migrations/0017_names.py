"""Units and teams may have a name in each language; who runs a unit writes them."""

from django.db import migrations, models

SQL = """
-- The verbs that make units and teams do not name this column.
ALTER TABLE public.access_unit ALTER COLUMN names SET DEFAULT '{}';
ALTER TABLE public.access_team ALTER COLUMN names SET DEFAULT '{}';

CREATE FUNCTION public.access_name_unit(p_unit int, p_names jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_runs_unit(p_unit) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_unit SET names = p_names WHERE id = p_unit;
END $$;

CREATE FUNCTION public.access_name_team(p_team int, p_names jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.access_team t WHERE t.id = p_team AND public.access_runs_unit(t.unit_id)
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_team SET names = p_names WHERE id = p_team;
END $$;

REVOKE EXECUTE ON FUNCTION
    public.access_name_unit(int, jsonb), public.access_name_team(int, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.access_name_unit(int, jsonb), public.access_name_team(int, jsonb) TO app;
"""
DROP = """
DROP FUNCTION public.access_name_team(int, jsonb);
DROP FUNCTION public.access_name_unit(int, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0016_recount")]

    operations = [
        migrations.AddField("unit", "names", models.JSONField(blank=True, default=dict)),
        migrations.AddField("team", "names", models.JSONField(blank=True, default=dict)),
        migrations.RunSQL(SQL, DROP),
    ]
