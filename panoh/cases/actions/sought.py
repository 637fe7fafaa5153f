"""Somebody asked for her: she decides, and the seeker's number goes into her safety plan."""

from datetime import datetime

from django.db import transaction

from panoh.access.models import User
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.safety import _line, _ring
from panoh.duties import actions as duties
from panoh.people import actions as people
from panoh.people.queries import Seeking
from panoh.policy import queries as policy

# Of the list ``safety_threats``.
SEARCHED = "searched_for"


@transaction.atomic
def decide_sought(seeking: Seeking, *, answer: str, by: User, at: datetime) -> None:
    """Keep what she decided, and who asks for her as a threat in her safety plan: the danger is
    looked at again, whatever she decided (row A28). A closed case keeps the line alone.

    The seeker is told nothing: whoever calls, calls because she wishes it. Raises ``Invalid``,
    ``NotPossible`` if it was decided, ``Gone`` for anybody but the holder.
    """
    sought = people.keep_answer(seeking.row, answer=answer, by=by, at=at)
    lines = [policy.label("seekers", seeking.caller), *seeking.said.values()]
    case = queries.case_of(sought.dossier)
    threat = _line(
        case,
        rules.SafetyKind.THREAT,
        code=SEARCHED,
        text="\n".join(filter(None, lines)),
        by=by,
        at=at,
    )
    if case.state == rules.State.OPEN:
        _ring(case, threat, by, at)
    duties.settle(kind="people.sought", subject_id=sought.pk, outcome=answer, by=by, at=at)
    audit.record("sought.decided", by=by, at=at, subject=sought, reason=answer)
