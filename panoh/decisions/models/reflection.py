"""The time to recover and reflect, what of it was used, interviews (row B14)."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from panoh.access.models import Dossier, Team, User
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class Reflection(models.Model):
    """One time to recover. Its end is counted once, at its start, by the pack of that day: a later
    change moves nothing. Without a known length it has no last day and runs until it is ended."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    started_on = models.DateField()
    ends_at = models.DateTimeField(null=True)
    last_on = models.DateField(null=True)
    half_at = models.DateTimeField(null=True)
    pack_version = models.CharField(max_length=40)
    ended_at = models.DateTimeField(null=True)
    ended_on = models.DateField(null=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    ended_words = SealedTextField(category=Category.SERVICES)

    class Privacy:
        open = (
            *("id", "dossier", "team", "started_at", "started_by", "started_on", "ends_at"),
            *("last_on", "half_at", "pack_version", "ended_at", "ended_on", "ended_by"),
        )
        special = ("ended_words",)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["dossier"], condition=Q(ended_at=None), name="decisions_one_reflection"
            ),
            # Before its time it ends by the person's own word, or not at all.
            models.CheckConstraint(
                condition=Q(ended_at=None)
                | Q(ended_words__isnull=False)
                | Q(ended_at__gte=F("ends_at")),
                name="decisions_reflection_ends_by_word",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Used(models.Model):
    """One thing that the time to recover gives, and the day on which the person first had it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    reflection = models.ForeignKey(Reflection, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "reflection", "on", "at", "by")
        special = ("code",)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["reflection", "code"], name="decisions_used_once"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Interview(models.Model):
    """An interview by investigators that is planned. In the time to recover there is none unless
    the person asked for it: the database refuses the row (``decisions_no_interview``)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    is_her_wish = models.BooleanField()
    words = SealedTextField(category=Category.SERVICES)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "on", "is_her_wish", "at", "by")
        special = ("words",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(is_her_wish=False) | Q(words__isnull=False),
                name="decisions_her_wish_in_words",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
