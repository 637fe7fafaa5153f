"""Name a person, say how she is reached, let her be found, search, ring.

Whether she agreed to be found is asked in the room above, before ``mark_findable``.
"""

from panoh.people.actions.emergency import answer, ask, open_file, review, stop
from panoh.people.actions.findable import contact_saved, mark_findable, ring, unmark
from panoh.people.actions.identity import add_contact, end_contact, index, name, rename
from panoh.people.actions.many import add_contact_many, name_many
from panoh.people.actions.search import Answer, Found, Why, search

__all__ = [
    "Answer",
    "Found",
    "Why",
    "add_contact",
    "add_contact_many",
    "answer",
    "ask",
    "contact_saved",
    "end_contact",
    "index",
    "mark_findable",
    "name",
    "name_many",
    "open_file",
    "rename",
    "review",
    "ring",
    "search",
    "stop",
    "unmark",
]
