"""Found and end a body, give seats, say who coordinates, note what survivors have read."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Team, Unit, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.bodies import queries
from panoh.bodies.actions.beats import invite, kept, said
from panoh.bodies.models import (
    Body,
    Coordination,
    Level,
    Reading,
    Seat,
    Side,
    Sitting,
    State,
)
from panoh.kernel.rules import Gone, Invalid
from panoh.policy import queries as policy


@transaction.atomic
def found(
    *,
    code: str,
    names: Mapping[str, str],
    kind: str,
    level: str,
    team: Team,
    by: User,
    at: datetime,
    place: str = "",
    zone: str = "",
    on: date | None = None,
) -> Body:
    """Found a body with the rules that the pack has for its kind. Raises ``Refused``, ``Invalid``,
    ``NotPossible`` where another one decides for the place."""
    reach.require(by, Permission.INSTALLATION_MANAGE)
    rules = policy.body_kinds().get(kind)
    if rules is None:
        raise Invalid(_("Choose one from the list."), "kind")
    if level not in rules.levels:
        raise Invalid(_("A body of this kind does not stand at this level."), "level")
    if not _stands_at(place, level):
        raise Invalid(_("Choose the place that the body is for."), "place")
    if zone and zone not in policy.zones():
        raise Invalid(_("Choose one from the list."), "zone")
    if Body.objects.filter(code=code).exists():
        raise Invalid(_("There is such a body already."), "code")
    body = Body(code=code, names=_names(names), kind=kind, level=level, place=place, team=team)
    body.zone = zone
    body.decides, body.quarterly = rules.decides, rules.quarterly
    body.quorum_percent, body.majority_percent = rules.quorum_percent, rules.majority_percent
    body.founded_on, body.founded_at, body.founded_by = on or queries.local_day(body, at), at, by
    with said():
        body.save(force_insert=True)
    audit.record("body.founded", by=by, at=at, subject=body, reason=kind)
    return body


def _stands_at(place: str, level: str) -> bool:
    """Whether a place of the pack is one of this level; the whole country is no place."""
    found = policy.place(place)
    wanted = {Level.REGION: 1, Level.DISTRICT: 2}.get(Level(level))
    return found.level == wanted if found else wanted is None and not place


def _names(names: Mapping[str, str]) -> dict[str, str]:
    found = {language: name.strip() for language, name in names.items() if name.strip()}
    if not found:
        raise Invalid(_("Give the name in at least one language."), "names")
    return found


@transaction.atomic
def end(body: Body, *, on: date, by: User, at: datetime) -> Body:
    """A body sits no more after a day that is over or today; everything it wrote stays. Raises
    ``Refused``, ``Invalid``, ``NotPossible`` while something waits before it."""
    reach.require(by, Permission.INSTALLATION_MANAGE)
    if on > queries.local_day(body, at):
        raise Invalid(_("This date lies in the future."), "on")
    if on < body.founded_on:
        raise Invalid(_("The end comes after the beginning."), "on")
    body.ended_on = on
    with said():
        body.save(update_fields=["ended_on"])
    audit.record("body.ended", by=by, at=at, subject=body)
    return body


@transaction.atomic
def seat(
    body: Body,
    *,
    title: str,
    side: str,
    since: date,
    by: User,
    at: datetime,
    user: User | None = None,
    name: str = "",
    alternate: User | None = None,
    votes: bool = True,
    chairs: bool = False,
    paid: bool = False,
    until: date | None = None,
    trained_on: date | None = None,
) -> Seat:
    """Give a seat for a term; it is invited to what is called already. Raises ``Refused``,
    ``Gone``, ``Invalid``, ``NotPossible``."""
    body = kept(body, by)
    if side not in Side.values:
        raise Invalid(_("Choose one from the list."), "side")
    if not title.strip():
        raise Invalid(_("Say for whom this seat speaks."), "title")
    if user is None and not name.strip():
        raise Invalid(_("Say who sits there."), "name")
    if until is not None and until < since:
        raise Invalid(_("The end comes after the beginning."), "until")
    made = Seat(body=body, title=title.strip(), side=side, since=since, until=until, user=user)
    made.name, made.alternate, made.trained_on = name.strip(), alternate, trained_on
    made.votes, made.chairs, made.paid = votes, chairs, paid
    made.seated_at, made.seated_by = at, by
    with said():
        made.save(force_insert=True)
    _invite_to_called(body)
    audit.record("body.seated", by=by, at=at, subject=made, reason=side)
    return made


def _invite_to_called(body: Body) -> None:
    for sitting in Sitting.objects.filter(body=body, state=State.CALLED).select_related("body"):
        invite(sitting)


@transaction.atomic
def change_seat(
    one: Seat,
    *,
    until: date | None,
    trained_on: date | None,
    alternate: User | None,
    by: User,
    at: datetime,
) -> Seat:
    """Change the term, the training or the alternate of a seat; somebody else gets a new seat. A
    longer term is invited to what is called already. Raises ``Refused``, ``Gone``, ``Invalid``,
    ``NotPossible`` once the alternate has sat."""
    kept(one.body, by)
    if until is not None and until < one.since:
        raise Invalid(_("The end comes after the beginning."), "until")
    one.until, one.trained_on, one.alternate = until, trained_on, alternate
    fields = ["until", "trained_on", "alternate"]
    with said():
        one.save(update_fields=fields)
    _invite_to_called(one.body)
    audit.record("body.seat_changed", by=by, at=at, subject=one, fields=fields)
    return one


@transaction.atomic
def move_coordination(
    unit: Unit, *, since: date, paper: str = "", by: User, at: datetime
) -> Coordination:
    """Say who coordinates referrals from a day on. Open tasks go with it, on that day; letters of
    earlier days keep the earlier name (row B12). Raises ``Refused``, ``Invalid``."""
    reach.require(by, Permission.INSTALLATION_MANAGE)
    if reach.intake_team(unit) is None:
        raise Invalid(_("This unit has no team that takes requests."), "unit")
    last = Coordination.objects.order_by("-since").first()
    if last is not None and since <= last.since:
        raise Invalid(_("A later day is already written down."), "since")
    made = Coordination(unit=unit, since=since, paper=paper.strip(), at=at, by=by)
    made.save(force_insert=True)
    audit.record("body.coordination_moved", by=by, at=at, subject=unit)
    return made


@transaction.atomic
def note_read(
    body: Body,
    *,
    kind: str,
    code: str,
    read_on: date,
    by: User,
    at: datetime,
    version: str = "",
) -> Reading:
    """Note that a council of survivors has read a script, form, letter or table (row B15). Raises
    ``Refused``, ``Gone``, ``Invalid``."""
    reach.require(by, Permission.BODY_READ)
    rules = policy.body_kinds().get(body.kind)
    if rules is None or not rules.chosen_names or body not in queries.my_bodies():
        raise Gone
    if read_on > queries.local_day(body, at):
        raise Invalid(_("This date lies in the future."), "read_on")
    made = Reading(body=body, kind=kind, code=code, version=version, read_on=read_on, at=at, by=by)
    made.save(force_insert=True)
    audit.record("body.read_by_survivors", by=by, at=at, subject=body, reason=code)
    return made
