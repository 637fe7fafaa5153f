"""Advocates, guardians with their history, links between files, days of coming of age."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from panoh.access.models import Dossier, Team, User
from panoh.cases.rules.family import Trust
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class Advocate(models.Model):
    """The one person from elsewhere who stands beside this one; her grant has this row's key."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField()
    named_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "dossier", "named_at", "named_by", "ended_at", "ended_by")
        personal = ("user", "team")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["dossier"], condition=Q(ended_at=None), name="cases_one_advocate"
            ),
            models.CheckConstraint(
                condition=~Q(user=F("named_by")), name="cases_advocate_by_another"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Guardian(models.Model):
    """Who says to be responsible for a child: a dated relation, trusted by nobody's kinship."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    relation = models.CharField(max_length=40)
    name = SealedTextField(category=Category.SAFETY)
    trust = models.CharField(max_length=20, default=Trust.NOT_CHECKED)
    since = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "since", "added_by", "ended_at")
        personal = ("relation",)
        special = ("name", "trust")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(trust__in=[one.value for one in Trust]), name="cases_trust_known"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class GuardianEntry(models.Model):
    """One line of a guardian's history: how far trusted from then on, or what was told.

    ``told`` are the data categories, 0 where nothing was; ``text`` is the reason, sealed.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    guardian = models.ForeignKey(Guardian, on_delete=models.PROTECT, related_name="entries")
    trust = models.CharField(max_length=20)
    told = models.IntegerField(default=0)
    text = SealedTextField(category=Category.SAFETY)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "guardian", "at", "by")
        special = ("trust", "told", "text")

    def __str__(self) -> str:
        return str(self.pk)


class Kin(models.Model):
    """A link between the files of two people who belong together.

    ``relation`` says what the person of ``other`` is to the one of ``dossier``. The wall shows
    the row only to teams that reach both files: from one alone nobody learns of the other.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    relation = models.CharField(max_length=40)
    since = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "since", "added_by", "ended_at", "ended_by")
        special = ("dossier", "other", "relation")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(dossier=F("other")), name="cases_kin_of_another"),
            models.UniqueConstraint(
                fields=["dossier", "other"], condition=Q(ended_at=None), name="cases_kin_once"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Adulthood(models.Model):
    """The day on which a child comes of age, for the clock."""

    dossier = models.OneToOneField(
        Dossier, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    on = models.DateField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("dossier", "set_at", "set_by")
        personal = ("on",)

    def __str__(self) -> str:
        return str(self.pk)
