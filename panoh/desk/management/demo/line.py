"""A fictional roster and a few fictional calls: the first hotline keeps the emergency desk."""

from datetime import timedelta
from typing import Any

from panoh.desk.management.demo.country import Country
from panoh.intake import actions as intake

# Hours a shift lasts, and how many are planned; the last one has no name yet.
HOURS, SHIFTS = 12, 4
CALLS: tuple[dict[str, Any], ...] = (
    {"danger_now": "none", "needs": ["rights_information"], "outcome": "advised"},
    {"danger_now": "danger", "needs": ["bed", "doctor"], "language": "uz"},
    {"danger_now": "not_yet_known", "outcome": "broken_off"},
    {"danger_now": "none", "needs": ["legal_advice"], "source": "relative_friend"},
)
NOTE = "A fictional note: nobody called."


def make(country: Country) -> None:
    """A night behind it and one before it."""
    code = next(row["code"] for row in country.plan["unit"] if row["type"] == "hotline")
    team, at, length = country.teams[code], country.now, timedelta(hours=HOURS)
    with country.acting(country.workers[code]) as by:
        for number in range(SHIFTS):
            begin = at - length / 2 + number * length
            intake.plan_shift(
                team=team,
                unit=team.unit,
                user=by if number < SHIFTS - 1 else None,
                starts_at=begin,
                ends_at=begin + length,
                by=by,
                at=at,
            )
        for number, said in enumerate(CALLS):
            called_at = at - number * timedelta(hours=2)
            intake.log_call(team=team, note=NOTE, called_at=called_at, by=by, at=at, **said)
    country.say(f"made a roster and {len(CALLS)} fictional calls")
