"""Cryptography: bytes in, bytes out. No table, no file, no clock.

AES-256-GCM (NIST SP 800-38D), X25519 (RFC 7748), HKDF-SHA256 (RFC 5869), Argon2id (RFC 9106),
HMAC-SHA256 (RFC 2104). Each key has one purpose: the purpose is part of what it is derived with.
"""

import base64
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils.translation import gettext_lazy as _

from panoh.kernel.codes import same_passphrase
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

# OWASP Password Storage Cheat Sheet, smallest memory it allows for Argon2id.
ARGON_MEMORY_KIB: Final = 19 * 1024
ARGON_PASSES: Final = 2
ARGON_LANES: Final = 1
ARGON_PARAMS: Final = f"argon2id,m={ARGON_MEMORY_KIB},t={ARGON_PASSES},p={ARGON_LANES}"

# Crockford's base 32: no letter that is mistaken for another when copied by hand.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD: Final = str.maketrans("OIL", "011")
CODE_LETTERS: Final = 32
CODE_GROUP: Final = 4
CARD_CODES: Final = 10
CARD_LETTERS: Final = 8


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


# -- fields ----------------------------------------------------------------------------------------


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


# -- key pairs and sealed boxes --------------------------------------------------------------------


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


# -- the server's own layer ------------------------------------------------------------------------


def outer_seal(outer: bytes, data: bytes, purpose: str, owner: object = "") -> bytes:
    """Lay data under the server's outer key, for one purpose and owner."""
    return lock(derive(outer, f"outer {purpose}"), data, f"{purpose}|{owner}".encode())


def outer_open(outer: bytes, sealed: bytes, purpose: str, owner: object = "") -> bytes:
    """Reverse of ``outer_seal``. Raises ``Damaged``."""
    return unlock(derive(outer, f"outer {purpose}"), sealed, f"{purpose}|{owner}".encode())


# -- passphrases and recovery codes ----------------------------------------------------------------


def passphrase_key(passphrase: str, salt: bytes, params: str = ARGON_PARAMS) -> bytes:
    """The key that a passphrase stands for (Argon2id; about 30 ms).

    The passphrase is normalised (RFC 8265), so that two keyboards give one key.
    """
    costs = dict(part.split("=") for part in params.split(",")[1:])
    return hash_secret_raw(
        same_passphrase(passphrase).encode(),
        salt,
        time_cost=int(costs["t"]),
        memory_cost=int(costs["m"]),
        parallelism=int(costs["p"]),
        hash_len=KEY,
        type=Type.ID,
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """An account's private key as stored: under the passphrase, and that under the outer key."""

    wrapped: bytes
    salt: bytes
    params: str = ARGON_PARAMS


def wrap_private(outer: bytes, private: bytes, passphrase: str, user_id: int) -> Kept:
    """Wrap an account's private key for storing."""
    salt = secrets.token_bytes(SALT)
    inner = lock(passphrase_key(passphrase, salt), private, f"account|{user_id}".encode())
    return Kept(outer_seal(outer, inner, "account key", user_id), salt)


def unwrap_private(outer: bytes, kept: Kept, passphrase: str, user_id: int) -> bytes:
    """Reverse of ``wrap_private``. Raises ``WrongSecret``."""
    inner = outer_open(outer, kept.wrapped, "account key", user_id)
    try:
        key = passphrase_key(passphrase, kept.salt, kept.params)
        return unlock(key, inner, f"account|{user_id}".encode())
    except Damaged as error:
        raise WrongSecret from error


def new_recovery_code() -> str:
    """A code of 160 random bits for the safe: eight groups of four letters and digits."""
    return _new_code(CODE_LETTERS)


def new_card() -> list[str]:
    """One-time codes of 40 random bits each for the printed card of an account."""
    return [_new_code(CARD_LETTERS) for _ in range(CARD_CODES)]


def card_mark(outer: bytes, salt: bytes, code: str, user_id: int) -> str:
    """What is kept of a code of a card: nobody gets the code back out of it.

    Slow (Argon2id), and under the server's key: neither a copy of the table nor the right to
    write in it is enough to guess or to forge one.
    """
    slow = passphrase_key(_letters(code), salt)
    key = derive(outer, "code card")
    return hmac.new(key, f"{user_id}|".encode() + slow, sha256).hexdigest()


def _new_code(length: int) -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(length))
    groups = [letters[i : i + CODE_GROUP] for i in range(0, length, CODE_GROUP)]
    return "-".join(groups)


