"""Name a person, say how she is reached, let her be found, search, ring.

Whether she agreed to be found is asked in the room above, before ``mark_findable``.
"""

from panoh.people.actions.emergency import answer, ask, open_file, review, stop
from panoh.people.actions.findable import contact_saved, mark_findable, ring, unmark
from panoh.people.actions.identity import add_contact, end_contact, index, name, rename
from panoh.people.actions.many import add_contact_many, name_many
from panoh.people.actions.patterns import mark_pattern, unmark_pattern
from panoh.people.actions.search import Answer, Found, Why, search
from panoh.people.actions.seekers import Asking, keep_answer, match_seekers, seek

__all__ = [
    "Answer",
    "Asking",
    "Found",
    "Why",
    "add_contact",
    "add_contact_many",
    "answer",
    "ask",
    "contact_saved",
    "end_contact",
    "index",
    "keep_answer",
    "mark_findable",
    "mark_pattern",
    "match_seekers",
    "name",
    "name_many",
    "open_file",
    "rename",
    "review",
    "ring",
    "search",
    "seek",
    "stop",
    "unmark",
    "unmark_pattern",
]
