"""Identities, ways to reach a person, and the tokens by which both are found again."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Unit, User
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField
from panoh.vault.rules import TOKEN


class Reason(models.TextChoices):
    """Why an identity was written anew."""

    FIRST = "first", _("Written for the first time")
    CORRECTED = "corrected", _("A mistake was corrected")
    COMPLETED = "completed", _("More is known now")
    CHANGED = "changed", _("The name has changed")
    WISHED = "wished", _("The person wishes to be named otherwise")


class Identity(models.Model):
    """Who a dossier is about. The newest version counts; older ones are kept beside it.

    ``names`` and ``details`` are the texts of ``Person.names_json`` and ``details_json``. A
    dossier without any row is a person without a name, and nothing asks for one.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    names = SealedTextField(category=Category.IDENTITY)
    details = SealedTextField(category=Category.IDENTITY)
    reason = models.CharField(max_length=20, choices=Reason)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    superseded_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "reason", "written_at", "written_by", "superseded_at")
        personal = ("names", "details")
        special = ()
        leaves = {"order": ("names", "details")}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(superseded_at=None),
                name="people_identity_one_in_force",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["dossier"], name="people_identity_dossier")]

    def __str__(self) -> str:
        return str(self.pk)


class ContactKind(models.TextChoices):
    """By what somebody is reached."""

    PHONE = "phone", _("Telephone")
    MESSENGER = "messenger", _("Messenger")
    EMAIL = "email", _("E-mail")
    ADDRESS = "address", _("Address")
    PERSON = "person", _("Through a trusted person")


class ContactPoint(models.Model):
    """A way to reach a person; not safe until she said so.

    ``cover`` is the reason that a caller gives to whoever else answers, ``hours`` when it is
    safe to call: both in her words.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=ContactKind)
    value = SealedTextField(category=Category.CONTACT)
    is_safe = models.BooleanField(default=False)
    cover = SealedTextField(category=Category.CONTACT)
    hours = SealedTextField(category=Category.CONTACT)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "kind", "is_safe", "written_at", "written_by", "ended_at")
        personal = ("value", "cover", "hours")
        special = ()
        leaves = {"order": ("value",)}

    class Meta:
        indexes: ClassVar = [models.Index(fields=["dossier"], name="people_contact_dossier")]

    def __str__(self) -> str:
        return str(self.pk)


class NameToken(models.Model):
    """A blind key of an identity under one unit's token key; asked with ``token =`` only."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    token = models.BinaryField(max_length=TOKEN, db_index=True)
    kind = models.PositiveSmallIntegerField()

    class Privacy:
        open = ("id", "dossier", "unit", "kind")
        personal = ("token",)
        special = ()

    def __str__(self) -> str:
        return str(self.pk)


class Purpose(models.TextChoices):
    """For what a token under a national key exists: consents of these names and no other."""

    BE_FOUND = "be_found"
    RING = "ring"


class NationalToken(models.Model):
    """A blind key under a national key, while the consent of its purpose lives.

    The application cannot read this table: definer functions write it and ask it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose)
    until = models.DateTimeField(null=True)
    token = models.BinaryField(max_length=TOKEN, db_index=True)
    kind = models.PositiveSmallIntegerField()

    class Privacy:
        open = ("id", "dossier", "purpose", "until", "kind")
        personal = ("token",)
        special = ()

    def __str__(self) -> str:
        return str(self.pk)


class PatternToken(models.Model):
    """A blind key of an alleged recruiter's name that one file has, under a national key of its
    own: it can be joined with no token of a person. The application cannot read this table.

    ``unit`` held the file when the token was made, ``is_authority`` says that it is an authority;
    other files count only while the person's consent to ``pattern`` lives.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_authority = models.BooleanField()
    until = models.DateTimeField(null=True)
    token = models.BinaryField(max_length=TOKEN, db_index=True)

    class Privacy:
        open = ("id", "dossier", "unit", "is_authority", "until")
        personal = ()
        special = ("token",)

    def __str__(self) -> str:
        return str(self.pk)


class Search(models.Model):
    """That an account searched, and whether a contact was saved after it; never what it asked."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    at = models.DateTimeField()
    keys = models.PositiveSmallIntegerField()
    followed_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "user", "day", "at", "keys", "followed_at")
        personal = ()
        special = ()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["user", "day"],
                condition=Q(followed_at=None),
                name="people_search_unfollowed",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
