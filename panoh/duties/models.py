"""Duties: one row for each thing a team owes."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, Team, User
from panoh.duties.rules import LAST_RANK


class DutyQuerySet(models.QuerySet["Duty"]):
    """Questions every caller asks alike."""

    def unsettled(self) -> "DutyQuerySet":
        """Duties that are still owed."""
        return self.filter(settled_at=None)


class Duty(models.Model):
    """What a team owes: seen by its owner and by the holder of the dossier, by nobody else.

    ``next_step_at`` is the moment at which somebody further is rung if nobody has taken it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=40)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+", null=True)
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject_id = models.UUIDField(null=True)
    period = models.CharField(max_length=60, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.IntegerField(null=True)
    due_at = models.DateTimeField(null=True)
    is_late = models.BooleanField(default=False)
    urgency_rank = models.PositiveSmallIntegerField(default=LAST_RANK)
    sensitivity_rank = models.PositiveSmallIntegerField(default=LAST_RANK)
    level = models.PositiveSmallIntegerField(default=0)
    assigned_to = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    next_step_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    outcome = models.CharField(max_length=40, blank=True)

    objects = DutyQuerySet.as_manager()

    class Privacy:
        open = (
            "id",
            "kind",
            "dossier",
            "owner",
            "subject_id",
            "period",
            "opened_at",
            "opened_by",
            "due_at",
            "is_late",
            "urgency_rank",
            "sensitivity_rank",
            "level",
            "assigned_to",
            "next_step_at",
            "acknowledged_at",
            "acknowledged_by",
            "settled_at",
            "settled_by",
            "outcome",
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(settled_at=None) | ~Q(outcome=""), name="duties_settled_has_outcome"
            ),
        )
        indexes = (
            models.Index(
                "owner",
                models.F("is_late").desc(),
                "urgency_rank",
                "sensitivity_rank",
                models.F("due_at").asc(nulls_last=True),
                "id",
                condition=Q(settled_at=None),
                name="duties_queue_idx",
            ),
            models.Index(
                fields=["next_step_at"], condition=Q(settled_at=None), name="duties_step_idx"
            ),
            models.Index(fields=["subject_id"], name="duties_subject_idx"),
        )

    def __str__(self) -> str:
        return self.kind
