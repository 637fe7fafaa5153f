"""What is done with estimates and releases: planned, made by the worker, signed, published."""

from panoh.statistics.actions.deciding import open_paper, publish, refuse, sign, withdraw
from panoh.statistics.actions.planning import allow, ask, plan_estimate, plan_release
from panoh.statistics.actions.working import fail, keep, list_official, reserve, take

__all__ = [
    "allow",
    "ask",
    "fail",
    "keep",
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
