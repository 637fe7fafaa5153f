"""No row stops the round that rings: whoever writes one, it can be counted, read and noted."""

from django.db import migrations, models
from django.db.models import Q

MOMENTS = ("opened_at", "started_at", "stopped_at", "due_at", "next_step_at", "acknowledged_at")
SQL = (
    "ALTER TABLE public.duties_duty ADD CONSTRAINT duties_moments_of_now CHECK ("
    + " AND ".join(
        f"coalesce({name} BETWEEN '1900-01-01Z' AND '2999-01-01Z', true)"
        for name in (*MOMENTS, "settled_at")
    )
    + ")"
)


class Migration(migrations.Migration):
    dependencies = [("duties", "0008_until_walls")]

    operations = [
        migrations.AddConstraint(
            "duty",
            models.CheckConstraint(
                condition=Q(kind__regex=r"^[a-z][a-z0-9_.]*$"), name="duties_kind_is_a_code"
            ),
        ),
        migrations.AddConstraint(
            "duty", models.CheckConstraint(condition=Q(level__lte=100), name="duties_few_steps")
        ),
        migrations.RunSQL(
            SQL, "ALTER TABLE public.duties_duty DROP CONSTRAINT duties_moments_of_now"
        ),
    ]
