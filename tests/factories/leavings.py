"""Departures of the fictional country."""

from datetime import datetime
from typing import Any

from panoh.access.models import Dossier, User
from panoh.cases import actions as cases
from panoh.cases.models import Leaving, SafeContact
from panoh.cases.rules import Risk
from tests.factories.referrals import NOW

WISH = "Мехоҳам ба назди апаам равам, канарӣ"


def planned(dossier: Dossier, *, by: User, **fields: Any) -> Leaving:
    """A plan with everything in it and a low risk, unless told otherwise."""
    plain: dict[str, Any] = {
        "destination": "relatives_friends",
        "risk": Risk.LOW,
        "wish": WISH,
        "plan": "Автобус, телефони мо, калимаи хатар",
        "at": NOW,
    }
    return cases.plan_leaving(dossier, by=by, **(plain | fields))


def left(dossier: Dossier, *, by: User, at: datetime = NOW) -> list[SafeContact]:
    """Gone as planned; the contacts that are owed from then on."""
    planned(dossier, by=by, at=at)
    row = cases.leave(dossier, left_at=at, by=by, at=at)
    return list(SafeContact.objects.filter(leaving=row).order_by("number"))
