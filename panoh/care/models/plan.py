"""Needs with the goal in the person's own words, steps, what was given, reviews (row E5)."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, Team, User
from panoh.care.rules import RATINGS, NeedState
from panoh.directory.models import Organisation
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class Need(models.Model):
    """What one person needs: a service of the pack's catalogue, and what it is for, in the
    person's own words. ``version`` counts changes of the goal's row."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    service = models.CharField(max_length=40)
    goal = SealedTextField(category=Category.SERVICES)
    state = models.CharField(max_length=20, default=NeedState.OPEN)
    assessed_at = models.DateTimeField()
    assessed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "state", "assessed_at", "assessed_by", "ended_at")
        special = ("service", "goal")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in NeedState]), name="care_need_state"
            ),
            models.CheckConstraint(condition=~Q(service=""), name="care_need_of_a_service"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class CareStep(models.Model):
    """One step towards a goal: who helps (an entry of the directory, else the own team), until
    when, and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    provider = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    text = SealedTextField(category=Category.SERVICES)
    due_on = models.DateField()
    outcome = models.CharField(max_length=40, blank=True, default="")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = (
            *("id", "dossier", "need", "team", "due_on", "added_at", "added_by", "ended_at"),
            "ended_by",
        )
        special = ("provider", "text", "outcome")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ended_at=None) | ~Q(outcome=""), name="care_step_has_outcome"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Served(models.Model):
    """One line of the service log: what was given, by whom, on which day, with what outcome."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    provider = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    outcome = models.CharField(max_length=40)
    text = SealedTextField(category=Category.SERVICES)
    on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "need", "team", "on", "at", "by")
        special = ("provider", "outcome", "text")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(outcome=""), name="care_served_has_outcome"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Review(models.Model):
    """How things are, rated by the person, in the person's own words; and when to ask again."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    rating = models.PositiveSmallIntegerField(null=True)
    words = SealedTextField(category=Category.SERVICES)
    on = models.DateField()
    next_on = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "on", "next_on", "at", "by")
        special = ("rating", "words")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__in=list(RATINGS)), name="care_rating_known"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
