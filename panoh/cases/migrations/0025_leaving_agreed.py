"""The leaving of a child: the advocate's signature."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("cases", "0024_health_walls"),
    ]

    operations = [
        migrations.AddField("leaving", "agreed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "leaving",
            "agreed_by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            "leaving",
            models.CheckConstraint(
                condition=Q(agreed_by=None) | ~Q(agreed_by=F("planned_by")),
                name="cases_leaving_agreed_by_another",
            ),
        ),
    ]
