"""The beats that verbs of this room share: lock the case, find the hold, take beds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.kernel.rules import Gone, NotPossible
from panoh.shelters.models import Hold, House

TAKEN = _("These beds were taken at this moment by somebody else. Nothing was held.")
EXPECTED, REFUSED, LAPSED, GONE = "bed.expected", "bed.refused", "bed.lapsed", "bed.left"
# Keeps the case open; the database settles it when the hold ends, by whomever.
STAYS = "bed.stays"


def _at_the_house(hold: Hold, permission: Permission, by: User) -> tuple[Dossier, Hold]:
    """Lock the case of a hold as the team of its house, and read the hold as it is now.

    The house needs no reach into the case: it knows what the hold says. Raises ``Gone``.
    """
    reach.require(by, permission)
    rows = Dossier.objects.raw(
        "SELECT id, ref, holder, sealed, opened_at FROM shelters_lock(%s)", [hold.pk]
    )
    for dossier in rows:
        return dossier, _again(hold.pk)
    raise Gone


def _again(hold_id: UUID) -> Hold:
    return Hold.objects.select_for_update(of=("self",)).get(pk=hold_id)


def _my_house(house_id: UUID, permission: Permission, by: User) -> House:
    """Lock a house of mine. Raises ``Refused``, ``Gone``; ``NotPossible`` once it is closed."""
    reach.require(by, permission)
    rows = House.objects.select_for_update(no_key=True, of=("self",))
    found = rows.filter(pk=house_id, team_id__in=reach.my_teams()).first()
    if found is None:
        raise Gone
    if found.closed_at is not None:
        raise NotPossible(_("This house is closed. Nothing was changed."))
    return found


def _pick(house_id: UUID, dossier: Dossier, sex: str, count: int, at: datetime) -> list[int]:
    """The numbers of free beds in one house for people who stay together: all or none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shelters_pick(%s, %s, %s, %s::int, %s)", [house_id, dossier.pk, sex, count, at]
        )
        found = [int(bed) for (bed,) in cursor.fetchall()]
    return found if len(found) == count else []


@contextmanager
def _nobody_else() -> Iterator[None]:
    """Write holds or stays: whoever came first keeps the bed, the other is told so."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise NotPossible(TAKEN) from error
