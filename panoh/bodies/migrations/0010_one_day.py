"""A body has one day, that of its own zone; its agenda has one order, whoever reads it; what was
typed up from paper stays as it was signed."""

from importlib import import_module
from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


def _former(name: str, file: str) -> str:
    """A function as it was made first, to be put in its own place."""
    text = (HERE / file).read_text("utf-8")
    start = text.index(f"CREATE FUNCTION public.{name}()")
    return text[start : text.index("CREATE TRIGGER", start)].replace(
        "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1
    )


BEFORE = "".join(
    (
        import_module("panoh.bodies.migrations.0004_typed").NOW,
        _former("bodies_on_arrival", "kept.sql"),
        _former("bodies_on_attendance", "bodies.sql"),
        _former("bodies_on_vote", "bodies.sql"),
    )
)
NOW = BEFORE
OPEN = "    IF v_sitting.state NOT IN ('called', 'open') THEN"
CAST = "    PERFORM public.bodies_lock_open(NEW.sitting_id);"
for said, count, meant in (
    ("NEW.starts_at::date", 2, "public.bodies_day(NEW.body_id, NEW.starts_at)"),
    ("t.starts_at::date", 2, "public.bodies_day(t.body_id, t.starts_at)"),
    # Who was there is written once, before the second signature; votes are the counts on the paper.
    (
        OPEN,
        1,
        """    IF v_sitting.on_paper AND (CASE TG_OP
        WHEN 'INSERT' THEN NEW.came_at IS NOT NULL AND v_sitting.signed_by_id IS NOT NULL
        ELSE (NEW.came_at, NEW.left_at, NEW.by_alternate)
             IS DISTINCT FROM (OLD.came_at, OLD.left_at, OLD.by_alternate)
             AND (v_sitting.signed_by_id IS NOT NULL OR OLD.came_at IS NOT NULL) END) THEN
        PERFORM public.bodies_refuse('bodies_on_paper');
    END IF;
"""
        + OPEN,
    ),
    (
        CAST,
        1,
        """    IF (public.bodies_lock_open(NEW.sitting_id)).on_paper THEN
        PERFORM public.bodies_refuse('bodies_on_paper');
    END IF;""",
    ),
):
    if NOW.count(said) != count:
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

    # Whole, not split at semicolons: bodies of functions hold CASE.
    operations = [migrations.RunSQL([SQL + NOW], [BEFORE + DROP])]
