"""Two people spend: an approver agrees before data are sent. The ledger knows official tables."""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent
TWO = (HERE / "two_people.sql").read_text("utf-8")
ONE = (HERE / "kept.sql").read_text("utf-8")


def _before(name: str, end: str) -> str:
    """A function as it was made first, to be put in its own place."""
    text = ONE[ONE.index(f"CREATE FUNCTION public.{name}()") : ONE.index(end)]
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


BACK = (
    _before("statistics_on_decision", "CREATE TRIGGER statistics_on_decision"),
    _before("statistics_on_spend", "CREATE TRIGGER statistics_on_spend"),
    "DROP FUNCTION public.statistics_allowed_by(uuid);",
)
VERBS = ("ask", "publish", "refuse", "withdraw")


def _verbs(*verbs: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(("verb__in", verbs)), name="statistics_verb")


class Migration(migrations.Migration):
    dependencies = [("statistics", "0002_walls")]

    operations = [
        migrations.RemoveConstraint("decision", "statistics_verb"),
        migrations.AddConstraint("decision", _verbs("allow", *VERBS)),
        migrations.RunSQL(TWO, "\n".join(BACK)),
    ]
