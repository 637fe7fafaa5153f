"""Admission, the lifecycle of holds and stays, alarms before the money ends."""

from panoh.shelters.rules.admission import (
    Admission,
    Criteria,
    Guest,
    Offer,
    WhyNot,
    admits,
)
from panoh.shelters.rules.life import alarms_due
from panoh.shelters.rules.stays import HOLD, STAY, HoldState, StayState

__all__ = [
    "HOLD",
    "STAY",
    "Admission",
    "Criteria",
    "Guest",
    "HoldState",
    "Offer",
    "StayState",
    "WhyNot",
    "admits",
    "alarms_due",
]
