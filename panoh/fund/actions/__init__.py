"""Verbs of a fund: its books, and the course of a request for money."""

from panoh.fund.actions.books import appropriate, close_month, open_book, open_line, reverse
from panoh.fund.actions.requests import (
    approve,
    ask,
    pay,
    receive,
    refuse,
    take_back,
    withdraw,
)

__all__ = [
    "appropriate",
    "approve",
    "ask",
    "close_month",
    "open_book",
    "open_line",
    "pay",
    "receive",
    "refuse",
    "reverse",
    "take_back",
    "withdraw",
]
