"""Who withdrew is left out; both people of a spend stand in its line; functions ask who acts."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from panoh.access.models.protection import Allow

HERE = Path(__file__).parent
SQL = (HERE / "leavers.sql").read_text("utf-8")


def _before(file: str, name: str, end: str) -> str:
    """A function as it was made before, to be put in its own place."""
    text = (HERE / file).read_text("utf-8")
    text = text[text.index(f"FUNCTION public.{name}(") :]
    return f"CREATE OR REPLACE {text[: text.index(end)]}"


BACK = "\n".join(
    (
        "DROP TRIGGER statistics_for_ever ON public.statistics_leaver;",
        "DROP POLICY reads ON public.statistics_leaver;",
        "DROP POLICY enters ON public.statistics_leaver;",
        "DROP POLICY jobs_all ON public.statistics_leaver;",
        "ALTER TABLE public.statistics_leaver DISABLE ROW LEVEL SECURITY;",
        _before("kept.sql", "statistics_seal", "-- A signature:"),
        _before("two_people.sql", "statistics_on_spend", "END $$;") + "END $$;",
        "ALTER POLICY sends ON public.statistics_source WITH CHECK (EXISTS ("
        " SELECT FROM public.statistics_output o"
        " WHERE o.id = output_id AND o.prepared_by_id = (SELECT public.ctx_user())"
        " AND (o.kind, o.state) IN (('estimate', 'planned'), ('release', 'forecast'))));",
        "GRANT EXECUTE ON FUNCTION public.statistics_allowed_by(uuid),"
        " public.statistics_is_signed(uuid) TO app;",
    )
)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("statistics", "0003_two_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="Leaver",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("population", models.CharField(max_length=200)),
                ("mark", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("population", "mark"), name="statistics_leaves_once"
                    )
                ],
            },
        ),
        Allow("Leaver", app="select (id, population, at), insert", jobs="select"),
        migrations.RunSQL([SQL], [BACK]),
    ]
