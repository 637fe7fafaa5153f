"""What stands round every page: who acts, in one transaction, and what an error becomes."""

from panoh.access.middleware.pages import StaffRequest, ask_again, page
from panoh.access.middleware.sessions import reread
from panoh.access.middleware.wall import VAULT_COOKIE, NeverKept, Wall

__all__ = [
    "VAULT_COOKIE",
    "NeverKept",
    "StaffRequest",
    "Wall",
    "ask_again",
    "page",
    "reread",
]
