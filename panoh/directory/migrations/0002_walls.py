"""The register is open to every account; unmet needs are only counted, never changed."""

from django.db import migrations

from panoh.access.models.protection import Allow


class Migration(migrations.Migration):
    dependencies = [("directory", "0001_initial"), ("access", "0002_walls")]

    operations = [
        Allow("Organisation", app="select, insert, update", jobs="select"),
        Allow("Contact", app="select, insert, update", jobs="select"),
        Allow("Service", app="select, insert, update", jobs="select"),
        Allow("UnmetNeed", app="select, insert"),
    ]
