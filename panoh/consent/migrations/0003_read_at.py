"""When the script was read aloud; older answers were each given right after it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_walls")]

    operations = [
        migrations.AddField("consent", "read_at", models.DateTimeField(null=True)),
        migrations.RunSQL(
            "UPDATE public.consent_consent SET read_at = asked_at WHERE told_limits",
            migrations.RunSQL.noop,
        ),
    ]
