"""What the verbs of this room share: who may, and what is owed."""

from datetime import datetime
from uuid import UUID

from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.care import queries
from panoh.cases import queries as cases
from panoh.cases.models import Case
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, NotPossible


def _near(
    dossier: Dossier,
    by: User,
    *,
    permission: Permission = Permission.CASE_WRITE,
    category: Category = Category.SERVICES,
) -> Case:
    """Lock the dossier; whoever helps, reaches the category and is no authority may go on, while
    the case is open."""
    found = reach.lock(dossier.pk)
    reach.require(by, permission, on=found, category=category)
    if not queries.reads_care(by, found):
        raise Gone
    if not cases.is_open(found):
        raise NotPossible
    return cases.case_of(found)


def _owe(
    kind: str,
    case: Case,
    subject: UUID,
    *,
    period: str,
    due: datetime | None = None,
    by: User,
    at: datetime,
) -> None:
    duties.open_once(
        kind,
        dossier=case.dossier,
        owner=_mine(case),
        subject_id=subject,
        period=period,
        due=due,
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )


def _mine(case: Case) -> Team:
    return cases.own_team(case.dossier)
