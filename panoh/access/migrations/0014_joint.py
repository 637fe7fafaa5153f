"""Grants by a joint plan and by a conference: ``joint.sql``."""

import re
from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent
FORMER = re.search(
    r"CREATE (FUNCTION public\.access_end_shares\(.*?^END \$\$;)",
    (HERE / "advocate.sql").read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)
DROP = """
DROP FUNCTION public.access_within(text, text[], text);
DROP FUNCTION public.access_sources();
DROP FUNCTION public.access_share(bigint, int, int, uuid, text, timestamptz, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0013_emergency_before")]

    operations = [
        migrations.AlterField(
            "grant",
            "source",
            models.CharField(
                choices=[
                    ("holder", "Holder"),
                    ("offer", "Offer"),
                    ("referral", "Referral"),
                    ("former_holder", "Former Holder"),
                    ("break_glass", "Break Glass"),
                    ("advocate", "Advocate"),
                    ("plan", "Plan"),
                    ("conference", "Conference"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(
            (HERE / "joint.sql").read_text("utf-8"),
            f"CREATE OR REPLACE {FORMER[1] if FORMER else ''}{DROP}",
        ),
    ]
