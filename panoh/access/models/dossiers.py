"""The bare root of a case, and who may reach it."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from panoh.access.models.staff import Team
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class Dossier(models.Model):
    """A random reference and the team that holds it; nothing else."""

    id = models.BigAutoField(primary_key=True)
    ref = models.CharField(max_length=10, unique=True)
    holder = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_column="holder")
    sealed = models.BooleanField(default=False)
    opened_at = models.DateTimeField()

    class Privacy:
        open = ("id", "ref", "holder", "sealed", "opened_at")

    def __str__(self) -> str:
        return self.ref


class Source(models.TextChoices):
    """Where a grant comes from. Nothing else opens a case."""

    HOLDER = "holder"
    OFFER = "offer"
    REFERRAL = "referral"
    FORMER_HOLDER = "former_holder"
    BREAK_GLASS = "break_glass"
    ADVOCATE = "advocate"
    PLAN = "plan"
    CONFERENCE = "conference"
    APPLICATION = "application"


class Grant(models.Model):
    """One team's reach into one dossier: categories as a bitmap, dated.

    While ``source`` is ``offer`` only the request's own row (``source_id``) can be
    read; ``offered`` holds the categories that acceptance will open. ``named`` is the one
    member of the team who was made the person's advocate.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    categories = models.IntegerField()
    offered = models.IntegerField(default=0)
    source = models.CharField(max_length=20, choices=Source)
    source_id = models.UUIDField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    granted_by = models.IntegerField(null=True)
    named = models.IntegerField(null=True)

    class Privacy:
        open = (
            "id",
            "dossier",
            "team",
            "categories",
            "offered",
            "source",
            "source_id",
            "starts_at",
            "ends_at",
            "ended_at",
            "granted_by",
            "named",
        )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(source="holder", ended_at=None),
                name="access_one_holder_grant",
            ),
            models.CheckConstraint(
                condition=Q(source="holder")
                | Q(source="former_holder")
                | Q(source_id__isnull=False),
                name="access_grant_names_its_source",
            ),
        )
        indexes = (models.Index(fields=["source_id"], name="access_grant_source_idx"),)


class Listing(models.Model):
    """Narrow list of what a team reaches, newest first: lists are limited here, then fetched."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField()
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")

    class Privacy:
        open = ("id", "team", "opened_at", "dossier")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["team", "dossier"], name="access_listing_once"),
        )
        indexes = (
            models.Index(
                fields=["team", "-opened_at", "-dossier"], name="access_listing_newest_idx"
            ),
        )


class Emergency(models.Model):
    """The one row about emergency access: whose key opens it, and the pack's numbers.

    ``team`` is the duty hotline that set-up names; without it no emergency wrap is made. The
    numbers are written by ``manage prepare``, so that the database keeps the gate itself.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", null=True)
    wait_minutes = models.PositiveIntegerField()
    open_minutes = models.PositiveIntegerField()
    per_month = models.PositiveSmallIntegerField()

    class Privacy:
        open = ("id", "team", "wait_minutes", "open_minutes", "per_month")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="access_one_emergency"),)


class NeverKind(models.TextChoices):
    """What an exclusion names."""

    UNIT = "unit", _("An organisation")
    DISTRICT = "district", _("Every organisation of a district")
    ACCOUNT = "account", _("A colleague")
    PERSON = "person", _("A person")


class Never(models.Model):
    """Whom the person excludes; it beats every grant. Read by the holder, written by definers.

    A ``person`` stands in ``words`` only, sealed: the holder's team reads it before it calls
    anybody. ``by_kin`` marks an account that declared kinship itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=NeverKind)
    unit_id = models.IntegerField(null=True)
    district = models.CharField(max_length=20, blank=True, default="", db_default="")
    user_id = models.IntegerField(null=True)
    words = SealedTextField(category=Category.SAFETY)
    by_kin = models.BooleanField(default=False, db_default=False)
    added_at = models.DateTimeField(null=True)
    added_by = models.IntegerField(null=True)

    class Privacy:
        open = ("id", "kind", "added_at", "added_by")
        special = ("dossier", "unit_id", "district", "user_id", "words", "by_kin")

    class Meta:
        indexes = (
            models.Index(
                fields=["user_id"], condition=Q(user_id__isnull=False), name="access_never_user_idx"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["dossier", "kind", "unit_id", "district", "user_id"],
                condition=~Q(kind="person"),
                nulls_distinct=False,
                name="access_never_once",
            ),
        )
