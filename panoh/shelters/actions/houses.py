"""Houses, rooms and beds; closing a house; where it stands."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, User
from panoh.access.queries import my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Gone, Invalid, NotPossible, Stale
from panoh.policy import queries as policy
from panoh.shelters.actions.beats import _my_house
from panoh.shelters.models import Bed, House, Room, Stay
from panoh.shelters.rules import StayState
from panoh.vault import actions as vault

# The criteria of a house, each with the pack's list that its codes come from.
LISTS = {
    "sexes": "sexes",
    "situations": "shelter_situations",
    "care": "care_needs",
    "languages": "spoken_languages",
}
CRITERIA = (*LISTS, "min_age", "max_age", "boys_until", "families")
DESCRIBED = ("name", "district", *CRITERIA)
MOST_BEDS = 100  # in one form: a typing error beyond that


@transaction.atomic
def open_house(
    *, team: Team, name: str, district: str, address: str, by: User, at: datetime, **criteria: Any
) -> House:
    """Open a house of one of my teams, with its address and its admission criteria (names of
    ``CRITERIA``). Raises ``Invalid``, ``Gone`` for a team that is not mine."""
    require(by, Permission.HOUSE_WRITE)
    if team.pk not in my_teams():
        raise Gone
    house = House(team=team, opened_at=at)
    _describe(house, {"name": name, "district": district, **criteria}, at)
    vault.seal_for_team(house, "address", address.strip(), team.pk)
    house.save(force_insert=True)
    audit.record("house.opened", by=by, at=at, subject=house)
    return house


@transaction.atomic
def change_house(
    house: House, *, changes: dict[str, Any], seen_version: int, by: User, at: datetime
) -> House:
    """Change name, town or criteria. Raises ``Stale`` if somebody changed them meanwhile."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    if found.version != seen_version:
        raise Stale
    _describe(found, changes, at)
    found.version += 1
    found.save(update_fields=[*DESCRIBED, "region", "version"])
    audit.record("house.changed", by=by, at=at, subject=found, fields=sorted(changes))
    return found


def _describe(house: House, given: dict[str, Any], at: datetime) -> None:
    for field, value in given.items():
        if field not in DESCRIBED:
            raise ValueError(field)
        setattr(house, field, value)
    house.name = house.name.strip()
    if not house.name:
        raise Invalid(_("Give the house a name."), "name")
    region = policy.region_of(house.district)
    if region is None or region.code == house.district:
        raise Invalid(_("This place is not in the list."), "district")
    house.region = region.code
    if not house.sexes:
        raise Invalid(_("Say whom the house takes in."), "sexes")
    day = policy.local_day(at)
    for field, name in LISTS.items():
        if any(policy.code(name, code, day) is None for code in getattr(house, field)):
            raise Invalid(_("This answer is not in the list."), field)
    if house.min_age is not None and house.max_age is not None and house.min_age > house.max_age:
        raise Invalid(_("The youngest age is above the oldest."), "max_age")


@transaction.atomic
def write_address(house: House, *, address: str, by: User, at: datetime) -> House:
    """Write where the house stands; it is sealed to its team."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    vault.seal_for_team(found, "address", address.strip(), found.team_id)
    found.save(update_fields=["address"])
    audit.record("house.address_written", by=by, at=at, subject=found, fields=["address"])
    return found


@transaction.atomic
def read_address(house: House, *, by: User, at: datetime) -> str:
    """Where a house of mine stands. Every reading is recorded; if the team's key was renewed
    since, the address is sealed anew. Raises ``Gone``, ``Locked``."""
    found = _my_house(house.pk, Permission.STAY_WRITE, by)
    text = vault.open_for_team(found, "address", found.team_id)
    vault.seal_for_team(found, "address", text, found.team_id)
    found.save(update_fields=["address"])
    audit.record("house.address_read", by=by, at=at, subject=found, fields=["address"])
    return text


@transaction.atomic
def add_room(house: House, *, name: str, beds: int, sex: str = "", by: User, at: datetime) -> Room:
    """Add a room with so many beds; ``sex`` says whose it is, empty: anybody's. Raises
    ``Invalid``."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    if sex and policy.code("sexes", sex, policy.local_day(at)) is None:
        raise Invalid(_("This answer is not in the list."), "sex")
    if not name.strip():
        raise Invalid(_("Give the room a number or a name."), "name")
    row = Room(team=found.team, house=found, name=name.strip(), sex=sex)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Invalid(_("There is a room of this name already."), "name") from error
    _beds(row, beds)
    audit.record("room.added", by=by, at=at, subject=row, reason=f"{beds} beds")
    return row


@transaction.atomic
def add_beds(room: Room, *, beds: int, by: User, at: datetime) -> Room:
    """Put more beds into a room. Raises ``Invalid``."""
    _my_house(room.house_id, Permission.HOUSE_WRITE, by)
    _beds(room, beds)
    audit.record("bed.added", by=by, at=at, subject=room, reason=f"{beds} beds")
    return room


def _beds(room: Room, count: int) -> None:
    if not 0 < count <= MOST_BEDS:
        raise Invalid(_("Say how many beds there are: one or more."), "beds")
    last = Bed.objects.filter(room=room).order_by("-number").values_list("number", flat=True)
    first = (last.first() or 0) + 1
    for number in range(first, first + count):
        Bed(team_id=room.team_id, house_id=room.house_id, room=room, number=number).save(
            force_insert=True
        )


@transaction.atomic
def use_bed(bed: Bed, *, in_use: bool, by: User, at: datetime) -> Bed:
    """Take a bed out of use, or into it again. Raises ``NotPossible`` while somebody has it."""
    house = _my_house(bed.house_id, Permission.HOUSE_WRITE, by)
    found = Bed.objects.select_for_update(of=("self",)).get(pk=bed.pk, house=house)
    if Stay.objects.filter(bed=found, during__contains=at).exists():
        raise NotPossible(_("Somebody has this bed. Nothing was changed."))
    found.closed_at = None if in_use else at
    found.save(update_fields=["closed_at"])
    audit.record("bed.used" if in_use else "bed.closed", by=by, at=at, subject=found)
    return found


@transaction.atomic
def begin_closing(house: House, *, by: User, at: datetime) -> House:
    """From now on nobody new comes; who lives there stays until there is a place elsewhere."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    if found.closing_at is not None:
        raise NotPossible
    found.closing_at = at
    found.save(update_fields=["closing_at"])
    audit.record("house.closing", by=by, at=at, subject=found)
    return found


@transaction.atomic
def keep_house(house: House, *, by: User, at: datetime) -> House:
    """It does not close after all: people may come again. Raises ``NotPossible`` if it was not
    closing."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    if found.closing_at is None:
        raise NotPossible
    found.closing_at = None
    found.save(update_fields=["closing_at"])
    audit.record("house.kept", by=by, at=at, subject=found)
    return found


@transaction.atomic
def close_house(house: House, *, by: User, at: datetime) -> House:
    """Close a house for good. Raises ``NotPossible`` while anybody lives there or is expected:
    each has a place first. The database refuses it too."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    if found.closing_at is None:
        raise NotPossible(_("Say first that the house is closing, so that nobody new comes."))
    living = Stay.objects.filter(bed__house=found, during__contains=at)
    count = living.filter(state__in=[StayState.IN, StayState.HELD]).count()
    if count:
        raise NotPossible(
            _("Not yet: %(count)s people live here or are expected. Each needs a place first.")
            % {"count": count}
        )
    found.closed_at = at
    found.save(update_fields=["closed_at"])
    audit.record("house.closed", by=by, at=at, subject=found)
    return found
