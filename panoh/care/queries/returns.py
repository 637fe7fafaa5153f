"""Ways back: what is missing, whom the asylum question is owed; permits; what a letter holds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from panoh.access.models import Dossier, User
from panoh.access.queries import may, visible_to
from panoh.access.rules import Permission
from panoh.care.models import Permit, Return
from panoh.care.queries.plan import _one
from panoh.care.rules import (
    STAYS,
    Asylum,
    ReturnState,
    is_foreign,
    return_lacks,
)
from panoh.cases import queries as cases
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.vault import queries as vault


@dataclass(frozen=True, slots=True)
class ReturnTold:
    """A return, opened and in words."""

    row: Return
    words: dict[str, str]
    state: str
    text: str


# Field of the row and the list of the pack that answers it.
LISTS = {
    "kind": "return_kinds",
    "agreed": "yes_no",
    "papers": "return_papers",
    "escort": "return_escorts",
    "reception": "return_receptions",
}


def returns_of(dossier: Dossier) -> list[ReturnTold]:
    """Every return, newest first. A page that shows them records the reading."""
    rows = list(
        visible_to(Return.objects.filter(dossier=dossier))
        .select_related("opened_by", "leaving")
        .order_by("-opened_at", "-pk")
    )
    texts = vault.open_many(rows, "text", missing="")
    return [
        ReturnTold(
            row,
            {
                name: policy.label(codes, getattr(row, name)) if getattr(row, name) else ""
                for name, codes in LISTS.items()
            }
            | {"asylum": str(Asylum(row.asylum).label)},
            str(ReturnState(row.state).label),
            text or "",
        )
        for row, text in zip(rows, texts, strict=True)
    ]


def returning(dossier: Dossier) -> Return | None:
    """The return that is being prepared or under way."""
    states = (ReturnState.OPEN, ReturnState.DEPARTED)
    return visible_to(Return.objects.filter(dossier=dossier, state__in=states)).first()


def return_text(row: Return) -> str:
    """The opened text of a return."""
    return vault.open_many([row], "text", missing="")[0] or ""


def must_ask(dossier: Dossier) -> bool:
    """Whether the asylum question must be asked before any return: of everybody but a known
    citizen of this country."""
    return is_foreign(cases.case_of(dossier).citizenship, policy.pack().code)


def why_not(row: Return, dossier: Dossier) -> list[Any]:
    """What is missing before this person departs, in words: of the return, and of the plan of
    leaving. Empty where nothing is."""
    found: list[Any] = [
        one.label
        for one in return_lacks(
            agreed=row.agreed,
            asylum=row.asylum,
            papers=row.papers,
            escort=row.escort,
            reception=row.reception,
        )
    ]
    return found + [one.label for one in cases.lacks_of(_standing(dossier), dossier)]


def _standing(dossier: Dossier) -> Any:
    found = cases.newest_leaving(dossier)
    return None if found is None or found.left_at is not None else found


def stays(row: Return) -> bool:
    """Whether nobody may send this person back, whatever else is ready."""
    return row.asylum in STAYS


@dataclass(frozen=True, slots=True)
class PermitTold:
    """A permit in words."""

    row: Permit
    kind: str


def permits_of(dossier: Dossier, *, user: User) -> list[PermitTold]:
    """Permits that hold, the first to end first; only for who reads what is legal."""
    if Category.LEGAL not in cases.readable(user, dossier):
        return []
    rows = visible_to(Permit.objects.filter(dossier=dossier, ended_at=None)).order_by("ends_on")
    return [PermitTold(row, policy.label("permit_kinds", row.kind)) for row in rows]


def permit(dossier: Dossier, permit_id: UUID) -> Permit:
    """One permit of this case. Raises ``Gone``."""
    return _one(Permit.objects.filter(dossier=dossier, pk=permit_id))


def name_for_print(dossier: Dossier, *, by: User, at: datetime) -> str:
    """The name for a paper, for who may read it; empty where there is none or it is not reached.
    The opening is recorded."""
    if not may(by, Permission.IDENTITY_READ):
        return ""
    if Category.IDENTITY not in cases.readable(by, dossier):
        return ""
    return cases.name_of([dossier], by=by, at=at).get(dossier.pk, "")


def letter_languages(code: str) -> list[str]:
    """The languages in which the pack has this letter."""
    return list(policy.letters()[code].languages)


def letter_data(dossier: Dossier, *, name: str, by: User) -> dict[str, Any]:
    """What a no-removal letter holds beside its words: who vouches, for which reference, and the
    name only where it was chosen. No place, no story, no status."""
    return {"ref": dossier.ref, "name": name, "unit": by.unit.name if by.unit else ""}
