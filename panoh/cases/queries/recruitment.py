"""How somebody was recruited, for who reads what is legal; and patterns, for the analyst."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from panoh.access.models import Dossier
from panoh.access.queries import visible_to
from panoh.cases.models import RecruitmentEntry
from panoh.cases.rules.recruitment import Pattern, RecruitmentKind
from panoh.consent import queries as consent
from panoh.consent import rules as consent_rules
from panoh.consent.models import Consent
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.vault import queries as vault


@dataclass(frozen=True, slots=True)
class RecruitmentLine:
    """One line, opened."""

    row: RecruitmentEntry
    label: str
    text: str


def recruitment_of(dossier: Dossier) -> list[RecruitmentLine]:
    """Every line that the account may open, newest first, ended ones too."""
    rows = list(
        visible_to(RecruitmentEntry.objects.filter(dossier=dossier))
        .select_related("by")
        .order_by("-at", "-pk")
    )
    texts = vault.open_many(rows, "text", missing="")
    return [
        RecruitmentLine(row, str(RecruitmentKind(row.kind).label), _words(row, text or ""))
        for row, text in zip(rows, texts, strict=True)
    ]


def _words(row: RecruitmentEntry, text: str) -> str:
    return policy.label("recruitment_channels", row.code) if row.code else text


def recruitment_entry(dossier: Dossier, key: UUID) -> RecruitmentEntry:
    """One line of this case. Raises ``Gone``."""
    found = visible_to(RecruitmentEntry.objects.filter(dossier=dossier, pk=key)).first()
    if found is None:
        raise Gone
    return found


def agreed_to_pattern(dossier: Dossier, at: datetime) -> Consent | None:
    """The yes to being counted among files that name one recruiter, while it lives."""
    return (
        consent.live_on(dossier, at)
        .filter(purpose=consent_rules.PATTERN)
        .order_by("-ends_at")
        .first()
    )


def patterns() -> list[Pattern]:
    """What the database answers to the analyst's right and to nobody else: bands, never a file.

    A district becomes its region; the order tells nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT people, units, districts, forms FROM cases_patterns()")
        rows = cursor.fetchall()
    return [
        Pattern(people, units, _regions(districts), _forms(forms))
        for people, units, districts, forms in rows
    ]


def _regions(districts: list[str]) -> tuple[str, ...]:
    found = {region.label() for one in districts if (region := policy.region_of(one))}
    return tuple(sorted(found))


def _forms(forms: list[str]) -> tuple[str, ...]:
    return tuple(sorted(policy.label("exploitation_forms", one) for one in forms))
