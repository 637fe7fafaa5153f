"""The register of orders to hand over data, and of breaches (row F13)."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from panoh.access.models import Dossier, Team, User
from panoh.cases.models.case import code_field
from panoh.cases.rules.orders import BreachKind, OrderNotice, OrderState, OrderView
from panoh.files.models import Document
from panoh.kernel.rules import Category
from panoh.vault.models import SealedTextField


def _signed(*, null: bool = False) -> "models.ForeignKey[User, User]":
    return models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, null=null
    )


class Order(models.Model):
    """One written order about one person. Without number, day and paper there is no row: a demand
    by word of mouth is no ground. ``fields`` are the only things it lets out."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    issuer = SealedTextField(category=Category.LEGAL)
    number = SealedTextField(category=Category.LEGAL)
    issued_on = models.DateField()
    paper = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    scope = SealedTextField(category=Category.LEGAL)
    fields = models.JSONField()
    state = models.CharField(max_length=10, default=OrderState.ENTERED)
    entered_at = models.DateTimeField()
    entered_by = _signed()
    view = code_field()
    view_text = SealedTextField(category=Category.LEGAL)
    viewed_at = models.DateTimeField(null=True)
    viewed_by = _signed(null=True)
    notice = code_field()
    notice_text = SealedTextField(category=Category.LEGAL)
    noticed_at = models.DateTimeField(null=True)
    noticed_by = _signed(null=True)
    ended_text = SealedTextField(category=Category.LEGAL)
    ended_at = models.DateTimeField(null=True)
    ended_by = _signed(null=True)

    class Privacy:
        open = (
            *("id", "dossier", "issued_on", "state", "entered_at", "entered_by", "view"),
            *("viewed_at", "viewed_by", "notice", "noticed_at", "noticed_by"),
            *("ended_at", "ended_by"),
        )
        personal = ("paper", "fields")
        special = ("issuer", "number", "scope", "view_text", "notice_text", "ended_text")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(issuer__isnull=False, number__isnull=False, scope__isnull=False),
                name="cases_order_in_writing",
            ),
            models.CheckConstraint(condition=~Q(fields=[]), name="cases_order_names_fields"),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in OrderState]), name="cases_order_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=OrderState.MET.value)
                | (Q(view=OrderView.LAWFUL.value) & ~Q(notice="")),
                name="cases_order_met_after_view_and_notice",
            ),
            models.CheckConstraint(
                condition=~Q(notice=OrderNotice.DELAYED.value) | Q(notice_text__isnull=False),
                name="cases_order_delay_has_ground",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class OrderSignature(models.Model):
    """One of the two who answer for a hand-over. Nobody signs twice, nor what was entered by the
    same hand."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="signatures")
    at = models.DateTimeField()
    by = _signed()

    class Privacy:
        open = ("id", "dossier", "order", "at", "by")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["order", "by"], name="cases_order_signed_once"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Breach(models.Model):
    """Data may have come into strange hands: through an account, or through all that a team
    reached, between two moments. It holds nothing of anybody's case."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=20)
    user = _signed(null=True)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    since = models.DateTimeField()
    until = models.DateTimeField()
    opened_at = models.DateTimeField()
    opened_by = _signed()
    due_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            *("id", "kind", "user", "team", "since", "until", "opened_at", "opened_by"),
            "due_at",
        )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in BreachKind]), name="cases_breach_kind"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(team__isnull=True), name="cases_breach_of_one"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Affected(models.Model):
    """A person whom a breach concerns; only the holder of the case sees the row, and tells her."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    breach = models.ForeignKey(Breach, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    told_by = _signed(null=True)
    channel = code_field()

    class Privacy:
        open = ("id", "dossier", "breach", "opened_at", "due_at", "told_at", "told_by", "channel")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["breach", "dossier"], name="cases_affected_once"),
        )

    def __str__(self) -> str:
        return str(self.pk)
