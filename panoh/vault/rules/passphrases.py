"""What people hold: passphrases, recovery codes, cards, PINs, and the halves of a session."""

import base64
import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from argon2.low_level import Type, hash_secret_raw

from panoh.kernel.codes import same_passphrase
from panoh.vault.rules.ciphers import (
    KEY,
    SALT,
    Damaged,
    KeyPair,
    WrongSecret,
    box,
    derive,
    lock,
    outer_open,
    outer_seal,
    pair_of,
    unbox,
    unlock,
)

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
    anybody fetching the paper. A code that was never given stands for a pair that opens nothing.
    """
    return pair_of(derive(_letters(code).encode(), f"recovery of team {team_id}"))


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
