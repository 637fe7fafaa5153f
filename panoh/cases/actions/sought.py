"""Somebody asked for her: she decides, and the seeker's number goes into her safety plan."""

from datetime import datetime

from django.db import transaction

from panoh.access.models import User
from panoh.audit import actions as audit
from panoh.cases.actions.course import add_note
from panoh.duties import actions as duties
from panoh.kernel.rules import Category
from panoh.people import actions as people
from panoh.people.queries import Seeking
from panoh.policy import queries as policy


@transaction.atomic
def decide_sought(seeking: Seeking, *, answer: str, by: User, at: datetime) -> None:
    """Keep what she decided, and who asks for her as a sealed note of ``safety``.

    The seeker is told nothing: whoever calls, calls because she wishes it. Raises ``Invalid``,
    ``NotPossible`` if it was decided, ``Gone`` for anybody but the holder.
    """
    sought = people.keep_answer(seeking.row, answer=answer, by=by, at=at)
    lines = [policy.label("seekers", seeking.caller), *seeking.said.values()]
    add_note(
        sought.dossier,
        category=Category.SAFETY,
        text="\n".join(filter(None, lines)),
        by=by,
        at=at,
    )
    duties.settle(kind="people.sought", subject_id=sought.pk, outcome=answer, by=by, at=at)
    audit.record("sought.decided", by=by, at=at, subject=sought, reason=answer)
