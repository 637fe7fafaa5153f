"""Charges that follow from exploitation (row B9): never seen by those who charge."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, Team, Unit, User
from panoh.cases.models import ApartFact
from panoh.justice.rules import OUTCOMES, State, Word
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


def _signed(*, null: bool = False) -> "models.ForeignKey[User, User]":
    return models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=null
    )


class Charge(models.Model):
    """One charge, fine or threat of one, and what came of it. ``fact`` is what is kept apart
    (row A10), where a charge is only feared. ``told_…``: the notice to the prosecutor."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    fact = models.ForeignKey(
        ApartFact, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    text = SealedTextField(category=Category.LEGAL)
    state = models.CharField(max_length=10, default=State.OPEN)
    entered_at = models.DateTimeField()
    entered_by = _signed()
    told_word = models.CharField(max_length=10, blank=True, default="")
    told_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    told_at = models.DateTimeField(null=True)
    told_by = _signed(null=True)
    outcome = models.CharField(max_length=20, blank=True, default="")
    ended_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = _signed(null=True)

    class Privacy:
        special = (
            *("id", "dossier", "team", "kind", "fact", "text", "state", "entered_at"),
            *("entered_by", "told_word", "told_unit", "told_at", "told_by", "outcome"),
            *("ended_on", "ended_at", "ended_by"),
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state=State.OPEN.value, outcome="", ended_at=None)
                | Q(state=State.ENDED.value, outcome__in=OUTCOMES, ended_at__isnull=False),
                name="justice_open_until_outcome",
            ),
            models.CheckConstraint(
                condition=Q(told_at=None, told_word="")
                | Q(told_at__isnull=False, told_word=Word.LAWYER.value)
                | Q(told_at__isnull=False, told_word=Word.CONSENT.value, told_unit__isnull=False),
                name="justice_told_on_a_word",
            ),
            models.UniqueConstraint(
                fields=["fact"], condition=Q(fact__isnull=False), name="justice_one_of_a_fact"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
