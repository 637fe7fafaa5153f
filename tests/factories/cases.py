"""Cases for tests, made through the actions by an account of the fictional country."""

from datetime import UTC, datetime
from typing import Any

from panoh.access.models import User
from panoh.cases import actions as cases
from panoh.cases.models import Case
from tests.factories.staff import team

AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ADULT = {"age_branch": "adult", "sex": "woman", "language": "tg", "district": "tj_3505401"}


def contact(by: User, at: datetime = AT, in_team: str = "ngo-cases", **answers: Any) -> Case:
    """A first contact of an adult with nothing urgent; ``answers`` say otherwise."""
    given = {"safe_to_talk": "yes", "danger_now": "none", **ADULT, **answers}
    safe, danger = given.pop("safe_to_talk"), given.pop("danger_now")
    return cases.open_contact(
        team=team(in_team), safe_to_talk=safe, danger_now=danger, answers=given, by=by, at=at
    )
