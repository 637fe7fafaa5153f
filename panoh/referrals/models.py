"""Referrals: one row for each request to another service."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from panoh.access.models import Dossier, Team, User
from panoh.consent.models import Consent, Decision
from panoh.directory.models import Organisation
from panoh.referrals.rules import HERE, NOT_KNOWN, State


class Referral(models.Model):
    """A request to a team, or to an organisation without accounts.

    The receiver reads this row and nothing else until it says yes, so the row holds the minimum:
    no name, no text, no immigration or legal status, no word on co-operation with police.
    ``source`` is who brought the person, ``destination`` the kind of the receiver: codes of the
    pack, for the table of row A22. ``confirmed_at`` is empty while a yes is known by telephone
    only. ``ends_at`` is the moment until which the person agreed, and no later than any grant.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    ref = models.CharField(max_length=10, unique=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    to_team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    to_organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True
    )
    state = models.CharField(max_length=20, default=State.DRAFT)
    source = models.CharField(max_length=40, default=NOT_KNOWN)
    destination = models.CharField(max_length=40, blank=True, default="")
    # The minimum.
    services = ArrayField(models.CharField(max_length=40), default=list)
    urgency = models.CharField(max_length=40, blank=True, default="")
    urgency_rank = models.PositiveSmallIntegerField()
    sensitivity_rank = models.PositiveSmallIntegerField()
    danger = models.CharField(max_length=40, blank=True, default="")
    sex = models.CharField(max_length=40, blank=True, default="")
    age_band = models.CharField(max_length=40, blank=True, default="")
    children = models.CharField(max_length=40, blank=True, default="")
    language = models.CharField(max_length=40, blank=True, default="")
    care_needs = ArrayField(models.CharField(max_length=40), default=list)
    region = models.CharField(max_length=40, blank=True, default="")
    # What acceptance opens, and on whose word.
    categories = models.IntegerField()
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="+", null=True)
    consent_apart = models.ForeignKey(
        Consent, on_delete=models.PROTECT, related_name="+", null=True
    )
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+", null=True)
    # Each step with time and person.
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    reply_due_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    received_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    asked = ArrayField(models.CharField(max_length=40), default=list)
    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    info_channel = models.CharField(max_length=40, blank=True, default="")
    info_answered_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    answer_channel = models.CharField(max_length=40, default=HERE)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    decline_reason = models.CharField(max_length=40, blank=True, default="")
    proposed = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True
    )
    outcome = models.CharField(max_length=40, blank=True, default="")
    handover_way = models.CharField(max_length=40, blank=True, default="")
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)

    class Privacy:
        open = (
            "id",
            "ref",
            "dossier",
            "from_team",
            "to_team",
            "to_organisation",
            "state",
            "source",
            "destination",
            "services",
            "urgency",
            "urgency_rank",
            "sensitivity_rank",
            "danger",
            "sex",
            "age_band",
            "children",
            "language",
            "region",
            "categories",
            "consent",
            "consent_apart",
            "decision",
            "drafted_at",
            "drafted_by",
            "sent_at",
            "sent_by",
            "reply_due_at",
            "escalated_at",
            "received_at",
            "received_by",
            "asked",
            "asked_at",
            "asked_by",
            "info_channel",
            "info_answered_at",
            "answered_at",
            "answered_by",
            "answer_channel",
            "confirmed_at",
            "confirmed_by",
            "decline_reason",
            "proposed",
            "outcome",
            "handover_way",
            "ends_at",
            "ended_at",
            "ended_by",
        )
        special = ("care_needs",)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]),
                name="referrals_state_known",
            ),
            models.CheckConstraint(
                condition=Q(to_team=None, to_organisation__isnull=False)
                | Q(to_team__isnull=False, to_organisation=None),
                name="referrals_one_receiver",
            ),
            models.CheckConstraint(
                condition=~Q(to_team=F("from_team")), name="referrals_not_to_oneself"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.DRAFT.value, State.WITHDRAWN.value])
                | Q(consent__isnull=False, sent_at__isnull=False)
                | Q(decision__isnull=False, sent_at__isnull=False),
                name="referrals_sent_with_consent",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.DECLINED.value) | ~Q(decline_reason=""),
                name="referrals_declined_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.COMPLETED.value) | ~Q(outcome=""),
                name="referrals_completed_has_outcome",
            ),
        )
        indexes = (
            models.Index(fields=["dossier"], name="referrals_of_dossier"),
            models.Index(
                fields=["to_team", "urgency_rank", "sensitivity_rank", "sent_at", "id"],
                condition=Q(state__in=["sent", "info_asked", "accepted"]),
                name="referrals_inbox_idx",
            ),
            models.Index(fields=["from_team", "-drafted_at", "-id"], name="referrals_outbox_idx"),
            models.Index(
                fields=["reply_due_at"],
                condition=Q(state="sent", escalated_at=None),
                name="referrals_silent_idx",
            ),
            models.Index(
                fields=["ends_at"],
                condition=Q(state__in=["sent", "info_asked", "accepted", "completed"]),
                name="referrals_ending_idx",
            ),
        )

    def __str__(self) -> str:
        return self.ref

    @property
    def receiver(self) -> Team | Organisation:
        """Whom it asks."""
        found = self.to_team or self.to_organisation
        assert found is not None  # noqa: S101 - a constraint of the table
        return found

    @property
    def receiver_name(self) -> str:
        """Whom it asks, as a page names it: the unit, not its team."""
        return str(self.to_team.unit if self.to_team else self.to_organisation)

    @property
    def awaits_confirmation(self) -> bool:
        """A yes that is known by telephone only: nothing has opened yet."""
        return self.state == State.ACCEPTED and self.confirmed_at is None
