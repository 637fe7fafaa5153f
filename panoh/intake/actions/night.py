"""From a call to a bed: the call and a first contact without a name, then a hold or what else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from panoh.access.models import Dossier, Team, User
from panoh.audit import actions as audit
from panoh.cases import actions as cases
from panoh.cases import queries as files
from panoh.cases.models import Case
from panoh.consent import actions as consents
from panoh.intake.actions.calls import end_call, log_call
from panoh.intake.models import Call
from panoh.policy import queries as policy
from panoh.shelters import actions as shelters
from panoh.shelters.models import Hold
from panoh.shelters.rules import Criteria, Guest, Offer

BED = "bed"


@transaction.atomic
def open_night(
    *,
    team: Team,
    safe_to_talk: str,
    danger_now: str,
    answers: Mapping[str, Any],
    by: User,
    at: datetime,
    submission: UUID,
) -> tuple[Case, Call]:
    """Write down that somebody needs a bed tonight: a call, and a first contact without a name.

    Nothing is sent to anyone. The same ``submission`` saves both once.
    """
    case = cases.open_contact(
        team=team,
        safe_to_talk=safe_to_talk,
        danger_now=danger_now,
        answers=answers,
        submission=submission,
        by=by,
        at=at,
    )
    call = log_call(
        team=team,
        danger_now=danger_now,
        needs=[BED],
        language=answers.get("language", ""),
        submission=submission,
        by=by,
        at=at,
    )
    audit.record("night.opened", by=by, at=at, subject=call)
    return case, call


@transaction.atomic
def hold_tonight(
    call: Call | None,
    *,
    dossier: Dossier,
    place: Offer | UUID,
    criteria: Criteria,
    read_in: str,
    by: User,
    at: datetime,
    submission: UUID,
) -> Hold:
    """Hold beds in one house; keep the yes under which it is told who needs them, with its time;
    and say in the log what came of the ``call``, if this began with one.

    ``read_in`` is the language in which the sentence was read aloud. Raises as ``shelters.hold``.
    """
    people: Sequence[Guest] = criteria.guests
    held = shelters.hold(
        place,
        dossier=dossier,
        people=people,
        criteria=criteria,
        by=by,
        at=at,
        submission=submission,
    )
    case = files.case_of(dossier)
    consents.record_spoken(
        dossier,
        recipient=held.team,
        services=[BED],
        until=policy.local_day(held.until),
        branch=case.age_branch,
        language=case.language,
        read_in=read_in,
        submission=submission,
        by=by,
        at=at,
    )
    if call is not None and not call.outcome:
        end_call(call, outcome="bed_held", by=by, at=at)
    audit.record("night.held", by=by, at=at, subject=call or ("shelters.Hold", held.pk))
    return held


@transaction.atomic
def nothing_tonight(
    call: Call, *, dossier: Dossier, criteria: Criteria, reason: str, by: User, at: datetime
) -> None:
    """No house has a place: the need is counted once, and the log says that something else was
    offered. ``reason`` is a code of ``unmet_reasons``."""
    shelters.count_unmet(criteria, reason=reason, dossier=dossier, by=by, at=at)
    if not call.outcome:
        end_call(call, outcome="no_place", by=by, at=at)
    audit.record("night.nothing", by=by, at=at, subject=call, reason=reason)
