"""What is of somebody's health stays shut to police, prosecutors, commission and rapporteur.

Not even an account of theirs in the team that holds the case, or a grant, opens such a row. What
a police officer asked and wrote down at the first contact stays known to the police: what comes
first hangs on it.
"""

from django.db import migrations

from panoh.kernel.rules import Category

TABLES = ("cases_note", "cases_plantext", "cases_plantask", "cases_answer", "files_document")
OWN_SIGNS = """
CREATE FUNCTION public.cases_of_police() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.access_rolegrant r
        WHERE r.user_id = public.ctx_user() AND r.role = 'pol'
          AND r.since <= statement_timestamp()
          AND (r.until IS NULL OR r.until > statement_timestamp())
    )
$$;
REVOKE EXECUTE ON FUNCTION public.cases_of_police() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.cases_of_police() TO app;
"""


def _shut(table: str, own: str = "") -> str:
    health = f"category <> {int(Category.HEALTH)}"
    rule = f"{health}{own} OR NOT (SELECT public.cases_never_apart())"
    return "".join(
        f"CREATE POLICY health_{name} ON public.{table} AS RESTRICTIVE FOR {verb} TO app "
        f"USING ({rule});\n"
        for name, verb in (("reads", "SELECT"), ("changes", "UPDATE"))
    )


def _open(table: str) -> str:
    return "".join(
        f"DROP POLICY health_{name} ON public.{table};\n" for name in ("reads", "changes")
    )


OWN = " OR (unit_type = 'police' AND (SELECT public.cases_of_police()))"
SHUT = OWN_SIGNS + "".join(map(_shut, TABLES)) + _shut("cases_fact", OWN)
OPEN = "".join(map(_open, (*TABLES, "cases_fact"))) + "DROP FUNCTION public.cases_of_police();"


class Migration(migrations.Migration):
    dependencies = [("cases", "0023_guests_walls"), ("files", "0002_walls")]

    operations = [migrations.RunSQL(SHUT, OPEN)]
