"""Tables of bodies: who sits where, what was treated when, what came of it."""

from panoh.bodies.models.bodies import Body, Coordination, Reading, Seat
from panoh.bodies.models.papers import Draft, Event, Happening, HappeningKind, Proposal
from panoh.bodies.models.sittings import (
    Addendum,
    Attendance,
    Conflict,
    Item,
    Postponement,
    Resolution,
    Sitting,
    Vote,
)
from panoh.bodies.models.states import Answer, Choice, Level, Reply, Side, State

__all__ = [
    "Addendum",
    "Answer",
    "Attendance",
    "Body",
    "Choice",
    "Conflict",
    "Coordination",
    "Draft",
    "Event",
    "Happening",
    "HappeningKind",
    "Item",
    "Level",
    "Postponement",
    "Proposal",
    "Reading",
    "Reply",
    "Resolution",
    "Seat",
    "Side",
    "Sitting",
    "State",
    "Vote",
]
