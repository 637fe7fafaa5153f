"""Each night: what bodies missed, and what is late."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.bodies import actions


@app.periodic(cron="50 1 * * *")
@app.task(queueing_lock="bodies.look_back")
def look_back(timestamp: int) -> None:
    """Count missed quarters and late matters; works as role ``jobs``."""
    actions.look_back(at=timezone.now())
