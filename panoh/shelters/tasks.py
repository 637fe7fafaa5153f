"""Each minute: holds whose moment has passed. Each night: what houses must keep in order."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.shelters import actions


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="shelters.lapse")
def lapse(timestamp: int) -> None:
    """Tell holders that nobody came in time; works as role ``jobs``."""
    actions.lapse_held(at=timezone.now())


@app.periodic(cron="40 1 * * *")
@app.task(queueing_lock="shelters.remind")
def remind(timestamp: int) -> None:
    """Open what houses owe; works as role ``jobs``."""
    actions.remind(at=timezone.now())
