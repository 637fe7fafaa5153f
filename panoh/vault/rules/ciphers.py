"""Bytes under keys: fields, key pairs and sealed boxes, the server's own layer."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Problem

KEY: Final = 32
NONCE: Final = 12
SALT: Final = 16
TOKEN: Final = 8

FIELD_FORMAT: Final = 1
HEAD: Final = 3  # format and key version
PLAIN_WRAP: Final = b"\x00"
OFFERED_WRAP: Final = b"\x01"
OWN_WRAP: Final = b"\x02"


class Locked(Problem):
    """No key is open in this request: the reader must sign in with the passphrase."""

    status = 403
    message = _("Please sign in again with your passphrase to read this.")


class NoKey(Problem):
    """None of the reader's teams holds the key to this."""

    status = 403
    message = _("Your team has no key to read this. Ask your supervisor.")


class Damaged(Problem):
    """The stored bytes are not what was sealed at this place."""

    status = 409
    message = _("This was stored for another place or was changed. It cannot be read.")


class WrongSecret(Problem):
    """A passphrase or recovery code does not open the key."""

    status = 400
    message = _("This does not open the key. Please check what you typed.")


def new_key() -> bytes:
    """A fresh random key of 256 bits."""
    return secrets.token_bytes(KEY)


def derive(key: bytes, purpose: str, salt: bytes | None = None) -> bytes:
    """A key for one purpose from a key of full strength."""
    return HKDF(SHA256(), KEY, salt, f"panoh {purpose}".encode()).derive(key)


def lock(key: bytes, data: bytes, aad: bytes) -> bytes:
    """AES-256-GCM: a fresh nonce (12 bytes) and the ciphertext with its tag."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, aad)


def unlock(key: bytes, data: bytes, aad: bytes) -> bytes:
    """Reverse of ``lock``. Raises ``Damaged`` if key, data or ``aad`` is another."""
    try:
        return AESGCM(key).decrypt(data[:NONCE], data[NONCE:], aad)
    except (InvalidTag, ValueError) as error:
        raise Damaged from error


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed text stands: ciphertext that is moved anywhere else does not open."""

    table: str
    pk: object
    field: str

    def aad(self, key_version: int) -> bytes:
        """The associated data of a text sealed here."""
        return f"{self.table}|{self.pk}|{self.field}|{key_version}".encode()


def seal_field(key: bytes, key_version: int, text: str, place: Place) -> bytes:
    """Seal a text for one place: format (1 byte), key version (2 bytes), nonce, ciphertext."""
    head = bytes([FIELD_FORMAT]) + key_version.to_bytes(2, "big")
    return head + lock(key, text.encode(), place.aad(key_version))


def key_version_of(sealed: bytes) -> int:
    """The version of the data key that sealed a field. Raises ``Damaged``."""
    if len(sealed) < HEAD or sealed[0] != FIELD_FORMAT:
        raise Damaged
    return int.from_bytes(sealed[1:HEAD], "big")


def open_field(key: bytes, sealed: bytes, place: Place) -> str:
    """Reverse of ``seal_field``. Raises ``Damaged``."""
    return unlock(key, sealed[HEAD:], place.aad(key_version_of(sealed))).decode()


@dataclass(frozen=True)
class KeyPair:
    """An X25519 key pair, 32 bytes each."""

    private: bytes
    public: bytes

    @cached_property
    def exchange(self) -> Callable[[X25519PublicKey], bytes]:
        """The Diffie-Hellman function of the private half; making it costs as much as using it."""
        return X25519PrivateKey.from_private_bytes(self.private).exchange

    @cached_property
    def own(self) -> bytes:
        """A key for what the pair's owners seal to themselves: 20 times cheaper than a box."""
        return derive(self.private, "own wraps")

    def __repr__(self) -> str:
        return "KeyPair(…)"


def new_pair() -> KeyPair:
    """A fresh key pair."""
    return pair_of(X25519PrivateKey.generate().private_bytes_raw())


def pair_of(private: bytes) -> KeyPair:
    """The key pair with this private half."""
    public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    return KeyPair(private, public)


def box(public: bytes, data: bytes, purpose: str) -> bytes:
    """Seal data to a public key: nobody but its owner opens it, not even the sender.

    An ephemeral public key (32 bytes), then ciphertext. The derived key is used once, so the
    nonce may be fixed (RFC 9180, section 5.1 does likewise).
    """
    own = X25519PrivateKey.generate()
    shared = own.exchange(X25519PublicKey.from_public_bytes(public))
    ephemeral = own.public_key().public_bytes_raw()
    key = derive(shared, f"box {purpose}", ephemeral + public)
    return ephemeral + AESGCM(key).encrypt(bytes(NONCE), data, None)


def unbox(pair: KeyPair, sealed: bytes, purpose: str) -> bytes:
    """Reverse of ``box``. Raises ``Damaged`` if it was sealed to another key or purpose."""
    try:
        ephemeral = sealed[:KEY]
        shared = pair.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        key = derive(shared, f"box {purpose}", ephemeral + pair.public)
        return AESGCM(key).decrypt(bytes(NONCE), sealed[KEY:], None)
    except (InvalidTag, ValueError) as error:
        raise Damaged from error


def outer_seal(outer: bytes, data: bytes, purpose: str, owner: object = "") -> bytes:
    """Lay data under the server's outer key, for one purpose and owner."""
    return lock(derive(outer, f"outer {purpose}"), data, f"{purpose}|{owner}".encode())


def outer_open(outer: bytes, sealed: bytes, purpose: str, owner: object = "") -> bytes:
    """Reverse of ``outer_seal``. Raises ``Damaged``."""
    return unlock(derive(outer, f"outer {purpose}"), sealed, f"{purpose}|{owner}".encode())
