"""Beats that the verbs share: lock and may, the next state, what is owed."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from panoh.access import queries as access
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, Invalid
from panoh.policy import queries as policy
from panoh.referrals.models import Referral
from panoh.referrals.rules import LIFECYCLE

REPLY = "referral.reply"
ENTER_ANSWER = "referral.enter_answer"
CONFIRM = "referral.confirm"
INFO = "referral.info"
NEXT = "referral.next"
OUTCOME = "referral.outcome"
DECLINED = "referral.declined"
UNANSWERED = "referral.unanswered"
ENDS_SOON = "consent.ends_soon"
CONSENT_GONE = "referral.consent_gone"


def as_sender(
    referral: Referral, by: User, permission: Permission = Permission.REFERRAL_SEND
) -> tuple[Dossier, Referral]:
    """Lock the dossier, then the row, for a member of the team that holds the dossier."""
    dossier = access.lock(referral.dossier_id)
    access.require(by, permission, on=dossier)
    if not access.holds(dossier):
        raise Gone
    return dossier, _fresh(referral)


def as_receiver(referral: Referral, by: User) -> tuple[Dossier, Referral]:
    """Lock the dossier, then the row, for a member of the team that was asked."""
    dossier = access.lock(referral.dossier_id)
    access.require(by, Permission.REFERRAL_ANSWER, on=dossier, category=Category.ASK)
    return dossier, _fresh(referral, to_team__in=access.my_teams())


def _fresh(referral: Referral, **side: object) -> Referral:
    found = (
        Referral.objects.select_for_update(of=("self",))
        .select_related("from_team__unit", "to_team__unit", "to_organisation__unit")
        .filter(pk=referral.pk, **side)
        .first()
    )
    if found is None:
        raise Gone
    return found


def step(referral: Referral, verb: str) -> None:
    """Move on in the lifecycle. Raises ``NotPossible``."""
    referral.state = LIFECYCLE.after(verb, referral.state)


def known(list_name: str, code: str, field: str) -> str:
    """A code of the pack. Raises ``Invalid``."""
    if policy.code(list_name, code) is None:
        raise Invalid(_("Choose from the list."), field=field)
    return code


def owe(
    kind: str,
    referral: Referral,
    dossier: Dossier,
    *,
    owner: Team,
    period: str = "",
    due: datetime | None = None,
    by: User | None,
    at: datetime,
) -> None:
    """Open a duty about this referral with its place in the queue."""
    duties.open(
        kind,
        dossier=dossier,
        owner=owner,
        subject_id=referral.pk,
        period=period,
        due=due,
        urgency_rank=referral.urgency_rank,
        sensitivity_rank=referral.sensitivity_rank,
        by=by,
        at=at,
    )


def await_answer(referral: Referral, dossier: Dossier, *, by: User, at: datetime) -> None:
    """Let the receiver owe an answer within the pack's period for this urgency; the sender,
    where the receiver has no accounts, the entry of its answer."""
    row = policy.code("urgencies", referral.urgency)
    period = row.extra["reply"] if row else ""
    referral.reply_due_at = policy.due(period, at) if period else None
    kind, owner = (
        (REPLY, referral.to_team) if referral.to_team else (ENTER_ANSWER, referral.from_team)
    )
    owe(
        kind,
        referral,
        dossier,
        owner=owner,
        period=period,
        due=referral.reply_due_at,
        by=by,
        at=at,
    )


def answered(referral: Referral, outcome: str, *, by: User, at: datetime) -> None:
    """Settle what was owed until now: the answer, its entry, its confirmation."""
    for kind in (REPLY, ENTER_ANSWER, CONFIRM, INFO, UNANSWERED):
        duties.settle(kind=kind, subject_id=referral.pk, outcome=outcome, by=by, at=at)


def settle_all(referral: Referral, outcome: str, *, by: User, at: datetime) -> None:
    """Nothing is owed about this referral any more."""
    duties.settle(subject_id=referral.pk, outcome=outcome, by=by, at=at)
