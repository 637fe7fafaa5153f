"""A moment of before that no calendar has is brought within them: its row can be changed again.

The promise that new rows keep (``bound.sql``) holds for a change of an old one too: a round of the
background role that met such a row stopped at it. `prepare` runs this after the migrations at each
start, looks through a table once, and names the tables in which it could not.
"""

from pathlib import Path

from django.db import migrations

BOUND = (Path(__file__).parent / "bound.sql").read_text("utf-8")
START = BOUND.index("CREATE FUNCTION public.access_bound_moments()")
BEFORE = BOUND[START : BOUND.index("END $$;", START) + len("END $$;")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1
)
LAST = "        END IF;\n    END LOOP;"
if BEFORE.count(LAST) != 1:
    raise ValueError("bound.sql is not what this migration was written for")
NOW = BEFORE.replace(
    LAST,
    """        END IF;
        IF NOT (SELECT k.convalidated FROM pg_catalog.pg_constraint k
                WHERE k.conrelid = t.oid AND k.conname = 'moments_of_calendars') THEN
            PERFORM public.access_mend_moments(t.oid, t.relname, t.rule);
        END IF;
    END LOOP;""",
)
MEND = """
CREATE FUNCTION public.access_mend_moments(p_table oid, p_name name, p_rule text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_within CONSTANT text := 'CASE WHEN %1$s < ''1900-01-01'' THEN ''1900-01-01'' '
        'WHEN %1$s > ''2999-01-01'' THEN ''2999-01-01'' ELSE %1$s END';
    v_validate CONSTANT text :=
        format('ALTER TABLE public.%I VALIDATE CONSTRAINT moments_of_calendars', p_name);
    v_set text;
BEGIN
    EXECUTE v_validate;
EXCEPTION WHEN check_violation THEN
    -- What is only added and never changed (the log, votes) stays as it was written: nothing stops
    -- there, and much of it is signed.
    SELECT string_agg(CASE y.typname
        WHEN 'tstzrange' THEN format(
            '%1$I = CASE WHEN isempty(%1$I) THEN %1$I ELSE tstzrange(%2$s, %3$s, '
            'CASE WHEN lower_inc(%1$I) THEN ''['' ELSE ''('' END || '
            'CASE WHEN upper_inc(%1$I) THEN '']'' ELSE '')'' END) END', a.attname,
            format(v_within, format('lower(%I)', a.attname)),
            format(v_within, format('upper(%I)', a.attname)))
        ELSE format('%I = ', a.attname) || format(v_within, quote_ident(a.attname)) END, ', ')
    INTO v_set
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
    WHERE a.attrelid = p_table AND a.attnum > 0 AND NOT a.attisdropped
      AND y.typname IN ('timestamptz', 'date', 'tstzrange')
      AND has_column_privilege('app', p_table, a.attnum, 'INSERT, UPDATE')
      AND has_any_column_privilege('app', p_table, 'UPDATE');
    IF v_set IS NOT NULL THEN
        BEGIN
            EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER USER', p_name);
            EXECUTE format('UPDATE public.%I SET %s WHERE NOT (%s)', p_name, v_set, p_rule);
            EXECUTE format('ALTER TABLE public.%I ENABLE TRIGGER USER', p_name);
            EXECUTE v_validate;
        EXCEPTION WHEN integrity_constraint_violation THEN
            NULL; -- all of it is undone, and the table is named
        END;
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION public.access_mend_moments(oid, name, text) FROM PUBLIC;
"""
DROP = "DROP FUNCTION public.access_mend_moments(oid, name, text);"


class Migration(migrations.Migration):
    dependencies = [("access", "0023_unit_roles")]

    operations = [migrations.RunSQL([MEND, NOW], [BEFORE, DROP])]
