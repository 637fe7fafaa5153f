"""What a body does: ask for papers, take as complete, decide with grounds, sign, close."""

from collections.abc import Collection
from datetime import date, datetime
from typing import cast

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.bodies import actions as bodies
from panoh.bodies import queries as sittings
from panoh.bodies.models import Item, Sitting
from panoh.cases import queries as known
from panoh.decisions import queries
from panoh.decisions.actions.beats import (
    DECIDE,
    LAWYER,
    NOTICE,
    PAPERS,
    PLAN,
    RECEIVE,
    SIGN,
    moved,
    of_body,
    owe,
    settle,
    step,
)
from panoh.decisions.models import Application, Ruling
from panoh.decisions.queries import HalfPageTold
from panoh.decisions.rules.application import (
    ITEM_KIND,
    ITEM_OUTCOME,
    Kind,
    Outcome,
    State,
    after,
    is_earlier,
)
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy import queries as policy


@transaction.atomic
def ask_papers(
    row: Application, *, missing: Collection[str], by: User, at: datetime
) -> Application:
    """Name the papers that are missing; the holder owes them. Raises ``Invalid``."""
    found = of_body(row, Permission.STATUS_DECIDE, by)
    step(found, "ask_papers")
    if not missing:
        raise Invalid(_("Name what is missing."), "missing")
    for code in missing:
        known.expect("status_documents", code, policy.local_day(at), "missing")
    found.missing = sorted(missing)
    found.save(update_fields=["state", "missing"])
    settle(found, RECEIVE, outcome="incomplete", by=by, at=at)
    owe(PAPERS, found, owner=_holder(found), by=by, at=at)
    moved(found, "ask_papers", ground=" ".join(found.missing), by=by, at=at)
    audit.record("status.papers_asked", by=by, at=at, subject=found, fields=found.missing)
    return found


def _holder(row: Application) -> Team:
    return Team.objects.get(pk=row.dossier.holder_id)


@transaction.atomic
def complete(row: Application, *, by: User, at: datetime) -> Application:
    """Take it as complete: from now the time for the decision runs."""
    found = of_body(row, Permission.STATUS_DECIDE, by)
    step(found, "complete")
    found.completed_at, found.completed_by = at, by
    found.save(update_fields=["state", "completed_at", "completed_by"])
    settle(found, RECEIVE, outcome="complete", by=by, at=at)
    owe(DECIDE, found, owner=found.team, period="status_decision_days", by=by, at=at)
    moved(found, "complete", by=by, at=at)
    audit.record("status.completed", by=by, at=at, subject=found)
    return found


@transaction.atomic
def decide(
    row: Application,
    *,
    outcome: Outcome,
    grounds: Collection[str],
    on: date | None = None,
    reason: str = "",
    by: User,
    at: datetime,
) -> Ruling:
    """Write down what the sitting decided, with coded grounds, under the rules of the day.

    ``on`` is the day of the decision, today where the body sits now. An earlier day needs a
    ``reason`` and a second signature: a sitting typed up from paper has both already, otherwise it
    takes effect with ``sign_ruling``. One ruling for one application: who comes second is told
    who was first. Raises ``NotPossible``, ``Invalid``.
    """
    found = of_body(row, Permission.STATUS_DECIDE, by)
    if (first := queries.ruling_of(found)) is not None:
        raise NotPossible(_already(first))
    after(outcome.verb, found.state)
    _grounded(outcome, grounds, policy.local_day(at))
    item = sittings.require_deciding(sittings.item_about(found.pk), at)
    ruling = _ruling(found, item, outcome, grounds, on=on, reason=reason, by=by, at=at)
    # First the votes: the wall takes no ruling that they do not say.
    settled = bodies.settle_item(
        item, outcome=ITEM_OUTCOME[Kind(found.kind), outcome], by=by, at=at
    )
    if settled.carried is not (outcome is Outcome.GRANTED):
        raise NotPossible(_("The votes say something else. Nothing was written down."))
    ruling.save(force_insert=True)
    if ruling.effective_at is None:
        owe(SIGN, found, owner=found.team, by=by, at=at)
    else:
        _take_effect(found, ruling, by=by, at=at)
    audit.record("status.ruled", by=by, at=at, subject=ruling, reason=outcome)
    return ruling


