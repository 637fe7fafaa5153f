"""Each quarter of an hour: which desks have hours that nobody stands."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.intake import actions


@app.periodic(cron="7,22,37,52 * * * *")
@app.task(queueing_lock="intake.warn")
def warn(timestamp: int) -> None:
    """Alert the team in good time; works as role ``jobs``."""
    actions.warn_of_gaps(at=timezone.now())
