"""Money for one person: asked for, signed by two, paid, received; or refused, or taken back.

Verbs of who asks lock the dossier; verbs of the fund, which does not see the case, lock the
request's own row.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries as cases
from panoh.duties import actions as duties
from panoh.fund import queries, rules
from panoh.fund.actions.entering import enter, mirror, said
from panoh.fund.models import Approval, Book, Entry, Line, Request
from panoh.fund.rules import LIFECYCLE, PAID, EntryKind
from panoh.kernel.codes import new_ref
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused, checked_sum
from panoh.policy import queries as policy

DECIDE, DECIDE_NOW, PAY = "money.decide", "money.decide_now", "money.pay"
SECOND, RECEIPT, NO = "money.second", "money.receipt", "money.refused"


@transaction.atomic
def ask(
    dossier: Dossier,
    *,
    book: Book,
    kind: str,
    amount: int,
    urgent: bool = False,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Request:
    """Ask a fund for money for this person; no name is needed and none is told. ``amount`` in the
    smallest unit; ``urgent`` = the fast lane.

    The same ``submission`` asks once. Raises ``Gone``, ``Invalid``, ``NotPossible``.
    """
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.MONEY_ASK, on=found, category=Category.MONEY)
    if submission and (seen := Request.objects.filter(pk=submission, dossier=found).first()):
        return seen
    if not cases.is_open(found):
        raise NotPossible(_("The case is closed. Open it again first; nothing was changed."))
    told = policy.code("money_kinds", kind)
    if told is None or not told.valid_on(policy.local_day(at)):
        raise Invalid(_("Choose one from the list."), "kind")
    checked_sum(amount, "amount")
    most = int(told.extra["most"]) if told.extra.get("most") else None
    rules.check_request(amount, most=most, ceiling=queries.ceiling(book), urgent=urgent)
    row = Request(id=submission or uuid4(), ref=new_ref(), dossier=found, book=book, kind=kind)
    row.purpose, row.amount, row.currency = told.maps_to, amount, book.currency
    row.urgent, row.asked_at, row.asked_by = urgent, at, by
    row.asked_team = _asking_team(found)
    row.save(force_insert=True)
    duties.open(
        DECIDE_NOW if urgent else DECIDE,
        dossier=found,
        owner=book.team,
        subject_id=row.pk,
        period="money_decide_fast" if urgent else "money_decide",
        by=by,
        at=at,
    )
    audit.record("money.asked", by=by, at=at, subject=row)
    return row


def _asking_team(dossier: Dossier) -> Team:
    """My team by which I reach the case: it gets the answer and owes the receipt."""
    if reach.holds(dossier):
        return dossier.holder
    grants = reach.grants_on(dossier).filter(team_id__in=reach.my_teams())
    return next(one.team for one in grants if Category(one.categories) & Category.MONEY)


@transaction.atomic
def withdraw(request: Request, *, by: User, at: datetime) -> Request:
    """Take a request back before anybody has signed it. Raises ``Gone``, ``NotPossible``."""
    row = _asked(request, by)
    row.state, row.ended_at = LIFECYCLE.after("withdraw", row.state), at
    row.save(update_fields=["state", "ended_at"])
    duties.settle(subject_id=row.pk, outcome="withdrawn", by=by, at=at)
    audit.record("money.withdrawn", by=by, at=at, subject=row)
    return row


@transaction.atomic
def receive(request: Request, *, receipt: str, by: User, at: datetime) -> Request:
    """Say how it is proved that the person got the money; no name is needed. Raises ``Gone``,
    ``Invalid``, ``NotPossible``."""
    row = _asked(request, by)
    if policy.code("money_receipts", receipt) is None:
        raise Invalid(_("Choose one from the list."), "receipt")
    row.state, row.receipt = LIFECYCLE.after("receive", row.state), receipt
    row.save(update_fields=["state", "receipt"])
    duties.settle(kind=RECEIPT, subject_id=row.pk, outcome="received", by=by, at=at)
    audit.record("money.received", by=by, at=at, subject=row, reason=receipt)
    return row


@transaction.atomic
def approve(
    request: Request, *, parts: Sequence[tuple[Line, int]] = (), by: User, at: datetime
) -> Request:
    """Sign a request. The first signature promises it the money of ``parts`` (lines of its purpose
    that make the whole sum); the second, somebody else's, makes it payable, or answers for what
    the fast lane has paid.

    Raises ``Gone``, ``Refused`` for who asked, ``Invalid``, ``NotPossible``.
    """
    row = _of_fund(request, Permission.MONEY_APPROVE, by)
    signed = queries.signatures(row)
    if by.pk in {one.by_id for one in signed}:
        raise NotPossible(_("You have signed already: the second signature is somebody else's."))
    if not signed:
        row.state = LIFECYCLE.after("approve", row.state)
        _check_parts(row, parts)
    elif row.second_due_at is None or row.signed_at is not None:
        row.state = LIFECYCLE.after("sign", row.state)
    else:
        row.signed_at = at
    with said():
        made = Approval(request=row, book_id=row.book_id, asked_by_id=row.asked_by_id)
        made.number, made.by, made.at = len(signed) + 1, by, at
        made.save(force_insert=True)
    row.save(update_fields=["state", "signed_at"])
    if not signed:
        _move(row, EntryKind.COMMITMENT, parts, by=by, at=at)
    _owe_after_signature(row, len(signed) + 1, by, at)
    audit.record("money.approved", by=by, at=at, subject=row)
    return row


def _check_parts(row: Request, parts: Sequence[tuple[Line, int]]) -> None:
    rules.chosen_parts(row.amount, [part for _line, part in parts])
    for line, _part in parts:
        if line.book_id != row.book_id or line.purpose != row.purpose:
            raise Invalid(_("This money is for another purpose. Nothing was changed."), "line")


def _owe_after_signature(row: Request, signatures: int, by: User, at: datetime) -> None:
    if row.signed_at is not None:
        duties.settle(kind=SECOND, subject_id=row.pk, outcome="signed", by=by, at=at)
    elif _payable(row, signatures):
        duties.settle(subject_id=row.pk, outcome="approved", by=by, at=at)
        period = "money_decide_fast" if row.urgent else "money_decide"
        duties.open(PAY, owner=row.book.team, subject_id=row.pk, period=period, by=by, at=at)


def _payable(row: Request, signatures: int) -> bool:
    ceiling = queries.ceiling(row.book)
    return rules.is_payable(signatures, urgent=row.urgent, amount=row.amount, ceiling=ceiling)


@transaction.atomic
def refuse(request: Request, *, reason: str, by: User, at: datetime) -> Request:
    """Say no, for a coded reason; money that was promised is free again. Raises ``Gone``,
    ``Refused`` for who asked, ``Invalid``, ``NotPossible``."""
    row = _of_fund(request, Permission.MONEY_APPROVE, by)
    if policy.code("money_refusals", reason) is None:
        raise Invalid(_("Choose one from the list."), "reason")
    promised = queries.parts(row)
    row.state, row.reason, row.ended_at = LIFECYCLE.after("refuse", row.state), reason, at
    row.save(update_fields=["state", "reason", "ended_at"])
    if promised:
        _move(row, EntryKind.RELEASE, promised, by=by, at=at)
    duties.settle(subject_id=row.pk, outcome="refused", by=by, at=at)
    _tell_asker(row, NO, "duty_acknowledge", by, at)
    audit.record("money.refused", by=by, at=at, subject=row, reason=reason)
    return row


@transaction.atomic
def pay(request: Request, *, paper: str = "", by: User, at: datetime) -> Request:
    """Hand the money out. Paid already is no fault: it is paid once, whoever clicks how often. On
    one signature, in the fast lane, the second is owed from now on.

    Raises ``Gone``, ``Refused`` for who asked, ``NotPossible`` before it is payable.
    """
    row = _of_fund(request, Permission.MONEY_PAY, by)
    if row.state in PAID:
        return row
    signatures = len(queries.signatures(row))
    row.state, row.paid_at = LIFECYCLE.after("pay", row.state), at
    if not _payable(row, signatures):
        raise NotPossible(_("Two different people sign first. Nothing was paid."))
    if signatures == 1:
        row.second_due_at = policy.due("money_second_signature", at)
        duties.open(
            SECOND,
            owner=row.book.team,
            subject_id=row.pk,
            period="money_second_signature",
            by=by,
            at=at,
        )
    row.save(update_fields=["state", "paid_at", "second_due_at"])
    _move(row, EntryKind.PAYMENT, queries.parts(row), paper=paper.strip(), by=by, at=at)
    duties.settle(kind=PAY, subject_id=row.pk, outcome="paid", by=by, at=at)
    _tell_asker(row, RECEIPT, "money_receipt", by, at)
    audit.record("money.paid", by=by, at=at, subject=row)
    return row


@transaction.atomic
def take_back(request: Request, *, reason: str, by: User, at: datetime) -> Request:
    """The money came back, or was never handed out: the payment and its promise are reversed, and
    both stay in the books. Raises ``Gone``, ``Invalid``, ``NotPossible``."""
    row = _of_fund(request, Permission.MONEY_BOOK, by)
    if policy.code("money_returns", reason) is None:
        raise Invalid(_("Choose one from the list."), "reason")
    row.state, row.reason, row.ended_at = LIFECYCLE.after("take_back", row.state), reason, at
    row.save(update_fields=["state", "reason", "ended_at"])
    kinds = (EntryKind.PAYMENT, EntryKind.COMMITMENT)
    entries = Entry.objects.filter(request=row, kind__in=kinds).prefetch_related("postings")
    mirror(sorted(entries, key=lambda one: one.kind), day=policy.local_day(at), by=by, at=at)
    duties.settle(subject_id=row.pk, outcome="returned", by=by, at=at)
    audit.record("money.returned", by=by, at=at, subject=row, reason=reason)
    return row


def _move(
    row: Request,
    kind: EntryKind,
    parts: Sequence[tuple[Line, int]],
    *,
    by: User,
    at: datetime,
    paper: str = "",
) -> None:
    day = policy.local_day(at)
    enter(row.book, kind, parts, day=day, request=row, paper=paper, by=by, at=at)


def _tell_asker(row: Request, kind: str, period: str, by: User, at: datetime) -> None:
    """The fund does not see the case: it knows its number only."""
    duties.open(
        kind,
        dossier=Dossier(pk=row.dossier_id),
        owner=row.asked_team,
        subject_id=row.pk,
        period=period,
        by=by,
        at=at,
    )


def _asked(request: Request, by: User) -> Request:
    """The request as it is now, for those who help the person. Raises ``Gone``."""
    dossier = reach.lock(request.dossier_id)
    reach.require(by, Permission.MONEY_ASK, on=dossier, category=Category.MONEY)
    rows = Request.objects.select_for_update(of=("self",))
    row = rows.filter(pk=request.pk, dossier=dossier).first()
    if row is None:
        raise Gone
    return row


def _of_fund(request: Request, permission: Permission, by: User) -> Request:
    """The request as it is now, locked, for the fund it was sent to. Raises ``Gone``."""
    reach.require(by, permission)
    rows = Request.objects.select_for_update(of=("self",)).select_related("book__team")
    row = rows.filter(pk=request.pk, book_id__in=reach.my_teams()).first()
    if row is None:
        raise Gone
    if row.asked_by_id == by.pk:
        raise Refused(_("Whoever asked for money neither signs for it nor pays it out."))
    return row
