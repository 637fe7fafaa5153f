"""Care, returns and a consulate of the fictional country."""

from typing import Any

from panoh.access import actions as access
from panoh.access.models import Dossier, Team, User
from panoh.care import actions as care
from panoh.care.models import Need, Return
from panoh.care.rules import Asylum
from panoh.vault import actions as vault
from tests.factories.referrals import NOW
from tests.factories.staff import ADMIN, as_user, new_account, user

GOAL = "Мехоҳам бе тарс хоб кунам, канарӣ"
READY = {
    "kind": "to_own_country",
    "agreed": "yes",
    "papers": "ready",
    "escort": "staff",
    "reception": "organisation",
}


def needed(dossier: Dossier, *, by: User, **fields: Any) -> Need:
    """A doctor, unless told otherwise."""
    plain: dict[str, Any] = {"service": "doctor", "goal": GOAL, "at": NOW}
    return care.assess_need(dossier, by=by, **(plain | fields))


def way_back(
    dossier: Dossier, *, by: User, asylum: Asylum = Asylum.NO_FEAR, **codes: str
) -> Return:
    """Everything is ready, unless told otherwise."""
    return care.write_return(dossier, codes=READY | codes, asylum=asylum, by=by, at=NOW)


def consulate() -> Team:
    """A consulate that takes requests; ``qosim`` works there."""
    with as_user(ADMIN) as by:
        unit = access.add_unit(
            code="consulate",
            name="Fictional Consulate",
            kind="consulate",
            district="",
            duty_phone="",
            by=by,
            at=NOW,
        )
        team = access.add_team(unit=unit, name="consulate-cases", is_intake=True, by=by, at=NOW)
    clerk = new_account("qosim", unit, "cons", user(ADMIN))
    with as_user(ADMIN) as by:
        access.join(user=clerk, team=team, is_supervisor=True, by=by, at=NOW)
    with as_user(clerk):
        vault.make_team(team.pk, unit.pk)
    return team
