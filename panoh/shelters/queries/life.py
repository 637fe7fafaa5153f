"""What a house must keep in order, what is overdue, and whose money ends."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from panoh.access.models import User
from panoh.policy import queries as policy
from panoh.policy.rules.dates import add_months
from panoh.shelters.models import Funding, House, Inspection, Paper, Takeover, Vetting

ALARMS = ("funding_alert_first", "funding_alert_second", "funding_alert_third")


@dataclass(frozen=True, slots=True)
class Vetted:
    """Somebody of the house: vetted when, and until when that holds; ``None``: not set."""

    user: User
    on: date
    until: date | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Papers, staff, inspections and money of a house on a day."""

    papers: list[tuple[Paper, bool]]
    staff: list[Vetted]
    inspections: list[tuple[Inspection, bool]]
    funding: list[tuple[Funding, int]]

    @property
    def is_overdue(self) -> bool:
        """Whether anything of it is late."""
        return any(late for _one, late in [*self.papers, *self.inspections]) or any(
            one.is_late for one in self.staff
        )


def standing_of(house: House, at: datetime) -> Standing:
    """Everything that a house must keep in order, each with whether it is late."""
    today = policy.local_day(at)
    papers = Paper.objects.filter(house=house, ended_at=None).order_by("kind", "-issued_on")
    done = Inspection.objects.filter(house=house).order_by("due_on", "pk")
    money = Funding.objects.filter(house=house).order_by("until", "pk")
    return Standing(
        [(one, one.ends_on is not None and one.ends_on < today) for one in papers],
        _staff(house, today),
        [(one, one.done_on is None and one.due_on < today) for one in done],
        [(one, (one.until - today).days) for one in money],
    )


def vetted_until(on: date) -> date | None:
    """Until when a vetting of a day holds, by the pack's period; ``None`` while it is not set."""
    due = policy.due("staff_vetting", policy.pack().calendar.end_of(on))
    return policy.local_day(due) if due else None


def _staff(house: House, today: date) -> list[Vetted]:
    newest: dict[int, Vetting] = {}
    rows = Vetting.objects.filter(house=house).select_related("user")
    for row in rows.order_by("vetted_on", "entered_at"):
        newest[row.user_id] = row
    found = []
    for row in newest.values():
        until = vetted_until(row.vetted_on)
        late = until is not None and until < today
        found.append(Vetted(row.user, row.vetted_on, until, late))
    return sorted(found, key=lambda one: one.user.display_name)


def alarm_days(funding: Funding) -> list[date]:
    """The days on which the pack's alarms before the end of the money begin, earliest first."""
    months = [policy.period(key, funding.since).value for key in ALARMS]
    return sorted(add_months(funding.until, -value) for value in months if value is not None)


def takeover_of(funding: Funding) -> Takeover | None:
    """The plan for the time after it, if there is one."""
    return Takeover.objects.filter(funding=funding).first()


@dataclass(frozen=True, slots=True)
class Ending:
    """For the agenda of a commission: in this region the money for so many beds ends in this
    month; is there somebody who pays on?"""

    region: str
    month: date
    beds: int
    has_payer: bool


def endings(at: datetime) -> list[Ending]:
    """Whose money ends within the pack's first alarm, soonest first; names no house."""
    today = policy.local_day(at)
    months = policy.period(ALARMS[0], today).value or 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT region, ends_on, beds, has_payer FROM shelters_endings(%s, %s)",
            [today, add_months(today, months)],
        )
        return [Ending(*row) for row in cursor.fetchall()]
