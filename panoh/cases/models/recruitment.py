"""Channel, recruiter, agency, permit, employer: said about others, so all of it is sealed."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, User
from panoh.cases.models.case import code_field
from panoh.cases.rules.recruitment import RecruitmentKind
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class RecruitmentEntry(models.Model):
    """One line of how somebody was recruited. A name here is alleged. Nothing is overwritten; what
    turned out wrong has ``ended_at``."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    code = code_field()
    text = SealedTextField(category=Category.LEGAL)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "dossier", "at", "by", "ended_at", "ended_by")
        special = ("kind", "code", "text")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in RecruitmentKind]),
                name="cases_recruitment_kind",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
