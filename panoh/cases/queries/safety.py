"""The safety plan, requests for protection, rights; and on whose word somebody is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from panoh.access.models import Dossier, Grant, Team, User
from panoh.access.queries import holds, reaches, visible_to
from panoh.cases import rules
from panoh.cases.models import Affected, ProtectionRequest, RightEntry, SafetyEntry
from panoh.cases.queries.reading import case_of, is_authority
from panoh.cases.rules import Branch, ProtectionState, SafetyKind
from panoh.consent import queries as consent
from panoh.consent.models import Consent, Decision
from panoh.directory.models import Organisation
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy
from panoh.vault import queries as vault


def on_whose_word(
    dossier: Dossier, recipient: Team | Organisation, categories: Category, at: datetime
) -> tuple[list[Consent], Decision | None]:
    """What lets this receiver be told: an adult's own consent; for a child a decision by two
    people; while the age is not known both. Raises ``NoConsent``."""
    asked: dict[str, Any] = {"recipient": recipient, "categories": categories, "at": at}
    branch = case_of(dossier).age_branch
    decision = None if branch == Branch.ADULT else consent.require_decided(dossier, **asked)
    agreed = [] if branch == Branch.CHILD else consent.require_live(dossier, **asked)
    return agreed, decision


def reads_safety(user: User, dossier: Dossier) -> bool:
    """Whether the account reads the safety plan: never an authority that does not hold the
    case, whatever was shared with it. It reads what it was asked."""
    if not reaches(dossier) & Category.SAFETY:
        return False
    return holds(dossier) or not is_authority(user)


@dataclass(frozen=True, slots=True)
class SafetyLine:
    """One line of the plan, opened."""

    row: SafetyEntry
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class SafetyPlan:
    """The plan by its parts, newest first, and whether the risk must be looked at again."""

    parts: Mapping[SafetyKind, list[SafetyLine]]
    review_is_due: bool


def safety_plan(dossier: Dossier) -> SafetyPlan:
    """The safety plan of a case. A page that shows it records the reading."""
    found = SafetyEntry.objects.filter(dossier=dossier).select_related("by__unit")
    rows = list(visible_to(found).order_by("-at", "-pk"))
    texts = vault.open_many(rows, "text", missing="")
    lines = [
        SafetyLine(row, policy.label(rules.SAFETY_LISTS[row.kind], row.code), text or "")
        for row, text in zip(rows, texts, strict=True)
    ]
    breached = Affected.objects.filter(dossier=dossier).values_list("opened_at", flat=True)
    return SafetyPlan(
        {kind: [one for one in lines if one.row.kind == kind] for kind in SafetyKind},
        rules.review_is_due(
            [
                *((row.kind, row.at) for row in rows),
                # What may have come into strange hands is a threat until somebody has looked.
                *((SafetyKind.THREAT, at) for at in breached),
            ]
        ),
    )


def safety_entry(dossier: Dossier, entry_id: UUID) -> SafetyEntry:
    """One line of the plan. Raises ``Gone``."""
    found = SafetyEntry.objects.filter(dossier=dossier, pk=entry_id).first()
    if found is None:
        raise Gone
    return found


def protectors() -> list[Team]:
    """The teams that may be asked for protection: where requests to the police go."""
    kinds = [code for code, kind in policy.unit_types().items() if kind.is_police]
    teams = Team.objects.filter(unit__type__in=kinds, is_intake=True).select_related("unit")
    return list(teams.order_by("unit__name", "pk"))


def protections_over() -> QuerySet[ProtectionRequest]:
    """Requests that wait for an answer though their receiver may read them no more. For the
    clock, which sees every grant."""
    going_on = Grant.objects.filter(source_id=OuterRef("pk"), ended_at=None, ends_at__gt=Now())
    return ProtectionRequest.objects.filter(~Exists(going_on), state=ProtectionState.SENT)


def protections_of(dossier: Dossier) -> list[tuple[ProtectionRequest, str]]:
    """What was asked for the person's safety, newest first, with the sealed words."""
    found = ProtectionRequest.objects.filter(dossier=dossier).order_by("-sent_at", "-pk")
    rows = list(found.select_related("to_team__unit", "answered_by"))
    texts = vault.open_many(rows, "text", missing="")
    return [(row, text or "") for row, text in zip(rows, texts, strict=True)]


def protection(request_id: UUID | None) -> ProtectionRequest:
    """One request that the acting teams sent or were asked. Raises ``Gone``."""
    rows = ProtectionRequest.objects.filter(pk__in=[request_id] if request_id else [])
    found = rows.select_related("from_team__unit", "to_team__unit").first()
    if found is None:
        raise Gone
    return found


@dataclass(frozen=True, slots=True)
class RightLine:
    """One right of the pack with what happened to it in this case, oldest first."""

    code: str
    label: str
    source: str
    entries: list[tuple[RightEntry, str]]

    @property
    def state(self) -> str:
        """Where it stands now; empty where nobody has spoken of it."""
        return self.entries[-1][0].state if self.entries else ""


def rights_of(dossier: Dossier, at: datetime) -> list[RightLine]:
    """Every right of the pack's list, and what happened to each. A page records the reading."""
    rows = list(
        RightEntry.objects.filter(dossier=dossier).select_related("by__unit").order_by("at", "pk")
    )
    texts = vault.open_many(rows, "reason", missing="")
    told = [(row, text or "") for row, text in zip(rows, texts, strict=True)]
    listed = policy.codes("rights", policy.local_day(at))
    known = {one.code for one in listed}
    former = sorted({row.code for row in rows} - known)
    sources = {one.code: one.source for one in listed}
    return [
        RightLine(
            code,
            policy.label("rights", code),
            sources.get(code, ""),
            [line for line in told if line[0].code == code],
        )
        for code in [*(one.code for one in listed), *former]
    ]
