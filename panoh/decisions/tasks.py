"""Make the letters that were asked for; go on after a stop; destroy what expired; remind of readers
whom the person was not told of."""

from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.decisions import actions as decisions
from panoh.decisions import queries


@app.task
def make_letters(batch: str) -> None:
    """Make one part, and let the next be made after what else waits; works as role ``jobs``."""
    if decisions.make_letters(UUID(batch), at=timezone.now()):
        make_letters.defer(batch=batch)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="decisions.letters")
def look_after_letters(timestamp: int) -> None:
    """What a stopped worker left goes on, what expired is destroyed; works as role ``jobs``."""
    at = timezone.now()
    for key in queries.left_behind(at):
        make_letters.defer(batch=str(key))
    decisions.sweep_letters(at=at)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="decisions.copies")
def end_copies(timestamp: int) -> None:
    """Half pages of members elsewhere end with what let them read, and who came since is told of
    first; works as role ``jobs``."""
    at = timezone.now()
    decisions.sweep_copies(at=at)
    decisions.owe_readers(at=at)
