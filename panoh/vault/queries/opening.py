"""The open vault of this request: how it is opened, and kept through a session."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.conf import settings

from panoh.vault.models import (
    AccountKey,
    TeamKeyWrap,
)
from panoh.vault.rules import (
    Damaged,
    Kept,
    KeyName,
    KeyPair,
    Locked,
    outer_open,
    pair_of,
    unbox,
    unwrap_private,
)
from panoh.vault.rules import card_mark as mark_of_code
from panoh.vault.rules import open_from_session as open_private
from panoh.vault.rules import open_with_pin as open_half
from panoh.vault.rules import seal_for_session as seal_private
from panoh.vault.rules import seal_under_pin as seal_half


@dataclass(slots=True)
class Opened:
    """An account's open vault: its key pair, and what was unwrapped with it in this request."""

    user_id: int
    pair: KeyPair
    _teams: dict[tuple[int, int], KeyPair] | None = None
    keys: dict[KeyName, bytes] = field(default_factory=dict)
    unit_keys: dict[int, bytes] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Opened({self.user_id})"

    @property
    def teams(self) -> Mapping[tuple[int, int], KeyPair]:
        """The key pairs of the account's teams, by team and version; read once."""
        if self._teams is None:
            self._teams = {}
            for wrap in TeamKeyWrap.objects.filter(user_id=self.user_id):
                purpose = team_purpose(wrap.team_id, wrap.version)
                # A wrap for a key pair that the account has no more: it was let in anew, or waits.
                with suppress(Damaged):
                    private = unbox(self.pair, bytes(wrap.wrapped), purpose)
                    self._teams[wrap.team_id, wrap.version] = pair_of(private)
        return self._teams

    def forget_teams(self) -> None:
        """Read the teams' keys anew when they are next asked: one was added."""
        self._teams = None


# Counted no further than this on a page.
COUNTED = 1000

# Row security leaves the wraps of the account's own teams that are not merely offered.
LOAD = """
SELECT q.n, w.team_id, w.team_version, w.wrapped
FROM unnest(%s::bigint[], %s::int[], %s::int[]) WITH ORDINALITY
    AS q (dossier_id, category, version, n)
JOIN vault_datakeywrap w USING (dossier_id, category, version)
WHERE w.offered IS NULL
"""

OPENED: ContextVar[Opened | None] = ContextVar("opened", default=None)


def team_purpose(team_id: int, version: int) -> str:
    """Bound into each wrap of a team's key."""
    return f"team {team_id} {version}"


@contextmanager
def opened(vault: Opened) -> Iterator[Opened]:
    """Let ``vault`` be the open one."""
    token = OPENED.set(vault)
    try:
        yield vault
    finally:
        OPENED.reset(token)


def is_open() -> bool:
    """Is a vault open, so that names can be read and written?"""
    return OPENED.get() is not None


def current() -> Opened:
    """The open vault. Raises ``Locked``."""
    vault = OPENED.get()
    if vault is None:
        raise Locked
    return vault


def unlock(user_id: int, passphrase: str) -> Opened | None:
    """Open an account's vault; None if it has none yet. The account must be acting.

    Raises ``WrongSecret``.
    """
    kept = AccountKey.objects.filter(user_id=user_id).first()
    if kept is None:
        return None
    stored = Kept(bytes(kept.private_wrapped), bytes(kept.salt), kept.params)
    private = unwrap_private(settings.PANOH_OUTER_KEY, stored, passphrase, user_id)
    return Opened(user_id, pair_of(private))


def seal_for_session(vault: Opened) -> tuple[str, str]:
    """``(sealed, secret)``: the first for the session table, the second only for the cookie."""
    return seal_private(settings.PANOH_OUTER_KEY, vault.pair.private, vault.user_id)


def open_from_session(user_id: int, sealed: str | None, secret: str | None) -> Opened | None:
    """The vault kept by ``seal_for_session``; None if either half is missing or another's."""
    if not sealed or not secret:
        return None
    try:
        private = open_private(settings.PANOH_OUTER_KEY, sealed, secret, user_id)
    except Damaged:
        return None
    return Opened(user_id, pair_of(private))


def seal_under_pin(pin: str, sealed: str, user_id: int) -> str:
    """The session's half of the vault, kept under a PIN while the session is locked."""
    return seal_half(settings.PANOH_OUTER_KEY, pin, sealed, user_id)


def open_with_pin(kept: str, pin: str, user_id: int) -> str | None:
    """Reverse of ``seal_under_pin``; None for another PIN or account."""
    try:
        return open_half(settings.PANOH_OUTER_KEY, kept, pin, user_id)
    except Damaged:
        return None


def card_mark(salt: str, code: str, user_id: int) -> str:
    """What is kept of a one-time code of an account's card; ``salt`` is that card's own."""
    return mark_of_code(settings.PANOH_OUTER_KEY, bytes.fromhex(salt), code, user_id)


def open_outer(sealed: str) -> str:
    """Reverse of ``actions.seal_outer``: what lies under the server's outer key only."""
    return outer_open(settings.PANOH_OUTER_KEY, base64.b64decode(sealed), "text").decode()
