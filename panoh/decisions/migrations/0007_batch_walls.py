"""Asked letters are seen by the account that asked; the background role makes and destroys them."""

from django.db import migrations

from panoh.access.models.protection import Allow


class Migration(migrations.Migration):
    dependencies = [("decisions", "0006_batch"), ("files", "0006_marks")]

    operations = [
        Allow(
            "Batch",
            app="select, insert",
            jobs="select, update, delete",
            owner="user:account_id",
        ),
        Allow("BatchPart", app="select", jobs="select, insert, delete", owner="user:account_id"),
    ]
