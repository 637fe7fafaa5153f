"""A recount asks who reaches a dossier once for each category: ``recount.sql``."""

import re
from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent
FORMER = re.search(
    r"CREATE (FUNCTION public\.access_recount\(.*?^END \$\$;)",
    (HERE / "walls.sql").read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)
DROP = """
DROP TRIGGER access_written ON public.access_protected;
DROP FUNCTION public.access_recount_some(bigint[]);
DROP FUNCTION public.access_write_recount();
DROP TYPE public.access_reached;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0015_quick_rows")]

    operations = [
        migrations.RunSQL(
            (HERE / "recount.sql").read_text("utf-8"),
            f"CREATE OR REPLACE {FORMER[1] if FORMER else ''}{DROP}",
        ),
    ]
