"""Consent is seen by the holder of the dossier alone: whom a person chose is her secret."""

from django.db import migrations

from panoh.access.models.protection import Protect


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial"), ("access", "0002_walls")]

    operations = [Protect("Consent", category=None)]
