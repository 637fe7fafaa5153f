"""Advocates, guardians, linked files, and the category of each person on any day."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q

from panoh.access.models import Dossier, Membership, Team, User
from panoh.access.queries import (
    advocate_grant,
    excluded,
    grants_on,
    is_advocate,
    live,
    may,
    visible_to,
)
from panoh.access.rules import Permission
from panoh.cases.models import Adulthood, Advocate, Case, Fact, Guardian, GuardianEntry, Kin
from panoh.policy import queries as policy
from panoh.vault import queries as vault

FIRST_CATEGORY = "potential"


def advocate_of(dossier: Dossier) -> Advocate | None:
    """The advocate of now: named, not ended, and with a live grant."""
    grant = advocate_grant(dossier)
    if grant is None or grant.source_id is None:
        return None
    rows = Advocate.objects.filter(pk=grant.source_id, ended_at=None)
    return rows.select_related("user", "team__unit").first()


def may_be_advocate(dossier: Dossier) -> list[tuple[Team, User]]:
    """Who may be named: accounts that may sign, in units that give advocates and that neither
    hold nor reach this case and that nobody excluded. Independence is asked again by the verb
    and by the wall."""
    kinds = [code for code, kind in policy.unit_types().items() if kind.gives_advocates]
    near = {dossier.holder.unit_id}
    near |= {g.team.unit_id for g in grants_on(dossier) if g.source != "advocate"}
    roles = [code for code, rights in policy.roles().items() if Permission.DECISION_SIGN in rights]
    seats = (
        Membership.objects.filter(live(), user__is_active=True, team__unit__type__in=kinds)
        .filter(user__role_grants__role__in=roles, user__role_grants__until=None)
        .exclude(team__unit__in=near)
        .select_related("user", "team__unit")
        .order_by("team__unit__name", "user__display_name", "pk")
        .distinct()
    )
    never = excluded(dossier)
    return [(seat.team, seat.user) for seat in seats if not never.covers(seat.team.unit)]


def may_presume_safe(dossier: Dossier, *, user: User) -> bool:
    """A child-rights officer, or the child's own advocate."""
    return may(user, Permission.GUARDIAN_CHECK) or is_advocate(dossier)


@dataclass(frozen=True, slots=True)
class KnownGuardian:
    """A guardian with the name opened, and the history, newest first."""

    row: Guardian
    name: str
    relation: str
    entries: list[tuple[GuardianEntry, str]]


def guardians_of(dossier: Dossier) -> list[KnownGuardian]:
    """Guardians and what was said of each. A page that shows them records the reading."""
    rows = list(Guardian.objects.filter(dossier=dossier).order_by("since", "pk"))
    names = vault.open_many(rows, "name", missing="")
    entries = list(
        GuardianEntry.objects.filter(dossier=dossier)
        .select_related("by__unit")
        .order_by("-at", "-pk")
    )
    texts = vault.open_many(entries, "text", missing="")
    told = list(zip(entries, texts, strict=True))
    return [
        KnownGuardian(
            row,
            name or "",
            policy.label("guardian_relations", row.relation),
            [(entry, text or "") for entry, text in told if entry.guardian_id == row.pk],
        )
        for row, name in zip(rows, names, strict=True)
    ]


def kin_rows(dossier: Dossier) -> list[Kin]:
    """Links of this file to others, as far as my teams reach both."""
    rows = visible_to(Kin.objects.filter(Q(dossier=dossier) | Q(other=dossier), ended_at=None))
    return list(rows.select_related("dossier", "other").order_by("since", "pk"))


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody who belongs to the person of a file: what she or he is to her, and the file."""

    row: Kin
    relation: str
    dossier: Dossier


def relatives_of(dossier: Dossier) -> list[Relative]:
    """Relatives and dependants with files of their own; seen from the other file the relation
    turns round (column ``inverse`` of the pack's list)."""
    found = []
    for row in kin_rows(dossier):
        if row.dossier_id == dossier.pk:
            found.append(Relative(row, policy.label("kin_relations", row.relation), row.other))
            continue
        code = policy.code("kin_relations", row.relation)
        inverse = code.extra["inverse"] if code else row.relation
        found.append(Relative(row, policy.label("kin_relations", inverse), row.dossier))
    return found


def adult_on(dossier: Dossier) -> date | None:
    """The day of coming of age, if it was set and my teams may know it."""
    return Adulthood.objects.filter(dossier=dossier).values_list("on", flat=True).first()


def category_on(dossier: Dossier, day: date) -> str:
    """The one category of the person at the end of a local day (row A7); empty before the file
    was opened."""
    return categories_on(day, [dossier.pk]).get(dossier.pk, "")


def categories_on(day: date, dossiers: Iterable[int] | None = None) -> Mapping[int, str]:
    """The one category of each person whom my teams reach, at the end of a local day."""
    end: datetime = policy.pack().calendar.end_of(day)
    cases = visible_to(Case.objects.filter(opened_at__lte=end))
    facts = visible_to(Fact.objects.filter(field="case_category", added_at__lte=end))
    if dossiers is not None:
        wanted = list(dossiers)
        cases, facts = cases.filter(pk__in=wanted), facts.filter(dossier__in=wanted)
    found = dict.fromkeys(cases.values_list("pk", flat=True), FIRST_CATEGORY)
    latest = facts.order_by(
        "dossier_id", "-added_at", F("removed_at").desc(nulls_first=True)
    ).distinct("dossier_id")
    return found | {
        pk: code for pk, code in latest.values_list("dossier_id", "code") if pk in found
    }


def counts_on(day: date) -> Mapping[str, int]:
    """How many persons are in each category at the end of a local day: they add up to all."""
    return Counter(categories_on(day).values())
