"""Bodies and their seats; who coordinates; what survivors have read."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language

from panoh.access.models import Team, Unit, User
from panoh.access.rules import said_in
from panoh.bodies.models.states import Level, Side


class Body(models.Model):
    """A commission, working group, dialogue or council. Anybody may know that it exists.

    ``kind`` is a body kind of the pack, whose rules were copied when it was founded: more than
    ``quorum_percent`` of the voting seats must be there, more than ``majority_percent`` of the
    votes for or against carry; ``quarterly``: it sits in each quarter. ``place`` is a place of the
    pack, empty for the whole country; its days are counted in ``zone``, empty for the pack's.
    ``team`` keeps its papers; a body that ``decides`` is asked
    about matters of its place.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    names = models.JSONField(default=dict)
    kind = models.CharField(max_length=40)
    level = models.CharField(max_length=20, choices=Level)
    place = models.CharField(max_length=20, blank=True)
    zone = models.CharField(max_length=40, blank=True, default="")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    decides = models.BooleanField(default=False)
    quarterly = models.BooleanField(default=False)
    quorum_percent = models.PositiveSmallIntegerField()
    majority_percent = models.PositiveSmallIntegerField()
    founded_on = models.DateField()
    founded_at = models.DateTimeField()
    founded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_on = models.DateField(null=True)

    class Privacy:
        open = (
            *("id", "code", "names", "kind", "level", "place", "zone", "team", "decides"),
            *("quorum_percent", "majority_percent", "founded_on", "founded_at", "founded_by"),
            *("quarterly", "ended_on"),
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(level=Level.NATIONAL, place="")
                | (~Q(level=Level.NATIONAL) & ~Q(place="")),
                name="bodies_place_of_level",
            ),
            models.CheckConstraint(
                condition=Q(quorum_percent__lt=100, majority_percent__lt=100),
                name="bodies_percent",
            ),
            # One that decides in each place: a matter has one way.
            models.UniqueConstraint(
                fields=["place"],
                condition=Q(decides=True, ended_on=None),
                name="bodies_one_decides",
            ),
        )

    def __str__(self) -> str:
        return said_in(get_language(), self.names, next(iter(self.names.values()), self.code))


class Seat(models.Model):
    """One place in a body, for a term. ``title`` is the office or organisation it speaks for.

    ``user`` and ``alternate`` are accounts; without one ``name`` says who sits, and the secretary
    writes for the seat. In a council of survivors every name is a chosen one. An observer
    (``votes`` is False) reads and speaks.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="seats")
    title = models.CharField(max_length=120)
    name = models.CharField(max_length=120, blank=True)
    side = models.CharField(max_length=20, choices=Side)
    votes = models.BooleanField(default=True)
    chairs = models.BooleanField(default=False)
    paid = models.BooleanField(default=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    alternate = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    since = models.DateField()
    until = models.DateField(null=True)
    trained_on = models.DateField(null=True)
    seated_at = models.DateTimeField()
    seated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = (
            *("id", "body", "title", "side", "votes", "chairs", "paid", "since", "until"),
            *("trained_on", "seated_at", "seated_by"),
        )
        personal = ("name", "user", "alternate")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=models.F("since")),
                name="bodies_term_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(name="") | Q(user__isnull=False), name="bodies_seat_of_somebody"
            ),
            models.UniqueConstraint(
                fields=["body", "user"],
                condition=Q(until=None, user__isnull=False),
                name="bodies_one_seat_each",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def sitter(self) -> str:
        """Who sits: the account's shown name, or the one that was written down."""
        return str(self.user) if self.user else self.name


class Coordination(models.Model):
    """Who coordinates referrals from a day on; moving it is one row (row B12). ``paper`` is the
    number of the order."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    since = models.DateField(unique=True)
    paper = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "unit", "since", "paper", "at", "by")


class Reading(models.Model):
    """A council of survivors read a script, a form, a letter or a public table (row B15).

    ``code`` is its code in the pack, ``version`` the one that was read.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    code = models.CharField(max_length=60)
    version = models.CharField(max_length=20, blank=True)
    read_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "body", "kind", "code", "version", "read_on", "at", "by")

    class Meta:
        indexes = (models.Index(fields=["kind", "code", "-read_on"], name="bodies_reading_idx"),)
