"""Proposals and their answers, drafts, events and lessons; what happened, for later counting."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from panoh.access.models import User
from panoh.bodies.models.bodies import Body
from panoh.bodies.models.states import Reply


class Event(models.Model):
    """A conference, a study tour, a round table: who goes, and what was learned (rows H8, B13).

    ``delegates`` are offices or names of those who go. The lessons note is due on ``lesson_due``.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    place = models.CharField(max_length=120, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    delegates = ArrayField(models.CharField(max_length=120), default=list)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    lesson = models.CharField(max_length=2000, blank=True)
    lesson_due = models.DateField(null=True)
    lesson_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            *("id", "body", "kind", "name", "place", "starts_on", "ends_on", "at", "by"),
            *("lesson", "lesson_due", "lesson_at", "closed_at"),
        )
        personal = ("delegates",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="bodies_event_in_order"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Proposal(models.Model):
    """Something proposed to a body, or a problem told to it; it is answered with a reason.

    ``of`` is the body that proposes (a council of survivors), ``event`` the one it comes from. The
    proposer reads the answer, whether or not they have a seat.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=10, unique=True)
    of = models.ForeignKey(
        Body, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="proposals", null=True)
    is_problem = models.BooleanField(default=False)
    text = models.CharField(max_length=2000)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True)
    state = models.CharField(max_length=20, choices=Reply, default=Reply.WAITING)
    reason = models.CharField(max_length=1000, blank=True)
    deferred_to = models.DateField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = (
            *("id", "body", "number", "of", "event", "is_problem", "text", "at", "by", "due_on"),
            *("state", "reason", "deferred_to", "answered_at", "answered_by"),
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state=Reply.WAITING, answered_at=None)
                | (~Q(state=Reply.WAITING) & ~Q(reason="") & Q(answered_at__isnull=False)),
                name="bodies_answer_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=Reply.DEFERRED) | Q(deferred_to__isnull=False),
                name="bodies_deferred_to_a_day",
            ),
        )

    def __str__(self) -> str:
        return self.number


class Draft(models.Model):
    """A version of a text that a body works on. Every seat reads it in the same moment."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    title = models.CharField(max_length=200)
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "body", "title", "version", "text", "at", "by")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["body", "title", "version"], name="bodies_draft_version"
            ),
        )

    def __str__(self) -> str:
        return self.title


class HappeningKind(models.TextChoices):
    """What is counted of a body (row B6)."""

    RECEIVED = "received"
    DECIDED = "decided"
    OVERDUE = "overdue"
    SAT = "sat"
    MISSED = "missed"


class Happening(models.Model):
    """One thing that happened in a body: kinds and moments only, so that anybody who counts may
    read it; the database writes it. ``key`` is the item, the sitting, or the quarter missed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=HappeningKind)
    item_kind = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Privacy:
        open = ("id", "body", "kind", "item_kind", "outcome", "key", "at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "kind", "key"], name="bodies_happened_once"),
        )
