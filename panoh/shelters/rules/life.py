"""How many alarms are due before the money of a house ends."""

from collections.abc import Sequence
from datetime import date


def alarms_due(starts: Sequence[date], today: date) -> int:
    """How many alarms have begun; ``starts`` are their days, one for each alarm of the pack."""
    return sum(start <= today for start in starts)
