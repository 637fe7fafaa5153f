"""Each minute: ring the next person."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.duties import actions


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="duties.escalate")
def escalate(timestamp: int) -> None:
    """Move on what nobody took or finished in time; works as role ``jobs``."""
    actions.escalate_overdue(at=timezone.now())
