"""Who is held where, who lives in a house of mine, whom it refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from panoh.access.models import Dossier
from panoh.access.queries import my_teams
from panoh.kernel.rules import Gone
from panoh.shelters.models import Bed, Hold, House, Refusal, Room, Stay
from panoh.shelters.queries.houses import rooms_of
from panoh.shelters.rules import HoldState, StayState

LATEST = 50


def live_stays(house: House, at: datetime) -> QuerySet[Stay]:
    """Who lives in a house of mine, or is held there at ``at``."""
    rows = Stay.objects.filter(bed__house=house, during__contains=at)
    return rows.select_related("hold", "bed__room").order_by("hold__placed_at", "hold", "who")


@dataclass(frozen=True, slots=True)
class Board:
    """A house tonight: each bed in use with who has it, and how many are free."""

    house: House
    rooms: Sequence[tuple[Room, Sequence[tuple[Bed, Stay | None]]]]

    @property
    def beds(self) -> int:
        """How many beds are in use or could be."""
        return sum(len(beds) for _room, beds in self.rooms)

    @property
    def free(self) -> int:
        """How many of them nobody has."""
        return sum(stay is None for _room, beds in self.rooms for _bed, stay in beds)


def board(house: House, at: datetime) -> Board:
    """The beds of a house of mine at a moment."""
    taken = {stay.bed_id: stay for stay in live_stays(house, at)}
    rooms = []
    for room in rooms_of(house):
        beds = sorted(room.beds.all(), key=lambda bed: bed.number)
        rooms.append(
            (
                room,
                [
                    (bed, taken.get(bed.pk))
                    for bed in beds
                    if bed.closed_at is None or bed.pk in taken
                ],
            )
        )
    return Board(house, rooms)


def expected(houses: Sequence[House], at: datetime) -> list[Hold]:
    """Those for whom beds are held in these houses now, the earliest end first."""
    rows = Hold.objects.filter(house__in=houses, state=HoldState.HELD, until__gt=at)
    return list(rows.prefetch_related("stays").order_by("until", "pk"))


def held_by(dossier: Dossier) -> list[Hold]:
    """The holds of a case, newest first, for the team that holds the case; the house can be read
    while the hold counts."""
    rows = Hold.objects.filter(dossier=dossier).prefetch_related("stays")
    return list(rows.order_by("-placed_at", "-pk")[:LATEST])


def hold_of(hold_id: UUID) -> Hold:
    """One hold that my teams placed, or that was placed with them. Raises ``Gone``."""
    found = Hold.objects.filter(pk=hold_id).prefetch_related("stays__bed__room").first()
    if found is None:
        raise Gone
    return found


def stays_on(dossier: Dossier) -> list[Stay]:
    """The nights of a case in any house, newest first, as far as the account may know: those who
    came, not those who were only expected."""
    rows = Stay.objects.filter(dossier=dossier, admitted_at__isnull=False).select_related("hold")
    return list(rows.exclude(state=StayState.HELD).order_by("-admitted_at", "who"))


def refusals_by(*fields: str, since: date | None = None) -> list[dict[str, Any]]:
    """Counts of my teams' refusals by ``reason``, ``sex`` or ``district``."""
    rows = Refusal.objects.filter(team_id__in=my_teams())
    rows = rows.filter(at__date__gte=since) if since else rows
    return list(rows.values(*fields).annotate(count=Count("pk")).order_by(*fields))
