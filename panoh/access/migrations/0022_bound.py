"""No setting that changes half-way, and no moment without end: ``bound.sql``."""

import re
from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent
NEVER = (HERE / "never.sql").read_text("utf-8")
FORMER = "\n".join(
    f"CREATE OR REPLACE {found[1]}"
    for name in ("access_stopped", "access_may_rescue")
    if (
        found := re.search(
            rf"CREATE (?:OR REPLACE )?(FUNCTION public\.{name}\(.*?^\$\$;)",
            NEVER,
            re.DOTALL | re.MULTILINE,
        )
    )
)
# Policies stay bound: the looser words are in no room's interest.
BACK = """
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT conrelid::regclass AS name FROM pg_constraint
             WHERE conname = 'moments_of_calendars' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT moments_of_calendars', t.name);
    END LOOP;
END $$;
DROP FUNCTION public.access_install_privileges();
ALTER FUNCTION public.access_grant_privileges() RENAME TO access_install_privileges;
DROP FUNCTION public.access_bound_moments();
DROP FUNCTION public.access_bind_policies();
DROP FUNCTION public.access_bind(text);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0021_asks")]

    operations = [
        # Whole, not split at semicolons: bodies of functions hold CASE.
        migrations.RunSQL([(HERE / "bound.sql").read_text("utf-8")], [FORMER + BACK]),
    ]
