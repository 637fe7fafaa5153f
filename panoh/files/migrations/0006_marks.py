"""The background role learns number and mark of letters without a name, and nothing else."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION public.files_marks(p_team int, p_year int, p_first int, p_count int)
RETURNS TABLE (number int, mark varchar, subject uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT p.number, p.mark, p.subject_id FROM public.files_printed p
    WHERE p.team_id = p_team AND p.year = p_year AND NOT p.is_named
      AND p.number >= p_first AND p.number < p_first + p_count
    ORDER BY p.number;
$$;
REVOKE ALL ON FUNCTION public.files_marks(int, int, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.files_marks(int, int, int, int) TO jobs;
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0005_printed_walls")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION public.files_marks(int, int, int, int)")
    ]
