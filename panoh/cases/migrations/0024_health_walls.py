"""What is of somebody's health stays shut to police, prosecutors, commission and rapporteur.

Not even an account of theirs in the team that holds the case, or a grant, opens such a row. What
a police officer asked and wrote down at the first contact stays known to the police: what comes
first hangs on it.
"""

from django.db import migrations

from panoh.kernel.rules import Category

TABLES = ("cases_note", "cases_plantext", "cases_plantask", "cases_answer", "files_document")
OWN_SIGNS = """
-- The kind of unit whose first contacts an account that is only an authority may make; else null.
CREATE FUNCTION public.cases_asks_as() RETURNS varchar
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT o.type FROM public.access_user u JOIN public.access_unit o ON o.id = u.unit_id
    WHERE u.id = public.ctx_user() AND public.access_can('contact_create')
      AND NOT public.access_can('apart_read')
$$;
REVOKE EXECUTE ON FUNCTION public.cases_asks_as() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.cases_asks_as() TO app;
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


OWN = " OR unit_type = (SELECT public.cases_asks_as())"
SHUT = OWN_SIGNS + "".join(map(_shut, TABLES)) + _shut("cases_fact", OWN)
OPEN = "".join(map(_open, (*TABLES, "cases_fact"))) + "DROP FUNCTION public.cases_asks_as();"


class Migration(migrations.Migration):
    dependencies = [("cases", "0023_guests_walls"), ("files", "0002_walls")]

    operations = [migrations.RunSQL(SHUT, OPEN)]
