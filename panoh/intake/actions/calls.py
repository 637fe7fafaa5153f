"""The log of calls, and what one shift hands over to the next."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, User
from panoh.audit import actions as audit
from panoh.cases import queries as cases
from panoh.duties import actions as duties
from panoh.duties.rules import LAST_RANK
from panoh.intake import queries
from panoh.intake.actions.roster import _keeps
from panoh.intake.models import Call, Handover
from panoh.intake.queries import CALL, HELP
from panoh.kernel.rules import Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.vault import queries as vault
from panoh.vault.rules import NoKey, box


def _seal(row: Call | Handover, text: str) -> None:
    """Seal a note to the key of the desk's team: there is no case whose key could."""
    if text.strip():
        found = vault.team_public(row.team_id)
        if found is None:
            raise NoKey
        row.note = box(found[1], text.encode(), queries.sealed_for(row))


@transaction.atomic
def log_call(
    *,
    team: Team,
    danger_now: str,
    by: User,
    at: datetime,
    channel: str = "telephone",
    needs: Collection[str] = (),
    language: str = "",
    source: str = "",
    note: str = "",
    outcome: str = "",
    called_at: datetime | None = None,
    submission: UUID | None = None,
) -> Call:
    """Write a call down, with a case or without one, and never with a name.

    One answer is needed: danger or injury, because first help comes before anything else; nothing
    here asks for a status. Without ``outcome`` the team owes one within the pack's service target.
    ``called_at`` is for what stood on paper first. The same ``submission`` saves once. Raises
    ``Invalid``.
    """
    _keeps(team, by)
    if submission and (seen := Call.objects.filter(pk=submission, team=team).first()):
        return seen
    began = called_at or at
    if began > at:
        raise Invalid(_("This time lies in the future."), "called_at")
    today = policy.local_day(at)
    asked = {
        "danger_now": ("danger_now", [danger_now]),
        "channel": ("contact_channels", [channel]),
        "needs": ("services", needs),
        "language": ("spoken_languages", [language] if language else []),
        "source": ("contact_sources", [source] if source else []),
        "outcome": ("call_outcomes", [outcome] if outcome else []),
    }
    for field, (name, codes) in asked.items():
        for code in codes:
            cases.expect(name, code, today, field)
    call = Call(
        id=submission or uuid4(),
        team=team,
        user=by,
        called_at=began,
        channel=channel,
        danger_now=danger_now,
        needs=sorted(needs),
        language=language,
        source=source,
        due_at=policy.due(HELP, began),
        noted_at=at,
        noted_by=by,
        outcome=outcome,
        ended_at=at if outcome else None,
        ended_by=by if outcome else None,
    )
    _seal(call, note)
    call.save(force_insert=True)
    if not outcome:
        _owe(call, by, at)
    audit.record("call.logged", by=by, at=at, subject=call, reason=outcome)
    return call


def _owe(call: Call, by: User, at: datetime) -> None:
    row = policy.code("danger_now", call.danger_now)
    urgency = cases.rank_of("urgencies", row.extra["urgency"]) if row else None
    duties.open(
        CALL,
        owner=call.team,
        subject_id=call.pk,
        due=call.due_at,
        period=HELP,
        urgency_rank=LAST_RANK if urgency is None else urgency,
        by=by,
        at=at,
    )


@transaction.atomic
def read_call(call: Call, *, by: User, at: datetime) -> str:
    """The note of a call. The reading is recorded."""
    _keeps(call.team, by)
    if call.note:
        audit.record("call.read", by=by, at=at, subject=call)
    return queries.note_of(call)


@transaction.atomic
def end_call(call: Call, *, outcome: str, by: User, at: datetime) -> Call:
    """Say what came of a call. Raises ``NotPossible`` if that was said already, ``Invalid``."""
    _keeps(call.team, by)
    found = Call.objects.select_for_update().get(pk=call.pk)
    if found.outcome:
        raise NotPossible(_("What came of this call was said already. Nothing was changed."))
    cases.expect("call_outcomes", outcome, policy.local_day(at), "outcome")
    found.outcome, found.ended_at, found.ended_by = outcome, at, by
    found.save(update_fields=["outcome", "ended_at", "ended_by"])
    duties.settle(kind=CALL, subject_id=found.pk, outcome=outcome, by=by, at=at)
    audit.record("call.ended", by=by, at=at, subject=found, reason=outcome)
    return found


@transaction.atomic
def give_handover(
    *, team: Team, note: str, by: User, at: datetime, submission: UUID | None = None
) -> Handover:
    """Hand over what is open: the page of the next shift lists it, and waits for a name.

    The same ``submission`` saves once.
    """
    _keeps(team, by)
    if submission and (seen := Handover.objects.filter(pk=submission, team=team).first()):
        return seen
    given = Handover(id=submission or uuid4(), team=team, given_at=at, given_by=by)
    given.calls = len(queries.open_calls(team, at))
    _seal(given, note)
    given.save(force_insert=True)
    audit.record("handover.given", by=by, at=at, subject=given, reason=f"{given.calls} open")
    return given


@transaction.atomic
def take_over(handover: Handover, *, by: User, at: datetime) -> Handover:
    """Take over by name: every open call of the desk is mine from now on.

    Raises ``NotPossible`` if somebody took it already, or by who gave it.
    """
    _keeps(handover.team, by)
    found = Handover.objects.select_for_update().get(pk=handover.pk)
    if found.taken_at is not None:
        raise NotPossible(_("Somebody has taken over already. Nothing was changed."))
    if found.given_by_id == by.pk:
        raise NotPossible(_("Somebody else takes over what you hand over."))
    found.taken_at, found.taken_by = at, by
    found.save(update_fields=["taken_at", "taken_by"])
    Call.objects.filter(team=found.team, outcome="").update(user=by)
    audit.record("handover.taken", by=by, at=at, subject=found)
    return found
