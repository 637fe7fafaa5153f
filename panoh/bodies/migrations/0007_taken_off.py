"""What was taken back leaves the agenda: no sitting waits for a matter that nobody may read."""

from pathlib import Path

from django.db import migrations, models
from django.db.models import Q

WHOLE = (Path(__file__).parent / "bodies.sql").read_text("utf-8")


def _former(name: str) -> str:
    """A function as it was made first, to be put in its own place."""
    start = WHOLE.index(f"CREATE FUNCTION public.{name}()")
    return WHOLE[start : WHOLE.index("CREATE TRIGGER", start)].replace(
        "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1
    )


ON_ITEM, COUNTS = _former("bodies_on_item"), _former("bodies_count_item")
DEMANDS = "    PERFORM public.bodies_demand(NEW.body_id);\n    IF OLD.outcome <> ''"
DECIDED = "ELSIF NEW.outcome <> '' AND OLD.outcome = '' THEN"
if DEMANDS not in ON_ITEM or DECIDED not in COUNTS:
    raise ValueError("bodies.sql is not what this migration was written for")
# It needs no votes and no sitting, and is no decision of the body.
NOW = ON_ITEM.replace(
    DEMANDS,
    """    IF NEW.outcome = 'withdrawn' THEN
        IF OLD.outcome <> '' OR NEW.settled_by_id IS DISTINCT FROM public.ctx_user()
           OR to_jsonb(NEW) - ARRAY['outcome', 'settled_at', 'settled_by_id']
              <> to_jsonb(OLD) - ARRAY['outcome', 'settled_at', 'settled_by_id']
           OR NOT public.bodies_unread(NEW.subject_id) THEN
            PERFORM public.bodies_refuse('bodies_settled_stays');
        END IF;
        RETURN NEW;
    END IF;
"""
    + DEMANDS,
) + COUNTS.replace(DECIDED, DECIDED.replace(" THEN", " AND NEW.outcome <> 'withdrawn' THEN"))
SQL = """
-- It was handed to the body, and nobody there may read it any more.
CREATE FUNCTION public.bodies_unread(p_subject uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(bool_and(
        g.ended_at IS NOT NULL OR g.ends_at <= statement_timestamp()), false)
    FROM public.access_grant g WHERE g.source_id = p_subject AND g.source = 'application'
$$;
-- By who took it back, who need not sit there.
CREATE FUNCTION public.bodies_take_off(p_subject uuid, p_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    UPDATE public.bodies_item SET outcome = 'withdrawn', settled_at = p_at,
        settled_by_id = public.ctx_user()
    WHERE subject_id = p_subject AND outcome = '' AND public.ctx_ok()
      AND public.bodies_unread(p_subject)
$$;
REVOKE EXECUTE ON FUNCTION public.bodies_unread(uuid), public.bodies_take_off(uuid, timestamptz)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.bodies_take_off(uuid, timestamptz) TO app;
"""
DROP = """
DROP FUNCTION public.bodies_take_off(uuid, timestamptz);
DROP FUNCTION public.bodies_unread(uuid);
"""
NAME = "bodies_settled_in_a_sitting"


class Migration(migrations.Migration):
    dependencies = [("bodies", "0006_remark"), ("access", "0019_submit")]

    operations = [
        migrations.RemoveConstraint("item", NAME),
        migrations.AddConstraint(
            "item",
            models.CheckConstraint(
                condition=Q(outcome="", settled_at=None)
                | ~Q(outcome="")
                & Q(settled_at__isnull=False)
                & (Q(sitting__isnull=False) | Q(outcome="withdrawn")),
                name=NAME,
            ),
        ),
        migrations.RunSQL(SQL + NOW, ON_ITEM + COUNTS + DROP),
    ]
