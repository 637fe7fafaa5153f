"""A case conference: who attends, as far as the person agreed; decisions become tasks (row C8)."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.models.dossiers import Source
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.beats import _held, _open, _tell
from panoh.cases.actions.parting import _close_conference, _end_guest, _end_seat
from panoh.cases.actions.plan import (
    COME,
    _agreed_until,
    _plan,
    _told_to,
    add_task,
    join_plan,
)
from panoh.cases.models import Case, Conference, Guest, PlanPart, PlanTask, Seat
from panoh.cases.rules import GuestWay
from panoh.consent import queries as consent
from panoh.directory.models import Organisation
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy


@transaction.atomic
def call_conference(
    dossier: Dossier, *, on: date, categories: Category, by: User, at: datetime
) -> Conference:
    """Call a conference about these parts of the case for a day; nobody is let in by that yet.

    Only the holder does. Raises ``Invalid``, ``NotPossible`` for a closed case.
    """
    case = _held(dossier, Permission.REFERRAL_SEND, by)
    _open(case)
    if on < policy.local_day(at):
        raise Invalid(_("This day is over."), "on")
    told = rules.told(categories, is_authority=False)
    if not rules.areas(told):
        raise Invalid(_("Choose at least one part."), "categories")
    row = Conference(dossier=case.dossier, on=on, categories=int(told), opened_at=at, opened_by=by)
    row.save(force_insert=True)
    _tell(case.dossier, "conference.opened", by, at)
    audit.record("conference.called", by=by, at=at, subject=row, fields=told.codes)
    return row


def _going_on(conference: Conference, by: User) -> tuple[Case, Conference]:
    """The case and the conference as they are now, for the holder. Raises ``Gone``."""
    case = _held(conference.dossier, Permission.REFERRAL_SEND, by)
    _open(case)
    found = queries.conference(case.dossier, conference.pk)
    if found.ended_at is not None:
        raise NotPossible
    return case, found


@transaction.atomic
def seat(conference: Conference, *, team: Team, by: User, at: datetime) -> Seat:
    """Let an organisation attend: it reads what the conference is about until its day is over.

    Refused where the person has not agreed that this unit be told all of it (for a child two
    people have not decided it), or excludes it. Raises ``NoConsent``, ``NotPossible``.
    """
    case, found = _going_on(conference, by)
    end = policy.pack().calendar.end_of(found.on)
    if end <= at:
        raise NotPossible(_("The day of the conference is over. Nothing was changed."))
    told = _told_to(team, Category(found.categories))
    until = min(_agreed_until(case, team, told, at), end)
    if Seat.objects.filter(conference=found, team=team, ended_at=None).exists():
        raise Invalid(_("This organisation attends already."), "team")
    row = Seat(dossier=case.dossier, conference=found, team=team, added_at=at, added_by=by)
    row.save(force_insert=True)
    access.share(
        case.dossier,
        to=team,
        categories=told,
        source=Source.CONFERENCE,
        source_id=found.pk,
        until=until,
        by=by,
        at=at,
    )
    duties.open(
        COME,
        dossier=case.dossier,
        owner=team,
        subject_id=found.pk,
        due=end,
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )
    audit.record("conference.seated", by=by, at=at, subject=row, fields=told.codes)
    return row


@transaction.atomic
def unseat(place: Seat, *, by: User, at: datetime) -> Seat:
    """Take an attendance back: what it opened ends at once. Raises ``NotPossible`` if it has."""
    case = _held(place.dossier, Permission.REFERRAL_SEND, by)
    rows = Seat.objects.filter(pk=place.pk, dossier=case.dossier)
    found = rows.select_related("team__unit").first()
    if found is None:
        raise Gone
    if found.ended_at is not None:
        raise NotPossible
    _end_seat(found, by, at)
    access.end(case.dossier, source_id=found.conference_id, unit=found.team.unit, by=by, at=at)
    return found


@transaction.atomic
def seat_guest(
    conference: Conference, *, organisation: Organisation, way: GuestWay, by: User, at: datetime
) -> Guest:
    """Note that an organisation without accounts attends, and how. Nothing opens here: whoever
    speaks to it tells it what the conference is about, and no more.

    Refused where the person has not agreed, up to that day, that it be told all of it (for a
    child two people have not decided it). Raises ``Invalid``, ``NoConsent``, ``NotPossible``.
    """
    case, found = _going_on(conference, by)
    end = policy.pack().calendar.end_of(found.on)
    if end <= at:
        raise NotPossible(_("The day of the conference is over. Nothing was changed."))
    if organisation.unit_id is not None:
        raise Invalid(_("It has accounts here: let it attend itself."), "organisation")
    if reach.excluded(case.dossier).covers(None, organisation.district):
        raise NotPossible(reach.EXCLUDED)
    if Guest.objects.filter(conference=found, organisation=organisation, ended_at=None).exists():
        raise Invalid(_("This organisation attends already."), "organisation")
    told = _told_to_guest(found, organisation)
    agreed, decision = queries.on_whose_word(case.dossier, organisation, told, at)
    ends = [consent.ends_at(agreed), decision.ends_at if decision else None]
    if any(one < end for one in ends if one):
        raise NoConsent(_("What was agreed ends before that day. Ask the person again first."))
    row = Guest(dossier=case.dossier, conference=found, organisation=organisation)
    row.way, row.added_at, row.added_by = way, at, by
    row.save(force_insert=True)
    audit.record("conference.guest_seated", by=by, at=at, subject=row, fields=told.codes)
    return row


def _told_to_guest(conference: Conference, organisation: Organisation) -> Category:
    is_authority = consent.to(organisation).is_authority
    told = rules.told(Category(conference.categories), is_authority=is_authority)
    if not rules.areas(told):
        raise Invalid(_("It may be told nothing of what this is about."), "organisation")
    return told


@transaction.atomic
def unseat_guest(guest: Guest, *, by: User, at: datetime) -> Guest:
    """It does not attend after all. Raises ``NotPossible`` if that was said already."""
    case = _held(guest.dossier, Permission.REFERRAL_SEND, by)
    found = Guest.objects.filter(pk=guest.pk, dossier=case.dossier).first()
    if found is None:
        raise Gone
    if found.ended_at is not None:
        raise NotPossible
    _end_guest(found, by, at)
    return found


@transaction.atomic
def decide_task(
    conference: Conference,
    *,
    team: Team,
    category: Category,
    text: str,
    due_on: date,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> PlanTask:
    """Write down what a conference decided: one team does it until a day, and owes it.

    A team that takes no part in the joint plan yet is let in for this part of it, on the same
    word of the person: a task outlives the conference. Raises as ``add_task`` and ``join_plan``.
    """
    case, found = _going_on(conference, by)
    if not category & Category(found.categories):
        raise Invalid(_("The conference is not about this."), "category")
    seated = Seat.objects.filter(conference=found, team=team).exists()
    if team != case.dossier.holder and not seated:
        raise Invalid(_("This organisation does not attend."), "team")
    _let_into_plan(case, team, category, by, at)
    task = add_task(
        case.dossier,
        team=team,
        category=category,
        text=text,
        due_on=due_on,
        conference=found,
        by=by,
        at=at,
        submission=submission,
    )
    audit.record("conference.decided", by=by, at=at, subject=task)
    return task


def _let_into_plan(case: Case, team: Team, category: Category, by: User, at: datetime) -> None:
    """Open the plan if there is none; a team that is to do something takes part in it."""
    plan = queries.plan_of(case.dossier)
    part = PlanPart.objects.filter(plan=plan, team=team, ended_at=None).first() if plan else None
    if team == case.dossier.holder:
        _plan(case, by, at)
    elif part is None or not part.categories & category:
        wanted = Category(part.categories) | category if part else category
        join_plan(case.dossier, team=team, categories=wanted, by=by, at=at)


@transaction.atomic
def end_conference(conference: Conference, *, by: User, at: datetime) -> Conference:
    """End a conference: whoever was let in by it reads no more. What it decided goes on."""
    case = _held(conference.dossier, Permission.REFERRAL_SEND, by)
    found = queries.conference(case.dossier, conference.pk)
    if found.ended_at is not None:
        raise NotPossible
    _close_conference(found, case.dossier, by, at)
    return found
