"""Nobody enters a letter in the register of another team."""

from django.db import migrations

SQL = """
CREATE POLICY own ON public.files_printed AS RESTRICTIVE FOR INSERT TO app WITH CHECK (
    team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
    AND by_id = (SELECT public.ctx_user())
    -- The inner query stands behind the wall of the grant itself: mine, or of a case of mine.
    AND (dossier_id IS NULL OR EXISTS (
        SELECT FROM public.access_grant g WHERE g.dossier_id = files_printed.dossier_id)));
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0006_marks")]

    operations = [migrations.RunSQL(SQL, "DROP POLICY own ON public.files_printed;")]
