"""An address of any length is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vault", "0007_sent")]

    operations = [migrations.AlterField("sent", "page", models.TextField())]
