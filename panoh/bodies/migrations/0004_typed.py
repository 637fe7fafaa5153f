"""A sitting that was typed up wrongly can be dropped while nobody has signed it."""

from pathlib import Path

from django.db import migrations

WHOLE = (Path(__file__).parent / "bodies.sql").read_text("utf-8")
BEFORE = WHOLE[
    WHOLE.index("CREATE FUNCTION public.bodies_on_sitting()") : WHOLE.index(
        "CREATE TRIGGER bodies_on_sitting"
    )
].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
NOW = BEFORE.replace(
    "('called', 'cancelled'), ('open', 'open'), ('open', 'closed')) THEN",
    "('called', 'cancelled'), ('open', 'open'), ('open', 'closed'))\n"
    "              AND NOT ((OLD.state, NEW.state) = ('open', 'cancelled') AND OLD.on_paper\n"
    "                       AND OLD.signed_by_id IS NULL) THEN",
)


class Migration(migrations.Migration):
    dependencies = [("bodies", "0003_kept")]

    operations = [migrations.RunSQL(NOW, BEFORE)]
