"""Leaving: is the plan ready, what is owed after, and what a service is told of closing
interviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from panoh.access.models import Dossier, Team, Unit, User
from panoh.access.queries import (
    grants_on,
    is_advocate,
    may,
    my_teams,
    reaches,
    supervises,
    visible_to,
)
from panoh.access.rules import Permission
from panoh.cases import rules
from panoh.cases.models import ContactEntry, Leaving, SafeContact
from panoh.cases.queries.reading import case_of, is_authority
from panoh.cases.rules import Lack
from panoh.kernel.rules import Category, Gone, NotPossible
from panoh.policy import queries as policy
from panoh.vault import queries as vault


def reads_leaving(user: User, dossier: Dossier) -> bool:
    """Whether the account reads how somebody leaves: who helps, and never an authority."""
    return bool(reaches(dossier) & Category.SERVICES) and not is_authority(user)


def newest_leaving(dossier: Dossier) -> Leaving | None:
    """The newest version of the plan, of whoever may still leave or has left."""
    found = Leaving.objects.filter(dossier=dossier).select_related("team__unit", "planned_by")
    return visible_to(found).order_by("-planned_at", "-pk").first()


def lacks_of(leaving: Leaving | None, dossier: Dossier) -> list[Lack]:
    """What is missing before she or he may be let go, as things stand now."""
    return rules.lacking(
        has_wish=leaving is not None and leaving.wish is not None,
        risk=leaving.risk if leaving else rules.Risk.NOT_ASKED,
        is_grave=is_grave(dossier),
        is_informed=leaving is not None and leaving.is_informed,
        is_signed=leaving is not None and leaving.signed_by_id is not None,
        is_child=case_of(dossier).age_branch == rules.Branch.CHILD,
        is_agreed=leaving is not None and leaving.agreed_by_id is not None,
    )


def is_grave(dossier: Dossier) -> bool:
    """Whether the safety plan says that the danger stands: for everybody who reaches the case,
    also for those who do not read the plan. Nothing else of it is told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.cases_is_grave(%s, %s)", [dossier.pk, sorted(rules.GRAVE)])
        return bool(cursor.fetchone()[0])


def leaving_of(dossier: Dossier) -> Leaving | None:
    """The plan of leaving that is ready for this departure; ``None`` while anything is missing
    and once the person has left."""
    found = newest_leaving(dossier)
    if found is None or found.left_at is not None or lacks_of(found, dossier):
        return None
    return found


def require_leaving(dossier: Dossier, *, at: datetime) -> Leaving:
    """The plan under which this departure may happen. Call under the dossier's lock.

    Raises ``Gone`` where the case is not reached, ``NotPossible`` with what is missing: a choice
    in the person's own words, a look at the destination, where the risk is high the person's
    knowledge of it and a supervisor's signature, and for a child the advocate's.
    """
    found = newest_leaving(dossier)
    if found is not None and found.left_at is not None:
        found = None
    lacks = lacks_of(found, dossier)
    if found is None or lacks or found.planned_at > at:
        words = " ".join(str(one.label) for one in lacks)
        raise NotPossible(_("Nobody is let go before this is known. Missing: %s") % words)
    return found


def may_sign_leaving(user: User, leaving: Leaving, dossier: Dossier) -> bool:
    """A supervisor of the team that wrote it, or of the holder, who did not write it."""
    supervises_it = supervises(leaving.team) or supervises(dossier.holder)
    return supervises_it and user.pk != leaving.planned_by_id


def may_agree(user: User, leaving: Leaving, dossier: Dossier) -> bool:
    """The advocate who was named for this person, who did not write it."""
    signs = may(user, Permission.DECISION_SIGN) and is_advocate(dossier)
    return signs and user.pk != leaving.planned_by_id


def caller_of(dossier: Dossier) -> Team | None:
    """The holder's team, which asks after whoever left; none where an authority holds the case."""
    holder = Team.objects.select_related("unit").get(pk=dossier.holder_id)
    kind = policy.unit_types().get(holder.unit.type)
    quiet = kind is None or kind.is_police or kind.is_authority or kind.is_commission
    return None if quiet else holder


