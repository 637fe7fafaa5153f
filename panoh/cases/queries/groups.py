"""Groups of people found at one place, for the team that holds them."""

from dataclasses import dataclass
from datetime import datetime

from panoh.access.models import Dossier, User
from panoh.access.queries import require, visible_to
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases.models import Case, Group, GroupMember
from panoh.kernel.rules import Category, Gone
from panoh.vault import queries as vault

MOST = 50


def groups() -> list[Group]:
    """The newest groups of my teams."""
    rows = visible_to(Group.objects.select_related("dossier"))
    return list(rows.order_by("-opened_at", "-pk")[:MOST])


def group_of(dossier: Dossier) -> Group:
    """The group with this dossier. Raises ``Gone``."""
    found = Group.objects.select_related("dossier").filter(pk=dossier.pk).first()
    if found is None:
        raise Gone
    return found


def group_of_case(dossier: Dossier) -> Group | None:
    """The group from which the person of this case came, for the team that holds it."""
    member = GroupMember.objects.filter(dossier=dossier).first()
    if member is None:
        return None
    return Group.objects.select_related("dossier").filter(pk=member.group_id).first()


def shared_texts(group: Group, *, by: User, at: datetime) -> tuple[str, str]:
    """Employer and place, opened and recorded; the employer only for roles of law."""
    fields = ["site"]
    if Permission.LEGAL_READ in by.permissions:
        require(by, Permission.LEGAL_READ, on=group.dossier, category=Category.LEGAL)
        fields.append("employer")
    texts = {name: vault.open(group, name) or "" for name in fields}
    audit.record("group.read", by=by, at=at, subject=group, fields=fields)
    return texts.get("employer", ""), texts["site"]


@dataclass(frozen=True, slots=True)
class Walked:
    """One person of the list to walk through."""

    member: GroupMember
    case: Case


def people_of(group: Group) -> list[Walked]:
    """Who was found, in the order of writing; files that were handed over are left out."""
    members = list(
        GroupMember.objects.filter(group=group.dossier)
        .select_related("alone_by")
        .order_by("number")
    )
    ids = [member.dossier_id for member in members]
    cases = visible_to(Case.objects.select_related("dossier")).in_bulk(ids)
    return [Walked(one, cases[one.dossier_id]) for one in members if one.dossier_id in cases]
