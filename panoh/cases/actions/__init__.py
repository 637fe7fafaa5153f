"""Open a contact, answer questions, assess, keep apart, note, close and reopen."""

from panoh.cases.actions.answers import Changed, change, open_contact, record_facts
from panoh.cases.actions.apart import flag, unflag
from panoh.cases.actions.assessments import assess, classify
from panoh.cases.actions.course import add_note, close, read, read_notes, reopen, tell
from panoh.cases.actions.many import open_contact_many
from panoh.cases.actions.screening import (
    answer_page,
    begin_screening,
    decide,
    read_screening,
)

__all__ = [
    "Changed",
    "add_note",
    "answer_page",
    "assess",
    "begin_screening",
    "change",
    "classify",
    "close",
    "decide",
    "flag",
    "open_contact",
    "open_contact_many",
    "read",
    "read_notes",
    "read_screening",
    "record_facts",
    "reopen",
    "tell",
    "unflag",
]
