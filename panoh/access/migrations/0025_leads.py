"""No team stands without anybody who leads it: the seats of a team change one after the other, and
whoever alone leads it stays until somebody else does.

Two supervisors who sent each other away at the same moment left a team that nobody could lead any
more. An account can always be closed; where that leaves members whom nobody leads, whoever runs the
unit names one of them, who reads the team's files already.
"""

import re
from pathlib import Path

from django.db import migrations

VERBS = (Path(__file__).parent / "verbs.sql").read_text("utf-8")


def _former(name: str) -> str:
    found = re.search(
        rf"CREATE (FUNCTION public\.{name}\(.*?^END \$\$;)", VERBS, re.DOTALL | re.MULTILINE
    )
    assert found is not None  # noqa: S101 - the file stands beside this one
    return f"CREATE OR REPLACE {found[1]}"


BEFORE = [_former("access_join"), _former("access_leave")]
SQL = """
-- A supervisor or a deputy, of whatever moment: what another transaction ended counts at once.
CREATE FUNCTION public.access_led(p_team int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (SELECT FROM public.access_membership m
        WHERE m.team_id = p_team AND (m.is_supervisor OR m.is_deputy) AND m.until IS NULL)
$$;
REVOKE EXECUTE ON FUNCTION public.access_led(int) FROM PUBLIC;
CREATE FUNCTION public.access_refuse_unled() RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'nobody else leads this team'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'access_team_led';
END $$;
"""
LOCK = """BEGIN
    PERFORM FROM public.access_team t WHERE t.id = p_team FOR NO KEY UPDATE;
    v_led := public.access_led(p_team);
"""
CHECK = """    IF v_led AND NOT public.access_led(p_team) THEN
        PERFORM public.access_refuse_unled();
    END IF;
END $$;"""
FIRST = """            SELECT FROM public.vault_teamkey WHERE team_id = p_team))
"""
NAMED = (
    FIRST
    + """        OR (public.access_runs_unit(v_unit) AND NOT v_led AND EXISTS (
            SELECT FROM public.access_membership m
            WHERE m.user_id = p_user AND m.team_id = p_team AND m.until IS NULL))
"""
)


def _now(former: str) -> str:
    for part in ("    v_unit int;\n", "BEGIN\n", "END $$;"):
        if former.count(part) != 1:
            raise ValueError("verbs.sql is not what this migration was written for")
    now = former.replace("    v_unit int;\n", "    v_unit int;\n    v_led boolean;\n")
    return now.replace("BEGIN\n", LOCK).replace("END $$;", CHECK).replace(FIRST, NAMED)


DROP = "DROP FUNCTION public.access_refuse_unled(); DROP FUNCTION public.access_led(int);"


class Migration(migrations.Migration):
    dependencies = [("access", "0024_moments")]

    operations = [migrations.RunSQL([SQL, *map(_now, BEFORE)], [*BEFORE, DROP])]
