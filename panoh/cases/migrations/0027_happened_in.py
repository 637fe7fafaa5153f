"""The country in which it happened (row F6)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0026_leaving_agreed_walls")]

    operations = [
        migrations.AddField(
            "case", "happened_in", models.CharField(blank=True, default="", max_length=2)
        ),
    ]
