"""Applications for status, the half page that members read, rulings, and every step of them."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from panoh.access.models import Dossier, Team, Unit, User
from panoh.bodies.models import Body, Item, Sitting
from panoh.consent.models import Consent
from panoh.consent.models import Decision as Agreed
from panoh.decisions.rules.application import STEPS, Kind, Outcome, State
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


def _codes() -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=40), default=list)


def _code() -> "models.CharField[str, str]":
    return models.CharField(max_length=40, blank=True, default="")


def _signed(*, null: bool = False) -> "models.ForeignKey[User, User]":
    return models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=null
    )


class Application(models.Model):
    """One application to one body. ``number`` is its receipt number and all that an agenda says of
    it. The row holds codes only; ``team`` is the body's. ``former``: the refused one that this
    review or appeal is about. ``told_at`` is when the person was told of the ruling."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.CharField(max_length=10, unique=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, default=Kind.FIRST)
    former = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, default=State.FILED)
    by_unit_type = models.CharField(max_length=40)
    hearing = _code()
    language = _code()
    documents = _codes()
    missing = _codes()
    opinion = _code()
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    agreed = models.ForeignKey(
        Agreed, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    filed_at = models.DateTimeField()
    filed_by = _signed()
    completed_at = models.DateTimeField(null=True)
    completed_by = _signed(null=True)
    told_at = models.DateTimeField(null=True)
    told_by = _signed(null=True)
    told_way = _code()
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            *("id", "number", "dossier", "kind", "former", "body", "team", "state"),
            *("by_unit_type", "hearing", "language", "documents", "missing", "opinion"),
            *("consent", "agreed", "filed_at", "filed_by", "completed_at", "completed_by"),
            *("told_at", "told_by", "told_way", "ended_at"),
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in State]), name="decisions_state_known"
            ),
            models.CheckConstraint(
                condition=Q(consent__isnull=False) | Q(agreed__isnull=False),
                name="decisions_filed_with_consent",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.INCOMPLETE.value) | ~Q(missing=[]),
                name="decisions_missing_is_named",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.FIRST.value, former=None)
                | (~Q(kind=Kind.FIRST.value) & Q(former__isnull=False)),
                name="decisions_appeal_of_one",
            ),
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(state__in=["filed", "incomplete", "complete"]),
                name="decisions_one_open",
            ),
            models.UniqueConstraint(
                fields=["former"], condition=~Q(state="withdrawn"), name="decisions_appealed_once"
            ),
        )

    def __str__(self) -> str:
        return self.number


class HalfPage(models.Model):
    """What the members of the body read: a few codes and the holder's own half page, without name,
    village, school or employer. Its key is the application's, so that it opens with its grant."""

    id = models.UUIDField(primary_key=True, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    sex = _code()
    age_band = _code()
    forms = _codes()
    acts = _codes()
    means = _codes()
    text = SealedTextField(category=Category.APPLICATION)
    opinion_text = SealedTextField(category=Category.APPLICATION)
    written_at = models.DateTimeField()
    written_by = _signed()

    class Privacy:
        open = ("id", "dossier", "written_at", "written_by")
        special = ("sex", "age_band", "forms", "acts", "means", "text", "opinion_text")

    def __str__(self) -> str:
        return str(self.pk)


class HalfCopy(models.Model):
    """The half page sealed to the own key of one member of the body whose organisation is
    elsewhere. ``app`` adds rows and reads none: the database hands it out while that member has a
    seat, and destroys it when the reading ends."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application_id = models.UUIDField()
    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    content = models.BinaryField()

    class Privacy:
        open = ("id", "application_id", "account")
        special = ("content",)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["application_id", "account"], name="decisions_copy_once"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class ReaderTold(models.Model):
    """That the person was told of an organisation beside the body's whose members read the half
    page. Without it the database hands none of them a copy."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    application_id = models.UUIDField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    by = _signed()

    class Privacy:
        open = ("id", "dossier", "application_id", "unit", "at", "by")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["application_id", "unit"], name="decisions_reader_once"
            ),
        )

    def __str__(self) -> str:
        return str(self.unit)


class Ruling(models.Model):
    """What a body decided on one application in one sitting: outcome, grounds, day, and the version
    of the pack it was made under. Of an earlier day it stands only with a reason and a second
    signature. The database keeps it as it was written."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=10)
    minutes = models.CharField(max_length=20, blank=True, default="")
    kind = models.CharField(max_length=10)
    outcome = models.CharField(max_length=10)
    grounds = _codes()
    has_opinion = models.BooleanField()
    decided_on = models.DateField()
    entered_on = models.DateField()
    entered_at = models.DateTimeField()
    entered_by = _signed()
    pack_version = models.CharField(max_length=40)
    reason = _code()
    second_at = models.DateTimeField(null=True)
    second_by = _signed(null=True)
    effective_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            *(
                "id",
                "dossier",
                "application",
                "body",
                "team",
                "sitting",
                "item",
                "number",
                "minutes",
            ),
            *(
                "kind",
                "outcome",
                "grounds",
                "has_opinion",
                "decided_on",
                "entered_on",
                "entered_at",
            ),
            *("entered_by", "pack_version", "reason", "second_at", "second_by", "effective_at"),
        )

    class Meta:
        constraints = (
            # Two secretaries at once: one wins, here.
            models.UniqueConstraint(fields=["application"], name="decisions_one_ruling"),
            models.UniqueConstraint(
                fields=["application", "sitting"], name="decisions_one_ruling_of_a_sitting"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[one.value for one in Outcome]) & ~Q(grounds=[]),
                name="decisions_ruling_has_grounds",
            ),
            models.CheckConstraint(
                condition=Q(effective_at=None)
                | Q(decided_on=F("entered_on"))
                | (
                    Q(decided_on__lt=F("entered_on"), second_by__isnull=False)
                    & ~Q(reason="")
                    & ~Q(second_by=F("entered_by"))
                ),
                name="decisions_earlier_day_signed_twice",
            ),
        )

    def __str__(self) -> str:
        return self.number


class Moved(models.Model):
    """One step of an application: which verb, when, by whom, in which role, on which ground. The
    body's numbers are counted from these rows (row B6)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    application_id = models.UUIDField()
    number = models.CharField(max_length=10)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10)
    verb = models.CharField(max_length=20)
    ground = models.CharField(max_length=200, blank=True, default="")
    role = models.CharField(max_length=40)
    on = models.DateField()
    at = models.DateTimeField()
    by = _signed()

    class Privacy:
        open = (
            *("id", "dossier", "application_id", "number", "body", "team", "kind", "verb"),
            *("ground", "role", "on", "at", "by"),
        )

    class Meta:
        indexes = (models.Index(fields=["application_id", "at"], name="decisions_moved_idx"),)

    def __str__(self) -> str:
        return self.verb

    @property
    def label(self) -> str:
        """The words of the step."""
        return str(STEPS.get(self.verb, self.verb))
