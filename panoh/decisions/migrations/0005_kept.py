"""Promises of an application that only the programme kept: votes first, what was written stays."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent / "kept.sql").read_text("utf-8")
MADE = ("whose_verb", "stays", "on_step", "on_votes", "on_minutes", "is_owner")
DROP = (
    "".join(f"DROP FUNCTION public.decisions_{name}() CASCADE;" for name in MADE)
    + """
DROP TRIGGER decisions_no_interview ON public.decisions_interview;
CREATE TRIGGER decisions_no_interview BEFORE INSERT OR UPDATE ON public.decisions_interview
    FOR EACH ROW EXECUTE FUNCTION public.decisions_no_interview();
DROP POLICY members ON public.decisions_halfpage;
CREATE POLICY members ON public.decisions_halfpage AS RESTRICTIVE TO app
    USING (holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
           OR (SELECT public.access_can('application_read')));
"""
)


class Migration(migrations.Migration):
    dependencies = [("decisions", "0004_walls"), ("bodies", "0003_kept")]

    operations = [migrations.RunSQL(SQL, DROP)]
