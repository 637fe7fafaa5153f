"""The ledger as lines of a table: the same entries, chain and signatures as in a file."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from panoh.statistics.rules.release.ledger import FIRST, BadLedger, Ledger


def _to_be_read(*_line: object) -> None:
    raise BadLedger("the ledger was opened to be read")


class Book(Ledger):
    """Spends that were read elsewhere as ``(entry, hash, signature)``; ``keep`` writes a new one of
    that shape; without it nothing can be spent. Raises BadLedger where a line was changed."""

    def __init__(
        self,
        lines: Iterable[tuple[str, str, str]],
        key: bytes,
        keep: Callable[[dict[str, Any], str, str, str], None] = _to_be_read,
    ) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(key)
        self._keep = keep
        self.entries = []
        for number, (text, mark, signature) in enumerate(lines, 1):
            self.entries.append(self._checked(number, text, mark, signature))

    def _checked(self, number: int, text: str, mark: str, signature: str) -> dict[str, Any]:
        last = self.entries[-1]["hash"] if self.entries else FIRST
        try:
            self.key.public_key().verify(bytes.fromhex(signature), bytes.fromhex(mark))
            one = json.loads(text)
            good = (_hash(text), one["previous"], one["id"]) == (mark, last, number)
        except (ValueError, KeyError, TypeError, InvalidSignature) as error:
            raise BadLedger(f"SR-G2: line {number} of the ledger was changed") from error
        if not good:
            raise BadLedger(f"SR-G2: line {number} of the ledger was changed")
        return {**one, "hash": mark}

    def _append(self, entry: dict[str, Any]) -> str:
        last = self.entries[-1]["hash"] if self.entries else FIRST
        whole = {"id": len(self.entries) + 1, **entry, "previous": last}
        text = json.dumps(whole, ensure_ascii=False, sort_keys=True)
        mark = _hash(text)
        self._keep(whole, text, mark, self.key.sign(bytes.fromhex(mark)).hex())
        self.entries.append({**whole, "hash": mark})
        return mark


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
