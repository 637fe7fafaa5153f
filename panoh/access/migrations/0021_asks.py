"""What every account may read and only some may write: the database asks for the permission too."""

from django.db import migrations

NOW = """
-- Runs as whoever writes: owner and definers pass. One question a statement, none for a reader.
CREATE FUNCTION public.access_asks() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF current_user = 'app' AND NOT public.access_can(TG_ARGV[0]) THEN
        RAISE EXCEPTION 'refused by the wall' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION public.access_asks() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0020_passphrases")]

    operations = [migrations.RunSQL(NOW, "DROP FUNCTION public.access_asks();")]
