"""What was agreed by telephone before facts went to a house."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0005_decision_walls")]

    operations = [
        migrations.AddField("consent", "by_telephone", models.BooleanField(default=False)),
    ]
