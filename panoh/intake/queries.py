"""Who stands at the desk, which hours are empty, which calls are open, what was handed over."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Min, QuerySet
from django.utils.functional import cached_property

from panoh.access.models import Membership, Team, User
from panoh.access.queries import live, my_teams
from panoh.duties import queries as duties
from panoh.duties.models import Duty
from panoh.duties.queries import Owed
from panoh.duties.rules import Deadline
from panoh.intake import rules
from panoh.intake.models import Call, Handover, Shift
from panoh.intake.rules import Span
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.vault import queries as vault
from panoh.vault.rules import Damaged, unbox

PAGE = 30
OWED = 20
# How long before it begins an empty shift is told, and how soon a call needs an outcome.
ALARM, HELP = "shift_alarm", "emergency_help_hours"
CALL, GAP = "intake.call", "intake.gap"


def desk() -> Team:
    """The team whose desk the acting account keeps: the one that receives requests first. Raises
    ``Gone`` for an account in no team."""
    rows = Team.objects.filter(pk__in=my_teams()).select_related("unit")
    found = rows.order_by("-is_intake", "name").first()
    if found is None:
        raise Gone
    return found


def roster(team: Team, since: datetime) -> list[Shift]:
    """The shifts from a moment on, in order."""
    rows = _shifts(team).filter(ends_at__gt=since)
    return list(rows.select_related("user", "unit").order_by("starts_at", "ends_at", "pk"))


def _shifts(team: Team) -> QuerySet[Shift]:
    return Shift.objects.filter(team=team, dropped_at=None)


def on_duty(team: Team, at: datetime) -> list[Shift]:
    """Who stands now; hours for which nobody is named are left out."""
    rows = _shifts(team).filter(starts_at__lte=at, ends_at__gt=at, user__is_active=True)
    return list(rows.select_related("user", "unit").order_by("starts_at", "pk"))


def first_gap(team: Team, at: datetime) -> Span | None:
    """The first hours that nobody stands, from now up to the pack's alarm; None: all are stood,
    or the team keeps no roster."""
    stood = _shifts(team).filter(user__is_active=True)
    known = _shifts(team).aggregate(first=Min("planned_at"))["first"]
    horizon = policy.due(ALARM, at)
    if known is None or horizon is None:
        return None
    # The gap of now began when the last shift ended: its beginning must not move with the clock.
    last = stood.filter(ends_at__lte=at).aggregate(last=Max("ends_at"))["last"]
    spans = stood.filter(ends_at__gt=at).values_list("starts_at", "ends_at")
    found = rules.gaps(spans, last or known, horizon)
    return next((span for span in found if span[1] > at), None)


def rostered() -> list[Team]:
    """Teams that keep a roster, as the background role asks."""
    teams = Shift.objects.filter(dropped_at=None).values_list("team_id", flat=True).distinct()
    return [Team(pk=pk) for pk in teams]


def members(team: Team, at: datetime) -> list[User]:
    """Who may stand a shift of this desk."""
    rows = Membership.objects.filter(live(at), team=team, user__is_active=True)
    return sorted((row.user for row in rows.select_related("user")), key=str)


def shift(pk: UUID) -> Shift:
    """A shift of my desk. Raises ``Gone``."""
    found = Shift.objects.filter(pk=pk, team_id__in=my_teams()).first()
    if found is None:
        raise Gone
    return found


@dataclass(frozen=True)
class Line:
    """A call in words, with its deadline at a moment."""

    call: Call
    at: datetime

    @property
    def channel(self) -> str:
        """How they reached the desk."""
        return policy.label("contact_channels", self.call.channel)

    @property
    def danger(self) -> str:
        """What was said of danger and injury."""
        return policy.label("danger_now", self.call.danger_now)

    @property
    def needs(self) -> list[str]:
        """What was needed."""
        return [policy.label("services", code) for code in self.call.needs]

    @property
    def language(self) -> str:
        """In which language."""
        code = self.call.language
        return policy.label("spoken_languages", code) if code else ""

    @property
    def source(self) -> str:
        """Who called."""
        return policy.label("contact_sources", self.call.source) if self.call.source else ""

    @property
    def outcome(self) -> str:
        """What came of it; empty while nothing did."""
        return policy.label("call_outcomes", self.call.outcome) if self.call.outcome else ""

    @cached_property
    def deadline(self) -> Deadline:
        """Until when it needs an outcome, and that no law says so."""
        clock = Duty(kind=CALL, period=HELP, opened_at=self.call.called_at, due_at=self.call.due_at)
        return duties.deadline(clock, self.at)

    @property
    def is_late(self) -> bool:
        """Nothing came of it in time."""
        return not self.call.outcome and self.deadline.late


def open_calls(team: Team, at: datetime) -> list[Line]:
    """Calls without an outcome, the most pressing first."""
    rows = Call.objects.filter(team=team, outcome="").select_related("user")
    return _lines(rows.order_by("due_at", "called_at", "pk"), at)


def log(team: Team, at: datetime, before: datetime | None = None) -> list[Line]:
    """The log, newest first; ``before`` is the time of the last call of the page before."""
    rows = Call.objects.filter(team=team).select_related("user").order_by("-called_at", "pk")
    return _lines(rows.filter(called_at__lt=before)[:PAGE] if before else rows[:PAGE], at)


def _lines(rows: Iterable[Call], at: datetime) -> list[Line]:
    return [Line(row, at) for row in rows]


def call(pk: UUID) -> Call:
    """A call of my desk. Raises ``Gone``."""
    rows = Call.objects.filter(pk=pk, team_id__in=my_teams()).select_related("user", "team")
    found = rows.first()
    if found is None:
        raise Gone
    return found


def waiting(team: Team) -> list[Handover]:
    """Handovers that nobody has taken yet, oldest first."""
    rows = Handover.objects.filter(team=team, taken_at=None).select_related("given_by")
    return list(rows.order_by("given_at"))


def handover(pk: UUID) -> Handover:
    """A handover of my desk. Raises ``Gone``."""
    rows = Handover.objects.filter(pk=pk, team_id__in=my_teams()).select_related("given_by", "team")
    found = rows.first()
    if found is None:
        raise Gone
    return found


def owed(team: Team, at: datetime) -> list[Owed]:
    """What the desk's team owes, urgency × sensitivity, in the order of Today."""
    return duties.told(duties.owed_by([team.pk], limit=OWED), at)


def sealed_for(row: Call | Handover) -> str:
    """Bound into the sealed note of a row."""
    return f"intake {row._meta.model_name} {row.pk}"


def note_of(row: Call | Handover) -> str:
    """The note, opened with the key of my team; empty where there is none or it does not open."""
    if row.note:
        for pair in vault.current().teams.values():
            with suppress(Damaged):
                return unbox(pair, bytes(row.note), sealed_for(row)).decode()
    return ""
