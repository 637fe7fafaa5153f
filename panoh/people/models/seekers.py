"""Who asks for somebody, and what is kept of that."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from panoh.access.models import Dossier, Team, Unit, User
from panoh.vault.rules import TOKEN


class Seeker(models.Model):
    """That somebody asked for a person: who, when, how; what was said is sealed to every team.

    Whether the person is known stands nowhere here: the background compares, and only the holder
    of a file learns it. ``sealed`` is a JSON text under a key of its own, of which each team has
    a wrap that it gets with a match and not before.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    caller = models.CharField(max_length=40)
    channel = models.CharField(max_length=40)
    sealed = models.BinaryField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Privacy:
        open = ("id", "team", "caller", "channel", "asked_at", "asked_by")
        personal = ()
        special = ("sealed",)

    def __str__(self) -> str:
        return str(self.pk)


class SeekerWrap(models.Model):
    """One team's wrap of a seeker's key. The application cannot read this table."""

    id = models.BigAutoField(primary_key=True)
    seeker = models.ForeignKey(Seeker, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveIntegerField()
    wrapped = models.BinaryField()

    class Privacy:
        open = ("id", "seeker", "team", "version")
        personal = ()
        special = ("wrapped",)

    def __str__(self) -> str:
        return str(self.pk)


class SeekerToken(models.Model):
    """A blind key of who is sought: under the unit's key (``unit``) or a national one. Closed."""

    id = models.BigAutoField(primary_key=True)
    seeker = models.ForeignKey(Seeker, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True)
    purpose = models.CharField(max_length=20, blank=True, default="")
    kind = models.PositiveSmallIntegerField()
    token = models.BinaryField(max_length=TOKEN)

    class Privacy:
        open = ("id", "seeker", "unit", "purpose", "kind")
        personal = ("token",)
        special = ()

    def __str__(self) -> str:
        return str(self.pk)


class Sought(models.Model):
    """Somebody asked for the person of this dossier: her holder knows, and she decides.

    Written by the background alone; the holder adds what she answered (list ``seeker_answers``).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    seeker_id = models.UUIDField()
    found_at = models.DateTimeField()
    answer = models.CharField(max_length=40, blank=True, default="", db_default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)

    class Privacy:
        open = ()
        personal = ()
        special = (
            "id",
            "dossier",
            "seeker_id",
            "found_at",
            "answer",
            "answered_at",
            "answered_by",
        )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier", "seeker_id"], name="people_sought_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)
