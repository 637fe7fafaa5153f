"""What was being typed when a page could not be answered."""

from django.http import HttpRequest
from django.utils import timezone

from panoh.access.middleware.sessions import _view_name
from panoh.access.rules import ACCOUNT_URLS
from panoh.policy import queries as policy
from panoh.vault import actions as vault

# Tokens and secrets are not typed work; passwords and passphrases neither.
NEVER_KEPT = {"csrfmiddlewaretoken", "old", "again", "pin", "noted"}
# What is typed there opens an account or a team, whatever the field is called.
SECRET_URLS = ACCOUNT_URLS | {"access:recover", "access:unlock"}
# No address of a real form is longer; the table takes no more.
DRAFT_PATH = 200


def keep_draft(request: HttpRequest) -> None:
    """Seal what was typed to the account's public key; nobody need be signed in to do that."""
    typed = {
        key: values
        for key, values in request.POST.lists()
        if key not in NEVER_KEPT and not key.startswith("pass")
    }
    until = policy.due("draft_hours", timezone.now())
    short = len(request.path) <= DRAFT_PATH and _view_name(request) not in SECRET_URLS
    if typed and short and until is not None and request.user.pk is not None:
        vault.keep_draft(request.user.pk, request.path, typed, expires_at=until)
