"""Imports and their parts, sealed to one account; which rows of elsewhere are here already."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise

from panoh.access.models import Dossier, Team, User
from panoh.exchange.rules import State


class Import(models.Model):
    """One file of one account; nobody else sees it. Neither its name nor its text is kept in
    clear: ``head`` (the names of its columns) is sealed to the account's own key."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=10, default=State.READ.value)
    guessed = models.CharField(max_length=20, blank=True, default="")
    head = models.BinaryField()
    rows = models.PositiveIntegerField()
    parts = models.PositiveIntegerField()
    next_part = models.PositiveIntegerField(default=0)
    faulty = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    already = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Privacy:
        open = (
            "id",
            "account",
            "team",
            "started_at",
            "expires_at",
            "state",
            "guessed",
            "rows",
            "parts",
            "next_part",
            "faulty",
            "added",
            "already",
            "changed",
            "refused",
        )
        special = ("head",)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in State]),
                name="exchange_import_state_known",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def state_label(self) -> Promise:
        """The state in words."""
        return State(self.state).label

    @property
    def done(self) -> int:
        """Rows that were looked at in a run."""
        return self.added + self.already + self.changed + self.refused


class Part(models.Model):
    """Some rows of an import, sealed to the account's own key until they are in; what was wrong
    with them, and those that go back, sealed the same way."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    rows = models.BinaryField(null=True)
    back = models.BinaryField(null=True)

    class Privacy:
        open = ("id", "run", "account", "number")
        special = ("rows", "back")
        leaves = {"back": ("back",)}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="exchange_part_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class External(models.Model):
    """That a row of elsewhere is here: a blind token of its own number, and one of its content,
    to see whether it changed. ``agreed_elsewhere`` is what the row said of consent (yes, no,
    empty): it opens nothing."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    token = models.BinaryField(max_length=8)
    content = models.BinaryField(max_length=8)
    agreed_elsewhere = models.CharField(max_length=3, blank=True, default="")
    added_at = models.DateTimeField()

    class Privacy:
        open = ("id", "dossier", "team", "agreed_elsewhere", "added_at")
        personal = ("token", "content")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "token"], name="exchange_external_once"),
            models.CheckConstraint(
                condition=Q(agreed_elsewhere__in=["", "yes", "no"]),
                name="exchange_agreed_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
