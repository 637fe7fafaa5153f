"""Wraps of data keys, and blind tokens."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from panoh.vault.rules.ciphers import (
    OFFERED_WRAP,
    OWN_WRAP,
    PLAIN_WRAP,
    TOKEN,
    KeyPair,
    box,
    derive,
    lock,
    outer_open,
    outer_seal,
    unbox,
    unlock,
)


@dataclass(frozen=True, slots=True)
class KeyName:
    """One version of the key of a dossier's category."""

    dossier_id: int
    category: int
    version: int

    @property
    def purpose(self) -> str:
        """Bound into each wrap: a wrap of one key is no wrap of another."""
        return f"data {self.dossier_id} {self.category} {self.version}"


def wrap_key(public: bytes, key: bytes, name: KeyName) -> bytes:
    """A data key, sealed to a team."""
    return PLAIN_WRAP + box(public, key, name.purpose)


def keep_key(pair: KeyPair, key: bytes, name: KeyName) -> bytes:
    """A data key, sealed by a member to the own team."""
    return OWN_WRAP + lock(pair.own, key, name.purpose.encode())


def is_own(wrapped: bytes) -> bool:
    """Did the team seal this wrap to itself?"""
    return wrapped[:1] == OWN_WRAP


def offer_key(outer: bytes, public: bytes, key: bytes, name: KeyName) -> bytes:
    """A data key, sealed to a team and laid under the outer key until the offer is accepted."""
    return OFFERED_WRAP + outer_seal(outer, box(public, key, name.purpose), "offer", name.purpose)


def unwrap_key(outer: bytes, pair: KeyPair, wrapped: bytes, name: KeyName) -> bytes:
    """Reverse of ``wrap_key``, ``keep_key`` and ``offer_key``. Raises ``Damaged``."""
    kind, inner = wrapped[:1], wrapped[1:]
    if kind == OWN_WRAP:
        return unlock(pair.own, inner, name.purpose.encode())
    if kind == OFFERED_WRAP:
        inner = outer_open(outer, inner, "offer", name.purpose)
    return unbox(pair, inner, name.purpose)


def token(key: bytes, purpose: str, folded: str) -> bytes:
    """Eight bytes by which a folded name can be found without being read.

    ``key`` is a unit's or the national token key; each purpose has a key of its own, so tokens
    of two purposes cannot be joined.
    """
    return hmac.new(derive(key, f"token {purpose}"), folded.encode(), sha256).digest()[:TOKEN]


def tokens(key: bytes, purpose: str, folded: list[str]) -> list[bytes]:
    """``token`` of many, deriving the key once."""
    own = derive(key, f"token {purpose}")
    return [hmac.new(own, text.encode(), sha256).digest()[:TOKEN] for text in folded]
