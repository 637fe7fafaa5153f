"""A body that ends has answered what was proposed to it, and is proposed nothing after."""

from importlib import import_module

from django.db import migrations

SQL = import_module("panoh.bodies.migrations.0011_ends").SQL
BEFORE = SQL[: SQL.index("CREATE TRIGGER")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1
)
ITEMS = "i.body_id = NEW.id AND i.outcome = '')\n"
if BEFORE.count(ITEMS) != 1:
    raise ValueError("the function is not what this migration was written for")
NOW = BEFORE.replace(
    ITEMS,
    f"{ITEMS}       OR EXISTS (SELECT FROM public.bodies_proposal p\n"
    "                  WHERE p.body_id = NEW.id AND p.state IN ('waiting', 'deferred'))\n",
)
# Triggers fire in the order of their names. ``bodies_on_sitting`` locks the body for itself: whoever
# shared it before that would wait for another who did the same, and both for ever.
THEN = """
ALTER TRIGGER bodies_not_ended ON public.bodies_item RENAME TO bodies_then_not_ended;
ALTER TRIGGER bodies_not_ended ON public.bodies_sitting RENAME TO bodies_then_not_ended;
CREATE TRIGGER bodies_then_not_ended BEFORE INSERT ON public.bodies_proposal
    FOR EACH ROW EXECUTE FUNCTION public.bodies_not_ended();
"""
FORMER = """
DROP TRIGGER bodies_then_not_ended ON public.bodies_proposal;
ALTER TRIGGER bodies_then_not_ended ON public.bodies_sitting RENAME TO bodies_not_ended;
ALTER TRIGGER bodies_then_not_ended ON public.bodies_item RENAME TO bodies_not_ended;
"""


class Migration(migrations.Migration):
    dependencies = [("bodies", "0011_ends")]

    operations = [migrations.RunSQL([NOW + THEN], [FORMER + BEFORE])]
