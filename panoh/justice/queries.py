"""Charges of a case in words, and who may know of them."""

from dataclasses import dataclass
from uuid import UUID

from panoh.access.models import Dossier, Unit, User
from panoh.access.queries import holds, may, visible_to
from panoh.access.rules import Permission
from panoh.cases import queries as cases
from panoh.justice.models import Charge
from panoh.justice.rules import State, Word
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.vault import queries as vault

KINDS, ENDS = "charge_kinds", "charge_outcomes"


@dataclass(frozen=True, slots=True)
class ChargeTold:
    """A charge, opened and in words."""

    row: Charge
    kind: str
    state: str
    text: str
    outcome: str
    word: str

    @property
    def is_open(self) -> bool:
        """Whether nothing has come of it yet."""
        return self.row.state == State.OPEN


def reads(user: User, dossier: Dossier) -> bool:
    """Whether this account may know that there are charges: of the holder's team, with the right
    to what is legal, and of no authority."""
    return holds(dossier) and may(user, Permission.LEGAL_READ) and not cases.is_shut_out()


def charges_of(dossier: Dossier, *, user: User) -> list[ChargeTold]:
    """Every charge, open ones first, then the newest. Raises ``Gone`` for whoever may not know."""
    if not reads(user, dossier):
        raise Gone
    rows = list(
        visible_to(Charge.objects.filter(dossier=dossier))
        .select_related("entered_by", "told_by", "told_unit")
        .order_by("-state", "-entered_at", "-pk")
    )
    texts = vault.open_many(rows, "text", missing="")
    return [
        ChargeTold(
            row,
            policy.label(KINDS, row.kind),
            str(State(row.state).label),
            text or "",
            policy.label(ENDS, row.outcome) if row.outcome else "",
            str(Word(row.told_word).label) if row.told_word else "",
        )
        for row, text in zip(rows, texts, strict=True)
    ]


def charge(dossier: Dossier, charge_id: UUID) -> Charge:
    """One charge of this case. Raises ``Gone``."""
    found = visible_to(Charge.objects.filter(dossier=dossier, pk=charge_id)).first()
    if found is None:
        raise Gone
    found.dossier = dossier
    return found


def prosecutors() -> list[Unit]:
    """The prosecutors' offices that the installation knows."""
    kinds = [
        code
        for code, kind in policy.unit_types().items()
        if kind.is_authority and "pro" in kind.roles
    ]
    return list(Unit.objects.filter(type__in=kinds).order_by("name"))
