"""What the pages of the desk join from the rooms below."""

from panoh.desk.queries.addresses import url
from panoh.desk.queries.case import ASSESSED, ORDER, Assessed, lines, may_note, sections
from panoh.desk.queries.requests import (
    Agreed,
    agreed,
    ask_url,
    clocks,
    commissions,
    helpers,
    receivers,
    recipient,
    waiting_at,
    ways_to,
)
from panoh.desk.queries.tasks import tasks

__all__ = [
    "ASSESSED",
    "ORDER",
    "Agreed",
    "Assessed",
    "agreed",
    "ask_url",
    "clocks",
    "commissions",
    "helpers",
    "lines",
    "may_note",
    "receivers",
    "recipient",
    "sections",
    "tasks",
    "url",
    "waiting_at",
    "ways_to",
]
