"""What every account may read and only some may write: the database asks for the permission too.
And the background role has no right on a sealed text of a case, neither to read nor to write it."""

from pathlib import Path

from django.db import migrations

ASKS = """
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

WALLS = (Path(__file__).parent / "walls.sql").read_text("utf-8")
START = WALLS.index("CREATE FUNCTION public.access_apply(p_table text)")
BEFORE = WALLS[START : WALLS.index("END $$;", START) + len("END $$;")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1
)
FOR_JOBS = BEFORE[BEFORE.index("        IF p.jobs THEN") : BEFORE.index("        RETURN;")]
APPLY = BEFORE.replace(
    FOR_JOBS,
    """        IF p.jobs THEN
            -- What is sealed is bytea, and nothing else of a case is.
            SELECT string_agg(quote_ident(attname), ', '),
                   string_agg(quote_ident(attname), ', ') FILTER (
                       WHERE attname NOT IN ('teams', 'fresh_until', 'holder')),
                   string_agg(quote_ident(attname), ', ') FILTER (
                       WHERE attname NOT IN ('teams', 'fresh_until', 'holder', 'id', 'dossier_id',
                                             p.category_column))
            INTO v_select, v_insert, v_update
            FROM pg_catalog.pg_attribute
            WHERE attrelid = format('public.%I', p_table)::regclass AND attnum > 0
              AND NOT attisdropped AND atttypid <> 'bytea'::regtype;
            EXECUTE format('GRANT SELECT (%s), INSERT (%s) ON public.%I TO jobs',
                           v_select, v_insert, p_table);
            IF v_update IS NOT NULL THEN
                EXECUTE format('GRANT UPDATE (%s) ON public.%I TO jobs', v_update, p_table);
            END IF;
        END IF;
""",
).replace("    v_insert text;\n", "    v_select text;\n    v_insert text;\n")
AGAIN = """
DO $$ BEGIN PERFORM public.access_apply(table_name) FROM public.access_protected WHERE jobs; END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0020_passphrases")]

    operations = [
        migrations.RunSQL(ASKS, "DROP FUNCTION public.access_asks();"),
        migrations.RunSQL(APPLY + AGAIN, BEFORE + AGAIN),
    ]
