"""Returns, permits to stay, and letters that were printed (rows E14, E18)."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, Team, User
from panoh.care.rules import MAY_GO, Asylum, ReturnState
from panoh.cases.models import Leaving
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


def _code() -> "models.CharField[str, str]":
    """A stored code; empty means not asked, which is not "no"."""
    return models.CharField(max_length=40, blank=True, default="")


class Return(models.Model):
    """One way back, home or to another country. ``leaving`` is the plan under which the person
    departed: the choice in own words and the look at the destination stand there."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=20, default=ReturnState.OPEN)
    kind = _code()
    agreed = _code()
    asylum = models.CharField(max_length=20, default=Asylum.NOT_ASKED)
    papers = _code()
    escort = _code()
    reception = _code()
    text = SealedTextField(category=Category.SERVICES)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    leaving = models.ForeignKey(
        Leaving, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    departed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            *("id", "dossier", "team", "state", "opened_at", "opened_by", "leaving"),
            *("departed_at", "arrived_at", "ended_at"),
        )
        special = ("kind", "agreed", "asylum", "papers", "escort", "reception", "text")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in ReturnState]), name="care_return_state"
            ),
            models.CheckConstraint(
                condition=Q(asylum__in=[one.value for one in Asylum]), name="care_return_asylum"
            ),
            # Promised here, whatever a page says: nobody departs without a yes of their own, a
            # look at the destination, and the asylum question.
            models.CheckConstraint(
                condition=Q(departed_at=None)
                | Q(
                    agreed="yes",
                    asylum__in=sorted(one.value for one in MAY_GO),
                    leaving__isnull=False,
                ),
                name="care_departs_asked",
            ),
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(state__in=["open", "departed"]),
                name="care_one_return",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Permit(models.Model):
    """A paper that lets somebody stay, and its last day."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    ends_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "at", "by", "ended_at")
        special = ("kind", "ends_on")

    def __str__(self) -> str:
        return str(self.pk)


class Letter(models.Model):
    """That a letter was printed, in which language, with or without the name; not what it said."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    is_named = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "language", "is_named", "at", "by")
        special = ("code",)

    def __str__(self) -> str:
        return str(self.pk)
