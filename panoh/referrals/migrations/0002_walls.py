"""A referral is seen by the holder and, row by row, by the team that was asked."""

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial"), ("access", "0002_walls")]

    operations = [Protect("Referral", category=Category.ASK, by_source=True, jobs=True)]
