"""The desk's own tables: who stands when, who called, what was handed over. No row names a case."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from panoh.access.models import Team, Unit, User


class Shift(models.Model):
    """Hours of a desk that one person stands; ``unit`` is the organisation that sends the person.

    Without ``user`` the hours are promised and nobody is named: they count as empty. A shift that
    falls out is dropped, never removed.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    planned_at = models.DateTimeField()
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    dropped_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = (
            *("id", "team", "unit", "user", "starts_at", "ends_at", "planned_at", "planned_by"),
            *("dropped_at", "dropped_by"),
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="intake_shift_in_order"
            ),
        )
        indexes = (
            models.Index(
                fields=["team", "ends_at"], condition=Q(dropped_at=None), name="intake_roster"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Call(models.Model):
    """Somebody reached the desk. Codes only, and a note sealed to the desk's team; no name has a
    column, and no case is named: whoever calls stays free to hang up.

    ``user`` sees to it now: who answered, then whoever took over. ``outcome`` is a code of
    ``call_outcomes``; until it stands the call is owed by the team up to ``due_at``.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    called_at = models.DateTimeField()
    channel = models.CharField(max_length=40)
    danger_now = models.CharField(max_length=40)
    needs = ArrayField(models.CharField(max_length=40), default=list)
    language = models.CharField(max_length=8, blank=True)
    source = models.CharField(max_length=40, blank=True)
    note = models.BinaryField(null=True)
    due_at = models.DateTimeField(null=True)
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(max_length=40, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = (
            *("id", "team", "user", "called_at", "channel", "danger_now", "needs", "language"),
            *("source", "due_at", "noted_at", "noted_by", "outcome", "ended_at", "ended_by"),
        )
        special = ("note",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome="", ended_at=None) | ~Q(outcome="") & Q(ended_at__isnull=False),
                name="intake_ended_has_outcome",
            ),
        )
        indexes = (models.Index(fields=["team", "-called_at", "id"], name="intake_log"),)

    def __str__(self) -> str:
        return str(self.pk)


class Handover(models.Model):
    """One shift tells the next what is open; it is over when somebody takes it by name."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    calls = models.PositiveIntegerField()
    note = models.BinaryField(null=True)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "team", "calls", "given_at", "given_by", "taken_at", "taken_by")
        special = ("note",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(taken_at=None, taken_by=None)
                | Q(taken_at__isnull=False, taken_by__isnull=False) & ~Q(taken_by=F("given_by")),
                name="intake_taken_by_another",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
