"""What may be given away, what was made of it, who signed, and what each population has spent.

No table here is of a case. Promises are kept by ``kept.sql``: nothing is changed once written, a
signature is of the very bytes, three people are three, the ledger only grows.
"""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from panoh.access.models import User
from panoh.statistics.rules.outputs import STATUSES, STEPS, Field, Kind, State


def _signed() -> "models.ForeignKey[User, User]":
    return models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)


class Output(models.Model):
    """An estimate or a release. ``plan`` (JSON of methods and levels, or TOML) and ``about`` (JSON:
    origin or metadata) are stored before anything is computed and never change. ``status`` is what
    the estimation said; ``is_passed``: nothing stands against its publication but signatures."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    plan = models.TextField()
    about = models.TextField()
    prepared_by = _signed()
    prepared_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=State.PLANNED)
    status = models.CharField(max_length=12, blank=True, default="")
    is_passed = models.BooleanField(default=False)
    fault = models.CharField(max_length=400, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            *("id", "kind", "name", "plan", "about", "prepared_by", "prepared_at", "state"),
            *("status", "is_passed", "fault", "tries", "made_at"),
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in Kind]), name="statistics_kind"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in State]), name="statistics_state"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["", *STATUSES]), name="statistics_status"
            ),
            # What signatures point at, so that both name the same preparer.
            models.UniqueConstraint(
                fields=["id", "prepared_by"], name="statistics_output_of_preparer"
            ),
        )
        indexes = (models.Index(fields=["state", "prepared_at"], name="statistics_queue"),)

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    """The table that was sent, encrypted under a key of the installation until it was used; then
    the row is deleted. ``app`` puts it in and never reads it."""

    output = models.OneToOneField(
        Output, on_delete=models.PROTECT, related_name="+", primary_key=True
    )
    content = models.BinaryField()

    class Privacy:
        open = ("output",)
        special = ("content",)


class Paper(models.Model):
    """One file that was made, for ever. ``is_secret``: read by the two approvers only."""

    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="papers")
    path = models.CharField(max_length=200)
    content = models.BinaryField()
    is_secret = models.BooleanField(default=False)

    class Privacy:
        open = ("id", "output", "path", "is_secret")
        special = ("content",)
        leaves = {"release": ("path", "content")}

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["output", "path"], name="statistics_paper_once"),
        )

    def __str__(self) -> str:
        return self.path


class Signature(models.Model):
    """An approver's signature under the exact bytes: ``seal`` is their mark. ``record`` (JSON) says
    a line for each of the Five Safes and each finding; ``status`` may make the answer stricter."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="signatures")
    prepared_by = _signed()
    field = models.CharField(max_length=10)
    by = _signed()
    at = models.DateTimeField()
    seal = models.CharField(max_length=64)
    record = models.TextField()
    status = models.CharField(max_length=12, blank=True, default="")

    class Privacy:
        open = (*("id", "output", "prepared_by", "field", "by", "at", "seal", "record", "status"),)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["output", "field"], name="statistics_field_once"),
            models.UniqueConstraint(fields=["output", "by"], name="statistics_signs_once"),
            models.CheckConstraint(
                condition=~Q(by=F("prepared_by")), name="statistics_never_by_preparer"
            ),
            models.CheckConstraint(
                condition=Q(field__in=[one.value for one in Field]), name="statistics_field"
            ),
        )


class Leaver(models.Model):
    """Somebody who withdrew from a population, as a keyed mark: who it is nobody reads here, and
    every later release of the population leaves the person out."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    population = models.CharField(max_length=200)
    mark = models.CharField(max_length=64)
    by = _signed()
    at = models.DateTimeField()

    class Privacy:
        open = ("id", "population", "by", "at")
        personal = ("mark",)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["population", "mark"], name="statistics_leaves_once"),
        )


class Decision(models.Model):
    """One step of somebody's: asked for, published, refused, withdrawn; for ever."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="decisions")
    verb = models.CharField(max_length=10)
    by = _signed()
    at = models.DateTimeField()
    reason = models.TextField(blank=True, default="")

    class Privacy:
        open = ("id", "output", "verb", "by", "at", "reason")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(verb__in=STEPS), name="statistics_verb"),
            models.CheckConstraint(
                condition=~Q(verb__in=["refuse", "withdraw"]) | Q(reason__regex=r"\S"),
                name="statistics_reason_said",
            ),
        )


class Spend(models.Model):
    """A line of the ledger: ``entry`` is the text whose mark is ``hash``, chained to the line
    before and signed by the installation. The database reads the other columns from it."""

    number = models.PositiveIntegerField(primary_key=True)
    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="spends")
    population = models.CharField(max_length=200, db_index=True)
    state = models.CharField(max_length=10)
    rho = models.FloatField()
    cap_rho = models.FloatField()
    entry = models.TextField()
    hash = models.CharField(max_length=64, unique=True)
    signature = models.CharField(max_length=128)

    class Privacy:
        open = (
            *("number", "output", "population", "state", "rho", "cap_rho", "entry", "hash"),
            "signature",
        )

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(rho__gte=0), name="statistics_rho_adds"),
            # One release spends once, whatever crashes.
            models.UniqueConstraint(
                fields=["output"], condition=Q(state="reserved"), name="statistics_spent_once"
            ),
        )
