"""A half page for a member of another organisation: added, and handed out by the database alone."""

from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Allow

SQL = (Path(__file__).parent / "half_copy.sql").read_text("utf-8")
# Triggers go with their functions.
DROP = """
DROP FUNCTION public.decisions_sweep_copies();
DROP FUNCTION public.decisions_copies_end() CASCADE;
DROP FUNCTION public.decisions_read_copy(text);
DROP FUNCTION public.decisions_on_copy() CASCADE;
DROP FUNCTION public.decisions_elsewhere(bigint, uuid);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0008_half_copy"),
        ("bodies", "0003_kept"),
        ("cases", "0002_walls"),
    ]

    operations = [Allow("HalfCopy", app="insert"), migrations.RunSQL(SQL, DROP)]
