"""Orders to hand over data: what stands, what is missing, what an export would hold; breaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from panoh.access.models import Dossier, User
from panoh.access.queries import holds, may, my_teams, visible_to
from panoh.access.rules import Permission
from panoh.cases.models import Affected, Order, OrderSignature
from panoh.cases.queries.reading import (
    facts_of,
    is_authority,
    labelled,
    notes_of,
    readable,
    summary,
    texts_of,
)
from panoh.cases.queries.safety import safety_plan
from panoh.cases.rules.orders import (
    COLUMN,
    FACT,
    ORDER_FIELDS,
    PERSON,
    SAFETY,
    WAYS,
    BreachKind,
    OrderNotice,
    OrderState,
    OrderStep,
    asked_of,
    missing,
)
from panoh.kernel.rules import Category, Gone
from panoh.people import queries as people
from panoh.people.queries import Reach
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.vault import queries as vault

CONCERNED = 50
_RIGHTS = (Permission.ORDER_WRITE, Permission.ORDER_ADVISE, Permission.ORDER_SIGN)


def reads_orders(user: User, dossier: Dossier) -> bool:
    """Whether the account works with orders about this case: of the holder's team, and with a
    part in it."""
    return holds(dossier) and any(may(user, one) for one in _RIGHTS)


def reads_named(user: User, order: Order) -> bool:
    """Whether the account itself may read everything that the order names."""
    asked = asked_of(order.fields)
    found = readable(user, order.dossier)
    if not may(user, Permission.IDENTITY_READ):
        found &= ~(Category.IDENTITY | Category.CONTACT)
    return asked & found == asked


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order, opened."""

    row: Order
    issuer: str
    number: str
    scope: str
    view_text: str
    notice_text: str
    ended_text: str
    signatures: Sequence[OrderSignature]

    @property
    def ground(self) -> dict[str, str]:
        """On what a signature stands, as it is shown to who signs."""
        row = self.row
        return {
            "view": row.view,
            "view_text": self.view_text,
            "notice": row.notice,
            "notice_text": self.notice_text,
        }

    @property
    def missing(self) -> list[OrderStep]:
        """What is missing before anything is handed over."""
        return missing(self.row.view, self.row.notice, len(self.signatures))

    @property
    def labels(self) -> list[str]:
        """The fields that it names, in words."""
        return [str(ORDER_FIELDS[name].label) for name in self.row.fields]


_TEXTS = ("issuer", "number", "scope", "view_text", "notice_text", "ended_text")


def orders_of(dossier: Dossier) -> list[OrderTold]:
    """Every order about a case, newest first. A page that shows them records the reading."""
    found = Order.objects.filter(dossier=dossier).order_by("-entered_at", "-pk")
    people_of = ("entered_by", "viewed_by", "noticed_by", "ended_by", "paper")
    return _told(list(visible_to(found).select_related(*people_of)))


def order_told(order: Order) -> OrderTold:
    """One of them."""
    return _told([order])[0]


def _told(rows: list[Order]) -> list[OrderTold]:
    columns = [vault.open_many(rows, name, missing="") for name in _TEXTS]
    signed = OrderSignature.objects.filter(order__in=rows).select_related("by__unit")
    by_order: dict[UUID, list[OrderSignature]] = {row.pk: [] for row in rows}
    for one in signed.order_by("at", "pk"):
        by_order[one.order_id].append(one)
    return [
        OrderTold(
            row,
            signatures=by_order[row.pk],
            **{name: text or "" for name, text in zip(_TEXTS, texts, strict=True)},
        )
        for row, *texts in zip(rows, *columns, strict=True)
    ]


def order_of(dossier: Dossier, order_id: UUID) -> Order:
    """One order about this case. Raises ``Gone``."""
    rows = Order.objects.filter(dossier=dossier, pk=order_id)
    found = rows.select_related("dossier", "paper", "entered_by", "viewed_by").first()
    if found is None:
        raise Gone
    return found


def may_sign(user: User, order: Order) -> bool:
    """Somebody else than who entered it, outside police and authorities, who may read all that is
    named, and has not signed."""
    if not may(user, Permission.ORDER_SIGN) or is_authority(user) or user.pk == order.entered_by_id:
        return False
    signed = OrderSignature.objects.filter(order=order, by=user).exists()
    return not signed and reads_named(user, order)


