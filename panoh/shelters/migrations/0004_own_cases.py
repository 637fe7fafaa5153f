"""A house holds a bed for a case that it was let into, and asks of no other."""

from pathlib import Path

from django.db import migrations

FORMER = (Path(__file__).parent / "shelters.sql").read_text("utf-8")
MINE = "string_to_array(current_setting('app.teams', true), ',')::int[]"
# Held by anybody's bed a case would stay open, its reference be told, its leaving be written.
POLICY = f"""
DROP POLICY by_whom ON public.shelters_hold;
CREATE POLICY by_whom ON public.shelters_hold AS RESTRICTIVE FOR INSERT TO app WITH CHECK (
    holder = ANY ({MINE})
    OR team_id = ANY ({MINE}){{more}});
"""
# The inner query stands behind the wall of the dossier itself.
LET_IN = "\n    AND EXISTS (SELECT FROM public.access_dossier d WHERE d.id = dossier_id)"
# Which houses are left out tells whom a person excludes: for cases of mine only.
ASKS = """
    IF p_dossier IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.access_dossier d
        WHERE d.id = p_dossier AND (d.teams || d.holder) && public.ctx_teams()) THEN
        PERFORM public.access_refuse();
    END IF;
"""


def _function(name: str) -> str:
    start = FORMER.index(f"CREATE FUNCTION public.{name}(")
    end = FORMER.index("\nEND $$;", start) + 8
    return FORMER[start:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


PLACES, PICK = _function("shelters_places"), _function("shelters_pick")


def _asked(function: str) -> str:
    return function.replace("BEGIN\n", f"BEGIN{ASKS}", 1)


class Migration(migrations.Migration):
    dependencies = [("shelters", "0003_seeing_off")]

    operations = [
        migrations.RunSQL(POLICY.format(more=LET_IN), POLICY.format(more="")),
        migrations.RunSQL(_asked(PLACES) + _asked(PICK), PLACES + PICK),
    ]
