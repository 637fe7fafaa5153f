"""Each minute: seal what is finished."""

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.audit import actions


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="audit.seal")
def seal(timestamp: int) -> None:
    """Seal the entries of finished transactions; works as role ``jobs``."""
    actions.seal(at=timezone.now())