def _already(first: Ruling) -> str:
    return _("Decided already: %(outcome)s, entered by %(who)s. Nothing was changed.") % {
        "outcome": Outcome(first.outcome).label,
        "who": first.entered_by,
    }


def _grounded(outcome: Outcome, grounds: Collection[str], today: date) -> None:
    if not grounds:
        raise Invalid(_("Say on which grounds."), "grounds")
    for code in grounds:
        known.expect("status_grounds", code, today, "grounds")
        row = policy.code("status_grounds", code)
        if row is None or row.extra["outcome"] != outcome:
            raise Invalid(_("This ground belongs to the other decision."), "grounds")


def _ruling(
    row: Application,
    item: Item,
    outcome: Outcome,
    grounds: Collection[str],
    *,
    on: date | None,
    reason: str,
    by: User,
    at: datetime,
) -> Ruling:
    sitting = cast("Sitting", item.sitting)  # nothing is decided outside one
    today = sittings.local_day(row.body, at)
    held_on = sittings.local_day(row.body, sitting.starts_at)
    day = on or (held_on if sitting.on_paper else today)
    if not held_on <= day <= today:
        raise Invalid(_("Not before the sitting, and no day to come."), "on")
    ruling = Ruling(
        dossier=row.dossier,
        application=row,
        body=row.body,
        team=row.team,
        sitting=sitting,
        item=item,
        number=row.number,
        minutes=str(sitting),
        kind=row.kind,
        outcome=outcome,
        grounds=sorted(grounds),
        has_opinion=queries.has_opinion(row),
        decided_on=day,
        entered_on=today,
        entered_at=at,
        entered_by=by,
        pack_version=policy.pack().version,
    )
    if not is_earlier(day, today):
        ruling.effective_at = at
        return ruling
    if sitting.on_paper and day == held_on and sitting.signed_by_id is not None:
        # Typed up by one and signed by another: whichever of them did not enter this signs it.
        signed = sitting.signed_by_id != by.pk
        ruling.second_by_id = sitting.signed_by_id if signed else sitting.typed_by_id
        ruling.reason = "paper_sitting"
        ruling.second_at = ruling.effective_at = at
        return ruling
    if not reason:
        raise Invalid(_("An earlier day needs a reason, and a second signature."), "reason")
    known.expect("backdate_reasons", reason, today, "reason")
    ruling.reason = reason
    return ruling


@transaction.atomic
def sign_ruling(ruling: Ruling, *, by: User, at: datetime) -> Ruling:
    """The second signature under a decision of an earlier day, by somebody else of the body: it
    takes effect now. Raises ``NotPossible``, ``Gone``."""
    row = Application.objects.filter(pk=ruling.application_id).first()
    if row is None:
        raise Gone
    found = of_body(row, Permission.STATUS_SIGN, by)
    waiting = queries.ruling_of(found)
    if waiting is None or waiting.effective_at is not None:
        raise NotPossible(_("Nothing waits for a second signature here."))
    if waiting.entered_by_id == by.pk:
        raise NotPossible(_("You entered it: somebody else signs."))
    waiting.second_by, waiting.second_at, waiting.effective_at = by, at, at
    waiting.save(update_fields=["second_by", "second_at", "effective_at"])
    settle(found, SIGN, outcome="signed", by=by, at=at)
    _take_effect(found, waiting, by=by, at=at)
    audit.record("status.signed", by=by, at=at, subject=waiting)
    return waiting


