"""Calls for an emergency opening, and the rings before it."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Team, User
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class Review(models.TextChoices):
    """What somebody else found about an emergency access."""

    RIGHT = "right", _("It was right")
    MISTAKE = "mistake", _("It was a mistake without bad intent")
    MISUSE = "misuse", _("It was misuse")


class EmergencyCall(models.Model):
    """That an account asked for emergency access; it never says whether there is a file.

    ``reason`` is sealed to the asker's team, ``reason_aside`` to the duty hotline. Written by
    definer functions only, which keep the wait, the number a month and who may review.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    danger = models.CharField(max_length=40)
    reason = models.BinaryField()
    reason_aside = models.BinaryField(null=True)
    asked_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    review = models.CharField(max_length=20, choices=Review, blank=True)

    class Privacy:
        open = (
            "id",
            "user",
            "team",
            "asked_at",
            "opens_at",
            "opened_at",
            "ends_at",
            "reviewed_at",
            "reviewed_by",
            "review",
        )
        personal = ("reason", "reason_aside")
        special = ("danger",)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("user")),
                name="people_nobody_reviews_own_emergency",
            ),
            models.CheckConstraint(
                condition=Q(opened_at=None) | Q(opened_at__gte=F("opens_at")),
                name="people_emergency_waits",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Answer(models.TextChoices):
    """What the holder says before the access opens."""

    CALLED_BACK = "called_back", _("We called back and help ourselves")
    REFUSED = "refused", _("No: opening the file would harm the person")


class EmergencyRing(models.Model):
    """That a holder was called about a file of its own; only the holder sees this row."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    call_id = models.UUIDField(unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    danger = models.CharField(max_length=40)
    rung_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    answer = models.CharField(max_length=20, choices=Answer, blank=True)
    why = SealedTextField(category=Category.SAFETY)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    opened_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            "id",
            "dossier",
            "call_id",
            "team",
            "rung_at",
            "opens_at",
            "answer",
            "answered_at",
            "answered_by",
            "opened_at",
        )
        personal = ("why",)
        special = ("danger",)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(opened_at=None),
                name="people_emergency_answered_or_opened",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
