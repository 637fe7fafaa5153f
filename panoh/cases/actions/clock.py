"""What time does to joint plans and to requests for protection; works as role ``jobs``."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from panoh.access import queries as reach
from panoh.access.models import Dossier, Team
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.parting import SLICE
from panoh.cases.actions.plan import ENDS_SOON
from panoh.cases.actions.safety import REPLY
from panoh.cases.models import PlanPart, ProtectionRequest
from panoh.cases.rules import ProtectionState
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.policy import queries as policy

GONE, AHEAD = "protection.gone", "consent_ends_soon"


@transaction.atomic
def warn_of_parts(*, at: datetime, by: str = "cases") -> int:
    """Let the holder ask ahead of the end of a part in a joint plan (pack, ``consent_ends_soon``)
    whether it goes on; return how many were warned, once for each end."""
    warned = Duty.objects.filter(
        kind=ENDS_SOON, subject_id=OuterRef("pk"), due_at=OuterRef("ends_at")
    )
    rows = PlanPart.objects.filter(
        ~Exists(warned), ended_at=None, ends_at__gt=at, ends_at__lte=policy.due(AHEAD, at) or at
    )
    count = 0
    for pk, dossier_id in list(rows.order_by("ends_at").values_list("pk", "dossier_id")[:SLICE]):
        dossier = reach.lock_by_clock(dossier_id)
        part = rows.filter(pk=pk).first() if dossier else None
        if dossier and part and queries.is_open(dossier):
            _owe(ENDS_SOON, part, dossier, due=part.ends_at, at=at)
            audit.record("plan.ends_soon", by=by, at=at, subject=part)
            count += 1
    return count


@transaction.atomic
def end_lapsed_protections(*, at: datetime, by: str = "cases") -> int:
    """End each unanswered request for protection that its receiver may read no more: the consent
    ran out, or the child's advocate took the decision back. The receiver owes nothing from then
    on, the holder a talk with the person. Return how many."""
    rows = queries.protections_over()
    count = 0
    for pk, dossier_id in list(rows.order_by("sent_at").values_list("pk", "dossier_id")[:SLICE]):
        dossier = reach.lock_by_clock(dossier_id)
        # The background role has no right on what was written.
        found = rows.defer("text").filter(pk=pk).first() if dossier else None
        if dossier is None or found is None:
            continue
        found.state = ProtectionState.WITHDRAWN
        found.save(update_fields=["state"])
        duties.settle(kind=REPLY, subject_id=found.pk, outcome="consent_ended", by=None, at=at)
        if queries.is_open(dossier):
            _owe(GONE, found, dossier, due=policy.due("duty_acknowledge", at), at=at)
        audit.record("protection.lapsed", by=by, at=at, subject=found)
        count += 1
    return count


def _owe(
    kind: str,
    about: PlanPart | ProtectionRequest,
    dossier: Dossier,
    *,
    due: datetime | None,
    at: datetime,
) -> None:
    duties.open(
        kind,
        dossier=dossier,
        owner=Team(pk=dossier.holder_id),
        subject_id=about.pk,
        due=due,
        by=None,
        at=at,
    )
