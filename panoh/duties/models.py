"""Duties: one row for each thing a team owes."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, Team, User
from panoh.duties.rules import LAST_RANK, Verb
from panoh.policy.rules import Standing, TimeUnit


class DutyQuerySet(models.QuerySet["Duty"]):
    """Questions every caller asks alike."""

    def unsettled(self) -> "DutyQuerySet":
        """Duties that are still owed."""
        return self.filter(settled_at=None)


def _of_a_period(name: str) -> tuple[models.CheckConstraint, models.CheckConstraint]:
    """A clock has a known unit and a known standing, or none."""
    standings = [one.value for one in Standing]
    units = [one.value for one in TimeUnit]
    return (
        models.CheckConstraint(
            condition=Q(unit="", standing="") | Q(unit__in=units), name=f"duties_{name}_unit"
        ),
        models.CheckConstraint(
            condition=Q(unit="") | Q(standing__in=standings), name=f"duties_{name}_standing"
        ),
    )


class Clock(models.Model):
    """By which version of which period something was counted: written once, changed by nobody.

    ``value`` is empty while the pack has not set the period. ``unit`` is empty where no period was
    named, or where a function of the database opened the duty: then the pack of that day says it.
    """

    period = models.CharField(max_length=60, blank=True)
    value = models.PositiveIntegerField(null=True)
    unit = models.CharField(max_length=20, blank=True, default="")
    act = models.CharField(max_length=200, blank=True, default="")
    article = models.CharField(max_length=100, blank=True, default="")
    standing = models.CharField(max_length=12, blank=True, default="")
    pack_version = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        abstract = True


CLOCK = ("period", "value", "unit", "act", "article", "standing", "pack_version")


class Duty(Clock):
    """What a team owes: seen by its owner and by the holder of the dossier, by nobody else.

    ``next_step_at`` is the moment at which somebody further is rung if nobody has taken it.
    The clock runs from ``started_at`` (empty: from the opening) in ``zone`` (empty: the pack's);
    while it stands still, since ``stopped_at``, nothing is due.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=40)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+", null=True)
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.IntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    zone = models.CharField(max_length=40, blank=True, default="")
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
            *CLOCK,
            "opened_at",
            "opened_by",
            "started_at",
            "stopped_at",
            "zone",
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
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(due_at=None), name="duties_stopped_is_not_due"
            ),
            # The round that rings notes both for each row: none may stop it for all the others.
            models.CheckConstraint(
                condition=Q(kind__regex=r"^[a-z][a-z0-9_.]*$"), name="duties_kind_is_a_code"
            ),
            models.CheckConstraint(condition=Q(level__lte=100), name="duties_few_steps"),
            *_of_a_period("duty"),
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
            # What nobody has taken is asked for on every visit of Today, of whatever is owed.
            models.Index(
                fields=["owner", "kind"],
                condition=Q(settled_at=None, acknowledged_at=None),
                name="duties_untaken_idx",
            ),
            models.Index(fields=["subject_id"], name="duties_subject_idx"),
        )

    def __str__(self) -> str:
        return self.kind


class Extension(models.Model):
    """More time that somebody asked for: it waits until somebody else of the same team answers.

    ``period`` is the key under which the pack allows it, ``until`` the end of the day that was
    typed where the pack has not set how much that is. The database takes no answer of the account
    that asked, and no more time without an answer that allows it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="+", db_index=False)
    period = models.CharField(max_length=60)
    ground = models.CharField(max_length=40)
    until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    is_allowed = models.BooleanField(null=True)

    class Privacy:
        open = (
            *("id", "duty", "period", "ground", "until", "asked_at", "asked_by"),
            *("answered_at", "answered_by", "is_allowed"),
        )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["duty"], condition=Q(answered_at=None), name="duties_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, is_allowed=None)
                | Q(answered_at__isnull=False, is_allowed__isnull=False)
                & Q(answered_by__isnull=False)
                & ~Q(answered_by=models.F("asked_by")),
                name="duties_asked_two_people",
            ),
        )

    def __str__(self) -> str:
        return self.period


class Turn(Clock):
    """What happened to a running clock: it was stopped, it ran again, or it got more time.

    ``ground`` is a code of the pack; more time is given under a period of the pack (without a
    ``value``: to a day that two people set) and approved by somebody else than who asks. Rows are
    added, never changed; whoever sees the duty sees them.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="turns", db_index=False)
    number = models.PositiveSmallIntegerField()
    verb = models.CharField(max_length=10, choices=[(verb.value, verb.value) for verb in Verb])
    ground = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    due_before = models.DateTimeField(null=True)
    due_after = models.DateTimeField(null=True)

    class Privacy:
        open = (
            "id",
            "duty",
            *CLOCK,
            "number",
            "verb",
            "ground",
            "at",
            "by",
            "approved_by",
            "due_before",
            "due_after",
        )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["duty", "number"], name="duties_turn_once"),
            models.CheckConstraint(
                condition=Q(verb=Verb.RESUME.value) | ~Q(ground=""), name="duties_turn_has_ground"
            ),
            models.CheckConstraint(
                condition=Q(verb=Verb.SUSPEND.value, due_before__isnull=False, due_after=None)
                | Q(verb=Verb.RESUME.value, due_before__isnull=False, due_after__isnull=False)
                | Q(
                    verb=Verb.EXTEND.value,
                    due_before__isnull=False,
                    due_after__gt=models.F("due_before"),
                ),
                name="duties_turn_moves",
            ),
            models.CheckConstraint(
                condition=~Q(verb=Verb.EXTEND.value)
                | Q(value__isnull=False)
                | Q(standing=Standing.UNSET.value),
                name="duties_turn_how_much",
            ),
            models.CheckConstraint(
                condition=~Q(verb=Verb.EXTEND.value)
                | (Q(approved_by__isnull=False) & ~Q(approved_by=models.F("by"))),
                name="duties_turn_two_people",
            ),
            *_of_a_period("turn"),
        )

    def __str__(self) -> str:
        return self.verb
