"""Papers, vetting, inspections, money: what a house must keep in order to stay open."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.bodies import queries as bodies
from panoh.duties import actions as duties
from panoh.kernel.rules import Invalid, NotPossible, Stale
from panoh.policy import queries as policy
from panoh.shelters import queries
from panoh.shelters.actions.beats import _my_house
from panoh.shelters.models import Funding, House, Inspection, Paper, Takeover, Vetting
from panoh.shelters.rules import alarms_due
from panoh.vault import actions as vault

INSPECTION, PAPER, VETTING, MONEY = (
    "house.inspection",
    "house.paper",
    "house.vetting",
    "house.funding",
)
# Of the commission of the place, from the second of the three alarms (six months before) on.
ENDS, ON_AGENDA = "body.shelter_ends", 2
TEXTS = ("staff", "premises", "residents")


def _known(name: str, code: str, at: datetime, field: str) -> str:
    if policy.code(name, code, policy.local_day(at)) is None:
        raise Invalid(_("This answer is not in the list."), field)
    return code


@transaction.atomic
def add_paper(
    house: House,
    *,
    kind: str,
    issued_on: date,
    ends_on: date | None = None,
    number: str = "",
    by: User,
    at: datetime,
) -> Paper:
    """Enter a permit, a licence or a standard with its end. Raises ``Invalid``."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    if issued_on > policy.local_day(at):
        raise Invalid(_("This date lies in the future."), "issued_on")
    if ends_on is not None and ends_on < issued_on:
        raise Invalid(_("The end comes after the beginning."), "ends_on")
    row = Paper(team=found.team, house=found, issued_on=issued_on, ends_on=ends_on)
    row.kind, row.number = _known("house_papers", kind, at, "kind"), number.strip()
    row.save(force_insert=True)
    audit.record("paper.added", by=by, at=at, subject=row, reason=kind)
    return row


@transaction.atomic
def end_paper(paper: Paper, *, by: User, at: datetime) -> Paper:
    """A newer one takes its place, or it is no longer needed. Raises ``NotPossible`` if somebody
    ended it already."""
    house = _my_house(paper.house_id, Permission.HOUSE_WRITE, by)
    row = Paper.objects.get(pk=paper.pk, house=house)
    if row.ended_at is not None:
        raise NotPossible
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    duties.settle(kind=PAPER, subject_id=row.pk, outcome="ended", by=by, at=at)
    audit.record("paper.ended", by=by, at=at, subject=row)
    return row


@transaction.atomic
def vet(house: House, *, user: User, vetted_on: date, by: User, at: datetime) -> Vetting:
    """Enter the day on which a colleague was vetted; nobody enters the own. Raises ``Invalid``."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    if user.pk == by.pk:
        raise Invalid(_("Somebody else enters this for you."), "user")
    if user.unit_id != found.team.unit_id:
        raise Invalid(_("This account is not of your organisation."), "user")
    if vetted_on > policy.local_day(at):
        raise Invalid(_("This date lies in the future."), "vetted_on")
    earlier = list(Vetting.objects.filter(house=found, user=user))
    row = Vetting(team=found.team, house=found, user=user, vetted_on=vetted_on, entered_at=at)
    row.save(force_insert=True)
    for one in earlier:
        duties.settle(kind=VETTING, subject_id=one.pk, outcome="vetted", by=by, at=at)
    audit.record("staff.vetted", by=by, at=at, subject=row)
    return row


@transaction.atomic
def plan_inspection(house: House, *, kind: str, due_on: date, by: User, at: datetime) -> Inspection:
    """Enter until when an inspection is due. Overdue ones are listed, and owed."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    row = Inspection(team=found.team, house=found, due_on=due_on)
    row.kind = _known("inspection_kinds", kind, at, "kind")
    row.save(force_insert=True)
    _owe(INSPECTION, row.pk, team_id=found.team_id, due_on=due_on, by=by, at=at)
    audit.record("inspection.planned", by=by, at=at, subject=row, reason=kind)
    return row


