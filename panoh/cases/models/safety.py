"""The safety plan line by line, requests for protection, and rights as they were met."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from panoh.access.models import Dossier, Team, User
from panoh.cases.models.case import code_field
from panoh.cases.rules.safety import ProtectionState, RightState, SafetyKind
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class SafetyEntry(models.Model):
    """One line of a safety plan: a threat, a review of the risk, a rule of safe contact, or
    somebody of the family. Nothing is overwritten; what no longer holds has ``ended_at``."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    code = code_field()
    text = SealedTextField(category=Category.SAFETY)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "dossier", "at", "by", "ended_at", "ended_by")
        special = ("kind", "code", "text")
        leaves = {"order": ("kind", "code", "text")}

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in SafetyKind]), name="cases_safety_kind"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class ProtectionRequest(models.Model):
    """What one authority is asked to do for somebody's safety. It reads this row and nothing
    else of the case, before its answer and after. ``text`` is for those who read the plan."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    to_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    measure = code_field()
    danger = code_field()
    state = models.CharField(max_length=20, default=ProtectionState.SENT)
    text = SealedTextField(category=Category.SAFETY)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_at = models.DateTimeField(null=True)
    answer = code_field()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = (
            *("id", "dossier", "from_team", "to_team", "state", "sent_at", "sent_by", "due_at"),
            *("answer", "answered_at", "answered_by"),
        )
        special = ("measure", "danger", "text")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~Q(to_team=F("from_team")), name="cases_protection_of_another"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in ProtectionState]),
                name="cases_protection_state",
            ),
            models.CheckConstraint(
                condition=~Q(state=ProtectionState.ANSWERED.value) | ~Q(answer=""),
                name="cases_protection_answer",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class RightEntry(models.Model):
    """One thing that happened to one right: explained, claimed, given or refused, on which day,
    in which language. Refused has a reason, and no row ever changes."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    code = code_field()
    state = models.CharField(max_length=20)
    on = models.DateField()
    language = code_field()
    reason = SealedTextField(category=Category.SERVICES)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Privacy:
        open = ("id", "dossier", "on", "at", "by")
        special = ("code", "state", "language", "reason")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in RightState]), name="cases_right_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=RightState.REFUSED.value) | Q(reason__isnull=False),
                name="cases_right_refused_has_reason",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
