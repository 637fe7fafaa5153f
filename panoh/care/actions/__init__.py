"""Assess needs, add steps, log what was given, review; returns, permits and letters."""

from panoh.care.actions.plan import (
    add_step,
    assess_need,
    drop_need,
    end_step,
    log_service,
    print_plan,
    review,
)
from panoh.care.actions.returns import (
    arrive,
    depart,
    end_permit,
    give_up,
    keep_permit,
    print_letter,
    write_return,
)

__all__ = [
    "add_step",
    "arrive",
    "assess_need",
    "depart",
    "drop_need",
    "end_permit",
    "end_step",
    "give_up",
    "keep_permit",
    "log_service",
    "print_letter",
    "print_plan",
    "review",
    "write_return",
]
