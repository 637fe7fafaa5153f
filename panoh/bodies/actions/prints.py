"""Print minutes, an agenda, invitations: that it was done is recorded, never what stands there."""

from datetime import datetime

from django.db import transaction

from panoh.access import queries as reach
from panoh.access.models import User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.bodies import queries
from panoh.bodies.models import Sitting
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy


@transaction.atomic
def print_minutes(sitting: Sitting, *, language: str, by: User, at: datetime) -> bytes:
    """The minutes, or the agenda before, as PDF in a language of the pages. Raises ``Refused``,
    ``Gone`` for a body that is not mine or another language."""
    reach.require(by, Permission.BODY_READ)
    found = _mine(sitting, language)
    made = policy.letter("minutes", language, queries.minutes_data(found, language, at))
    audit.record("body.minutes_printed", by=by, at=at, subject=found, reason=language)
    return made


@transaction.atomic
def print_invitations(sitting: Sitting, *, language: str, by: User, at: datetime) -> bytes:
    """An invitation for each seat as PDF, for who keeps the body. Raises as ``print_minutes``."""
    reach.require(by, Permission.BODY_KEEP)
    found = _mine(sitting, language)
    if not queries.keeps(by, found.body):
        raise Gone
    made = policy.letter("invitation", language, queries.invitation_data(found, language))
    audit.record("body.invitations_printed", by=by, at=at, subject=found, reason=language)
    return made


def _mine(sitting: Sitting, language: str) -> Sitting:
    if language not in policy.languages():
        raise Gone
    return queries.sitting_of(queries.body_of(sitting.body.code), sitting.pk)
