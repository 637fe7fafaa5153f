"""The houses of a team; where they stand is read with ``actions.read_address``."""

from uuid import UUID

from django.db.models import Prefetch

from panoh.access.models import User
from panoh.access.queries import may, my_teams
from panoh.access.rules import Permission
from panoh.kernel.rules import Gone
from panoh.shelters.models import Bed, House, Room


def houses_of(teams: tuple[int, ...]) -> list[House]:
    """The houses of these teams that are not closed for good, by name. The wall shows a team its
    own, and those where a bed is held for a case of its own; here only its own."""
    rows = House.objects.filter(team_id__in=teams, closed_at=None).select_related("team__unit")
    return list(rows.order_by("name", "pk"))


def mine(user: User) -> list[House]:
    """The houses in which the account works."""
    works = may(user, Permission.STAY_WRITE) or may(user, Permission.HOUSE_WRITE)
    return houses_of(my_teams()) if works else []


def house(house_id: UUID) -> House:
    """A house of mine. Raises ``Gone``."""
    rows = House.objects.filter(pk=house_id, team_id__in=my_teams())
    found = rows.select_related("team__unit").first()
    if found is None:
        raise Gone
    return found


def rooms_of(house: House) -> list[Room]:
    """The rooms of a house of mine with their beds."""
    rows = Room.objects.filter(house=house).prefetch_related(
        Prefetch("beds", Bed.objects.order_by("number"))
    )
    return list(rows.order_by("name"))
