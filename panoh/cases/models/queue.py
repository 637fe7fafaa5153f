"""The queue of the commission: a case there has a reference of its own."""

from uuid import uuid4

from django.db import models

from panoh.access.models import Dossier


class Queued(models.Model):
    """A case under a second random reference. Only the holder sees the row: nobody else can tell
    which file a line of the queue is."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.OneToOneField(Dossier, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=12, unique=True)
    listed_at = models.DateTimeField()

    class Privacy:
        open = ("id", "dossier", "listed_at")
        personal = ("code",)
