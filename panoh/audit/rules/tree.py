"""Leaves, Merkle tree (RFC 6962, section 2.1) and signed heads (Ed25519, RFC 8032) of the table.

A leaf is made from an entry's canonical form, a JSON array; the same bytes come out of
PostgreSQL (`LEAF_SQL`) and of Python (`leaf`), so that a copy can be checked without either.
"""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HASH_BYTES: Final = 32
EVENT = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
# Neither a name of a person nor a sentence fits: capitals and letters beyond ASCII are refused.
REASON = re.compile(r"[a-z0-9_.:/ -]{0,80}")

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
HEAD_WORD: Final = "panoh-audit-1"

# The columns in this order are the canonical form. A new column comes at the end, and only into
# entries written after it: old leaves must stay what they were.
COLUMNS: Final = (
    "seq",
    "id",
    "event",
    "user_id",
    "system",
    "unit_id",
    "subject_type",
    "subject_id",
    "dossier_id",
    "fields",
    "reason",
    "at",
    "stored_at",
    "vouched",
)
TIMES: Final = ("at", "stored_at")


def _column_sql(name: str) -> str:
    return f"(extract(epoch FROM {name}) * 1000000)::bigint" if name in TIMES else name


# Sent by whoever verifies, never called as a function that stands in the database: there an
# intruder could replace it.
LEAF_SQL: Final = (
    "sha256('\\x00'::bytea || convert_to(json_build_array("
    + ", ".join(_column_sql(name) for name in COLUMNS)
    + ")::text, 'UTF8'))"
)


def _json(value: Any) -> str:
    if isinstance(value, datetime):
        value = (value - EPOCH) // timedelta(microseconds=1)
    if value is not None and not isinstance(value, bool | int | list):
        value = str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def leaf(values: Sequence[Any]) -> bytes:
    """The leaf hash (32 bytes) of an entry, given its ``COLUMNS`` in order."""
    text = "[" + ", ".join(map(_json, values)) + "]"
    return sha256(b"\x00" + text.encode()).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Tree:
    """A growing Merkle tree, kept as the roots of its full subtrees: O(log n) of memory."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def unpack(cls, size: int, peaks: bytes) -> "Tree":
        """The tree of ``size`` leaves whose peaks were stored by ``pack``."""
        return cls(size, [peaks[i : i + HASH_BYTES] for i in range(0, len(peaks), HASH_BYTES)])

    def pack(self) -> bytes:
        """The peaks, 32 bytes each, from the largest subtree to the smallest."""
        return b"".join(self.peaks)

    def copy(self) -> "Tree":
        """A tree that grows apart from this one."""
        return Tree(self.size, list(self.peaks))

    def add(self, leaves: bytes) -> None:
        """Append leaf hashes, given one after the other (32 bytes each)."""
        peaks, size = self.peaks, self.size
        for start in range(0, len(leaves), HASH_BYTES):
            node, rest = leaves[start : start + HASH_BYTES], size
            while rest & 1:
                node = _node(peaks.pop(), node)
                rest >>= 1
            peaks.append(node)
            size += 1
        self.size = size

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves added so far."""
        if not self.peaks:
            return sha256(b"").digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = _node(peak, root)
        return root


@dataclass(frozen=True, slots=True)
class SignedHead:
    """What leaves the machine: so many entries had this root at this moment, says this key."""

    size: int
    root: bytes
    signed_at: datetime
    signature: bytes = b""

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        parts = (HEAD_WORD, str(self.size), self.root.hex(), self.signed_at.isoformat())
        return " ".join(parts).encode()

    def __str__(self) -> str:
        return f"{self.message.decode()} {base64.urlsafe_b64encode(self.signature).decode()}"

    @classmethod
    def parse(cls, text: str) -> "SignedHead":
        """Read a head as printed by ``str``. Raises ``ValueError`` if it is none."""
        word, size, root, signed_at, signature = text.split()
        if word != HEAD_WORD:
            raise ValueError("not a head of this kind")
        return cls(
            int(size),
            bytes.fromhex(root),
            datetime.fromisoformat(signed_at),
            base64.urlsafe_b64decode(signature),
        )


def sign(head: SignedHead, key: Ed25519PrivateKey) -> SignedHead:
    """The same head with its signature."""
    return SignedHead(head.size, head.root, head.signed_at, key.sign(head.message))


def is_signed(head: SignedHead, key: Ed25519PublicKey) -> bool:
    """Whether ``key`` signed this head."""
    try:
        key.verify(head.signature, head.message)
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong: ``what`` happened, to the rows ``first``…``last`` (seq)."""

    what: str
    first: int
    last: int


def first_difference(
    sealed: Sequence[tuple[int, bytes]], found: Sequence[tuple[int, bytes]]
) -> Finding | None:
    """Compare sealed with found ``(seq, leaf)`` pairs, both ordered by seq.

    A row that was moved to another place in the order appears as altered, since its place
    (seq) is part of its leaf; rows that exchanged places are both altered.
    """
    for (seq, leaf_then), (seq_now, leaf_now) in zip(sealed, found, strict=False):
        if seq_now > seq:
            return Finding("deleted", seq, seq)
        if seq_now < seq:
            return Finding("inserted", seq_now, seq_now)
        if leaf_then != leaf_now:
            return Finding("altered or reordered", seq, seq)
    if len(sealed) > len(found):
        seq = sealed[len(found)][0]
        return Finding("deleted", seq, seq)
    if len(found) > len(sealed):
        seq = found[len(sealed)][0]
        return Finding("inserted", seq, seq)
    return None