def _letters(code: str) -> str:
    """A code as it was meant, however it was copied by hand."""
    return "".join(code.split()).replace("-", "").upper().translate(MISREAD)


def recovery_pair(code: str, team_id: int) -> KeyPair:
    """The key pair that a recovery code stands for; spaces, case and O/0, I/L/1 do not matter.

    A key pair rather than a key: later versions of the team's key are sealed to it without
    anybody fetching the paper. Raises ``WrongSecret`` if it cannot be such a code.
    """
    letters = _letters(code)
    if len(letters) != CODE_LETTERS or not set(letters) <= set(ALPHABET):
        raise WrongSecret
    return pair_of(derive(letters.encode(), f"recovery of team {team_id}"))


def recovery_seal(outer: bytes, recovery_public: bytes, private: bytes, team_id: int) -> bytes:
    """A team's private key for the safe, under the outer key as well."""
    sealed = recovery_public + box(recovery_public, private, f"recovery {team_id}")
    return outer_seal(outer, sealed, "recovery", team_id)


def recovery_public_of(outer: bytes, wrapped: bytes, team_id: int) -> bytes:
    """The public key of the paper in the safe, to seal a later version to it."""
    return outer_open(outer, wrapped, "recovery", team_id)[:KEY]


def recovery_open(outer: bytes, wrapped: bytes, code: str, team_id: int) -> bytes:
    """A team's private key, by the code from the safe. Raises ``WrongSecret``."""
    sealed = outer_open(outer, wrapped, "recovery", team_id)
    try:
        return unbox(recovery_pair(code, team_id), sealed[KEY:], f"recovery {team_id}")
    except Damaged as error:
        raise WrongSecret from error


# -- wraps of data keys ----------------------------------------------------------------------------


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


# -- blind tokens ----------------------------------------------------------------------------------


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


# -- sessions --------------------------------------------------------------------------------------


def seal_for_session(outer: bytes, private: bytes, user_id: int) -> tuple[str, str]:
    """``(sealed, secret)``: the private key for the session table, and what opens it.

    The secret goes only into the browser's HttpOnly cookie. Neither half nor the server's files
    open the vault without the other.
    """
    secret = secrets.token_urlsafe(KEY)
    inner = lock(derive(secret.encode(), "session"), private, str(user_id).encode())
    sealed = outer_seal(outer, inner, "session", user_id)
    return base64.b64encode(sealed).decode(), secret


def open_from_session(outer: bytes, sealed: str, secret: str, user_id: int) -> bytes:
    """Reverse of ``seal_for_session``. Raises ``Damaged`` if secret and session do not match."""
    try:
        inner = outer_open(outer, base64.b64decode(sealed), "session", user_id)
    except ValueError as error:
        raise Damaged from error
    return unlock(derive(secret.encode(), "session"), inner, str(user_id).encode())


def seal_under_pin(outer: bytes, pin: str, sealed: str, user_id: int) -> str:
    """Lay a session's half under a PIN as well: Argon2id, then the server's own layer.

    A PIN has few digits: without the server's key no guess can be tried at all.
    """
    salt = secrets.token_bytes(SALT)
    inner = lock(passphrase_key(pin, salt), sealed.encode(), f"pin|{user_id}".encode())
    return base64.b64encode(outer_seal(outer, salt + inner, "pin", user_id)).decode()


def open_with_pin(outer: bytes, kept: str, pin: str, user_id: int) -> str:
    """Reverse of ``seal_under_pin``. Raises ``Damaged`` for another PIN or account."""
    both = outer_open(outer, base64.b64decode(kept), "pin", user_id)
    key = passphrase_key(pin, both[:SALT])
    return unlock(key, both[SALT:], f"pin|{user_id}".encode()).decode()
