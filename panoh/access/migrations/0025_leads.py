"""No team stands without anybody who leads it: the seats of a team change one after the other, and
whoever alone leads it stays until somebody else does.

Two supervisors who sent each other away at the same moment left a team that nobody could lead any
more. An account can always be closed; where that leaves members whom nobody leads, whoever runs the
unit names another one of them, who holds the team's key already.
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
-- A supervisor or a deputy now; one that another transaction ended counts no more at once.
CREATE FUNCTION public.access_led(p_team int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (SELECT FROM public.access_membership m
        JOIN public.access_user u ON u.id = m.user_id
        WHERE m.team_id = p_team AND (m.is_supervisor OR m.is_deputy) AND u.is_active
          AND m.since <= statement_timestamp() AND m.until IS NULL)
$$;
REVOKE EXECUTE ON FUNCTION public.access_led(int) FROM PUBLIC;
-- Whom an administrator may name: in a team without a lead, another account that was let in.
CREATE FUNCTION public.access_may_lead(p_user int, p_team int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.ctx_ok() AND p_user <> public.ctx_user() AND NOT public.access_led(p_team)
        AND EXISTS (SELECT FROM public.access_team t
            JOIN public.access_membership m ON m.team_id = t.id AND m.until IS NULL
            JOIN public.vault_teamkeywrap w ON w.team_id = t.id AND w.user_id = m.user_id
            WHERE t.id = p_team AND m.user_id = p_user AND public.access_runs_unit(t.unit_id))
$$;
REVOKE EXECUTE ON FUNCTION public.access_may_lead(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.access_may_lead(int, int) TO app;
CREATE FUNCTION public.access_refuse_unled() RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'nobody else leads this team'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'access_team_led';
END $$;
"""
LOCK = """BEGIN
    PERFORM FROM public.access_team t WHERE t.id = p_team FOR NO KEY UPDATE;
    -- Whoever closes the account at this moment is waited for, and waits in turn.
    PERFORM FROM public.access_user u WHERE u.id = p_user FOR SHARE;
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
    + """        OR public.access_may_lead(p_user, p_team)
"""
)


def _now(former: str) -> str:
    for part in ("    v_unit int;\n", "BEGIN\n", "END $$;"):
        if former.count(part) != 1:
            raise ValueError("verbs.sql is not what this migration was written for")
    now = former.replace("    v_unit int;\n", "    v_unit int;\n    v_led boolean;\n")
    return now.replace("BEGIN\n", LOCK).replace("END $$;", CHECK).replace(FIRST, NAMED)


DROP = """
DROP FUNCTION public.access_refuse_unled();
DROP FUNCTION public.access_may_lead(int, int);
DROP FUNCTION public.access_led(int);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0024_moments")]

    operations = [migrations.RunSQL([SQL, *map(_now, BEFORE)], [*BEFORE, DROP])]
