"""How far each team has wrapped for the duty hotline what was written before it was named."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0011_never_walls")]

    operations = [
        migrations.AddField(
            model_name="team",
            name="emergency_mark",
            field=models.BigIntegerField(null=True),
        ),
    ]
