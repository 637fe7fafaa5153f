"""Each hour: drafts and marks of what was sent go when their time has passed."""

from django.db import connection
from procrastinate.contrib.django import app


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="vault.sweep_drafts")
def sweep_drafts(timestamp: int) -> None:
    """Drop what has expired; role ``jobs`` sees none of them, the definer function deletes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault_sweep_drafts()")
