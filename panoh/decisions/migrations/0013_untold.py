"""Who holds the case is reminded of members whom the person has not been told of."""

from pathlib import Path

from django.db import migrations

FORMER = (Path(__file__).parent / "readers.sql").read_text("utf-8")


def _former() -> str:
    """``decisions_without_copy`` as it was made first, to be put in its own place."""
    start = FORMER.index("CREATE FUNCTION public.decisions_without_copy(")
    end = FORMER.index("\n$$;", start) + 4
    return FORMER[start:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


BEFORE = _former()
WHO_ASKS = " AND public.ctx_ok() AND a.holder = ANY (public.ctx_teams())"
# The same, whoever asks: for functions that say themselves who may.
UNTOLD = (
    BEFORE.replace("decisions_without_copy", "decisions_untold", 1)
    .replace(WHO_ASKS, "")
    .replace("decisions_elsewhere", "decisions_members")
    .replace("CREATE OR REPLACE", "CREATE", 1)
)
if "ctx_" in UNTOLD or WHO_ASKS not in BEFORE:
    raise ValueError("readers.sql is not what this migration was written for")
NOW = """
CREATE OR REPLACE FUNCTION public.decisions_without_copy(p_application uuid)
RETURNS TABLE (account int, unit int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT u.account, u.unit FROM public.decisions_untold(p_application) u
    WHERE public.ctx_ok() AND EXISTS (
        SELECT FROM public.decisions_application a
        WHERE a.id = p_application AND a.holder = ANY (public.ctx_teams()))
$$;
-- Applications of which somebody who would read is untold, for the worker: keys, and nobody's name.
CREATE FUNCTION public.decisions_all_untold() RETURNS TABLE (application uuid, dossier bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT a.id, a.dossier_id FROM public.decisions_application a
    WHERE a.state IN ('filed', 'incomplete', 'complete')
      AND EXISTS (SELECT FROM public.decisions_untold(a.id))
$$;
REVOKE EXECUTE ON FUNCTION public.decisions_untold(uuid), public.decisions_all_untold() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.decisions_all_untold() TO jobs;
"""
DROP = """
DROP FUNCTION public.decisions_all_untold();
DROP FUNCTION public.decisions_untold(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("decisions", "0012_readers_walls")]

    operations = [migrations.RunSQL(UNTOLD + NOW, BEFORE + DROP)]
