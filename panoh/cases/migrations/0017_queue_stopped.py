"""The queue stays shut for an account that the person excludes, or that is kin of hers."""

import re
from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent
FORMER = re.search(
    r"CREATE (FUNCTION public\.cases_in_queue\(\).*?\n\$\$;)",
    (HERE / "0010_queue_walls.py").read_text("utf-8"),
    re.DOTALL,
)
assert FORMER is not None  # noqa: S101 - the file stands beside this one
BY_UNIT = "n.unit_id = o.id"
BACK = f"CREATE OR REPLACE {FORMER[1]}"
CHANGE = BACK.replace(f"({BY_UNIT}", f"(n.user_id = u.id OR {BY_UNIT}")


class Migration(migrations.Migration):
    dependencies = [("cases", "0016_plan_walls"), ("access", "0011_never_walls")]

    operations = [migrations.RunSQL(CHANGE, BACK)]
