"""Documents: one row each; the content lies encrypted beside the database."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, User
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
