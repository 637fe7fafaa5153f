"""What is done with estimates and releases: planned, made by the worker, signed, published."""

from panoh.statistics.actions.deciding import open_paper, publish, refuse, sign, withdraw
from panoh.statistics.actions.planning import ask, plan_estimate, plan_release
from panoh.statistics.actions.working import fail, keep, reserve, take

__all__ = [
    "ask",
    "fail",
    "keep",
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
