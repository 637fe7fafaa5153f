"""Each minute: requests that nobody answered in time; each quarter of an hour: their end."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.referrals import actions


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="referrals.escalate")
def escalate(timestamp: int) -> None:
    """Tell the senders; works as role ``jobs``."""
    actions.escalate_overdue(at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="referrals.end")
def end(timestamp: int) -> None:
    """Say which consents end soon, and end what has run out; works as role ``jobs``."""
    actions.warn_of_end(at=timezone.now())
    actions.lapse_ended(at=timezone.now())
