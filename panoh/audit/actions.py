"""`record` what was done or seen, and `seal` what is finished."""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, models, transaction

from panoh.audit.models import Entry, Head
from panoh.audit.rules import EVENT, NAME, REASON, SignedHead, Tree, sign

# Rows under one head: enough to be fast, few enough that a difference is found in a small range.
BATCH: Final = 10_000
# How long one sealing waits for transactions that were running when it began; then: next minute.
PATIENCE_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.05
SEALER_LOCK: Final = 0x5EA1
# Transactions below a number that still run, those left out of which the server knows that they
# work in another database: they bring no entry, however long they take.
RUNNING: Final = """
SELECT count(*) FROM pg_snapshot_xip(pg_current_snapshot()) AS running (id)
WHERE running.id < %s::text::xid8 AND NOT EXISTS (
    SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted
        AND transactionid = running.id::xid AND datname <> current_database())
"""


@transaction.atomic(savepoint=False)  # an entry that fails takes its cause with it
def record(
    event: str,
    *,
    by: Any,
    at: datetime,
    subject: models.Model | tuple[str, object] | None = None,
    dossier_id: int | None = None,
    fields: Iterable[str] = (),
    reason: str = "",
    unit_id: int | None = None,
) -> None:
    """Write down one thing done or seen, in the caller's transaction.

    ``by`` is an account (``pk``, ``unit_id``), the name of a system account, or None.
    ``subject`` is a row or ``(type, id)``; its ``dossier_id`` is taken along. ``fields`` are
    names of fields, ``reason`` is a code or a few neutral lower-case words: never a value, never
    a name. Raises ``ValueError`` where one of them could be more than that.
    """
    names = list(fields)
    _refuse_values(event, names, reason)
    subject_type, subject_id = "", ""
    if isinstance(subject, models.Model):
        subject_type, subject_id = subject._meta.label, str(subject.pk)
        dossier_id = dossier_id or getattr(subject, "dossier_id", None)
    elif subject is not None:
        subject_type, subject_id = subject[0], str(subject[1])
    system = by if isinstance(by, str) else ""
    user_id = None if system else getattr(by, "pk", None)
    Entry(
        event=event,
        user_id=user_id,
        system=system,
        unit_id=unit_id or getattr(by, "unit_id", None),
        subject_type=subject_type,
        subject_id=subject_id,
        dossier_id=dossier_id,
        fields=names,
        reason=reason,
        at=at,
    ).save(force_insert=True)


@transaction.atomic(savepoint=False)
def record_many(
    event: str, *, by: Any, at: datetime, dossier_ids: Iterable[int], fields: Iterable[str] = ()
) -> None:
    """Write down that many dossiers were looked at: one entry each, in one statement."""
    names = list(fields)
    _refuse_values(event, names, "")
    Entry.objects.bulk_create(
        Entry(
            event=event,
            user_id=getattr(by, "pk", None),
            unit_id=getattr(by, "unit_id", None),
            dossier_id=dossier_id,
            fields=names,
            at=at,
        )
        for dossier_id in dossier_ids
    )


@transaction.atomic(savepoint=False)
def record_each(
    event: str, *, by: Any, at: datetime, subjects: Iterable[tuple[models.Model, str]]
) -> None:
    """Write down what happened to many rows, each with its reason: one entry each, in one go."""
    entries = []
    for subject, reason in subjects:
        _refuse_values(event, [], reason)
        entries.append(
            Entry(
                event=event,
                user_id=None if isinstance(by, str) else getattr(by, "pk", None),
                system=by if isinstance(by, str) else "",
                unit_id=getattr(by, "unit_id", None),
                subject_type=subject._meta.label,
                subject_id=str(subject.pk),
                dossier_id=getattr(subject, "dossier_id", None),
                fields=[],
                reason=reason,
                at=at,
            )
        )
    Entry.objects.bulk_create(entries, batch_size=BATCH)


def _refuse_values(event: str, names: list[str], reason: str) -> None:
    if not EVENT.fullmatch(event) or not all(map(NAME.fullmatch, names)):
        raise ValueError("events and fields are named by codes")
    if not REASON.fullmatch(reason):
        raise ValueError("a reason is a code or a few neutral lower-case words")


@transaction.atomic
def seal(*, at: datetime, patience: float = PATIENCE_SECONDS) -> Head | None:
    """Extend the Merkle tree by every finished entry and sign its head.

    An entry is finished when no transaction is left that could still bring one with a lower
    number: the highest number is read first, the next transaction id after it, and then all
    older transactions of this database must have ended. Numbers of rolled back transactions stay
    empty.
    Returns the newest head, or None if nothing was added (nothing new, a long transaction is
    still running, or another sealer is at work).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not _one(cursor) or (upto := _finished_upto(cursor, patience)) is None:
            return None
        newest = Head.objects.defer("seqs", "leaves").order_by("-size").first()
        tree = Tree.unpack(newest.size, bytes(newest.peaks)) if newest else Tree()
        if newest and tree.root() != bytes(newest.root):
            raise ValueError("the stored state of the tree does not give the signed root")
        after = newest.last_seq if newest else 0
        key = Ed25519PrivateKey.from_private_bytes(settings.PANOH_SEAL_KEY)
        head = None
        while after < upto:
            cursor.execute(
                "SELECT seqs, leaves FROM audit_unsealed(%s, %s, %s)", [after, upto, BATCH]
            )
            seqs, leaves = cursor.fetchone()
            if not seqs:
                break
            tree.add(leaves)
            signed = sign(SignedHead(tree.size, tree.root(), at), key)
            head = Head(
                size=tree.size,
                root=signed.root,
                last_seq=seqs[-1],
                peaks=tree.pack(),
                seqs=seqs,
                leaves=leaves,
                signed_at=at,
                signature=signed.signature,
            )
            head.save(force_insert=True)
            after = seqs[-1]
    return head


def _one(cursor: Any) -> Any:
    return cursor.fetchone()[0]


def _finished_upto(cursor: Any, patience: float) -> int | None:
    cursor.execute("SELECT audit_last_seq()")
    upto = int(_one(cursor))
    cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    following = _one(cursor)
    waited = 0.0
    while True:
        cursor.execute(RUNNING, [following])
        if not _one(cursor):
            return upto
        if waited >= patience:
            return None
        time.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
