"""Sittings: who was there, what stood on the agenda, how each seat voted, what was resolved."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Team, User
from panoh.bodies.models.bodies import Body, Seat
from panoh.bodies.models.states import Answer, Choice, State
from panoh.bodies.rules import REMARKS, WITHDRAWN


class Sitting(models.Model):
    """A meeting of a body. ``needed`` voting seats make its quorum; the database counts them when
    it opens.

    ``on_paper``: it was held without the programme on the day of ``starts_at`` and is typed up,
    for the ``reason`` given; nothing is decided on it before another person than ``typed_by`` has
    signed. ``number`` counts the sittings that were opened, and is the number of the minutes.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField(null=True)
    starts_at = models.DateTimeField()
    place = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.CALLED)
    needed = models.PositiveSmallIntegerField(null=True)
    on_paper = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, blank=True)
    typed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    signed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    signed_at = models.DateTimeField(null=True)
    called_at = models.DateTimeField()
    called_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = (
            *("id", "body", "number", "starts_at", "place", "state", "needed", "on_paper"),
            *("reason", "typed_by", "signed_by", "signed_at", "called_at", "called_by"),
            *("opened_at", "closed_at", "closed_by"),
        )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["body"], condition=Q(state=State.OPEN), name="bodies_one_open"
            ),
            models.UniqueConstraint(fields=["body", "number"], name="bodies_sitting_number"),
            models.CheckConstraint(
                condition=Q(on_paper=False, typed_by=None, signed_by=None)
                | (Q(on_paper=True, typed_by__isnull=False) & ~Q(reason="")),
                name="bodies_paper_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(signed_by=None, signed_at=None)
                | (Q(signed_at__isnull=False) & ~Q(signed_by=models.F("typed_by"))),
                name="bodies_second_signs",
            ),
        )
        indexes = (models.Index(fields=["body", "-starts_at"], name="bodies_calendar"),)

    def __str__(self) -> str:
        return str(self.number or "")


class Attendance(models.Model):
    """A seat at a sitting: what was answered to the invitation, when it came, when it left."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="attendances")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+", db_index=False)
    answer = models.CharField(max_length=20, choices=Answer, blank=True, default=Answer.NONE)
    answered_at = models.DateTimeField(null=True)
    by_alternate = models.BooleanField(default=False)
    came_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            *("id", "body", "sitting", "seat", "answer", "answered_at", "by_alternate"),
            *("came_at", "left_at"),
        )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["sitting", "seat"], name="bodies_invited_once"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(came_at__isnull=False), name="bodies_left_after"
            ),
        )


class Item(models.Model):
    """A matter before a body: its kind and number, never a name.

    ``subject_id`` is the row it is about, of a room above or of this one. Without ``sitting`` it
    waits for the next one. ``carried`` is what the votes said when it was settled, counted by the
    database. On a sitting held on paper the votes may be a count. ``remark``: what agenda and
    minutes say beside it (``rules.REMARKS``).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="items", null=True)
    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    number = models.CharField(max_length=40)
    title = models.CharField(max_length=200, blank=True)
    remark = models.CharField(max_length=40, blank=True, default="")
    due_on = models.DateField(null=True)
    tabled_at = models.DateTimeField()
    tabled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    paper_for = models.PositiveSmallIntegerField(null=True)
    paper_against = models.PositiveSmallIntegerField(null=True)
    paper_abstained = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    carried = models.BooleanField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = (
            *("id", "body", "sitting", "kind", "subject_id", "number", "title", "due_on"),
            *("remark", "tabled_at", "tabled_by", "paper_for", "paper_against", "paper_abstained"),
            *("outcome", "carried", "settled_at", "settled_by"),
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome="", settled_at=None)
                | ~Q(outcome="")
                & Q(settled_at__isnull=False)
                & (Q(sitting__isnull=False) | Q(outcome=WITHDRAWN)),
                name="bodies_settled_in_a_sitting",
            ),
            models.UniqueConstraint(
                fields=["body", "subject_id"],
                condition=Q(outcome="", subject_id__isnull=False),
                name="bodies_tabled_once",
            ),
        )
        indexes = (
            models.Index(fields=["body", "due_on"], name="bodies_agenda"),
            models.Index(fields=["subject_id"], name="bodies_item_subject"),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def said(self) -> str:
        """The title and the remark, in words."""
        return " · ".join(str(one) for one in (self.title, REMARKS.get(self.remark)) if one)


class Postponement(models.Model):
    """An item was put off in a sitting, for a reason; it waits for the next one."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="postponements")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="postponements")
    why = models.CharField(max_length=500)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "body", "sitting", "item", "why", "at", "by")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["sitting", "item"], name="bodies_put_off_once"),
            models.CheckConstraint(condition=~Q(why=""), name="bodies_put_off_why"),
        )


class Conflict(models.Model):
    """A member declared that a matter touches them: they neither vote on it nor read it again."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="conflicts")
    seat = models.ForeignKey(
        Seat, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "body", "item", "seat", "at", "by")
        personal = ("user",)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["item", "user"], name="bodies_declared_once"),
            models.CheckConstraint(
                condition=Q(seat__isnull=False) | Q(user__isnull=False),
                name="bodies_conflict_of_somebody",
            ),
        )


class Vote(models.Model):
    """How a seat voted on an item in a sitting: once, for ever."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="votes", db_index=False)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+", db_index=False)
    choice = models.CharField(max_length=10, choices=Choice)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "body", "sitting", "item", "seat", "choice", "at", "by")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["item", "seat", "sitting"], name="bodies_votes_once"),
            models.CheckConstraint(condition=Q(choice__in=Choice.values), name="bodies_vote_known"),
        )


class Resolution(models.Model):
    """What a sitting decided that somebody does: with an owner and a day, owed as a duty."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="resolutions")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=1000)
    owner = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    outcome = models.CharField(max_length=500, blank=True)

    class Privacy:
        open = (
            *("id", "body", "sitting", "number", "text", "owner", "due_on", "at", "by"),
            *("done_at", "done_by", "outcome"),
        )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["sitting", "number"], name="bodies_resolved_once"),
        )


class Addendum(models.Model):
    """A correction of closed minutes: beside them, never in them."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="addenda")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=1000)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "body", "sitting", "number", "text", "at", "by")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["sitting", "number"], name="bodies_addendum_number"),
        )
