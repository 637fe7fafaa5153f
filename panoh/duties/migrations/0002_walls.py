"""Who sees a duty: the team that owes it and the holder of the dossier; jobs move it on."""

from django.db import migrations

from panoh.access.models.protection import Protect


class Migration(migrations.Migration):
    dependencies = [("duties", "0001_initial"), ("access", "0002_walls")]

    operations = [Protect("Duty", category=None, also="owner_id", jobs=True)]
