"""Tables of the decisions room: the time to recover; applications and rulings; many letters."""

from panoh.decisions.models.application import (
    Application,
    HalfCopy,
    HalfPage,
    Moved,
    ReaderTold,
    Ruling,
)
from panoh.decisions.models.batch import Batch, BatchPart
from panoh.decisions.models.reflection import Interview, Reflection, Used

__all__ = [
    "Application",
    "Batch",
    "BatchPart",
    "HalfCopy",
    "HalfPage",
    "Interview",
    "Moved",
    "ReaderTold",
    "Reflection",
    "Ruling",
    "Used",
]
