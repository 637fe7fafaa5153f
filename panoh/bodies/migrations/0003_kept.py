"""Promises of a body that only the programme kept: own names, terms, alternates, resolutions."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent / "kept.sql").read_text("utf-8")
MADE = ("in_own_name", "on_closing", "on_arrival", "on_alternate", "on_resolution", "seated")
# Triggers go with their functions.
DROP = "".join(f"DROP FUNCTION public.bodies_{name}() CASCADE;" for name in MADE)


class Migration(migrations.Migration):
    dependencies = [("bodies", "0002_walls")]

    operations = [migrations.RunSQL(SQL, DROP)]
