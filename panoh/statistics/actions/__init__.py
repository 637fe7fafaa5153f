"""What is done with estimates and releases: planned, made by the worker, signed, published."""

from panoh.statistics.actions.deciding import open_paper, publish, refuse, sign, withdraw
from panoh.statistics.actions.planning import allow, ask, leave, plan_estimate, plan_release
from panoh.statistics.actions.working import (
    close_withdrawn,
    fail,
    keep,
    list_official,
    reserve,
    take,
)

__all__ = [
    "allow",
    "ask",
    "close_withdrawn",
    "fail",
    "keep",
    "leave",
    "list_official",
    "open_paper",
    "plan_estimate",
    "plan_release",
    "publish",
    "refuse",
    "reserve",
    "sign",
    "take",
    "withdraw",
]
