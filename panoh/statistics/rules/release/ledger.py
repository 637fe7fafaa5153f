"""What was spent on a population: append-only lines, each chained to the one before and signed.

The spend is written before noise is drawn: a crash, a refused draft or a discarded draw stays
spent. ``rho`` adds; nothing passes the cap.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FIRST = "0" * 64
ADJACENCY = "one person more or less, with all cases and episodes"
PAGES = "pages"  # the ledger in the database
AGREED = "agreed"  # somebody else's word before a spend
_FREE = {"rho": None, "cap_rho": None, "not_dp": True}  # of tables of path A
OFFICIAL = "official"  # before the first hash of a ledger of files that knows of official tables


def short(left: float, cost: float) -> str:
    """That the budget does not allow a release, as a refusal."""
    return (
        f"SR-G2: the budget of this population allows {left:.6g} rho more and the release costs "
        f"{cost:.6g}: nothing was spent"
    )


class BadLedger(ValueError):
    """The ledger was changed, or the budget does not allow the spend."""


@dataclass(frozen=True)
class Account:
    """What a ledger says of one population."""

    spent: float
    cap: float
    entries: int

    @property
    def left(self) -> float:
        """What may still be spent."""
        return max(0.0, self.cap - self.spent)


class Ledger:
    """The file of all spends, held with a lock. ``key`` signs and checks (32 bytes).

    ``heads`` is a folder elsewhere that remembers how far each ledger had come: lines cut off the
    end would leave a chain that is whole.
    """

    def __init__(self, path: Path, key: bytes, heads: Path) -> None:
        self.path = path
        self.heads = heads
        self.key = Ed25519PrivateKey.from_private_bytes(key)
        self.entries = self._read()
        self._compare()

    def account(self, population: str, cap: float) -> Account:
        """What is spent, and the cap: the lowest that was ever set for this population."""
        own = [one for one in self.entries if one["population"] == population]
        paid = [one for one in own if one["state"] == "reserved"]
        caps = [float(one["cap_rho"]) for one in own if one["cap_rho"] is not None]
        return Account(sum(float(one["rho"]) for one in paid), min([cap, *caps]), len(own))

    def reserve(self, entry: dict[str, Any], cap: float) -> str:
        """Write a spend before any noise is drawn; returns its hash. Raises BadLedger."""
        account = self.account(entry["population"], cap)
        if entry["rho"] > account.left * (1 + 1e-9):
            raise BadLedger(short(account.left, entry["rho"]))
        return self._append({**entry, "cap_rho": account.cap, "state": "reserved"})

    def close(self, reserved: str, population: str, state: str, at: str) -> str:
        """Say what became of a spend; it stays spent whatever the state is."""
        return self._append(
            {
                "population": population,
                "time": at,
                "of": reserved,
                "rho": 0.0,
                "cap_rho": self.account(population, inf).cap,
                "state": state,
            }
        )

    def list_official(self, entry: dict[str, Any]) -> str:
        """Tables of path A: they cost no rho, and no budget covers them. Returns the hash."""
        return self._append({**entry, **_FREE, "state": "spent"})

    def withdraw(self, spent: str, at: str) -> str:
        """Say that a release was taken down; what it cost stays spent."""
        one = next(one for one in self.entries if one["hash"] == spent)
        if not one.get("not_dp"):
            return self.close(spent, one["population"], "withdrawn", at)
        said = {"population": one["population"], "time": at, "of": spent}
        return self._append({**said, **_FREE, "state": "withdrawn"})

    def agree(self, population: str, plan: str, person: str, at: str) -> str:
        """Note that somebody agrees to spend by the plan of this mark; costs nothing."""
        said = {"population": population, "time": at, "plan": plan, "people": [person]}
        return self._append({**said, "rho": 0.0, "cap_rho": None, "state": AGREED})

    def agreed(self, population: str, plan: str) -> list[str]:
        """Who has agreed to this very plan, each once, since it was last spent by."""
        found: list[str] = []
        for one in self.entries:
            if (one["population"], one.get("plan")) == (population, plan):
                if one["state"] == AGREED:
                    found += one["people"]
                elif not one.get("test"):
                    found = []
        return list(dict.fromkeys(found))

    def official(self, population: str) -> list[str]:
        """The hashes of all tables of path A that were made of this population, trials left out."""
        return [
            str(one["hash"])
            for one in self.entries
            if one["population"] == population
            and one.get("not_dp")
            and one["state"] == "spent"
            and not one.get("test")
        ]

    def _append(self, entry: dict[str, Any]) -> str:
        whole = {
            "id": len(self.entries) + 1,
            **entry,
            "previous": self.entries[-1]["hash"] if self.entries else FIRST,
        }
        whole["hash"] = _hash(whole)
        whole["signature"] = self.key.sign(bytes.fromhex(whole["hash"])).hex()
        line = json.dumps(whole, ensure_ascii=False, sort_keys=True) + "\n"
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self.entries.append(whole)
        self.heads.mkdir(mode=0o700, parents=True, exist_ok=True)
        head = self.heads / str(self.entries[0]["hash"])
        aside = head.with_suffix(".new")
        aside.write_text(f"{whole['id']} {whole['hash']}", encoding="ascii")
        aside.replace(head)
        return str(whole["hash"])

    def _compare(self) -> None:
        """No line that was once written is missing at the end."""
        if not self.entries:
            return
        head = self.heads / str(self.entries[0]["hash"])
        if not head.exists():
            return
        try:
            number, mark = head.read_text(encoding="ascii").split()
            last = int(number)
        except ValueError as error:
            raise BadLedger("SR-G2: the note of where the ledger ended was changed") from error
        if len(self.entries) < last or self.entries[last - 1]["hash"] != mark:
            raise BadLedger(f"SR-G2: line {number} of the ledger was changed or taken away")

    def _read(self) -> list[dict[str, Any]]:
        if not self.path.exists() or not self.path.stat().st_size:
            return []
        entries: list[dict[str, Any]] = []
        # Not splitlines(): a name may hold other ends of lines. Each line was written with its end.
        *lines, rest = self.path.read_bytes().split(b"\n")
        for number, line in enumerate([*lines, *([rest] if rest else [])], 1):
            try:
                one = json.loads(line.decode("utf-8"))
                signature = bytes.fromhex(one.pop("signature"))
                previous = entries[-1]["hash"] if entries else FIRST
                mark = {key: value for key, value in one.items() if key != "hash"}
                good = one["hash"] == _hash(mark) and one["previous"] == previous
                good = good and one["id"] == number and float(one["rho"] or 0) >= 0
                good = good and number <= len(lines)
                self.key.public_key().verify(signature, bytes.fromhex(one["hash"]))
            except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature) as error:
                raise BadLedger(f"SR-G2: line {number} of the ledger was changed") from error
            if not good:
                raise BadLedger(f"SR-G2: line {number} of the ledger was changed")
            entries.append(one)
        return entries


def _hash(entry: dict[str, Any]) -> str:
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Notes:
    """What was spent on one population, by keeper: ``PAGES``, or a ledger's first hash; trials left
    out. A population is kept in one place: whoever holds releases of two learns from both."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            found = json.loads(path.read_text(encoding="ascii")) if path.exists() else {}
            self.spent = {str(keeper): float(rho) for keeper, rho in found.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise BadLedger(f"SR-G2: {path.name} beside the keys was changed") from error

    def elsewhere(self, own: str = PAGES) -> float:
        """What others than this keeper have spent."""
        return sum(rho for keeper, rho in self.spent.items() if keeper != own)

    def add(self, keeper: str, rho: float) -> None:
        """Add a spend, for good before noise is drawn."""
        self.spent[keeper] = self.spent.get(keeper, 0.0) + rho
        aside = self._path.with_suffix(".new")
        with aside.open("w", encoding="ascii") as file:
            json.dump(self.spent, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._path)


@contextmanager
def notes(heads: Path, population: str) -> Iterator[Notes]:
    """The notes of a population, while nobody else may look at them or spend on it: neither another
    ledger of files nor the pages. Taken before the lock of any ledger."""
    heads.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = heads / f"population-{hashlib.sha256(population.encode()).hexdigest()}.json"
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Notes(path)


@contextmanager
def held(path: Path, key: bytes, heads: Path) -> Iterator[Ledger]:
    """The ledger, read and checked, while nobody else may spend from it."""
    with path.with_name(path.name + ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Ledger(path, key, heads)
