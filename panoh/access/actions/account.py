"""What somebody does with their own account: another passphrase, sessions that end."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from panoh.access.models import User
from panoh.access.queries import sessions_of
from panoh.audit import actions as audit
from panoh.kernel.rules import Gone, Invalid
from panoh.vault import actions as vault


@transaction.atomic
def change_passphrase(*, old: str, new: str, by: User, at: datetime) -> None:
    """Set another passphrase of one's own account; the key it opens stays the same.

    Every other session ends, because a session carries a mark of the passphrase it began with.
    Raises ``Invalid`` if ``old`` is not the present one, Django's ``ValidationError`` if ``new``
    is short or common.
    """
    if not by.check_password(old):
        raise Invalid(_("This is not the passphrase you use now."), field="old")
    validate_password(new, by)
    vault.change_passphrase(by.pk, old, new)
    by.set_password(new)
    by.save(update_fields=["password"])
    audit.record("account.passphrase_changed", by=by, at=at, subject=by)


@transaction.atomic
def end_sessions(*, but: str, by: User, at: datetime) -> int:
    """End all sessions of one's own account except the one with the key ``but``."""
    keys = [row.key for row in sessions_of(by, at) if row.key != but]
    Session.objects.filter(session_key__in=keys).delete()
    audit.record("account.sessions_ended", by=by, at=at, subject=by)
    return len(keys)


@transaction.atomic
def end_session(*, key: str, by: User, at: datetime) -> None:
    """End one session of one's own account. Raises ``Gone`` if it is none of them."""
    if key not in {row.key for row in sessions_of(by, at)}:
        raise Gone
    Session.objects.filter(session_key=key).delete()
    audit.record("account.session_ended", by=by, at=at, subject=by)
