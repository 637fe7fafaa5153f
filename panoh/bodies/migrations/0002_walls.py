"""Who reads what of a body; the functions of ``bodies.sql``, which keep every promise."""

from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Allow

SQL = (Path(__file__).parent / "bodies.sql").read_text("utf-8")
DROP = """
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT oid::regprocedure AS name FROM pg_proc
             WHERE pronamespace = 'public'::regnamespace AND proname ~ '^bodies_' LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', f.name);
    END LOOP;
    FOR f IN SELECT policyname, tablename FROM pg_policies
             WHERE schemaname = 'public' AND tablename ~ '^bodies_' LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', f.policyname, f.tablename);
    END LOOP;
END $$;
"""
ADDED = "select, insert"


class Migration(migrations.Migration):
    dependencies = [
        ("bodies", "0001_initial"),
        ("access", "0014_joint"),
        ("duties", "0002_walls"),
    ]

    operations = [
        Allow("Body", app="select, insert, update (ended_on)", jobs="select"),
        Allow(
            "Seat",
            app="select, insert, update (until, trained_on, alternate_id, paid, chairs)",
        ),
        Allow("Coordination", app=ADDED, jobs="select"),
        Allow("Reading", app=ADDED),
        Allow("Sitting", app="select, insert, update", jobs="select"),
        Allow("Attendance", app="select, insert, update"),
        Allow("Item", app="select, insert, update", jobs="select"),
        Allow("Postponement", app=ADDED),
        Allow("Conflict", app=ADDED),
        Allow("Vote", app=ADDED),
        Allow(
            "Resolution",
            app="select, insert, update (done_at, done_by_id, outcome)",
        ),
        Allow("Addendum", app=ADDED),
        Allow(
            "Event",
            app="select, insert, update (lesson, lesson_at, closed_at)",
            jobs="select",
        ),
        Allow(
            "Proposal",
            app="select, insert, update (state, reason, deferred_to, answered_at, answered_by_id)",
            jobs="select",
        ),
        Allow("Draft", app=ADDED),
        Allow("Happening", app="select", jobs="select, insert"),
        migrations.RunSQL(SQL, DROP),
    ]
