"""Entries and signed heads. Both are append-only; triggers and privileges see to it."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Entry(models.Model):
    """One thing done or seen: by whom, to what, which fields by name, when. Never a value.

    The client makes the key (``RETURNING`` would need the right to read). A trigger fills
    ``seq``, ``stored_at`` and ``vouched`` whatever was sent: ``vouched`` says that the database
    itself saw a signed context of that user.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seq = models.BigIntegerField(unique=True, editable=False)
    event = models.CharField(max_length=64)
    user_id = models.IntegerField(null=True)
    system = models.CharField(max_length=32, default="")
    unit_id = models.IntegerField(null=True)
    subject_type = models.CharField(max_length=64, default="")
    subject_id = models.CharField(max_length=64, default="")
    dossier_id = models.BigIntegerField(null=True)
    fields = ArrayField(models.CharField(max_length=64), default=list)
    reason = models.CharField(max_length=80, default="")
    at = models.DateTimeField()
    stored_at = models.DateTimeField(editable=False)
    vouched = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reason__regex=r"^[a-z0-9_.:/ -]{0,80}$"),
                name="audit_entry_reason_coded",
            )
        ]
        indexes = [
            models.Index(
                fields=["dossier_id", "seq"],
                condition=models.Q(dossier_id__isnull=False),
                name="audit_entry_dossier",
            ),
            models.Index(fields=["unit_id", "seq"], name="audit_entry_unit"),
        ]

    class Privacy:
        open = ("id", "seq", "event", "system", "unit_id", "subject_type", "fields", "vouched")
        personal = ("user_id", "subject_id", "dossier_id", "reason", "at", "stored_at")
        special = ()


class Head(models.Model):
    """The signed root over the first ``size`` entries in the order of ``seq``.

    ``peaks`` is the state from which the tree grows on. ``seqs`` and ``leaves`` are the sealed
    copy of what this head added, so that a later check can name the row that differs.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    last_seq = models.BigIntegerField()
    peaks = models.BinaryField()
    seqs = ArrayField(models.BigIntegerField())
    leaves = models.BinaryField()
    signed_at = models.DateTimeField()
    signature = models.BinaryField(max_length=64)

    class Privacy:
        open = ("size", "root", "last_seq", "peaks", "seqs", "leaves", "signed_at", "signature")
        personal = ()
        special = ()
