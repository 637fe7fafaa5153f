"""Who sees joint plans and conferences: who takes part; a team's own texts that team alone."""

from django.db import migrations

from panoh.access.models.protection import Protect, Within
from panoh.kernel.rules import Category


class Migration(migrations.Migration):
    dependencies = [("cases", "0015_plan"), ("access", "0014_joint")]

    operations = [
        Protect("Plan", category=Category.CORE, by_source=True),
        Protect("PlanPart", category=Category.CORE, jobs=True),
        Within("PlanPart", sources=("plan_id",)),
        Protect("PlanText", category="column:category"),
        Within("PlanText", sources=("plan_id",), owner="owner_id"),
        Protect("PlanTask", category="column:category"),
        Within("PlanTask", sources=("plan_id", "conference_id")),
        Protect("Conference", category=Category.CORE, by_source=True),
        Protect("Seat", category=Category.CORE, jobs=True),
        Within("Seat", sources=("conference_id",)),
    ]
