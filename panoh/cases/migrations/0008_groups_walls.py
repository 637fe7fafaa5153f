"""A group and who was in it: for the team that holds each, and nobody that was told of one."""

from django.db import migrations

from panoh.access.models.protection import Protect


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_groups"), ("access", "0011_never_walls")]

    operations = [
        Protect("Group", category=None),
        Protect("GroupMember", category=None),
    ]
