"""The books of a fund, and requests for money. No name and no story stands here."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from panoh.access.models import Dossier, Team, User
from panoh.fund.rules import EntryKind, Stage, State
from panoh.kernel.rules import LARGEST_SUM


class Book(models.Model):
    """The books of one fund. Anybody may read that it exists; its lines are its team's alone.

    ``fast_ceiling`` is the most that one approver alone may let be paid, in the smallest unit.
    Nothing may be entered for ``closed_through`` or an earlier day.
    """

    team = models.OneToOneField(
        Team, on_delete=models.PROTECT, related_name="+", primary_key=True, db_column="team_id"
    )
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=8)
    fast_ceiling = models.BigIntegerField(null=True)
    closed_through = models.DateField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = (
            *("team", "name", "currency", "fast_ceiling", "closed_through"),
            *("opened_at", "opened_by"),
        )

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    """Money of one source for one purpose; ``name`` is that of the agreement or budget heading."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "book", "name", "source", "purpose", "opened_at", "opened_by")
        leaves = {"table": ("name", "source", "purpose")}

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["book", "name", "purpose"], name="fund_line_once"),
        )

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """One of the four accounts of a line; made and kept by the database, only read by the
    programme. ``last_on`` is the newest day with a posting."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="accounts")
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=20)
    balance = models.BigIntegerField(default=0)
    last_on = models.DateField(null=True)

    class Privacy:
        open = ("id", "line", "book", "stage", "balance", "last_on")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["line", "stage"], name="fund_account_once"),
            models.CheckConstraint(
                condition=Q(stage__in=[one.value for one in Stage]), name="fund_account_stage"
            ),
            models.CheckConstraint(
                condition=Q(stage=Stage.GIVEN) | Q(balance__gte=0), name="fund_never_below_zero"
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.GIVEN) | Q(balance__lte=0), name="fund_given_is_mirrored"
            ),
        )


class Request(models.Model):
    """Money for one person: which help, how much, from which fund; no name and no story.

    Seen by the team that holds the case, by teams with a grant on ``money``, and by the fund.
    ``second_due_at`` is set where it was paid on one signature; ``signed_at`` when the second came.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    ref = models.CharField(max_length=10, unique=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=8)
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=20, default=State.ASKED)
    asked_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    second_due_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=40, blank=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True)

    class Privacy:
        open = (
            *("id", "ref", "dossier", "book", "kind", "purpose", "amount", "currency", "urgent"),
            *("state", "asked_team", "asked_by", "asked_at", "paid_at", "second_due_at"),
            *("signed_at", "receipt", "ended_at", "reason"),
        )
        leaves = {"table": ("ref", "kind")}

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(amount__gt=0) & Q(amount__lte=LARGEST_SUM), name="fund_request_sum"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in State]), name="fund_request_state"
            ),
            # What signatures and entries point at, so that the three always agree.
            models.UniqueConstraint(
                fields=["id", "book", "asked_by"], name="fund_request_of_asker"
            ),
        )
        indexes = (models.Index(fields=["book", "state", "asked_at"], name="fund_request_queue"),)

    def __str__(self) -> str:
        return self.ref


class Approval(models.Model):
    """One signature under a request: never its asker's, never the same person's twice."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="approvals")
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Privacy:
        open = ("id", "request", "book", "asked_by", "number", "by", "at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["request", "by"], name="fund_approves_once"),
            models.UniqueConstraint(fields=["request", "number"], name="fund_approval_number"),
            models.CheckConstraint(condition=Q(number__in=[1, 2]), name="fund_two_signatures"),
            models.CheckConstraint(condition=~Q(by=F("asked_by")), name="fund_never_by_its_asker"),
        )


class Entry(models.Model):
    """One movement of money, for ever. ``day`` is the day it counts for, ``paper`` the number of
    the order, agreement or voucher; no word about a person."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    day = models.DateField()
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="+", null=True)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, related_name="+", null=True)
    paper = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "book", "kind", "day", "request", "reverses", "paper", "at", "by")
        leaves = {"table": ("kind", "paper")}

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in EntryKind]), name="fund_entry_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.REVERSAL, reverses__isnull=False)
                | (~Q(kind=EntryKind.REVERSAL) & Q(reverses=None)),
                name="fund_reversal_names_its_entry",
            ),
            # Promised once, paid once, whoever clicks how often.
            models.UniqueConstraint(
                fields=["request", "kind"],
                condition=Q(request__isnull=False) & ~Q(kind=EntryKind.REVERSAL),
                name="fund_entry_once",
            ),
        )
        indexes = (models.Index(fields=["book", "day"], name="fund_entry_by_day"),)


class Posting(models.Model):
    """One side of an entry: what it adds to an account, in the smallest unit; for ever."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    amount = models.BigIntegerField()

    class Privacy:
        open = ("id", "entry", "account", "book", "day", "amount")
        leaves = {"table": ("day", "amount")}

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~Q(amount=0) & Q(amount__gte=-LARGEST_SUM) & Q(amount__lte=LARGEST_SUM),
                name="fund_posting_sum",
            ),
        )
        indexes = (models.Index(fields=["account", "day", "id"], name="fund_statement"),)


class DayTotal(models.Model):
    """What a day added to an account; kept by the database in the same transaction, so that the
    balance on any day is the sum of a few rows."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    amount = models.BigIntegerField()

    class Privacy:
        open = ("id", "account", "book", "day", "amount")
        leaves = {"table": ("amount",)}

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account", "day"], include=["amount"], name="fund_day_once"
            ),
        )
