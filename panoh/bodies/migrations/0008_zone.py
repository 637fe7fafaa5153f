"""The time zone of a body: its days are counted there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bodies", "0007_taken_off")]

    operations = [
        migrations.AddField(
            "body", "zone", models.CharField(blank=True, default="", max_length=40)
        ),
    ]
