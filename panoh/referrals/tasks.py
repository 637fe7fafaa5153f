"""Each minute: requests that nobody answered in time."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.referrals import actions


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="referrals.escalate")
def escalate(timestamp: int) -> None:
    """Tell the senders; works as role ``jobs``."""
    actions.escalate_overdue(at=timezone.now())
