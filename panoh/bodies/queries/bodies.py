"""Which bodies there are, whose they are, where a matter goes, which quarter was missed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Case, Q, QuerySet, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Unit, User
from panoh.access.queries import may, my_teams
from panoh.access.rules import Permission
from panoh.bodies.models import (
    Attendance,
    Body,
    Coordination,
    Happening,
    HappeningKind,
    Reading,
    Seat,
    Sitting,
    State,
)
from panoh.bodies.rules import (
    Quarter,
    Standing,
    quarters,
    standing,
)
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy
from panoh.ui.templatetags.panoh import day


def all_bodies() -> QuerySet[Body]:
    """Every body that was not ended; that it exists is no secret."""
    return _live().select_related("team__unit").order_by("code")


def _live() -> QuerySet[Body]:
    return Body.objects.filter(ended_on=None)


def body_for(place: str, on: date) -> Body:
    """The body that decides on matters of a place: of the district, else of its region, else of
    the whole country; a level may be absent. Raises ``NotPossible`` where there is none."""
    # Asked by background jobs too, which know no team by name.
    there = _live().filter(decides=True, founded_on__lte=on)
    region = policy.region_of(place)
    for code in dict.fromkeys([place, region.code if region else place, ""]):
        if found := there.filter(place=code).first():
            return found
    raise NotPossible(_("No body decides on matters of this place yet."))


def _mine() -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(bodies_mine())")
        return [key for (key,) in cursor.fetchall()]


def my_bodies() -> list[Body]:
    """Bodies that the acting account keeps or sits in."""
    return list(all_bodies().filter(pk__in=_mine()))


def my_ended_bodies() -> list[Body]:
    """Those of mine that were ended: what they wrote can still be read."""
    return list(Body.objects.filter(pk__in=_mine(), ended_on__isnull=False).order_by("code"))


def bodies_of(kind: str) -> list[Body]:
    """Every body of a kind of the pack."""
    return list(all_bodies().filter(kind=kind))


def body_of(code: str) -> Body:
    """A body of mine by its code. Raises ``Gone``: of another one nothing is read."""
    found = Body.objects.select_related("team__unit").filter(code=code, pk__in=_mine()).first()
    if found is None:
        raise Gone
    return found


def local_day(body: Body, at: datetime) -> date:
    """The day it is where a body sits, at a moment."""
    return policy.calendar(body.zone).local_day(at)


def keeps(user: User, body: Body) -> bool:
    """Does the account keep the papers of this body?"""
    return may(user, Permission.BODY_KEEP) and body.team_id in my_teams()


def seats_of(body: Body, on: date) -> list[Seat]:
    """Who sits there on a day; the chair first, then those with a voice."""
    rows = Seat.objects.filter(_in_term(on), body=body).select_related("user", "alternate")
    return list(rows.order_by("-chairs", "-votes", "title", "pk"))


def my_seat(body: Body, user: User, on: date) -> Seat | None:
    """The seat that the account holds itself, else one whose alternate it is."""
    rows = Seat.objects.filter(_in_term(on), Q(user=user) | Q(alternate=user), body=body)
    return rows.order_by(Case(When(user=user, then=0), default=1), "pk").first()


def _in_term(on: date) -> Q:
    return Q(since__lte=on) & (Q(until=None) | Q(until__gte=on))


def invitations(user: User, at: datetime) -> list[Attendance]:
    """Sittings to come to which the account's seats are invited; those, too, that were cancelled
    before their day, so that nobody comes for nothing."""
    rows = Attendance.objects.filter(
        Q(seat__user=user) | Q(seat__alternate=user),
        Q(sitting__state__in=[State.CALLED, State.OPEN])
        | Q(sitting__state=State.CANCELLED, sitting__starts_at__gt=at),
    )
    found = rows.select_related("sitting", "seat", "body")
    return list(found.order_by("sitting__starts_at", "pk"))


def unanswered_count(user: User, at: datetime) -> int:
    """How many sittings to come are called of which the account has not said whether it comes."""
    mine = Q(seat__user=user) | Q(seat__alternate=user)
    called = Q(sitting__state=State.CALLED, sitting__starts_at__gt=at)
    rows = Attendance.objects.filter(mine, called, answer="")
    return rows.values("sitting_id").distinct().count()


@dataclass(frozen=True, slots=True)
class Calendar:
    """The quarters of a body: how each one went."""

    body: Body
    rows: list[tuple[Quarter, Standing]]

    @property
    def missed(self) -> list[Quarter]:
        """Those that are over and empty."""
        return [quarter for quarter, how in self.rows if how is Standing.MISSED]


def calendar(body: Body, today: date, since: date | None = None) -> Calendar:
    """The quarters from the beginning of the year (or from ``since``) to the end of the year, none
    before the body was founded."""
    start = max(since or date(today.year, 1, 1), body.founded_on)
    held: list[date] = []
    planned: list[date] = []
    for row in Sitting.objects.filter(body=body).exclude(state=State.CANCELLED):
        day = local_day(body, row.starts_at)
        (held if row.state == State.CLOSED else planned).append(day)
    end = date(max(today.year, start.year), 12, 31)
    return Calendar(
        body,
        [(one, standing(one, held, planned, today)) for one in quarters(start, end)],
    )


def without_sittings(today: date) -> list[Body]:
    """Bodies that should sit in each quarter and did not in the last one that is over, nor since:
    from what is counted, so that whoever counts sees them (row B6)."""
    first = Quarter.of(today).first
    last = Quarter.of(date.fromordinal(first.toordinal() - 1))
    at = policy.pack().calendar.end_of(date.fromordinal(last.first.toordinal() - 1))
    sat = Happening.objects.filter(kind=HappeningKind.SAT, at__gt=at).values("body_id")
    rows = all_bodies().filter(quarterly=True, founded_on__lte=last.last)
    return list(rows.exclude(pk__in=sat))


def coordinator(on: date) -> Unit | None:
    """Who coordinates referrals on a day: a letter of an earlier day keeps the earlier name."""
    found = (
        Coordination.objects.filter(since__lte=on).select_related("unit").order_by("-since").first()
    )
    return found.unit if found else None


def coordinates(on: date) -> str:
    """The same by name, as papers of that day bear it: until somebody was named here, by the rules
    of the country."""
    unit = coordinator(on)
    return str(unit) if unit else policy.coordinator(on)


def read_by_survivors(kind: str, code: str) -> date | None:
    """The day on which a council of survivors last read this; ``None``: not yet."""
    rows = Reading.objects.filter(kind=kind, code=code).order_by("-read_on")
    return rows.values_list("read_on", flat=True).first()


def reading_in_words(kind: str, code: str) -> str:
    """The same in words, as it stands beside the text (row B15)."""
    found = read_by_survivors(kind, code)
    if found is None:
        return gettext("not yet read by survivors")
    return gettext("read by survivors on %(day)s") % {"day": day(found)}


def readings(things: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str, date | None]]:
    """Kind, code and name of each thing, and when survivors last read it."""
    days: dict[tuple[str, str], date] = {}
    for row in Reading.objects.order_by("read_on"):
        days[(row.kind, row.code)] = row.read_on
    return [(kind, code, name, days.get((kind, code))) for kind, code, name in things]
