"""Who sees safety plans, requests for protection and rights."""

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category


class Migration(migrations.Migration):
    dependencies = [("cases", "0011_safety"), ("access", "0008_advocate")]

    operations = [
        Protect("SafetyEntry", category=Category.SAFETY),
        Protect("ProtectionRequest", category=Category.ASK, by_source=True),
        Protect("RightEntry", category=Category.SERVICES),
    ]
