"""Who knows of a house, a hold and a stay; the functions of ``shelters.sql``."""

from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Allow, Protect

SQL = (Path(__file__).parent / "shelters.sql").read_text("utf-8")
DROP = """
DROP POLICY beds_change ON public.duties_duty;
DROP POLICY beds_read ON public.duties_duty;
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT oid::regprocedure AS name FROM pg_proc
             WHERE pronamespace = 'public'::regnamespace AND proname ~ '^shelters_' LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', f.name);
    END LOOP;
END $$;
"""
WRITTEN = "select, insert, update"


class Migration(migrations.Migration):
    dependencies = [
        ("shelters", "0001_initial"),
        ("access", "0014_joint"),
        ("cases", "0002_walls"),
        ("duties", "0002_walls"),
    ]

    operations = [
        Protect("Hold", category=None, also="team_id", jobs=True),
        Protect("Stay", category=None, also="team_id", jobs=True),
        Allow("House", app=WRITTEN, jobs="select", owner="team:team_id"),
        Allow("Room", app=WRITTEN, owner="team:team_id"),
        Allow("Bed", app=WRITTEN, owner="team:team_id"),
        Allow("Refusal", app="select, insert", owner="team:team_id"),
        Allow("Paper", app=WRITTEN, jobs="select", owner="team:team_id"),
        Allow("Vetting", app=WRITTEN, jobs="select", owner="team:team_id"),
        Allow("Inspection", app=WRITTEN, jobs="select", owner="team:team_id"),
        Allow("Funding", app=WRITTEN, jobs="select, update", owner="team:team_id"),
        Allow("Takeover", app=WRITTEN, owner="team:team_id"),
        migrations.RunSQL(SQL, DROP),
    ]
