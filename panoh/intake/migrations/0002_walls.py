"""The desk's roster, calls and handovers are of its team alone; the clock reads the roster."""

from django.db import migrations

from panoh.access.models.protection import Allow

WRITES = "select, insert, update"


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0001_initial"),
        ("access", "0002_walls"),
    ]

    operations = [
        Allow("Shift", app=WRITES, jobs="select", owner="team:team_id"),
        Allow("Call", app=WRITES, owner="team:team_id"),
        Allow("Handover", app=WRITES, owner="team:team_id"),
    ]