def _take_effect(row: Application, ruling: Ruling, *, by: User, at: datetime) -> None:
    """The state, the minutes, what the holder owes the person. No service is asked or told."""
    outcome = Outcome(ruling.outcome)
    step(row, outcome.verb)
    row.ended_at = at
    row.save(update_fields=["state", "ended_at"])
    settle(row, DECIDE, outcome=outcome, by=by, at=at)
    owner, started = _holder(row), policy.calendar(row.body.zone).end_of(ruling.decided_on)
    started = min(started, at)
    owe(NOTICE, row, owner=owner, period="notice_days", started_at=started, by=by, at=at)
    if outcome is Outcome.REFUSED:
        owe(LAWYER, row, owner=owner, by=by, at=at)
        owe(PLAN, row, owner=owner, period="status_plan_review", by=by, at=at)
    grounds = " ".join(ruling.grounds)
    moved(row, outcome.verb, on=ruling.decided_on, ground=grounds, by=by, at=at)


@transaction.atomic
def close_minutes(sitting: Sitting, *, by: User, at: datetime) -> Sitting:
    """Close the minutes (``bodies.close_minutes``); with them ends what the body reads of every
    application that was decided there. Raises as that, and ``NotPossible`` while a signature is
    missing or for an account to which something decided there is closed."""
    reach.require(by, Permission.STATUS_DECIDE)
    if queries.unsigned().filter(sitting=sitting).exists():
        raise NotPossible(_("A decision of an earlier day waits for the second signature."))
    closed = bodies.close_minutes(sitting, by=by, at=at)
    decided = Application.objects.filter(
        pk__in=Ruling.objects.filter(sitting=sitting).values("application_id"),
        state__in=[State.GRANTED, State.REFUSED, State.APPEALED],
    )
    for row in decided:
        dossier = reach.lock(row.dossier_id)
        access.end(dossier, source_id=row.pk, by=by, at=at)
    _reading_ended()
    audit.record("status.minutes_closed", by=by, at=at, subject=closed)
    return closed


def _reading_ended() -> None:
    """Ask the wall now, not at the end of the transaction, whether all reading has ended."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS decisions_on_minutes IMMEDIATE")
            cursor.execute("SET CONSTRAINTS decisions_on_minutes DEFERRED")
    except IntegrityError as problem:
        text = _("Something decided here is closed to you: somebody else closes the minutes.")
        raise NotPossible(text) from problem


@transaction.atomic
def read_copy(number: str, *, by: User, at: datetime) -> HalfPageTold | None:
    """The half page, opened for a member with a voice whose organisation is elsewhere; that it was
    read is recorded. None where there is none for this account: it votes by number. Raises ``Gone``
    for a matter of no body of the account, or one that touches it."""
    reach.require(by, Permission.BODY_READ)
    sittings.item_numbered(number, ITEM_KIND.values())
    found = queries.half_copy(number)
    if found is None:
        return None
    about = ("decisions.Application", found.application_id)
    fields, dossier = ["application"], found.dossier_id
    audit.record("status.half_read", by=by, at=at, subject=about, dossier_id=dossier, fields=fields)
    return found.half


@transaction.atomic
def sweep_copies(*, at: datetime, by: str = "decisions") -> int:
    """Destroy the copies whose reading ended by itself: with the time of a consent, with a seat;
    how many. Works as role ``jobs``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT decisions_sweep_copies()")
        (count,) = cursor.fetchone()
    if count:
        audit.record("status.copies_ended", by=by, at=at, reason=f"{count} copies")
    return int(count)


@transaction.atomic
def read_half(row: Application, *, by: User, at: datetime) -> HalfPageTold:
    """The half page, opened for a member of the body; that it was read is recorded. Raises
    ``Gone`` for a secretary and for whom the matter touches."""
    found = of_body(row, Permission.APPLICATION_READ, by)
    told = queries.half_page(found)
    audit.record("status.half_read", by=by, at=at, subject=found, fields=["application"])
    return told
