"""Who saw a dossier, what a unit did, and whether the table is what was sealed."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime
from queue import SimpleQueue
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from panoh.audit.models import Head
from panoh.audit.rules import (
    HASH_BYTES,
    LEAF_SQL,
    Finding,
    SignedHead,
    Tree,
    first_difference,
    is_signed,
)

READERS: Final = 2
AHEAD: Final = 8


class Seen(NamedTuple):
    """One look at, or act on, a dossier."""

    at: datetime
    user_id: int | None
    system: str
    unit_id: int | None
    event: str
    fields: list[str]
    reason: str


class UnitEntry(NamedTuple):
    """One thing that an account of a unit did or saw."""

    seq: int
    at: datetime
    user_id: int | None
    system: str
    event: str
    subject_type: str
    subject_id: str
    dossier_id: int | None
    fields: list[str]
    reason: str


def who_saw(dossier_id: int) -> list[Seen]:
    """Everything done with a dossier, newest first; empty unless the acting account may ask."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM audit_who_saw(%s)", [dossier_id])
        return [Seen(*row) for row in cursor.fetchall()]


def unit_entries(unit_id: int, before: int | None = None, limit: int = 50) -> list[UnitEntry]:
    """The newest entries of a unit (below seq ``before``); empty unless the account may ask."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM audit_unit_entries(%s::int, %s::bigint, %s::int)",
            [unit_id, before, limit],
        )
        return [UnitEntry(*row) for row in cursor.fetchall()]


def newest_head(using: str = "default") -> SignedHead | None:
    """The newest signed head, to be sent elsewhere."""
    head = Head.objects.using(using).defer("seqs", "leaves").order_by("-size").first()
    return _signed(head) if head else None


def _signed(head: Head) -> SignedHead:
    return SignedHead(head.size, bytes(head.root), head.signed_at, bytes(head.signature))


class Report(NamedTuple):
    """What a verification found: rows under a good head, rows not yet sealed, what is wrong."""

    sealed: int
    unsealed: int
    finding: Finding | None


def verify(
    key: Ed25519PublicKey, kept: Iterable[SignedHead] = (), using: str = "default"
) -> Report:
    """Compare every sealed entry with what was signed, and the tree with ``kept`` heads.

    ``kept`` are heads that were sent elsewhere: they show that rows and heads at the end were
    cut off, or that all was sealed anew with a stolen key. Reads as owner or auditor.
    """
    waiting = sorted(kept, key=lambda head: head.size)
    for head in waiting:
        if not is_signed(head, key):
            return Report(0, 0, Finding("kept head not signed by this installation", 0, 0))
    tree, after = Tree(), 0
    for stored, begin, found in _heads_with_leaves(using):
        due = []
        while waiting and waiting[0].size <= stored.size:
            due.append(waiting.pop(0))
        grown = _grow(tree, found, stored, due, key)
        if grown is None:
            finding = _name(
                begin, stored, found, genuine=_is_genuine(tree, stored, key), using=using
            )
            return Report(tree.size, 0, finding)
        tree, after = grown, stored.last_seq
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT count(*), max(seq) FROM audit_entry WHERE seq > %s", [after])
        unsealed, last = cursor.fetchone()
    if waiting:
        return Report(tree.size, unsealed, Finding("deleted, with its head", after + 1, last or 0))
    return Report(tree.size, unsealed, None)


def _read(connection: BaseDatabaseWrapper, after: int, upto: int) -> bytes:
    """The leaf hashes of the rows with ``after`` < seq ≤ ``upto``, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(string_agg(leaf, ''::bytea ORDER BY seq), '') FROM ("  # noqa: S608
            f"SELECT seq, {LEAF_SQL} AS leaf FROM audit_entry WHERE seq > %s AND seq <= %s) t",
            [after, upto],
        )
        return bytes(cursor.fetchone()[0])


def _heads_with_leaves(using: str) -> Iterator[tuple[Head, int, bytes]]:
    """Each stored head with the seq after which it begins and the leaves of its rows as they are.

    PostgreSQL computes the leaves ahead on two connections while the tree is built here.
    """
    heads = Head.objects.using(using).defer("seqs", "leaves").order_by("size")
    spare: SimpleQueue[BaseDatabaseWrapper] = SimpleQueue()

    def read(after: int, upto: int) -> bytes:
        own = spare.get()
        try:
            return _read(own, after, upto)
        finally:
            spare.put(own)

    with ExitStack() as stack:
        for _ in range(READERS):
            own = stack.enter_context(closing(connections[using].copy()))
            own.inc_thread_sharing()
            spare.put(own)
        pool = stack.enter_context(ThreadPoolExecutor(READERS))
        ahead: deque[tuple[Head, int, Future[bytes]]] = deque()
        after = 0
        for head in heads.iterator(chunk_size=500):
            ahead.append((head, after, pool.submit(read, after, head.last_seq)))
            after = head.last_seq
            if len(ahead) > AHEAD:
                first, begin, leaves = ahead.popleft()
                yield first, begin, leaves.result()
        for first, begin, leaves in ahead:
            yield first, begin, leaves.result()


def _grow(
    tree: Tree, leaves: bytes, stored: Head, due: list[SignedHead], key: Ed25519PublicKey
) -> Tree | None:
    """The tree with ``leaves``, if it then is what ``stored`` and ``due`` heads say."""
    grown, taken = tree.copy(), 0
    for head in [*due, _signed(stored)]:
        upto = (head.size - tree.size) * HASH_BYTES
        grown.add(leaves[taken:upto])
        taken = upto
        if grown.size != head.size or grown.root() != head.root or not is_signed(head, key):
            return None
    return grown if taken == len(leaves) else None


def _is_genuine(tree: Tree, stored: Head, key: Ed25519PublicKey) -> bool:
    copy, signed = tree.copy(), _signed(stored)
    copy.add(bytes(stored.leaves))
    return copy.size == signed.size and copy.root() == signed.root and is_signed(signed, key)


def _name(after: int, stored: Head, found: bytes, *, genuine: bool, using: str) -> Finding:
    """Name the first row that differs, by the sealed copy of the leaves if that is genuine."""
    if genuine:
        with connections[using].cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(array_agg(seq ORDER BY seq), '{}') FROM audit_entry "
                "WHERE seq > %s AND seq <= %s",
                [after, stored.last_seq],
            )
            seqs = cursor.fetchone()[0]
        difference = first_difference(
            list(zip(stored.seqs, _split(bytes(stored.leaves)), strict=False)),
            list(zip(seqs, _split(found), strict=False)),
        )
        if difference:
            return difference
        return Finding("sealed anew after a kept head", after + 1, stored.last_seq)
    return Finding("head or its copy of the leaves altered", after + 1, stored.last_seq)


def _split(leaves: bytes) -> list[bytes]:
    return [leaves[i : i + HASH_BYTES] for i in range(0, len(leaves), HASH_BYTES)]
