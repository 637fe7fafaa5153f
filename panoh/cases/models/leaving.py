"""Leaving: the plan, the safe contacts after it, the closing interview (row E16)."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from panoh.access.models import Dossier, Team, Unit, User
from panoh.cases.models.case import code_field
from panoh.cases.rules.leaving import Risk
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class Leaving(models.Model):
    """One version of the plan with which somebody leaves; the newest counts, none is overwritten.

    ``team`` made it. ``left_at`` is when the person went; ``is_unplanned`` says that she or he
    went without a plan. A high risk needs ``is_informed`` and the signature of a supervisor, a
    child ``agreed_by``, the advocate's. The wall (``cases_leaving_agreed``) lets nobody but the
    named advocate sign so, and no child go by plan without it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    destination = code_field()
    risk = models.CharField(max_length=20, default=Risk.NOT_ASKED)
    is_informed = models.BooleanField(default=False)
    is_unplanned = models.BooleanField(default=False)
    wish = SealedTextField(category=Category.SERVICES)
    plan = SealedTextField(category=Category.SERVICES)
    planned_at = models.DateTimeField()
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    agreed_at = models.DateTimeField(null=True)
    agreed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    left_at = models.DateTimeField(null=True)
    left_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = (
            *("id", "dossier", "team", "is_unplanned", "planned_at", "planned_by"),
            *("signed_at", "signed_by", "agreed_at", "agreed_by", "left_at", "left_by"),
        )
        special = ("destination", "risk", "is_informed", "wish", "plan")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(risk__in=[one.value for one in Risk]), name="cases_leaving_risk"
            ),
            models.CheckConstraint(
                condition=Q(signed_by=None) | ~Q(signed_by=F("planned_by")),
                name="cases_leaving_signed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by=None) | ~Q(agreed_by=F("planned_by")),
                name="cases_leaving_agreed_by_another",
            ),
            # Promised here, whatever a page says: nobody is let go unasked.
            models.CheckConstraint(
                condition=Q(left_at=None)
                | Q(is_unplanned=True)
                | Q(wish__isnull=False)
                & ~Q(risk=Risk.NOT_ASKED.value)
                & (~Q(risk=Risk.HIGH.value) | Q(is_informed=True, signed_by__isnull=False)),
                name="cases_leaving_is_ready",
            ),
        )
        indexes = (
            models.Index(fields=["dossier", "-planned_at"], name="cases_leaving_newest_idx"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class SafeContact(models.Model):
    """A contact that is owed after somebody left: the first, second or third.

    ``silent_at`` is when the clock found that nothing was heard; ``closed_at`` when somebody
    was reached, or no contact is owed any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    leaving = models.ForeignKey(Leaving, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField(null=True)
    silent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "dossier", "leaving", "number", "due_at", "silent_at", "closed_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["leaving", "number"], name="cases_safe_contact_once"),
        )
        indexes = (
            models.Index(
                fields=["due_at"],
                condition=Q(closed_at=None, silent_at=None),
                name="cases_safe_contact_due_idx",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class ContactEntry(models.Model):
    """What one try to reach somebody who left has found: by which way, on which day."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey(SafeContact, on_delete=models.PROTECT, related_name="+")
    result = code_field()
    channel = code_field()
    on = models.DateField()
    text = SealedTextField(category=Category.SERVICES)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "contact", "channel", "on", "at", "by")
        special = ("result", "text")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(result=""), name="cases_contact_has_result"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class ExitInterview(models.Model):
    """What somebody who leaves says of the service ``about``, asked by another organisation.

    Only the team that asked reads the row; the service is told numbers of many.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    about = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField()
    on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "team", "about", "on", "at", "by")
        special = ("answers",)

    def __str__(self) -> str:
        return str(self.pk)
