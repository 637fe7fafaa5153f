"""Consents and referrals of the fictional country, made through the actions.

Grants are held against the clock of the database, so these things happen now.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from panoh.access.models import Dossier, Team, User
from panoh.cases.models import Case
from panoh.consent import actions as consents
from panoh.consent.models import Consent
from panoh.directory.models import Organisation
from panoh.duties.models import Duty
from panoh.kernel.rules import (
    Category,
)
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from panoh.referrals.rules import DEFAULT_PACKET
from tests.factories.cases import contact
from tests.factories.staff import as_user, team
from tests.harness import cluster

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)


def later(**period: float) -> datetime:
    """A moment after now."""
    return NOW + timedelta(**period)


def until() -> date:
    """A last day of a consent, well within the life of a grant."""
    return policy.local_day(later(days=30))


def case(by: User, **answers: Any) -> Case:
    """An adult's case."""
    return contact(by, NOW, **answers)


def answer(
    dossier: Dossier, to: Team | Organisation | None = None, *, by: User, **asked: Any
) -> Consent:
    """What she answered: yes, alone with the worker, in Tajik, unless told otherwise."""
    plain: dict[str, Any] = {
        "purpose": "service",
        "answer": "yes",
        "branch": "adult",
        "language": "tg",
        "present": ["nobody"],
        "told_limits": True,
        "recipient": to,
        "categories": DEFAULT_PACKET if to else Category(0),
        "until": until(),
        "at": NOW,
    }
    return consents.record(dossier, by=by, **(plain | asked))


def drafted(
    dossier: Dossier, to: Team | Organisation | None = None, *, by: User, **fields: Any
) -> Referral:
    """A request for a bed, to the shelter unless told otherwise."""
    plain: dict[str, Any] = {"services": ["bed"], "at": NOW}
    return referrals.draft(dossier, to=to or team("shelter-cases"), by=by, **(plain | fields))


def sent(to: Team | Organisation | None = None, **answers: Any) -> Referral:
    """A request of the NGO, sent with consent to the shelter, or to ``to``."""
    receiver = to or team("shelter-cases")
    with as_user("nigora") as by:
        dossier = case(by, **answers).dossier
        answer(dossier, receiver, by=by)
        done = referrals.send(drafted(dossier, receiver, by=by), by=by, at=NOW)
        # The receiver could not read the dossier by itself: it is not shown before its yes.
        done.dossier = dossier
        return done


def accepted(**answers: Any) -> Referral:
    """The same, and the shelter has said yes."""
    referral = sent(**answers)
    with as_user("shirin") as by:
        done = referrals.accept(referral, by=by, at=NOW)
        done.dossier = referral.dossier
        return done


def owed(kind: str, referral: Referral) -> Duty | None:
    """The open duty of this kind about it, as the acting team sees it."""
    return Duty.objects.filter(kind=kind, subject_id=referral.pk, settled_at=None).first()


@contextmanager
def as_jobs() -> Iterator[None]:
    """Work as the role of background jobs."""
    database = connection.settings_dict
    before = {key: database[key] for key in ("USER", "PASSWORD")}
    connection.close()
    database.update(USER="jobs", PASSWORD=cluster().password("jobs"))
    try:
        yield
    finally:
        connection.close()
        database.update(before)
