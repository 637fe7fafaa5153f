"""Joint plans of the fictional country: the NGO holds, others take part as she agreed."""

from typing import Any

from panoh.access.models import Dossier, Team, User
from panoh.cases import actions as cases
from panoh.cases.models import PlanPart, PlanTask, PlanText
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from tests.factories.referrals import NOW, answer, later
from tests.factories.staff import team

SHARED = Category.CORE | Category.SERVICES


def agreed(dossier: Dossier, to: Team, *, by: User, categories: Category = SHARED) -> None:
    """She agrees that one more organisation be told."""
    answer(dossier, to, by=by, categories=categories)


def joined(
    dossier: Dossier, name: str = "shelter-cases", *, by: User, categories: Category = SHARED
) -> PlanPart:
    """An organisation takes part, as she agreed."""
    agreed(dossier, team(name), by=by, categories=categories)
    return cases.join_plan(dossier, team=team(name), categories=categories, by=by, at=NOW)


def written(dossier: Dossier, text: str, *, by: User, **fields: Any) -> PlanText:
    """A first version of the shared part about help."""
    plain: dict[str, Any] = {"category": Category.SERVICES, "own": False, "seen": 0, "at": NOW}
    return cases.write_plan(dossier, text=text, by=by, **(plain | fields))


def task(dossier: Dossier, text: str, to: str, *, by: User, **fields: Any) -> PlanTask:
    """Something that a team does within a week."""
    plain: dict[str, Any] = {
        "category": Category.SERVICES,
        "due_on": policy.local_day(later(days=7)),
        "at": NOW,
    }
    return cases.add_task(dossier, team=team(to), text=text, by=by, **(plain | fields))
