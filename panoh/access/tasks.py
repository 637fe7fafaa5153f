"""What runs each minute: reach that began or ended by the clock."""

from procrastinate.contrib.django import app

from panoh.access import actions as access


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="access.sweep")
def sweep(timestamp: int) -> None:
    """Recount rows whose grants started or ended since the last minute."""
    access.sweep()
