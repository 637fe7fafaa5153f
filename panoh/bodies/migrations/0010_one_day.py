"""A body has one day, that of its own zone; its agenda has one order, whoever reads it."""

from importlib import import_module
from pathlib import Path

from django.db import migrations

KEPT = (Path(__file__).parent / "kept.sql").read_text("utf-8")
START = KEPT.index("CREATE FUNCTION public.bodies_on_arrival()")
ARRIVAL = KEPT[START : KEPT.index("CREATE TRIGGER bodies_on_arrival")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1
)
BEFORE = import_module("panoh.bodies.migrations.0004_typed").NOW + ARRIVAL
NOW = BEFORE
for said, meant in (
    ("NEW.starts_at::date", "public.bodies_day(NEW.body_id, NEW.starts_at)"),
    ("t.starts_at::date", "public.bodies_day(t.body_id, t.starts_at)"),
):
    if NOW.count(said) != 2:
        raise ValueError("the functions are not what this migration was written for")
    NOW = NOW.replace(said, meant)
SQL = """
-- The day it is where a body sits; without a zone of its own the day of the database, where the
-- country's zone is not known: they differ for hours of the night alone.
CREATE FUNCTION public.bodies_day(p_body uuid, p_at timestamptz) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT (p_at AT TIME ZONE coalesce(nullif(b.zone, ''), current_setting('TimeZone')))::date
    FROM public.bodies_body b WHERE b.id = p_body
$$;
-- Until when a body owes an answer to a matter before it. The duty is its team's; whoever sits
-- there learns this much of it, so that all read the agenda in one order.
CREATE FUNCTION public.bodies_due(p_item uuid) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT min(d.due_at) FROM public.bodies_item i
    JOIN public.bodies_body b ON b.id = i.body_id
    JOIN public.duties_duty d ON d.subject_id = i.subject_id AND d.owner_id = b.team_id
    WHERE i.id = p_item AND d.settled_at IS NULL AND i.body_id = ANY (public.bodies_mine())
      AND NOT i.id = ANY (public.bodies_conflicted())
$$;
REVOKE EXECUTE ON FUNCTION public.bodies_day(uuid, timestamptz), public.bodies_due(uuid)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.bodies_due(uuid) TO app;
"""
DROP = """
DROP FUNCTION public.bodies_due(uuid);
DROP FUNCTION public.bodies_day(uuid, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("bodies", "0009_touched"), ("duties", "0003_clock")]

    operations = [migrations.RunSQL(SQL + NOW, BEFORE + DROP)]
