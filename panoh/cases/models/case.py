"""Cases, coded facts with their history, sealed notes, events."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, User
from panoh.cases.rules.case import NOT_YET_KNOWN, State
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


@dataclass(frozen=True, slots=True)
class Question:
    """A coded question outside the case row: its pack list, category, one answer or many.

    ``apart``: codes that the list gives another category than ``core`` are kept as
    ``ApartFact`` (row A10), in no packet and no list.
    """

    list_name: str
    label: Any
    category: Category = Category.CORE
    many: bool = True


FACTS: dict[str, Question] = {
    "exploitation_forms": Question("exploitation_forms", _("Forms of exploitation")),
    "acts": Question("acts", _("What was done")),
    "means": Question("means", _("Means")),
    "purposes": Question("purposes", _("Purposes")),
    "related_practices": Question("related_practices", _("Related practices")),
    "care_needs": Question("care_needs", _("Mobility and care needs")),
    "services_asked": Question("services", _("What the person asks for")),
    "trafficking": Question("trafficking_assessments", _("Trafficking"), many=False),
    "smuggling": Question("smuggling_assessments", _("Smuggling of migrants"), many=False),
    "case_category": Question("case_categories", _("Category"), many=False),
    "vulnerabilities": Question("vulnerabilities", _("Vulnerability"), Category.STORY),
    "triage_signs": Question("triage_signs", _("Signs of urgency"), Category.HEALTH),
    "immigration_status": Question(
        "immigration_statuses", _("Immigration status"), Category.LEGAL, many=False
    ),
    "travel_papers": Question("travel_papers", _("Papers"), Category.LEGAL),
    # Row A6: recorded apart from each other, and read by no rule about help.
    "procedural_status": Question(
        "procedural_statuses", _("Procedural status"), Category.LEGAL, many=False
    ),
    "victim_law_status": Question(
        "victim_law_statuses", _("Status under the law on help"), Category.LEGAL, many=False
    ),
    "consented": Question(
        "yes_no",
        _("Agreed at the time to what happened (recorded, never used)"),
        Category.LEGAL,
        many=False,
    ),
}

# Questions whose present answer stands in the case row as well: asked by a verb of their own.
IN_THE_ROW = ("trafficking", "smuggling", "case_category")

# Coded columns of the case row and the pack's list that answers each.
COLUMNS: dict[str, str] = {
    "channel": "contact_channels",
    "contact_source": "contact_sources",
    "safe_to_talk": "yes_no",
    "danger_now": "danger_now",
    "sex": "sexes",
    "age_branch": "age_branches",
    "age_band": "age_bands",
    "under_18_then": "yes_no",
    "language": "spoken_languages",
    "interpreter": "interpreter_choices",
    "children": "children_counts",
    "scope": "internal_transnational",
    "urgency_chosen": "urgencies",
    "sensitivity_chosen": "sensitivities",
}
# Columns that are no code of a list: a place, a year, countries (ISO 3166).
PLAIN = ("district", "birth_year", "citizenship", "happened_in", "first_contact_at")
CHANGEABLE = (*COLUMNS, *PLAIN)


def code_field(default: str = "") -> "models.CharField[str, str]":
    """A stored code; empty means not asked, which is not "no" (standard ALL-2)."""
    return models.CharField(max_length=40, blank=True, default=default)


class Case(models.Model):
    """The coded facts of one case, in clear: nothing here names anybody.

    ``version`` counts changes, so that a form opened earlier is noticed.
    """

    dossier = models.OneToOneField(
        Dossier, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    submission = models.UUIDField(null=True, unique=True)
    state = models.CharField(max_length=10, default=State.OPEN.value)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    first_contact_at = models.DateTimeField()
    channel = code_field()
    contact_source = code_field()
    safe_to_talk = code_field()
    danger_now = code_field()
    sex = code_field()
    age_branch = code_field("unknown")
    age_band = code_field()
    birth_year = models.PositiveSmallIntegerField(null=True)
    under_18_then = code_field()
    district = code_field()
    language = code_field()
    interpreter = code_field()
    children = code_field()
    citizenship = models.CharField(max_length=2, blank=True, default="")
    happened_in = models.CharField(max_length=2, blank=True, default="")
    scope = models.CharField(max_length=40, default=NOT_YET_KNOWN)
    case_category = code_field("potential")
    trafficking = code_field("not_assessed")
    smuggling = code_field("not_assessed")
    identified_by = code_field()
    identified_at = models.DateTimeField(null=True)
    urgency = code_field()
    urgency_rank = models.PositiveSmallIntegerField()
    urgency_chosen = code_field()
    sensitivity = code_field()
    sensitivity_rank = models.PositiveSmallIntegerField()
    sensitivity_chosen = code_field()
    closed_at = models.DateTimeField(null=True)
    close_reason = code_field()

    class Privacy:
        open = (
            "dossier",
            "version",
            "submission",
            "state",
            "opened_at",
            "opened_by",
            "first_contact_at",
            "channel",
            "contact_source",
            "safe_to_talk",
            "danger_now",
            "sex",
            "age_branch",
            "age_band",
            "under_18_then",
            "district",
            "language",
            "interpreter",
            "children",
            "scope",
            "case_category",
            "trafficking",
            "smuggling",
            "identified_by",
            "identified_at",
            "urgency",
            "urgency_rank",
            "urgency_chosen",
            "sensitivity",
            "sensitivity_rank",
            "sensitivity_chosen",
            "closed_at",
            "close_reason",
        )
        personal = ("birth_year", "citizenship", "happened_in")
        leaves = {"order": ("sex", "age_band", "district", "citizenship")}

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in State]), name="cases_state_known"
            ),
            models.CheckConstraint(condition=~Q(scope=""), name="cases_scope_answered"),
            models.CheckConstraint(
                condition=Q(state=State.OPEN.value, closed_at=None, close_reason="")
                | (Q(state=State.CLOSED.value, closed_at__isnull=False) & ~Q(close_reason="")),
                name="cases_closed_has_reason",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class CodedFact(models.Model):
    """One coded answer with author and date; one that no longer holds keeps its row.

    ``list_on`` is the day whose list was shown: an old answer is read with the list of its day.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    field = models.CharField(max_length=40)
    list_name = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    list_on = models.DateField()
    unit_type = code_field()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.field} {self.code}"


