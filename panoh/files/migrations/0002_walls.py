"""A document is seen with the grant for its own category."""

from django.db import migrations

from panoh.access.models.protection import Protect


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial"), ("access", "0002_walls")]

    operations = [Protect("Document", category="column:category")]
