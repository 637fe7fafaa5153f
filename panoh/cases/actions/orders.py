"""Orders of a court or authority to hand over data (row F13): in writing, seen by a lawyer, told to
the person, signed by two people outside the police, and then the named fields only."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.answers import Changed
from panoh.cases.actions.beats import _held, _tell
from panoh.cases.models import Order, OrderSignature
from panoh.cases.rules.orders import (
    ORDER_FIELDS,
    OrderNotice,
    OrderState,
    OrderStep,
    OrderView,
    same_ground,
)
from panoh.duties import actions as duties
from panoh.files.models import Document
from panoh.kernel.codes import escaped
from panoh.kernel.rules import Category, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from panoh.vault import actions as vault

ANSWER, NOTICE = "order.answer", "order.notice"


@transaction.atomic
def enter_order(
    dossier: Dossier,
    *,
    issuer: str,
    number: str,
    issued_on: date,
    paper: Document,
    scope: str,
    fields: Sequence[str],
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Order:
    """Register a written order about this person, with the least data that would meet it.

    Nothing leaves by it. Raises ``Invalid`` for a demand without number, day or paper (a word by
    mouth is no ground) and for anything that no order lets out; ``NotPossible`` unless held.
    """
    case = _held(dossier, Permission.ORDER_WRITE, by)
    sent = Order.objects.filter(dossier=case.dossier, pk__in=[submission] if submission else [])
    if seen := sent.first():
        return seen
    named = [name for name in ORDER_FIELDS if name in fields]
    for text, field in ((issuer, "issuer"), (number, "number"), (scope, "scope")):
        if not text.strip():
            raise Invalid(
                _("A demand by word of mouth is no ground: write what stands on paper."), field
            )
    if issued_on > policy.local_day(at):
        raise Invalid(_("This day has not come yet."), "issued_on")
    if paper.dossier_id != case.dossier.pk or paper.category != Category.LEGAL:
        raise Invalid(_("Add the order itself, as a legal paper of this case."), "paper")
    if not named or len(named) != len(set(fields)):
        raise Invalid(_("Choose what the order names, and nothing more."), "fields")
    row = Order(
        dossier=case.dossier,
        issued_on=issued_on,
        paper=paper,
        fields=named,
        entered_at=at,
        entered_by=by,
        **({"id": submission} if submission else {}),
    )
    for name, text in (("issuer", issuer), ("number", number), ("scope", scope)):
        vault.seal(row, name, text.strip())
    row.save(force_insert=True)
    duties.open(
        ANSWER,
        dossier=case.dossier,
        owner=case.dossier.holder,
        subject_id=row.pk,
        period="order_answer",
        by=by,
        at=at,
    )
    _tell(case.dossier, "order.entered", by, at, subject_id=row.pk)
    audit.record("order.entered", by=by, at=at, subject=row, fields=named, reason="order")
    return row


@transaction.atomic
def give_view(order: Order, *, view: OrderView, text: str, by: User, at: datetime) -> Order:
    """A lawyer says whether the order binds, and why. It may change until somebody has signed."""
    row = _standing(order, Permission.ORDER_ADVISE, by)
    if not text.strip():
        raise Invalid(_("Please write why."), "text")
    if OrderSignature.objects.filter(order=row).exists():
        raise NotPossible(_("Somebody has signed already."))
    row.view, row.viewed_at, row.viewed_by = view, at, by
    vault.seal(row, "view_text", text)
    row.save(update_fields=["view", "viewed_at", "viewed_by", "view_text"])
    audit.record("order.viewed", by=by, at=at, subject=row, reason=view)
    return row


@transaction.atomic
def note_notice(
    order: Order, *, notice: OrderNotice, text: str = "", by: User, at: datetime
) -> Order:
    """Note that the person was told of the order, or on which ground she cannot be told yet.
    A delay is owed until she is told, also after the hand-over."""
    row = _order(order, Permission.ORDER_WRITE, by)
    if row.notice == OrderNotice.TOLD:
        raise NotPossible
    if notice == OrderNotice.DELAYED and not text.strip():
        raise Invalid(_("Write who forbids it, by which paper, and until when."), "text")
    row.notice, row.noticed_at, row.noticed_by = notice, at, by
    if text.strip():
        vault.seal(row, "notice_text", text)
    row.save(update_fields=["notice", "noticed_at", "noticed_by", "notice_text"])
    if notice == OrderNotice.TOLD:
        duties.settle(kind=NOTICE, subject_id=row.pk, outcome="told", by=by, at=at)
    else:
        duties.open_once(
            NOTICE,
            dossier=row.dossier,
            owner=row.dossier.holder,
            subject_id=row.pk,
            period="order_notice",
            by=by,
            at=at,
        )
    audit.record("order.noticed", by=by, at=at, subject=row, reason=notice)
    return row


@transaction.atomic
def sign_order(order: Order, *, seen: Mapping[str, str], by: User, at: datetime) -> OrderSignature:
    """Answer for the hand-over with one's name, after the lawyer and the notice. ``seen`` is what
    the signer was shown of them (``OrderTold.ground``).

    Raises ``Refused`` for who entered it, belongs to police or an authority, has signed, or may
    not read all that is named; ``NotPossible`` before view and notice; ``Changed`` if they are
    not what was shown.
    """
    row = _standing(order, Permission.ORDER_SIGN, by)
    told = queries.order_told(row)
    if set(told.missing) - {OrderStep.SIGN}:
        raise NotPossible(_("First the lawyer's view, and notice to the person."))
    if not queries.may_sign(by, row):
        raise Refused
    if not same_ground(seen, told.ground):
        raise Changed(told.ground, seen)
    signed = OrderSignature(dossier=row.dossier, order=row, at=at, by=by)
    signed.save(force_insert=True)
    audit.record("order.signed", by=by, at=at, subject=row)
    return signed


@dataclass(frozen=True, slots=True, repr=False)
class HandedOver:
    """The file for the court, under a neutral name."""

    name: str
    mime: str
    content: bytes


@transaction.atomic
def meet_order(order: Order, *, as_json: bool, by: User, at: datetime) -> HandedOver:
    """Make the file with the named fields and nothing else. Each making is recorded.

    Raises ``NotPossible`` while view, notice or a signature is missing, ``Refused`` for who may
    not read all that is named.
    """
    row = _order(order, Permission.ORDER_WRITE, by)
    if row.state == OrderState.REFUSED or queries.order_told(row).missing:
        raise NotPossible(
            _("Nothing leaves yet: the lawyer, the notice or a signature is missing.")
        )
    if not queries.reads_named(by, row):
        raise Refused
    values = queries.order_values(row, by=by, at=at)
    content = _json(values) if as_json else _csv(values)
    kind = "json" if as_json else "csv"
    if row.state == OrderState.ENTERED:
        row.state, row.ended_at, row.ended_by = OrderState.MET, at, by
        row.save(update_fields=["state", "ended_at", "ended_by"])
        duties.settle(kind=ANSWER, subject_id=row.pk, outcome="met", by=by, at=at)
        _tell(row.dossier, "order.met", by, at, subject_id=row.pk)
    audit.record("order.exported", by=by, at=at, subject=row, fields=row.fields, reason=kind)
    name = f"{row.dossier.ref}-{row.entered_at:%Y%m%d}.{kind}"
    return HandedOver(name, "application/json" if as_json else "text/csv; charset=utf-8", content)


def _csv(values: Sequence[tuple[str, str, list[str]]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["field", "label", "value"])
    for code, label, texts in values:
        writer.writerows([[code, escaped(label), escaped(text)] for text in texts or [""]])
    return out.getvalue().encode("utf-8-sig")


def _json(values: Sequence[tuple[str, str, list[str]]]) -> bytes:
    found = {code: {"label": label, "values": texts} for code, label, texts in values}
    return json.dumps(found, ensure_ascii=False, indent=1).encode()


@transaction.atomic
def refuse_order(order: Order, *, text: str, by: User, at: datetime) -> Order:
    """Say why nothing is handed over; the paper and the reason stay."""
    row = _standing(order, Permission.ORDER_WRITE, by)
    if not text.strip():
        raise Invalid(_("Please write why."), "text")
    row.state, row.ended_at, row.ended_by = OrderState.REFUSED, at, by
    vault.seal(row, "ended_text", text)
    row.save(update_fields=["state", "ended_at", "ended_by", "ended_text"])
    duties.settle(subject_id=row.pk, outcome="refused", by=by, at=at)
    _tell(row.dossier, "order.refused", by, at, subject_id=row.pk)
    audit.record("order.refused", by=by, at=at, subject=row)
    return row


def _order(order: Order, permission: Permission, by: User) -> Order:
    dossier = reach.lock(order.dossier_id)
    reach.require(by, permission, on=dossier)
    return queries.order_of(dossier, order.pk)  # the wall shows it to the holder's team alone


def _standing(order: Order, permission: Permission, by: User) -> Order:
    row = _order(order, permission, by)
    if row.state != OrderState.ENTERED:
        raise NotPossible
    return row
