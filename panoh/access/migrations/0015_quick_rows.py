"""A row of a file that only its holder reaches asks one table, not three."""

import re
from pathlib import Path

from django.db import migrations

FORMER = re.search(
    r"CREATE (FUNCTION public\.access_on_row\(.*?^END \$\$;)",
    (Path(__file__).parent / "walls.sql").read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)
# The dossier's own teams are those of any category, and every change of grants recounts them under
# the lock that is shared here; a row that waited for it reads what was committed meanwhile. So
# where nobody but the holder stands there and nothing starts or ends, no category has more.
QUICK = """
CREATE OR REPLACE FUNCTION public.access_on_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_mask int := TG_ARGV[0]::int;
    v_source uuid;
    v_dossier bigint;
BEGIN
    IF TG_TABLE_NAME = 'access_dossier' THEN
        NEW.teams := '{}'; NEW.fresh_until := 'infinity';
        RETURN NEW;
    END IF;
    v_dossier := NEW.dossier_id;
    IF v_dossier IS NULL THEN
        NEW.teams := '{}'; NEW.fresh_until := 'infinity'; NEW.holder := 0;
        RETURN NEW;
    END IF;
    IF TG_ARGV[1] <> '' THEN
        EXECUTE format('SELECT ($1).%I', TG_ARGV[1]) INTO v_mask USING NEW;
    END IF;
    IF TG_ARGV[2] = 'true' THEN
        v_source := NEW.id;
    END IF;
    SELECT d.teams, d.fresh_until, d.holder INTO NEW.teams, NEW.fresh_until, NEW.holder
    FROM public.access_dossier d WHERE d.id = v_dossier FOR SHARE;
    IF NEW.holder IS NULL THEN
        RAISE EXCEPTION 'no such dossier' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF v_source IS NULL AND (v_mask & 511) <> 0
       AND NEW.teams = ARRAY[NEW.holder] AND NEW.fresh_until = 'infinity' THEN
        RETURN NEW;
    END IF;
    SELECT r.teams, r.fresh_until INTO NEW.teams, NEW.fresh_until
    FROM public.access_reach(v_dossier, v_mask, v_source) r;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0014_joint")]

    operations = [
        migrations.RunSQL(QUICK, f"CREATE OR REPLACE {FORMER[1] if FORMER else ''}"),
    ]
