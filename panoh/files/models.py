"""Documents: one row each; the content lies encrypted beside the database."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, Team, User
from panoh.files.rules import TYPES
from panoh.vault.models import SealedTextField


class Document(models.Model):
    """A file of one data category. ``key`` opens the content and is sealed like the title, so
    that destroying the data key of the category destroys the file."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    category = models.IntegerField()
    number = models.PositiveIntegerField()
    title = SealedTextField(category="category")
    key = SealedTextField(category="category")
    type = models.CharField(max_length=10)
    size = models.PositiveIntegerField()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "dossier", "category", "number", "type", "size", "added_at", "added_by")
        personal = ("title",)
        special = ("key",)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(type__in=sorted(TYPES)), name="files_type_is_taken"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Printed(models.Model):
    """That a letter was printed: its number in the team's year, which one, in which language, with
    or without a name; not what it said. ``mark`` is what its picture leads to: it says "genuine"
    and nothing else. The team that printed it sees the row whatever happens to its reach."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+", null=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject_id = models.UUIDField(null=True)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    mark = models.CharField(max_length=40, unique=True)
    code = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    is_named = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = (
            *("id", "dossier", "team", "subject_id", "year", "number", "mark", "language"),
            *("is_named", "at", "by"),
        )
        special = ("code",)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["team", "year", "number"], name="files_numbered_once"),
        )
        indexes = (models.Index(fields=["subject_id"], name="files_printed_idx"),)

    def __str__(self) -> str:
        return f"{self.number}/{self.year}"
