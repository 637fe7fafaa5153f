"""Each minute: who is asked for."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.people import actions as people


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="people.seekers")
def match_seekers(timestamp: int) -> None:
    """Alert the holders; works as role ``jobs``."""
    people.match_seekers(at=timezone.now())
