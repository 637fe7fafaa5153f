"""Each night: files that no row points to."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.files import actions as files


@app.periodic(cron="41 1 * * *")
@app.task(queueing_lock="files.sweep")
def sweep(timestamp: int) -> None:
    """Delete what failed uploads left; works as role ``jobs``."""
    files.sweep(at=timezone.now())
