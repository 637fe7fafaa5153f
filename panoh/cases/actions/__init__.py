"""Open a contact, answer questions, assess, keep apart, note, close and reopen."""

from panoh.cases.actions.answers import Changed, change, open_contact, record_facts
from panoh.cases.actions.apart import flag, unflag
from panoh.cases.actions.assessments import assess, classify
from panoh.cases.actions.course import add_note, close, read, read_notes, reopen, tell

__all__ = [
    "Changed",
    "add_note",
    "assess",
    "change",
    "classify",
    "close",
    "flag",
    "open_contact",
    "read",
    "read_notes",
    "record_facts",
    "reopen",
    "tell",
    "unflag",
]
