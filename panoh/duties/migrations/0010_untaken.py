"""Alerts that nobody has taken are found without reading all that a team owes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("duties", "0009_rings")]

    operations = [
        migrations.AddIndex(
            model_name="duty",
            index=models.Index(
                condition=models.Q(("acknowledged_at", None), ("settled_at", None)),
                fields=["owner", "kind"],
                name="duties_untaken_idx",
            ),
        ),
    ]
