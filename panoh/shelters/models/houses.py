"""Houses, rooms, beds: seen by the team that runs them, and by nobody else as they are."""

from datetime import UTC, datetime
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team

# A bed that nobody ever held is free since before anybody could ask.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


def _codes(length: int = 40) -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=length), default=list)


class House(models.Model):
    """One building, its admission criteria and what it can do.

    ``address`` is sealed to the owning team's key. Ages are full years and part of the range;
    ``boys_until`` is the oldest age at which a boy comes in with his family, empty: no limit.
    Only ``region`` is ever shown to others before a bed is held.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("Name of the house"), max_length=120)
    region = models.CharField(max_length=20)
    district = models.CharField(_("District"), max_length=20)
    address = models.BinaryField(null=True)
    sexes = _codes()
    min_age = models.PositiveSmallIntegerField(null=True)
    max_age = models.PositiveSmallIntegerField(null=True)
    boys_until = models.PositiveSmallIntegerField(null=True)
    families = models.BooleanField(default=False)
    situations = _codes()
    care = _codes()
    languages = _codes(8)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    closing_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            *("id", "team", "region", "sexes", "min_age", "max_age", "boys_until", "families"),
            *("situations", "care", "languages", "version", "opened_at", "closing_at"),
            "closed_at",
        )
        personal = ("name", "district")
        special = ("address",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(min_age=None) | Q(max_age=None) | Q(min_age__lte=F("max_age")),
                name="shelters_ages_in_order",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closing_at__isnull=False),
                name="shelters_closed_after_closing",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Room(models.Model):
    """A room of a house; ``sex`` says whose it is, empty: anybody's, a family's too."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(_("Number or name of the room"), max_length=40)
    sex = models.CharField(max_length=40, blank=True, default="")

    class Privacy:
        open = ("id", "team", "house", "sex")
        personal = ("name",)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["house", "name"], name="shelters_room_once"),
        )

    def __str__(self) -> str:
        return self.name


class Bed(models.Model):
    """One bed. ``free_from`` is kept by a trigger from its holds and stays, so that a search need
    not read them; null: somebody lives there. What counts is their constraint. ``closed_at``: it
    is not in use."""

    id = models.AutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="beds")
    number = models.PositiveSmallIntegerField()
    free_from = models.DateTimeField(null=True, default=ALWAYS, db_default=ALWAYS)
    closed_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "team", "house", "room", "number", "free_from", "closed_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["room", "number"], name="shelters_bed_once"),
        )
        indexes = (
            models.Index(
                fields=["free_from"], condition=Q(closed_at=None), name="shelters_bed_free_idx"
            ),
        )

    def __str__(self) -> str:
        return str(self.number)