def interviewed_about(user: User, dossier: Dossier) -> list[Unit]:
    """The services that the account may ask somebody about who leaves: of other organisations,
    with a part in the case, and not where it wrote the plan itself."""
    newest = newest_leaving(dossier)
    if newest is not None and newest.planned_by_id == user.pk:
        return []
    near = {grant.team.unit_id: grant.team.unit for grant in grants_on(dossier)}
    near[dossier.holder.unit_id] = dossier.holder.unit
    if newest is not None:
        near[newest.team.unit_id] = newest.team.unit
    return sorted(
        (unit for key, unit in near.items() if key != user.unit_id), key=lambda one: one.name
    )


def own_team(dossier: Dossier) -> Team:
    """The acting account's team with a part in this case: the holder's, else the first. Raises
    ``Gone``."""
    mine = {grant.team_id: grant.team for grant in grants_on(dossier)} | {
        dossier.holder_id: dossier.holder
    }
    near = [team for key, team in mine.items() if key in my_teams()]
    if not near:
        raise Gone
    return min(near, key=lambda one: (one.pk != dossier.holder_id, one.pk))


@dataclass(frozen=True, slots=True)
class LeavingTold:
    """One version of a plan, opened."""

    row: Leaving
    destination: str
    risk: str
    wish: str
    plan: str


def leavings_of(dossier: Dossier) -> list[LeavingTold]:
    """Every version, newest first. A page that shows them records the reading."""
    found = Leaving.objects.filter(dossier=dossier).order_by("-planned_at", "-pk")
    people = ("team__unit", "planned_by", "signed_by", "agreed_by", "left_by")
    rows = list(visible_to(found).select_related(*people))
    wishes = vault.open_many(rows, "wish", missing="")
    plans = vault.open_many(rows, "plan", missing="")
    return [
        LeavingTold(
            row,
            policy.label("leaving_destinations", row.destination) if row.destination else "",
            str(rules.Risk(row.risk).label),
            wish or "",
            plan or "",
        )
        for row, wish, plan in zip(rows, wishes, plans, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Tried:
    """One entry of a safe contact, in words."""

    row: ContactEntry
    result: str
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class ContactTold:
    """A safe contact with what every try has found, newest first."""

    row: SafeContact
    label: str
    tries: Sequence[Tried]


def contacts_of(dossier: Dossier) -> list[ContactTold]:
    """The contacts that are or were owed since somebody left, the last departure first."""
    found = SafeContact.objects.filter(dossier=dossier).select_related("leaving")
    rows = list(visible_to(found).order_by("-leaving__left_at", "number"))
    tries = _tries(dossier)
    return [ContactTold(row, contact_label(row), tries.get(row.pk, [])) for row in rows]


def contact_label(row: SafeContact) -> str:
    """Which of the three it is, in the words of the pack."""
    return str(policy.period(rules.CONTACTS[row.number]).label)


def _tries(dossier: Dossier) -> dict[UUID, list[Tried]]:
    rows = list(
        visible_to(ContactEntry.objects.filter(dossier=dossier))
        .select_related("by__unit")
        .order_by("-at", "-pk")
    )
    texts = vault.open_many(rows, "text", missing="")
    found: dict[UUID, list[Tried]] = {}
    for row, text in zip(rows, texts, strict=True):
        day = policy.local_day(row.at)
        found.setdefault(row.contact_id, []).append(
            Tried(
                row,
                policy.label("leaving_contacts", row.result, day),
                policy.label("contact_channels", row.channel, day) if row.channel else "",
                text or "",
            )
        )
    return found


def safe_contact(dossier: Dossier, contact_id: UUID) -> SafeContact:
    """One contact that is owed about this case. Raises ``Gone``."""
    rows = SafeContact.objects.filter(dossier=dossier, pk=contact_id)
    found = rows.select_related("leaving").first()
    if found is None:
        raise Gone
    return found


def exit_counts() -> dict[str, dict[str, int]]:
    """What people who left said of the acting account's own unit: question, answer, how many.

    Only whole groups of people are counted, so that nobody is known by what is new. Empty while
    they are too few. The database refuses whoever may not read counts.
    """
    found: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT question, answer, people FROM public.cases_exit_counts()")
        for question, answer, people in cursor.fetchall():
            found.setdefault(question, {})[answer] = int(people)
    return found