@transaction.atomic
def do_inspection(
    inspection: Inspection, *, done_on: date, outcome: str, by: User, at: datetime
) -> Inspection:
    """Enter that it was done, and its outcome. Raises ``Invalid``, ``NotPossible`` if it was."""
    house = _my_house(inspection.house_id, Permission.HOUSE_WRITE, by)
    # As it is now: the house is locked, and somebody may have entered an outcome meanwhile.
    row = Inspection.objects.get(pk=inspection.pk, house=house)
    if row.done_on is not None:
        raise NotPossible
    if done_on > policy.local_day(at):
        raise Invalid(_("This date lies in the future."), "done_on")
    row.outcome = _known("inspection_outcomes", outcome, at, "outcome")
    row.done_on = done_on
    row.save(update_fields=["done_on", "outcome"])
    duties.settle(kind=INSPECTION, subject_id=row.pk, outcome=outcome, by=by, at=at)
    audit.record("inspection.done", by=by, at=at, subject=row, reason=outcome)
    return row


def _owe(
    kind: str, subject_id: UUID, *, team_id: int, due_on: date, by: User | None, at: datetime
) -> None:
    duties.open_once(
        kind,
        owner=Team(pk=team_id),
        subject_id=subject_id,
        due=policy.pack().calendar.end_of(due_on),
        by=by,
        at=at,
    )


# -- money -----------------------------------------------------------------------------------------


@transaction.atomic
def add_funding(
    house: House, *, payer: str, kind: str, since: date, until: date, by: User, at: datetime
) -> Funding:
    """Enter who pays for the house from one day to another. Raises ``Invalid``."""
    found = _my_house(house.pk, Permission.HOUSE_WRITE, by)
    row = _funding(found, payer, kind, (since, until), at)
    _alarm(row, found, by, at)
    audit.record("funding.added", by=by, at=at, subject=row, reason=kind)
    return row


@transaction.atomic
def change_funding(
    funding: Funding, *, payer: str, kind: str, since: date, until: date, by: User, at: datetime
) -> Funding:
    """Set right who pays, or until when; the alarms are reckoned anew for the new end. Raises
    ``Invalid``, ``NotPossible`` once somebody else pays on after it."""
    house = _my_house(funding.house_id, Permission.HOUSE_WRITE, by)
    row = Funding.objects.select_for_update(of=("self",)).get(pk=funding.pk)
    plan = queries.takeover_of(row)
    if plan is not None and plan.settled_at is not None:
        raise NotPossible(_("Somebody pays on after it: this money is not changed any more."))
    is_moved = until != row.until
    _describe(row, payer, kind, (since, until), at)
    if is_moved:
        row.alarms = 0
        duties.settle(kind=MONEY, subject_id=row.pk, outcome="changed", by=by, at=at)
    row.save(update_fields=["payer", "kind", "since", "until", "alarms"])
    _alarm(row, house, by, at)
    audit.record("funding.changed", by=by, at=at, subject=row, reason=kind)
    return row


def _funding(house: House, payer: str, kind: str, days: tuple[date, date], at: datetime) -> Funding:
    row = Funding(team=house.team, house=house, added_at=at)
    _describe(row, payer, kind, days, at)
    row.save(force_insert=True)
    return row


def _describe(row: Funding, payer: str, kind: str, days: tuple[date, date], at: datetime) -> None:
    row.payer, (row.since, row.until) = payer.strip(), days
    if not row.payer:
        raise Invalid(_("Say who pays."), "payer")
    if row.until < row.since:
        raise Invalid(_("The end comes after the beginning."), "until")
    row.kind = _known("house_payers", kind, at, "kind")


def _alarm(row: Funding, house: House, by: User | None, at: datetime) -> bool:
    """Give the alarm that is due before the money ends, once each; a later funding stops them."""
    due = alarms_due(queries.alarm_days(row), policy.local_day(at))
    if due <= row.alarms or Funding.objects.filter(house=house, until__gt=row.until).exists():
        return False
    before, row.alarms = row.alarms, due
    row.save(update_fields=["alarms"])
    duties.settle(kind=MONEY, subject_id=row.pk, outcome="next_alarm", by=by, at=at)
    _owe(MONEY, row.pk, team_id=house.team_id, due_on=row.until, by=by, at=at)
    if before < ON_AGENDA <= due:
        _tell_body(row, house, by, at)
    return True


