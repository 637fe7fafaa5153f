"""One independent advocate for each person who wants one, and for every child (row C13)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Membership, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases.actions.beats import _held, _list_alone, _locked, _open, _tell
from panoh.cases.actions.leaving import _ask_advocate
from panoh.cases.models import Advocate, Case
from panoh.cases.rules import ADVOCATE_SEES, Branch, State
from panoh.consent import actions as consents
from panoh.consent import queries as consent
from panoh.consent.rules import check_apart
from panoh.duties import actions as duties
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy import queries as policy


@transaction.atomic
def name_advocate(dossier: Dossier, *, user: User, team: Team, by: User, at: datetime) -> Advocate:
    """Let one named person from elsewhere stand beside this one; a former advocate ends with it.

    An adult must have agreed that this unit be told (consent); a child gets one without asking
    anybody's leave. The advocate reads facts, help and safety, and nothing more. Raises
    ``NotPossible`` for a unit that holds, reads or received the case, ``Invalid`` for a kind of
    unit that gives no advocates (police, shelter, payer) or an account that may not sign,
    ``NoConsent``.
    """
    case = _held(dossier, Permission.CASE_WRITE, by)
    _open(case)
    dossier = case.dossier
    _check_independent(dossier, user, team)
    until = _agreed_until(case, team, at)
    former = Advocate.objects.filter(dossier=dossier, ended_at=None).first()
    if former is not None:
        former.ended_at, former.ended_by = at, by
        former.save(update_fields=["ended_at", "ended_by"])
    made = Advocate(dossier=dossier, user=user, team=team, named_at=at, named_by=by)
    made.save(force_insert=True)
    access.name_advocate(
        dossier,
        user=user,
        to=team,
        categories=ADVOCATE_SEES,
        source_id=made.pk,
        until=until,
        by=by,
        at=at,
    )
    consents.ask_signature(dossier, by=by, at=at)
    _ask_advocate(case, by=by, at=at)
    duties.settle_all_on(dossier, kind="child.advocate", outcome="named", by=by, at=at)
    _tell(dossier, "advocate.named", by, at)
    audit.record("advocate.named", by=by, at=at, subject=made)
    return made


def _check_independent(dossier: Dossier, user: User, team: Team) -> None:
    kind = policy.unit_types().get(team.unit.type)
    if kind is None or not kind.gives_advocates:
        raise Invalid(_("An advocate comes from outside police, shelter and payer."), "advocate")
    if reach.excluded(dossier).covers(team.unit):
        raise NotPossible(reach.EXCLUDED)
    check_apart(
        team.unit_id,
        dossier.holder.unit_id,
        *(grant.team.unit_id for grant in reach.grants_on(dossier) if grant.source != "advocate"),
    )
    seated = Membership.objects.filter(reach.live(), user=user, team=team, user__is_active=True)
    if Permission.DECISION_SIGN not in user.permissions or not seated.exists():
        raise Invalid(_("This account may not be an advocate."), "advocate")


def _agreed_until(case: Case, team: Team, at: datetime) -> datetime | None:
    """Until when an adult agreed. For a child there is no end: it ends with childhood."""
    if case.age_branch != Branch.ADULT:
        return None
    agreed = consent.require_live(case.dossier, recipient=team, categories=ADVOCATE_SEES, at=at)
    return consent.ends_at(agreed)


@transaction.atomic
def end_advocate(advocate: Advocate, *, by: User, at: datetime) -> Advocate:
    """End it, as the holder or as the advocate; the reach ends in this transaction, and a child
    is listed as without an advocate again. What was signed stays signed."""
    case = _locked(advocate.dossier, Permission.CASE_READ, by)
    dossier = case.dossier
    found = Advocate.objects.filter(pk=advocate.pk, ended_at=None).first()
    if found is None or not (reach.holds(dossier) or reach.is_advocate(dossier)):
        raise Gone
    _end(found, case, by, at)
    audit.record("advocate.ended", by=by, at=at, subject=found)
    access.end(dossier, source_id=found.pk, by=by, at=at)
    return found


@transaction.atomic
def end_advocacy_of_kin(dossier: Dossier, *, by: User, at: datetime) -> Advocate | None:
    """The acting advocate turns out to be kin: it ends as in ``end_advocate``. The grant is left
    to the declaration of kinship, which comes last and shuts the account out of the file."""
    case = _locked(dossier, Permission.CASE_READ, by)
    found = Advocate.objects.filter(dossier=case.dossier, user=by, ended_at=None).first()
    if found is not None:
        _end(found, case, by, at)
        audit.record("advocate.ended", by=by, at=at, subject=found, reason="kin")
    return found


def _end(found: Advocate, case: Case, by: User, at: datetime) -> None:
    found.ended_at, found.ended_by = at, by
    found.save(update_fields=["ended_at", "ended_by"])
    if case.age_branch == Branch.CHILD and case.state == State.OPEN:
        _list_alone(case, by, at)
    _tell(case.dossier, "advocate.ended", by, at)
