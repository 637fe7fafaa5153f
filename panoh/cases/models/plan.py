"""The joint plan of several organisations for one person, and their conferences."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, Team, User
from panoh.cases.models.case import code_field
from panoh.cases.rules.plan import GuestWay, TaskState
from panoh.directory.models import Organisation
from panoh.vault.models import SealedTextField


class Plan(models.Model):
    """The one plan of a case. Its own key is the source of the grants of those who take part.

    It ends with the case; when somebody takes part again, it goes on.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "opened_at", "opened_by", "ended_at")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["dossier"], name="cases_one_plan"),)

    def __str__(self) -> str:
        return str(self.pk)


class PlanPart(models.Model):
    """One team's part in a plan. It ends with its grant, whatever ended that."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    categories = models.IntegerField()
    ends_at = models.DateTimeField()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    outcome = code_field()

    class Privacy:
        open = ("id", "dossier", "plan", "team", "categories", "ends_at", "added_at", "added_by")
        special = ("ended_at", "outcome")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "team"], condition=Q(ended_at=None), name="cases_one_part_of_a_team"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class PlanText(models.Model):
    """One version of what a plan says of one data category; the newest ``number`` counts.

    Without ``owner`` it is shared by all who take part and read the category; with it that team
    alone reads it. A version is never changed: a newer one stands beside it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    category = models.IntegerField()
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", null=True)
    number = models.PositiveIntegerField()
    text = SealedTextField(category="category")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "plan", "category", "owner", "number", "at", "by")
        special = ("text",)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "category", "owner", "number"],
                nulls_distinct=False,
                name="cases_plan_text_once",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Conference(models.Model):
    """Some people who help one person meet once. Who is let in by it reads until its day is over,
    or until it is ended before."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    categories = models.IntegerField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "on", "categories", "opened_at", "opened_by", "ended_at")

    def __str__(self) -> str:
        return str(self.pk)


class Seat(models.Model):
    """A team that attends a conference; it ends with its grant, whatever ended that."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    conference = models.ForeignKey(Conference, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "conference", "team", "added_at", "added_by")
        special = ("ended_at",)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["conference", "team"],
                condition=Q(ended_at=None),
                name="cases_one_seat_of_a_team",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Guest(models.Model):
    """An organisation without accounts that attends a conference: in the room, by telephone, or
    by letter. It opens nothing here; what it was told stays told."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    conference = models.ForeignKey(Conference, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    way = models.CharField(max_length=20)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "conference", "organisation", "way", "added_at", "added_by")
        special = ("ended_at",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(way__in=[one.value for one in GuestWay]), name="cases_guest_way"
            ),
            models.UniqueConstraint(
                fields=["conference", "organisation"],
                condition=Q(ended_at=None),
                name="cases_one_seat_of_a_guest",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class PlanTask(models.Model):
    """What one team does until when. ``conference`` is the one that decided it, if any."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    conference = models.ForeignKey(
        Conference, on_delete=models.PROTECT, related_name="+", null=True
    )
    category = models.IntegerField()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    text = SealedTextField(category="category")
    due_on = models.DateField()
    state = models.CharField(max_length=20, default=TaskState.OPEN)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = (
            *("id", "dossier", "plan", "conference", "category", "team", "due_on", "state"),
            *("added_at", "added_by", "ended_at", "ended_by"),
        )
        special = ("text",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in TaskState]), name="cases_task_state"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
