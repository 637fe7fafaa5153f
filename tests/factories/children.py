"""Children of the fictional country: their advocate, and what two people decided for them."""

from typing import Any

from panoh.access.models import Dossier, Team, User
from panoh.cases import actions as cases
from panoh.cases.models import Advocate, Case
from panoh.consent import actions as consents
from panoh.consent.models import Decision
from panoh.directory.models import Organisation
from panoh.referrals.rules import ALWAYS
from tests.factories.referrals import NOW, case, until
from tests.factories.staff import as_user, team, user


def child(by: User, **answers: Any) -> Case:
    """A boy of fourteen, in a case of the NGO."""
    given = {"age_branch": "child", "age_band": "age_14_17", "sex": "man", **answers}
    return case(by, **given)


def advocate(
    dossier: Dossier, *, by: User, name: str = "latif", in_team: str = "legal-cases"
) -> Advocate:
    """A lawyer of another organisation stands beside the child."""
    return cases.name_advocate(dossier, user=user(name), team=team(in_team), by=by, at=NOW)


def proposed(
    dossier: Dossier, to: Team | Organisation | None = None, *, by: User, **fields: Any
) -> Decision:
    """What a caseworker proposes: the least, to the shelter, alone with the child."""
    plain: dict[str, Any] = {
        "recipient": to or team("shelter-cases"),
        "categories": ALWAYS,
        "until": until(),
        "reason": "Ҷойи хоб лозим аст",
        "view": "Ман мехоҳам дар ҷойи ором хоб кунам",
        "present": ["nobody"],
        "branch": "child",
        "at": NOW,
    }
    return consents.propose(dossier, by=by, **(plain | fields))


def decided(dossier: Dossier, to: Team | Organisation | None = None, **fields: Any) -> Decision:
    """The same, signed by the advocate in an act of his own."""
    with as_user("nigora") as by:
        decision = proposed(dossier, to, by=by, **fields)
    with as_user("latif") as by:
        return consents.sign(decision, by=by, at=NOW)
