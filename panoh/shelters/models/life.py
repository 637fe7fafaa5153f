"""What keeps a house open: papers, vetted staff, inspections, money and who pays next."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from panoh.access.models import Team, User
from panoh.shelters.models.houses import House


def _house() -> "models.ForeignKey[House, House]":
    return models.ForeignKey(House, on_delete=models.PROTECT, related_name="+")


def _team() -> "models.ForeignKey[Team, Team]":
    return models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)


class Paper(models.Model):
    """A permit, a licence or a standard of the house (list ``house_papers``), with its end."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = _team()
    house = _house()
    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=60, blank=True, default="")
    issued_on = models.DateField()
    ends_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "team", "house", "kind", "issued_on", "ends_on", "ended_at")
        personal = ("number",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(issued_on__lte=F("ends_on")),
                name="shelters_paper_in_order",
            ),
        )


class Vetting(models.Model):
    """The day on which somebody who works in the house was vetted; the newest one counts."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = _team()
    house = _house()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    vetted_on = models.DateField()
    entered_at = models.DateTimeField()

    class Privacy:
        open = ("id", "team", "house", "vetted_on", "entered_at")
        personal = ("user",)


class Inspection(models.Model):
    """An inspection that is due, or was done with an outcome (list ``inspection_outcomes``)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = _team()
    house = _house()
    kind = models.CharField(max_length=40)
    due_on = models.DateField()
    done_on = models.DateField(null=True)
    outcome = models.CharField(max_length=40, blank=True, default="")

    class Privacy:
        open = ("id", "team", "house", "kind", "due_on", "done_on", "outcome")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(done_on=None, outcome="") | (Q(done_on__isnull=False) & ~Q(outcome="")),
                name="shelters_inspection_has_outcome",
            ),
        )


class Funding(models.Model):
    """Who pays for the house from one day to another (kind: list ``house_payers``).

    ``alarms`` counts the alarms that were given before its end.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = _team()
    house = _house()
    payer = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    since = models.DateField()
    until = models.DateField()
    alarms = models.PositiveSmallIntegerField(default=0)
    added_at = models.DateTimeField()

    class Privacy:
        open = ("id", "team", "house", "kind", "since", "until", "alarms", "added_at")
        personal = ("payer",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(since__lte=F("until")), name="shelters_funding_in_order"
            ),
        )


class Takeover(models.Model):
    """The plan for the day after the money ends: payer, staff, premises, residents.

    It is settled when somebody pays on; without a new payer it stays open. Texts are sealed to
    the team's key.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = _team()
    house = _house()
    funding = models.ForeignKey(Funding, on_delete=models.PROTECT, related_name="takeovers")
    payer = models.CharField(max_length=120, blank=True, default="")
    kind = models.CharField(max_length=40, blank=True, default="")
    until = models.DateField(null=True)
    staff = models.BinaryField(null=True)
    premises = models.BinaryField(null=True)
    residents = models.BinaryField(null=True)
    version = models.PositiveIntegerField(default=1)
    settled_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "team", "house", "funding", "kind", "until", "version", "settled_at")
        personal = ("payer",)
        special = ("staff", "premises", "residents")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["funding"], name="shelters_one_takeover"),
            models.CheckConstraint(
                condition=Q(settled_at=None)
                | (~Q(payer="") & ~Q(kind="") & Q(until__isnull=False)),
                name="shelters_takeover_has_payer",
            ),
        )
