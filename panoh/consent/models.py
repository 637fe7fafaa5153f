"""Consent: one row for each sentence that was asked; decisions for a child, one for each share."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from panoh.access.models import Dossier, Team, Unit, User
from panoh.consent.rules import Answer, Standing
from panoh.directory.models import Organisation
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Questions every caller asks alike."""

    def live(self, at: object) -> "ConsentQuerySet":
        """A yes that has taken effect, has not run out and was not taken back."""
        return self.standing(at).filter(effective_at__lte=at)

    def standing(self, at: object) -> "ConsentQuerySet":
        """As ``live``, and those that take effect later."""
        return self.filter(answer=Answer.YES, withdrawn_at=None, ends_at__gte=at)


class Consent(models.Model):
    """One sentence to the person, and her answer. Only the holder of the dossier sees the row.

    The receiver is a unit (and the one ``team`` that the preview showed), or an organisation
    without accounts, or nobody where the purpose has none. ``ends_at`` is the end of the local
    day ``until``; ``effective_at`` is empty as long as a delay nobody has set would run.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", null=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True
    )
    purpose = models.CharField(max_length=40)
    categories = models.IntegerField(default=0)
    services = ArrayField(models.CharField(max_length=40), default=list)
    answer = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Answer])
    until = models.DateField(null=True)
    ends_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    effective_at = models.DateTimeField(null=True)
    asked_now = models.BooleanField(default=False)
    script_version = models.CharField(max_length=20)
    # When the script was read aloud: with this sentence, or earlier in the visit.
    read_at = models.DateTimeField(null=True)
    explained = ArrayField(models.CharField(max_length=20), default=list)
    language = models.CharField(max_length=8)
    read_in = models.CharField(max_length=8)
    present = ArrayField(models.CharField(max_length=40), default=list)
    interpreter = models.CharField(max_length=40)
    support = ArrayField(models.CharField(max_length=40), default=list)
    told_limits = models.BooleanField(default=False)
    # Agreed by telephone before something left, in short words: see ``record_spoken``.
    by_telephone = models.BooleanField(default=False)
    own_words = SealedTextField(category=Category.SAFETY)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    withdraw_reason = models.CharField(max_length=40, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Privacy:
        open = (
            "id",
            "dossier",
            "purpose",
            "answer",
            "asked_at",
            "asked_by",
            "script_version",
            "read_at",
            "explained",
            "read_in",
            "told_limits",
            "by_telephone",
            "withdrawn_at",
            "withdrawn_by",
        )
        personal = (
            "unit",
            "team",
            "organisation",
            "categories",
            "services",
            "until",
            "ends_at",
            "effective_at",
            "asked_now",
            "language",
            "interpreter",
            "withdraw_reason",
        )
        special = ("present", "support", "own_words")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~Q(answer="yes")
                | Q(until__isnull=False, ends_at__isnull=False, told_limits=True),
                name="consent_yes_has_end",
            ),
            models.CheckConstraint(
                condition=Q(unit=None) | Q(organisation=None), name="consent_one_receiver"
            ),
            models.CheckConstraint(
                condition=Q(team=None) | Q(unit__isnull=False), name="consent_team_in_unit"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(answer="yes"), name="consent_only_yes_ends"
            ),
        )
        indexes = (
            models.Index(fields=["dossier", "asked_at"], name="consent_of_dossier"),
            models.Index(
                fields=["ends_at"],
                condition=Q(answer="yes", withdrawn_at=None),
                name="consent_ending",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Questions every caller asks alike."""

    def live(self, at: object) -> "DecisionQuerySet":
        """Signed by both, in effect, not run out."""
        return self.filter(state=Standing.SIGNED, effective_at__lte=at, ends_at__gte=at)


class Decision(models.Model):
    """What two named people decided for a child: which data one receiver gets until when.

    Seen by the holder of the dossier and the advocate's team. ``reason``, ``view`` (the child's
    own words) and ``answer`` (the advocate's) are sealed. The wall (``consent_two_people``) lets
    nobody but the named advocate sign, and lets nobody change what was proposed.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", null=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True
    )
    categories = models.IntegerField()
    reason = SealedTextField(category=Category.SAFETY)
    view = SealedTextField(category=Category.SAFETY)
    answer = SealedTextField(category=Category.SAFETY)
    present = ArrayField(models.CharField(max_length=40), default=list)
    until = models.DateField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=Standing.PROPOSED)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_unit = models.IntegerField(null=True)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    effective_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)

    objects = DecisionQuerySet.as_manager()

    class Privacy:
        open = (
            "id",
            "dossier",
            "state",
            "proposed_at",
            "proposed_by",
            "proposed_unit",
            "signed_at",
            "signed_by",
            "ended_at",
            "ended_by",
        )
        personal = (
            "unit",
            "team",
            "organisation",
            "categories",
            "until",
            "ends_at",
            "effective_at",
        )
        special = ("reason", "view", "answer", "present")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(unit=None) ^ Q(organisation=None), name="consent_decision_one_receiver"
            ),
            models.CheckConstraint(
                condition=~Q(state="signed")
                | Q(signed_by__isnull=False, signed_at__isnull=False)
                & ~Q(signed_by=F("proposed_by")),
                name="consent_decision_two_people",
            ),
        )
        indexes = (models.Index(fields=["dossier", "proposed_at"], name="consent_decision_of"),)

    def __str__(self) -> str:
        return str(self.pk)
