"""Two people spend: an approver agrees before data are sent. The ledger knows official tables."""

from pathlib import Path

from django.db import migrations, models

WHOLE = (Path(__file__).parent / "kept.sql").read_text("utf-8")


def _part(name: str, end: str) -> str:
    """A function as it stands in ``kept.sql``, to be put in its own place."""
    text = WHOLE[WHOLE.index(f"CREATE FUNCTION public.{name}()") : WHOLE.index(end)]
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


DECISION = _part("statistics_on_decision", "CREATE TRIGGER statistics_on_decision")
SPEND = _part("statistics_on_spend", "CREATE TRIGGER statistics_on_spend")

TWO = DECISION.replace(
    "        WHEN NEW.verb = 'ask' AND o.state = 'forecast' AND o.is_passed AND EXISTS (",
    "        WHEN NEW.verb = 'allow' AND o.state = 'forecast' AND o.is_passed\n"
    "            AND public.statistics_allowed_by(o.id) IS NULL THEN 'forecast'\n"
    "        WHEN NEW.verb = 'ask' AND o.state = 'forecast' AND o.is_passed\n"
    "            AND public.statistics_allowed_by(o.id) IS NOT NULL AND EXISTS (",
)
OFFICIAL = SPEND.replace(
    "    NEW.cap_rho := (e ->> 'cap_rho')::double precision;\n",
    """    NEW.cap_rho := (e ->> 'cap_rho')::double precision;
    -- Official tables cost nothing and no budget covers them.
    IF (e ->> 'not_dp')::boolean THEN
        IF NEW.rho IS NOT NULL OR NEW.cap_rho IS NOT NULL OR NEW.state <> 'spent'
           OR public.statistics_allowed_by(NEW.output_id) IS NULL THEN
            PERFORM public.statistics_refuse('statistics_ledger_entry');
        END IF;
        NEW.rho := 0;
        NEW.cap_rho := 'Infinity';
        RETURN NEW;
    END IF;
""",
).replace(
    "              AND (o.kind, o.state) = ('release', 'asked')) THEN",
    "              AND (o.kind, o.state) = ('release', 'asked')\n"
    "              AND public.statistics_allowed_by(o.id) IS NOT NULL) THEN",
)
ALLOWED = """
CREATE FUNCTION public.statistics_allowed_by(p_output uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT d.by_id FROM public.statistics_decision d
    JOIN public.statistics_output o ON o.id = d.output_id
    WHERE d.output_id = p_output AND d.verb = 'allow' AND d.by_id <> o.prepared_by_id
$$;
REVOKE EXECUTE ON FUNCTION public.statistics_allowed_by(uuid) FROM PUBLIC;
-- The worker names both in the ledger.
GRANT EXECUTE ON FUNCTION public.statistics_allowed_by(uuid) TO app, jobs;
"""
BACK = "DROP FUNCTION public.statistics_allowed_by(uuid);"
VERBS = ("ask", "publish", "refuse", "withdraw")


def _verbs(*verbs: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(("verb__in", verbs)), name="statistics_verb")


class Migration(migrations.Migration):
    dependencies = [("statistics", "0002_walls")]

    operations = [
        migrations.RemoveConstraint("decision", "statistics_verb"),
        migrations.AddConstraint("decision", _verbs("allow", *VERBS)),
        migrations.RunSQL(
            [ALLOWED + TWO + OFFICIAL],
            [DECISION + SPEND + BACK],
        ),
    ]