def _tell_body(row: Funding, house: House, by: User | None, at: datetime) -> None:
    """The commission of the place finds it among what it owes, and so on its next agenda."""
    try:
        body = bodies.body_for(house.district, policy.local_day(at))
    except NotPossible:
        return
    _owe(ENDS, row.pk, team_id=body.team_id, due_on=row.until, by=by, at=at)


@transaction.atomic
def write_takeover(
    funding: Funding,
    *,
    payer: str,
    kind: str,
    until: date | None,
    staff: str,
    premises: str,
    residents: str,
    seen_version: int,
    by: User,
    at: datetime,
) -> Takeover:
    """Write the plan for the time after the money ends; all of it may be empty at first. The new
    payer may be the state while the same organisation goes on running the house. Raises
    ``Stale``, ``NotPossible`` once it is settled."""
    house = _my_house(funding.house_id, Permission.HOUSE_WRITE, by)
    found = queries.takeover_of(funding)
    if found is not None and found.settled_at is not None:
        raise NotPossible
    if (found.version if found else 0) != seen_version:
        raise Stale
    row = found or Takeover(team=house.team, house=house, funding=funding, version=0)
    row.payer, row.until = payer.strip(), until
    row.kind = _known("house_payers", kind, at, "kind") if kind else ""
    for name, text in zip(TEXTS, (staff, premises, residents), strict=True):
        vault.seal_for_team(row, name, text, house.team_id)
    row.version += 1
    if found is None:
        row.save(force_insert=True)
    else:
        row.save(update_fields=["payer", "kind", "until", *TEXTS, "version"])
    audit.record("takeover.written", by=by, at=at, subject=row)
    return row


@transaction.atomic
def settle_takeover(takeover: Takeover, *, by: User, at: datetime) -> Funding:
    """Somebody pays on from the day after: the plan is settled, the new money is entered. Raises
    ``NotPossible`` without a new payer: the plan stays open."""
    house = _my_house(takeover.house_id, Permission.HOUSE_WRITE, by)
    row = Takeover.objects.select_for_update().get(pk=takeover.pk)
    if row.settled_at is not None:
        raise NotPossible
    if not row.payer or not row.kind or row.until is None:
        raise NotPossible(
            _("Not yet: the plan names nobody who pays on, or not until when. It stays open.")
        )
    since = row.funding.until + timedelta(days=1)
    made = _funding(house, row.payer, row.kind, (since, row.until), at)
    row.settled_at = at
    row.save(update_fields=["settled_at"])
    duties.settle(kind=MONEY, subject_id=row.funding_id, outcome="settled", by=by, at=at)
    audit.record("takeover.settled", by=by, at=at, subject=row, reason=row.kind)
    return made


@transaction.atomic
def remind(*, at: datetime, by: str = "shelters") -> int:
    """Open what the houses owe: money that ends, papers and vettings that end soon, inspections;
    return how many. Works as role ``jobs``, each night."""
    count = 0
    soon = policy.due("house_reminder", at)
    last = policy.local_day(soon or at)
    for house in House.objects.filter(closed_at=None).order_by("pk"):
        for money in Funding.objects.filter(house=house):
            count += _alarm(money, house, None, at)
        for paper in Paper.objects.filter(house=house, ended_at=None):
            if paper.ends_on is not None and paper.ends_on <= last:
                _owe(PAPER, paper.pk, team_id=house.team_id, due_on=paper.ends_on, by=None, at=at)
                count += 1
        count += _owe_vettings(house, last, at)
    audit.record("house.reminded", by=by, at=at, reason=f"{count} duties")
    return count


def _owe_vettings(house: House, last: date, at: datetime) -> int:
    """Vettings that hold no longer than ``last``: the newest of each colleague."""
    newest: dict[int, Vetting] = {}
    for row in Vetting.objects.filter(house=house).order_by("vetted_on", "entered_at"):
        newest[row.user_id] = row
    count = 0
    for row in newest.values():
        until = queries.vetted_until(row.vetted_on)
        if until is not None and until <= last:
            _owe(VETTING, row.pk, team_id=house.team_id, due_on=until, by=None, at=at)
            count += 1
    return count
