"""A group: shared facts once, people quickly, each in a file of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.answers import open_contact, record_facts
from panoh.cases.models import Group, GroupMember
from panoh.cases.rules import Branch
from panoh.kernel.rules import Gone, NotPossible
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """One person of a group in a few taps; ``submission`` saves the row once, however often it
    is sent. ``chosen`` may stay empty: no name is needed."""

    submission: UUID
    sex: str = ""
    age_band: str = ""
    language: str = ""
    chosen: str = ""
    danger_now: str = "not_yet_known"


@transaction.atomic
def open_group(
    *,
    team: Team,
    submission: UUID,
    kind: str,
    found_on: date,
    district: str = "",
    channel: str = "",
    language: str = "",
    forms: Sequence[str] = (),
    employer: str = "",
    site: str = "",
    by: User,
    at: datetime,
) -> Group:
    """Write down what all of them share, once. The same ``submission`` saves once.

    ``kind`` is a code of ``group_kinds``, the others those of a case; employer and place are
    sealed. Raises ``Invalid`` for an unknown code, ``Refused``.
    """
    if seen := Group.objects.select_related("dossier").filter(submission=submission).first():
        return seen
    today = policy.local_day(at)
    queries.expect("group_kinds", kind, today, "kind")
    queries.checked({"channel": channel, "language": language, "district": district}, today)
    queries.expect_all("exploitation_forms", forms, today)
    group = Group(
        dossier=access.open_dossier(team=team, by=by, at=at),
        submission=submission,
        kind=kind,
        found_on=found_on,
        district=district,
        channel=channel,
        language=language,
        forms=list(forms),
        opened_at=at,
        opened_by=by,
    )
    texts = (("employer", employer), ("site", site))
    vault.seal_many([(group, field, text) for field, text in texts if text])
    group.save(force_insert=True)
    audit.record("group.opened", by=by, at=at, subject=group, reason=kind)
    return group


@transaction.atomic
def add_people(
    group: Group, found: Sequence[Found], *, by: User, at: datetime
) -> list[GroupMember]:
    """Open a file for each of them, with what the group shares; nothing is sent to anybody.

    Two workers may add at once: the group's lock numbers them. A row that was saved before is
    given back. Raises ``Gone`` for another team, ``Invalid``.
    """
    dossier = _held(group, by)
    return [_add(dossier, group, one, by=by, at=at) for one in found]


def _held(group: Group, by: User) -> Dossier:
    dossier = reach.lock(group.dossier_id)
    reach.require(by, Permission.CONTACT_CREATE, on=dossier)
    if not reach.holds(dossier):
        raise Gone
    return dossier


def _add(dossier: Dossier, group: Group, one: Found, *, by: User, at: datetime) -> GroupMember:
    band = policy.code("age_bands", one.age_band)
    answers = {
        "sex": one.sex,
        "age_band": one.age_band,
        "age_branch": (band.extra.get("branch") if band else "") or Branch.UNKNOWN.value,
        "language": one.language or group.language,
        "district": group.district,
        "channel": group.channel,
    }
    case = open_contact(
        team=dossier.holder,
        safe_to_talk="not_yet_known",  # among the others nobody can say so
        danger_now=one.danger_now,
        answers={name: value for name, value in answers.items() if value},
        submission=one.submission,
        by=by,
        at=at,
    )
    if seen := GroupMember.objects.filter(dossier=case.dossier, group=dossier).first():
        return seen
    member = GroupMember(
        dossier=case.dossier,
        group=dossier,
        number=GroupMember.objects.filter(group=dossier).count() + 1,
    )
    member.save(force_insert=True)
    if group.forms:
        record_facts(case.dossier, field="exploitation_forms", codes=group.forms, by=by, at=at)
    if one.chosen:
        people.name(case.dossier, person=Person(chosen=one.chosen), by=by, at=at)
    audit.record("group.joined", by=by, at=at, subject=member)
    return member


@transaction.atomic
def asked_alone(member: GroupMember, *, by: User, at: datetime) -> GroupMember:
    """Note that this person was asked alone, without employer, foreman or the others.

    Raises ``NotPossible`` if it was noted, ``Gone``.
    """
    dossier = reach.lock(member.dossier_id)
    reach.require(by, Permission.CASE_WRITE, on=dossier)
    rows = GroupMember.objects.filter(pk=member.pk, alone_at=None)
    if not rows.update(alone_at=at, alone_by=by):
        raise NotPossible
    member.alone_at, member.alone_by = at, by
    audit.record("group.asked_alone", by=by, at=at, subject=member)
    return member
