"""An import is seen by its account alone; which rows are here, by the team that brought them."""

from django.db import migrations

from panoh.access.models.protection import Allow, Protect

CREATE = """
-- Removes what has expired and tells how many; the caller reads none of it. An unfinished import
-- is given up: its duty is settled with it.
CREATE FUNCTION public.exchange_sweep(p_at timestamptz) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_count int;
BEGIN
    UPDATE public.duties_duty d SET settled_at = statement_timestamp(), outcome = 'expired'
    FROM public.exchange_import i
    WHERE i.expires_at < least(p_at, statement_timestamp()) AND d.kind = 'exchange.import'
      AND d.subject_id = i.id AND d.settled_at IS NULL;
    DELETE FROM public.exchange_part p USING public.exchange_import i
    WHERE p.run_id = i.id AND i.expires_at < least(p_at, statement_timestamp());
    DELETE FROM public.exchange_import
    WHERE expires_at < least(p_at, statement_timestamp());
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;
REVOKE EXECUTE ON FUNCTION public.exchange_sweep(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.exchange_sweep(timestamptz) TO app, jobs;
"""

DROP = "DROP FUNCTION public.exchange_sweep(timestamptz);"


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0001_initial"),
        ("access", "0002_walls"),
        ("duties", "0002_walls"),
    ]

    operations = [
        Allow("Import", app="select, insert, update, delete", owner="user:account_id"),
        Allow("Part", app="select, insert, update, delete", owner="user:account_id"),
        # The team that brought a row still knows its number after a hand-over.
        Protect("External", category=None, also="team_id"),
        migrations.RunSQL(CREATE, DROP),
    ]
