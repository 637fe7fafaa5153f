"""Admit, move, leave: verbs of the house in which somebody lives."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import TimestamptzRange

from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import actions as leaving
from panoh.cases import queries as cases
from panoh.cases.rules import CONTACTS, GRAVE, Departure
from panoh.duties import actions as duties
from panoh.kernel.rules import Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.policy.rules import Code
from panoh.shelters.actions.beats import EXPECTED, GONE, _at_the_house, _my_house, _nobody_else
from panoh.shelters.actions.holds import _hold, _until
from panoh.shelters.models import Bed, Hold, House, Stay
from panoh.shelters.rules import HOLD, STAY, Criteria, Guest, StayState


@transaction.atomic
def admit(hold: Hold, *, by: User, at: datetime) -> Hold:
    """Let those in for whom beds are held: the same rows become their stay.

    Raises ``NotPossible`` if the hold has ended, or if one of them lives in another house still.
    """
    _dossier, found = _at_the_house(hold, Permission.STAY_WRITE, by)
    return _admit(found, by, at)


def _admit(hold: Hold, by: User, at: datetime) -> Hold:
    hold.state = HOLD.after("admit", hold.state)
    if at >= hold.until:
        raise NotPossible(
            _("This hold ended before they came, and the bed may be somebody else's. Hold anew.")
        )
    with _nobody_else():
        for stay in hold.stays.order_by("pk"):
            stay.state = STAY.after("admit", stay.state)
            stay.during = TimestamptzRange(hold.placed_at, None)
            stay.admitted_at = at
            stay.save(update_fields=["state", "during", "admitted_at"])
    hold.save(update_fields=["state"])
    duties.settle(kind=EXPECTED, subject_id=hold.pk, outcome=hold.state, by=by, at=at)
    audit.record("stay.admitted", by=by, at=at, subject=("shelters.Hold", hold.pk))
    return hold


@transaction.atomic
def take_in(
    house: House,
    *,
    dossier: Dossier,
    people: Sequence[Guest],
    criteria: Criteria | None = None,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Hold:
    """Let somebody in who stands at the door of a house of mine: hold and admit in one.

    For a case that my team holds or was let into. Raises ``NotPossible`` without free beds.
    """
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.STAY_WRITE, on=found)
    mine = _my_house(house.pk, Permission.STAY_WRITE, by)
    if submission and (seen := Hold.objects.filter(pk=submission, dossier=found).first()):
        return seen
    made = _hold(
        mine.pk,
        found,
        people,
        until=_until(None, at),
        criteria=criteria,
        by=by,
        at=at,
        submission=submission,
    )
    return _admit(made, by, at)


@transaction.atomic
def move(stay: Stay, *, bed: Bed, by: User, at: datetime) -> Stay:
    """Let somebody move to another bed of the same house. Raises ``NotPossible`` if it is taken
    or not in use, ``Gone``."""
    dossier, hold = _at_the_house(stay.hold, Permission.STAY_WRITE, by)
    house = _my_house(hold.house_id, Permission.STAY_WRITE, by)
    found = hold.stays.get(pk=stay.pk)
    wanted = Bed.objects.filter(pk=bed.pk, house=house, closed_at=None).first()
    if wanted is None:
        raise NotPossible(_("This bed is not in use. Nothing was changed."))
    _end(found, "move", "moved", at)
    made = Stay(
        dossier=dossier,
        hold=hold,
        team_id=hold.team_id,
        bed=wanted,
        who=found.who,
        sex=found.sex,
        youngest=found.youngest,
        oldest=found.oldest,
        state=StayState.IN,
        during=TimestamptzRange(at, None),
        admitted_at=at,
    )
    with _nobody_else():
        made.save(force_insert=True)
    audit.record("stay.moved", by=by, at=at, subject=("shelters.Stay", made.pk))
    return made


@transaction.atomic
def leave(
    hold: Hold, *, outcome: str, who: Collection[int] = (), by: User, at: datetime
) -> list[Stay]:
    """Write down that those who came together leave, or some of them (``who``: their numbers).

    ``outcome`` is a code of ``stay_ends``. Their beds are free from this moment on. Where the
    person of the case leaves by plan, the plan of leaving must be ready, and the safe contacts are
    owed from now on, also after who left without a word (E16). A house that was not let into the
    case learns whether the plan is ready and nothing of it, and the holder is told at once.
    Raises ``Invalid``, ``NotPossible`` if nobody of them is there, or with what the plan lacks.
    """
    dossier, found = _at_the_house(hold, Permission.STAY_WRITE, by)
    row = policy.code("stay_ends", outcome, policy.local_day(at))
    if row is None:
        raise Invalid(_("Choose where they go."), "outcome")
    rows = found.stays.filter(state=StayState.IN).order_by("who")
    going = [one for one in rows if not who or one.who in who]
    if not going:
        raise NotPossible
    if any(stay.who == 1 for stay in going):
        _see_off(dossier, found, row, by=by, at=at)
    for stay in going:
        _end(stay, "leave", outcome, at)
    if not found.stays.filter(state=StayState.IN).exists():
        found.state = HOLD.after("end", found.state)
        found.ended_at, found.ended_by = at, by
        found.save(update_fields=["state", "ended_at", "ended_by"])
    audit.record("stay.left", by=by, at=at, subject=("shelters.Hold", found.pk), reason=outcome)
    return going


def _see_off(dossier: Dossier, hold: Hold, end: Code, *, by: User, at: datetime) -> None:
    """Nobody is let go into danger unseen, and who just went is seen to now."""
    is_planned, is_gone = end.extra["plan"] == "yes", end.extra["welfare"] == "yes"
    if cases.reads_leaving(by, dossier):
        if is_planned:
            leaving.leave(dossier, left_at=at, by=by, at=at)
        elif is_gone:
            leaving.note_gone(dossier, left_at=at, by=by, at=at)
        return
    caller = cases.caller_of(dossier)
    if is_planned or (is_gone and caller is not None):
        _see_off_unread(dossier, hold, caller, is_planned=is_planned, by=by, at=at)
    duties.open(
        GONE,
        dossier=dossier,
        owner=Team(pk=dossier.holder_id),
        subject_id=hold.pk,
        period="duty_acknowledge",
        by=by,
        at=at,
    )


def _see_off_unread(
    dossier: Dossier, hold: Hold, caller: Team | None, *, is_planned: bool, by: User, at: datetime
) -> None:
    """A house that does not read the case is told one thing: whether the plan stands ready."""
    dues = [policy.due(period, at) for period in CONTACTS.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT leaving, contact, caller, urgency, sensitivity "
            "FROM shelters_see_off(%s, %s, %s::int, %s, %s::timestamptz[], %s)",
            [hold.pk, is_planned, caller.pk if caller else None, sorted(GRAVE), dues, at],
        )
        rows = cursor.fetchall()
    if not rows:
        raise NotPossible(
            _("Who holds the case has no plan of leaving ready. Call them; nothing was changed.")
        )
    made = Departure(rows[0][0], [row[1] for row in rows], *rows[0][2:])
    leaving.owe_contacts(dossier, made, is_planned=is_planned, by=by, at=at)


def _end(stay: Stay, verb: str, outcome: str, at: datetime) -> None:
    stay.state = STAY.after(verb, stay.state)
    if stay.admitted_at is None or at <= stay.admitted_at:
        raise NotPossible(_("This lies before the arrival. Nothing was changed."))
    stay.during = TimestamptzRange(stay.during.lower, at)
    stay.outcome = outcome
    stay.save(update_fields=["state", "during", "outcome"])
