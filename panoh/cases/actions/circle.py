"""A closed circle: a sealed case and what is owed about it go to a team of its own."""

from datetime import datetime

from django.db import transaction

from panoh.access import actions as access
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases.actions.beats import _held, _reweigh, _tell
from panoh.cases.models import Case, PlanTask
from panoh.duties import actions as duties


@transaction.atomic
def seal(dossier: Dossier, *, to: Team, by: User, at: datetime) -> Case:
    """Seal a case: only ``to``, a team of the same unit that takes no requests, holds it now.

    The former team finds it no more, nor what was owed about it. Raises ``NotPossible``.
    """
    case = _held(dossier, Permission.CASE_CLOSE, by)
    former = case.dossier.holder
    access.seal(case.dossier, to=to, by=by, at=at)
    PlanTask.objects.filter(dossier=case.dossier, team=former).update(team=to)
    duties.pass_on(case.dossier, of=former, to=to, by=by, at=at)
    _reweigh(case, by, at)
    _tell(case.dossier, "case.sealed", by, at)
    audit.record("case.sealed", by=by, at=at, subject=case)
    return case
