"""Identities, ways to reach a person, and the tokens by which both are found again."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Team, Unit, User
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


class Review(models.TextChoices):
    """What somebody else found about an emergency access."""

    RIGHT = "right", _("It was right")
    MISTAKE = "mistake", _("It was a mistake without bad intent")
    MISUSE = "misuse", _("It was misuse")


class EmergencyCall(models.Model):
    """That an account asked for emergency access; it never says whether there is a file.

    ``reason`` is sealed to the asker's team, ``reason_aside`` to the duty hotline. Written by
    definer functions only, which keep the wait, the number a month and who may review.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    danger = models.CharField(max_length=40)
    reason = models.BinaryField()
    reason_aside = models.BinaryField(null=True)
    asked_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    review = models.CharField(max_length=20, choices=Review, blank=True)

    class Privacy:
        open = (
            "id",
            "user",
            "team",
            "asked_at",
            "opens_at",
            "opened_at",
            "ends_at",
            "reviewed_at",
            "reviewed_by",
            "review",
        )
        personal = ("reason", "reason_aside")
        special = ("danger",)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("user")),
                name="people_nobody_reviews_own_emergency",
            ),
            models.CheckConstraint(
                condition=Q(opened_at=None) | Q(opened_at__gte=F("opens_at")),
                name="people_emergency_waits",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Answer(models.TextChoices):
    """What the holder says before the access opens."""

    CALLED_BACK = "called_back", _("We called back and help ourselves")
    REFUSED = "refused", _("No: opening the file would harm the person")


class EmergencyRing(models.Model):
    """That a holder was called about a file of its own; only the holder sees this row."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    call_id = models.UUIDField(unique=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    danger = models.CharField(max_length=40)
    rung_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    answer = models.CharField(max_length=20, choices=Answer, blank=True)
    why = SealedTextField(category=Category.SAFETY)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    opened_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            "id",
            "dossier",
            "call_id",
            "team",
            "rung_at",
            "opens_at",
            "answer",
            "answered_at",
            "answered_by",
            "opened_at",
        )
        personal = ("why",)
        special = ("danger",)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(opened_at=None),
                name="people_emergency_answered_or_opened",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Seeker(models.Model):
    """That somebody asked for a person: who, when, how; what was said is sealed to every team.

    Whether the person is known stands nowhere here: the background compares, and only the holder
    of a file learns it. ``sealed`` is a JSON text under a key of its own, of which each team has
    a wrap that it gets with a match and not before.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    caller = models.CharField(max_length=40)
    channel = models.CharField(max_length=40)
    sealed = models.BinaryField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Privacy:
        open = ("id", "team", "caller", "channel", "asked_at", "asked_by")
        personal = ()
        special = ("sealed",)

    def __str__(self) -> str:
        return str(self.pk)


class SeekerWrap(models.Model):
    """One team's wrap of a seeker's key. The application cannot read this table."""

    id = models.BigAutoField(primary_key=True)
    seeker = models.ForeignKey(Seeker, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveIntegerField()
    wrapped = models.BinaryField()

    class Privacy:
        open = ("id", "seeker", "team", "version")
        personal = ()
        special = ("wrapped",)

    def __str__(self) -> str:
        return str(self.pk)


class SeekerToken(models.Model):
    """A blind key of who is sought: under the unit's key (``unit``) or a national one. Closed."""

    id = models.BigAutoField(primary_key=True)
    seeker = models.ForeignKey(Seeker, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True)
    purpose = models.CharField(max_length=20, blank=True, default="")
    kind = models.PositiveSmallIntegerField()
    token = models.BinaryField(max_length=TOKEN)

    class Privacy:
        open = ("id", "seeker", "unit", "purpose", "kind")
        personal = ("token",)
        special = ()

    def __str__(self) -> str:
        return str(self.pk)


class Sought(models.Model):
    """Somebody asked for the person of this dossier: her holder knows, and she decides.

    Written by the background alone; the holder adds what she answered (list ``seeker_answers``).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    seeker_id = models.UUIDField()
    found_at = models.DateTimeField()
    answer = models.CharField(max_length=40, blank=True, default="", db_default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)

    class Privacy:
        open = ()
        personal = ()
        special = (
            "id",
            "dossier",
            "seeker_id",
            "found_at",
            "answer",
            "answered_at",
            "answered_by",
        )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier", "seeker_id"], name="people_sought_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)
