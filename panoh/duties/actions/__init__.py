"""What is owed: open it, count its clock, settle it, ring the next person."""

from panoh.duties.actions.clock import (
    MORE_TIME,
    answer_extension,
    ask_extension,
    resume,
    start,
    suspend,
)
from panoh.duties.actions.night import escalate_overdue
from panoh.duties.actions.owing import (
    acknowledge,
    finish,
    open,  # noqa: A004 - `duties.open(…)` is how a caller says it
    open_once,
    pass_on,
    rank_all_on,
    settle,
    settle_all_on,
)

__all__ = [
    "MORE_TIME",
    "acknowledge",
    "answer_extension",
    "ask_extension",
    "escalate_overdue",
    "finish",
    "open",
    "open_once",
    "pass_on",
    "rank_all_on",
    "resume",
    "settle",
    "settle_all_on",
    "start",
    "suspend",
]
