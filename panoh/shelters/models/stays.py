"""Holds and stays. One constraint over both: no bed is ever given twice."""

from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from panoh.access.models import Dossier, Team, User
from panoh.shelters.models.houses import Bed, House
from panoh.shelters.rules import HoldState, StayState


def _one(name: str) -> tuple[Func, str]:
    """A number as a range of itself: core range types need no extension in a GiST index."""
    number = Func(F(name), F(name), Value("[]"), function="int8range")
    return number, RangeOperators.OVERLAPS


def _signed() -> "models.ForeignKey[User, User]":
    return models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)


_DURING = ("during", RangeOperators.OVERLAPS)
# From the door on: a bed may be held in one house while she still lives in another.
_LIVED = (
    Func(F("admitted_at"), Func(F("during"), function="upper"), function="tstzrange"),
    RangeOperators.OVERLAPS,
)


class Hold(models.Model):
    """Beds kept in one house for one person or one family, until a moment; then their stay.

    Seen by the team that holds the case and by the team of the house. It carries what a house
    must know before it says yes and nothing that names anybody; ``code`` is said at the door.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=10)
    people = models.PositiveSmallIntegerField()
    district = models.CharField(max_length=20, blank=True, default="")
    situation = models.CharField(max_length=40, blank=True, default="")
    care = ArrayField(models.CharField(max_length=40), default=list)
    language = models.CharField(max_length=8, blank=True, default="")
    state = models.CharField(max_length=10, default=HoldState.HELD)
    placed_at = models.DateTimeField()
    placed_by = _signed()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "people", "state", "placed_at", "until", "ended_at")
        personal = ("house", "team", "code", "placed_by", "ended_by")
        special = ("dossier", "district", "situation", "care", "language")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in HoldState]), name="shelters_hold_state"
            ),
            models.CheckConstraint(
                condition=Q(placed_at__lt=F("until"), people__gt=0), name="shelters_hold_lasts"
            ),
        )
        indexes = (
            models.Index(
                fields=["until"], condition=Q(state=HoldState.HELD), name="shelters_hold_until_idx"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Stay(models.Model):
    """One bed for one person, from the hold to the leaving: one row that changes its state.

    ``during`` ends with the hold until somebody is admitted, is open while she stays, and ends
    when she leaves. ``who`` counts the people of one hold: 1 is the person of the case, the
    others come with her. ``youngest`` and ``oldest`` are ages in full years, as far as known.
    ``until`` is the end of the hold; empty where somebody moved here from another bed.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="stays")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    bed = models.ForeignKey(Bed, on_delete=models.PROTECT, related_name="+")
    who = models.PositiveSmallIntegerField()
    sex = models.CharField(max_length=40)
    youngest = models.PositiveSmallIntegerField(null=True)
    oldest = models.PositiveSmallIntegerField(null=True)
    state = models.CharField(max_length=10, default=StayState.HELD)
    during = DateTimeRangeField()
    until = models.DateTimeField(null=True)
    admitted_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True, default="")

    class Privacy:
        open = ("id", "state")
        personal = ("hold", "team", "bed", "who", "until")
        special = (
            *("dossier", "sex", "youngest", "oldest", "during", "admitted_at"),
            "outcome",
        )

    class Meta:
        constraints = (
            ExclusionConstraint(name="shelters_no_bed_twice", expressions=[_one("bed"), _DURING]),
            ExclusionConstraint(
                name="shelters_nobody_in_two_beds",
                expressions=[_one("dossier"), _one("who"), _LIVED],
                condition=Q(admitted_at__isnull=False),
            ),
            ExclusionConstraint(
                name="shelters_nobody_held_twice",
                expressions=[_one("dossier"), _one("who"), _DURING],
                condition=Q(state=StayState.HELD),
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in StayState]), name="shelters_stay_state"
            ),
            models.CheckConstraint(
                condition=Q(state=StayState.FREED, during__isempty=True)
                | Q(during__startswith__isnull=False)
                & (
                    Q(state=StayState.IN, during__endswith=None)
                    | (~Q(state=StayState.IN) & Q(during__endswith__isnull=False))
                ),
                name="shelters_stay_open_while_in",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[StayState.HELD, StayState.FREED], admitted_at=None)
                | (~Q(state__in=[StayState.HELD, StayState.FREED]) & Q(admitted_at__isnull=False)),
                name="shelters_stay_has_begun",
            ),
            models.CheckConstraint(
                condition=Q(until=None) & ~Q(state=StayState.HELD)
                | Q(admitted_at=None, until__isnull=False)
                | Q(admitted_at__lt=F("until")),
                name="shelters_admitted_before_hold_ends",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Refusal(models.Model):
    """A house said no: a coded reason or no row. It names nobody and is never changed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=40)
    sex = models.CharField(max_length=40, blank=True, default="")
    district = models.CharField(max_length=20, blank=True, default="")
    at = models.DateTimeField()
    by = _signed()

    class Privacy:
        open = ("id", "team", "reason", "sex", "district", "at", "by")
        personal = ("house",)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="shelters_refusal_has_reason"),
        )

    def __str__(self) -> str:
        return str(self.pk)
