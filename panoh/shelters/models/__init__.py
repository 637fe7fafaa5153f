"""Houses with their rooms and beds; holds and stays; permits, vetting, inspections, money."""

from panoh.shelters.models.houses import Bed, House, Room
from panoh.shelters.models.life import Funding, Inspection, Paper, Takeover, Vetting
from panoh.shelters.models.stays import Hold, Refusal, Stay

__all__ = [
    "Bed",
    "Funding",
    "Hold",
    "House",
    "Inspection",
    "Paper",
    "Refusal",
    "Room",
    "Stay",
    "Takeover",
    "Vetting",
]
