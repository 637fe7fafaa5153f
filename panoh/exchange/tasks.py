"""Each hour: imports that nobody finished in time."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.exchange import actions as exchange


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="exchange.sweep")
def sweep(timestamp: int) -> None:
    """Destroy them; works as role ``jobs``."""
    exchange.sweep(at=timezone.now())
