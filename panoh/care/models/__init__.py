"""Tables of the care room: the plan of one person; returns, permits and letters."""

from panoh.care.models.plan import CareStep, Need, Review, Served
from panoh.care.models.returns import Letter, Permit, Return

__all__ = ["CareStep", "Letter", "Need", "Permit", "Return", "Review", "Served"]
