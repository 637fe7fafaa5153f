"""Questionnaires as they were asked, interviews, answers, and what a person decided."""

from uuid import uuid4

from django.db import models

from panoh.access.models import Dossier, User
from panoh.cases.models.case import code_field
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class Questionnaire(models.Model):
    """One version of a form, kept whole, so that old answers are read with their questions.

    ``digest`` is the SHA-256 of ``source``: the database checks it, and no row ever changes.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    form_id = models.CharField(max_length=40)
    source = models.TextField()
    first_used_at = models.DateTimeField()

    class Privacy:
        open = ("digest", "form_id", "source", "first_used_at")

    def __str__(self) -> str:
        return f"{self.form_id} {self.digest[:8]}"


class Screening(models.Model):
    """One interview with one version of a form. ``version`` counts the pages saved, so that
    an answer written meanwhile by somebody else is noticed. ``language`` is read aloud."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    form_id = models.CharField(max_length=40)
    language = code_field()
    version = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "dossier", "questionnaire", "version", "started_at", "started_by")
        special = ("form_id", "language")

    def __str__(self) -> str:
        return str(self.pk)


class Answer(models.Model):
    """What was said to one question of one interview: a coded value, or a sealed text.

    ``turn`` is the round of a repeat. An answer that was corrected keeps its row. ``version`` is
    that of the interview when it was written.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="+")
    category = models.IntegerField()
    name = models.CharField(max_length=40)
    turn = models.PositiveSmallIntegerField(default=0)
    value = models.CharField(max_length=1000, blank=True, default="")
    text = SealedTextField(category="category")
    version = models.PositiveIntegerField()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    replaced_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            *("id", "dossier", "screening", "category", "turn", "version"),
            *("added_at", "added_by", "replaced_at"),
        )
        special = ("name", "value", "text")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["screening", "name", "turn"],
                condition=models.Q(replaced_at=None),
                name="cases_answer_once",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Decision(models.Model):
    """What a person decided after an interview, and why; a later one does not erase it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    list_on = models.DateField()
    reason = SealedTextField(category=Category.STORY)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "dossier", "screening", "list_on", "decided_at", "decided_by")
        special = ("code", "reason")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(reason__isnull=False), name="cases_decision_has_reason"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
