"""The PIN of a session: idle, it is locked instead of ended, and opens again in its own browser.

Sessions lie beside the transaction of the page (`plain`): a wrong try counts whatever becomes of
the page. Each verb holds the row, so that tries beside one another are counted one by one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import router, transaction

from panoh.access.models import User
from panoh.access.rules import LOCKED, PIN, PIN_TRIES, SEEN, TRIES, VAULT
from panoh.audit import actions as audit
from panoh.kernel.rules import Gone
from panoh.vault import queries as keys
from panoh.vault.rules import Locked


@contextmanager
def _held(key: str) -> Iterator[SessionStore]:
    """The session as it is stored now; nobody else changes it meanwhile. Raises ``Gone``."""
    with transaction.atomic(using=router.db_for_write(Session)):
        if Session.objects.select_for_update().filter(session_key=key).first() is None:
            raise Gone
        store = SessionStore(key)
        yield store
        if store.session_key and store.modified:
            store.save()


@transaction.atomic
def set_pin(*, key: str, pin: str, by: User, at: datetime) -> None:
    """Give one's own session a PIN: its half of the vault is kept once more, under it.

    Raises ``Locked`` if no vault is open in the session.
    """
    with _held(key) as store:
        if VAULT not in store:
            raise Locked
        store[PIN] = keys.seal_under_pin(pin, store[VAULT], by.pk)
        store[TRIES] = 0
    audit.record("account.pin_set", by=by, at=at, subject=by)


@transaction.atomic
def lock_session(*, key: str, by: User, at: datetime) -> bool:
    """Lock a session that has a PIN; False if it has none. Its open half of the vault goes."""
    with _held(key) as store:
        if PIN not in store or LOCKED in store:
            return LOCKED in store
        store.pop(VAULT, None)
        store[LOCKED] = at.isoformat()
    audit.record("account.session_locked", by=by, at=at, subject=by)
    return True


@transaction.atomic
def unlock_session(*, key: str, pin: str, secret: str, by: User, at: datetime) -> int | None:
    """Open a locked session with its PIN, in the browser that holds ``secret``.

    The value is how many tries are left after a wrong one; after none the session is gone.
    None: it is open.
    """
    with _held(key) as store:
        if LOCKED not in store:
            return None
        sealed = keys.open_with_pin(store[PIN], pin, by.pk)
        if is_open := keys.open_from_session(by.pk, sealed, secret) is not None:
            del store[LOCKED]
            store[VAULT], store[SEEN], store[TRIES] = sealed, at.isoformat(), 0
            left = PIN_TRIES
        else:
            store[TRIES] += 1
            left = PIN_TRIES - store[TRIES]
        if not left:
            store.flush()
    event = "unlocked" if is_open else "pin_failed" if left else "pin_failed_for_good"
    audit.record(f"account.{event}", by=by, at=at, subject=by)
    return None if is_open else left