def order_values(order: Order, *, by: User, at: datetime) -> list[tuple[str, str, list[str]]]:
    """``(code, label, values)`` of the named fields and of nothing else, in the order of the
    list. Opening names and notes is recorded by whoever hands them over."""
    wanted = [name for name in ORDER_FIELDS if name in order.fields]
    dossier, sources = order.dossier, {ORDER_FIELDS[name].source for name in wanted}
    known = people.person(dossier, by=by, at=at) if PERSON in sources else None
    columns = summary(dossier) if COLUMN in sources else {}
    found: list[tuple[str, str, list[str]]] = []
    for name in wanted:
        field = ORDER_FIELDS[name]
        if field.source == PERSON:
            values = [_of_person(known, name)]
        elif field.source == COLUMN:
            values = [columns.get(name, "")]
        elif field.source == FACT:
            values = [label for _row, label in labelled(facts_of(dossier, [name], user=by))]
        elif field.source == WAYS:
            values = [one.value for one in people.contacts_of(dossier, by=by, at=at)]
        elif field.source == SAFETY:
            values = _of_plan(dossier)
        else:
            values = [text or "" for text in texts_of(notes_of(dossier, field.category, user=by))]
        found.append((name, str(field.label), [value for value in values if value]))
    return found


def _of_person(known: Person | None, name: str) -> str:
    if known is None:
        return ""
    if name == "birth":
        return str(known.birth or "")
    return " ".join(filter(None, (known.given, known.patronymic, known.family))) or known.display


def _of_plan(dossier: Dossier) -> list[str]:
    """Each line of the safety plan that still holds: its part, its code, its words."""
    return [
        ": ".join(filter(None, (str(kind.label), line.label, line.text)))
        for kind, lines in safety_plan(dossier).parts.items()
        for line in lines
        if line.row.ended_at is None
    ]


def handed_over(dossier: Dossier) -> list[Order]:
    """The orders that were met and that the person was told of, newest first: what a court or
    authority knows. What she may not be told yet stays with the order (``OrderNotice``)."""
    rows = Order.objects.filter(
        dossier=dossier, state=OrderState.MET, notice=OrderNotice.TOLD
    ).order_by("-ended_at", "-pk")
    return list(visible_to(rows))


def order_counts() -> list[tuple[int, int, int, int]]:
    """``(year, entered, handed over, refused)`` of the whole installation, newest year first;
    anybody may know."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT year, entered, met, refused FROM cases_order_counts(%s)",
            [policy.pack().timezone],
        )
        return [tuple(row) for row in cursor.fetchall()]


# -- breaches --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class Concerned:
    """A person to be told of a breach, with the safe ways to reach her; ``name`` and ``ways``
    stay empty for who may not read them."""

    row: Affected
    name: str
    ways: Sequence[Reach]


def concerned(*, by: User, at: datetime, after: int = 0) -> list[Concerned]:
    """Who of my teams' cases is to be told, the most urgent first, ``CONCERNED`` of them from
    ``after`` on; only safe ways are shown. Every opening is recorded."""
    rows = Affected.objects.filter(told_at=None).select_related("dossier")
    mine = visible_to(rows).filter(dossier__holder__in=my_teams())
    found = list(mine.order_by("due_at", "dossier_id", "pk")[after : after + CONCERNED])
    if not may(by, Permission.IDENTITY_READ):
        return [Concerned(row, "", ()) for row in found]
    names = people.names_of({row.dossier_id for row in found}, by=by, at=at)
    return [
        Concerned(
            row,
            names.get(row.dossier_id, ""),
            [one for one in people.contacts_of(row.dossier, by=by, at=at) if one.row.is_safe],
        )
        for row in found
    ]


def affected(affected_id: UUID) -> Affected:
    """One of them. Raises ``Gone``."""
    found = Affected.objects.select_related("dossier").filter(pk=affected_id).first()
    if found is None or not holds(found.dossier):
        raise Gone
    return found


@dataclass(frozen=True, slots=True)
class BreachTold:
    """A breach as a number: whom it concerned, and how many know of it. No case, no name."""

    kind: BreachKind
    opened_at: datetime
    due_at: datetime | None
    people: int
    told: int


def breaches() -> list[BreachTold]:
    """The breaches that the account may know of, newest first; the wall says which."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, opened_at, due_at, people, told FROM cases_breaches()")
        return [BreachTold(BreachKind(kind), *rest) for kind, *rest in cursor.fetchall()]
