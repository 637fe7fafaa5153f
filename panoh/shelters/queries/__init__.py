"""Where a bed is free, who is held or lives where, what a house must keep in order."""

from panoh.shelters.queries.houses import house, houses_of, mine, rooms_of
from panoh.shelters.queries.life import (
    Ending,
    Standing,
    alarm_days,
    endings,
    standing_of,
    takeover_of,
    vetted_until,
)
from panoh.shelters.queries.places import (
    Found,
    any_place,
    band_of,
    find,
    free,
    guest_of,
    longest_hold,
)
from panoh.shelters.queries.stays import (
    Board,
    board,
    expected,
    held_by,
    hold_of,
    live_stays,
    refusals_by,
    stays_on,
)

__all__ = [
    "Board",
    "Ending",
    "Found",
    "Standing",
    "alarm_days",
    "any_place",
    "band_of",
    "board",
    "endings",
    "expected",
    "find",
    "free",
    "guest_of",
    "held_by",
    "hold_of",
    "house",
    "houses_of",
    "live_stays",
    "longest_hold",
    "mine",
    "refusals_by",
    "rooms_of",
    "standing_of",
    "stays_on",
    "takeover_of",
    "vetted_until",
]
