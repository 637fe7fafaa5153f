"""Many letters that were asked for at once, made in the background for one account."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from panoh.access.models import Team, User


class Batch(models.Model):
    """Letters of a body's rulings: numbered when they were asked for (``letters`` numbers of
    ``team`` in ``year`` from ``first`` on), made part by part. What is made is sealed to
    ``public``, the key of the one ``account`` that asked; after ``expires_at`` it is destroyed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    since = models.DateField()
    until = models.DateField()
    year = models.PositiveSmallIntegerField()
    first = models.PositiveIntegerField()
    letters = models.PositiveIntegerField()
    made = models.PositiveIntegerField(default=0)
    public = models.BinaryField()
    asked_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Privacy:
        open = (
            *("id", "account", "team", "code", "language", "since", "until", "year", "first"),
            *("letters", "made", "public", "asked_at", "moved_at", "expires_at"),
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(made__lte=F("letters")), name="decisions_made_of_asked"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_ready(self) -> bool:
        """All of them are made."""
        return self.made == self.letters


class BatchPart(models.Model):
    """Some of the letters as one PDF, sealed to the account that asked."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    content = models.BinaryField()

    class Privacy:
        open = ("id", "batch", "account", "number")
        special = ("content",)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["batch", "number"], name="decisions_batch_part_once"),
        )

    def __str__(self) -> str:
        return str(self.pk)