FACT_FIELDS = (
    "id",
    "dossier",
    "field",
    "list_name",
    "code",
    "list_on",
    "unit_type",
    "added_at",
    "added_by",
    "removed_at",
    "removed_by",
)


class Fact(CodedFact):
    """A coded answer of the data category of its question. ``note`` says more, sealed."""

    category = models.IntegerField()
    note = SealedTextField(category="note_category")

    class Privacy:
        open = (*FACT_FIELDS, "category")
        special = ("note",)
        leaves = {"order": ("code",)}

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["dossier", "field", "code"],
                condition=Q(removed_at=None),
                name="cases_fact_once",
            ),
        )

    @property
    def note_category(self) -> int:
        """A free text beside a coded fact is a piece of the story, unless the fact itself is of
        a narrower category."""
        return self.category if self.category != Category.CORE else int(Category.STORY)


class ApartFact(CodedFact):
    """A coded answer that never leaves the holder's team: no grant opens it (row A10)."""

    class Privacy:
        special = FACT_FIELDS

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["dossier", "field", "code"],
                condition=Q(removed_at=None),
                name="cases_apartfact_once",
            ),
        )


class Note(models.Model):
    """A sealed text of one data category; it is never changed, a later note corrects it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    category = models.IntegerField()
    text = SealedTextField(category="category")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )

    class Privacy:
        open = ("id", "dossier", "category", "added_at", "added_by")
        special = ("text",)
        leaves = {"order": ("text",)}

    def __str__(self) -> str:
        return str(self.pk)


class Event(models.Model):
    """One coded line of the timeline; rooms above add their own through ``cases.tell``."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=60)
    detail = code_field()
    at = models.DateTimeField()
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    subject_id = models.UUIDField(null=True)

    class Privacy:
        open = ("id", "dossier", "event", "detail", "at", "by", "subject_id")

    class Meta:
        indexes = (models.Index(fields=["dossier", "-at"], name="cases_event_newest_idx"),)

    def __str__(self) -> str:
        return self.event
