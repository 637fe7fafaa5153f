"""Each hour: drafts whose time has passed go."""

from django.db import connection
from procrastinate.contrib.django import app


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="vault.sweep_drafts")
def sweep_drafts(timestamp: int) -> None:
    """Drop expired drafts; role ``jobs`` sees none of them, the definer function deletes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault_sweep_drafts()")
