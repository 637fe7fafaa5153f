"""Emergency wraps of contact and safety for the duty hotline: ``emergency.sql``."""

import re
from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Allow

HERE = Path(__file__).parent


def before(file: str, name: str) -> str:
    """A function as an earlier file makes it."""
    found = re.search(
        rf"CREATE FUNCTION public\.{name}\(.*?^(?:END )?\$\$;",
        (HERE / file).read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    assert found  # noqa: S101 - the file is ours
    return found[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


UNDO = f"""
DROP POLICY wall ON public.vault_datakeywrap;
CREATE POLICY wall ON public.vault_datakeywrap TO app
    USING (team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
           AND (SELECT public.ctx_ok()));
DROP TRIGGER access_excluded ON public.access_never;
DROP TRIGGER access_sealed ON public.access_dossier;
DROP FUNCTION public.access_drop_emergency();
DROP FUNCTION public.access_name_hotline(int);
{before("verbs.sql", "access_teams_for")}
{before("verbs.sql", "access_put_wraps")}
{before("walls.sql", "access_prune_wraps")}
DROP FUNCTION public.access_in_emergency(bigint, int);
DROP FUNCTION public.access_may_rescue(bigint, int);
DROP FUNCTION public.access_emergency_offer();
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0006_emergency")]

    operations = [
        Allow("Emergency"),
        migrations.RunSQL((HERE / "emergency.sql").read_text("utf-8"), UNDO),
    ]
