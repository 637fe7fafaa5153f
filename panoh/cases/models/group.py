"""Many people found at one place: shared facts once, each person a file of one's own."""

from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models

from panoh.access.models import Dossier, User
from panoh.cases.models.case import code_field
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class Group(models.Model):
    """One raid, inspection or visit. Only the team that holds it sees it, whatever was agreed
    for one of the people: no receiver learns that there were others.

    It has a bare dossier of its own, so that the employer's name is sealed as ``legal`` once.
    """

    dossier = models.OneToOneField(
        Dossier, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    submission = models.UUIDField(unique=True)
    kind = models.CharField(max_length=40)
    found_on = models.DateField()
    district = code_field()
    channel = code_field()
    language = code_field()
    forms = ArrayField(models.CharField(max_length=40), default=list)
    employer = SealedTextField(category=Category.LEGAL)
    site = SealedTextField(category=Category.STORY)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        special = (
            "dossier",
            "submission",
            "kind",
            "found_on",
            "district",
            "channel",
            "language",
            "forms",
            "employer",
            "site",
            "opened_at",
            "opened_by",
        )

    def __str__(self) -> str:
        return str(self.pk)


class GroupMember(models.Model):
    """That a file came from a group; ``alone`` says whether the person was asked alone yet."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.OneToOneField(Dossier, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    alone_at = models.DateTimeField(null=True)
    alone_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)

    class Privacy:
        special = ("id", "dossier", "group", "number", "alone_at", "alone_by")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "number"], name="cases_group_number_once")
        ]

    def __str__(self) -> str:
        return str(self.number)
