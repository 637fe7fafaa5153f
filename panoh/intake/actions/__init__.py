"""Plan and drop shifts, warn of empty ones; log calls and end them, from a call to a bed; hand
over and take over."""

from panoh.intake.actions.calls import end_call, give_handover, log_call, read_call, take_over
from panoh.intake.actions.night import hold_tonight, nothing_tonight, open_night
from panoh.intake.actions.roster import drop_shift, plan_shift, warn_of_gaps

__all__ = [
    "drop_shift",
    "end_call",
    "give_handover",
    "hold_tonight",
    "log_call",
    "nothing_tonight",
    "open_night",
    "plan_shift",
    "read_call",
    "take_over",
    "warn_of_gaps",
]
