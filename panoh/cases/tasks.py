"""Each hour: who is of age since the local day began. Each quarter: whose part has run out."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.cases import actions


@app.periodic(cron="4 * * * *")
@app.task(queueing_lock="cases.come_of_age")
def come_of_age(timestamp: int) -> None:
    """End what others decided for a child; works as role ``jobs``."""
    actions.come_of_age(at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="cases.end_parts")
def end_parts(timestamp: int) -> None:
    """Say which parts of joint plans end soon; let what is left to do come back to the holder; end
    requests for protection whose consent is gone. Works as role ``jobs``."""
    actions.warn_of_parts(at=timezone.now())
    actions.end_lapsed_parts(at=timezone.now())
    actions.end_lapsed_protections(at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="cases.watch_silence")
def watch_silence(timestamp: int) -> None:
    """Let somebody see to who left and was not heard of; works as role ``jobs``."""
    actions.watch_silence(at=timezone.now())
