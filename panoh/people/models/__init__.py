"""Tables of the people room."""

from panoh.people.models.emergency import Answer, EmergencyCall, EmergencyRing, Review
from panoh.people.models.identity import (
    ContactKind,
    ContactPoint,
    Identity,
    NameToken,
    NationalToken,
    PatternToken,
    Purpose,
    Reason,
    Search,
)
from panoh.people.models.seekers import Seeker, SeekerToken, SeekerWrap, Sought

__all__ = [
    "Answer",
    "ContactKind",
    "ContactPoint",
    "EmergencyCall",
    "EmergencyRing",
    "Identity",
    "NameToken",
    "NationalToken",
    "PatternToken",
    "Purpose",
    "Reason",
    "Review",
    "Search",
    "Seeker",
    "SeekerToken",
    "SeekerWrap",
    "Sought",
]
