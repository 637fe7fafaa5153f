"""Fictional shelters: a house for each team that runs one, with people, papers and money."""

from datetime import timedelta
from typing import Any

from panoh.cases.models import Case
from panoh.cases.rules import State
from panoh.desk.management.demo.country import Country
from panoh.kernel.rules import Problem
from panoh.policy import queries as policy
from panoh.shelters import actions as shelters
from panoh.shelters import queries
from panoh.shelters.models import House
from panoh.shelters.rules import Guest

ROOMS = (("1", 2, ""), ("2", 3, ""), ("3", 1, ""))
ADDRESS = "A fictional address: nobody lives there."
LIVING, SEEN = 3, 40
# Days until the money of the first house ends, and of the others.
MONEY = (170, 500)


def make(country: Country) -> None:
    """Houses with somebody in them, and one whose money ends soon."""
    rows = [row for row in country.plan["unit"] if row["type"] == "shelter"]
    for number, row in enumerate(rows):
        house = _house(country, row, MONEY[min(number, len(MONEY) - 1)])
        _people(country, row["code"], house)
    country.say(f"made {len(rows)} fictional houses with beds")


def _house(country: Country, row: dict[str, Any], days: int) -> House:
    at, code = country.now - timedelta(hours=2), row["code"]
    today = policy.local_day(at)
    with country.acting(country.workers[code]) as by:
        given: dict[str, Any] = {"by": by, "at": at}
        made = shelters.open_house(
            team=country.teams[code],
            name=row["name_tg"],
            district=row["district"],
            address=ADDRESS,
            sexes=row.get("sexes", ["woman"]),
            min_age=policy.number("child_until_age"),
            families=True,
            **given,
        )
        for name, beds, sex in ROOMS:
            shelters.add_room(made, name=name, beds=beds, sex=sex, **given)
        year = timedelta(days=365)
        until = today + timedelta(days=days)
        shelters.add_paper(made, kind="permit", issued_on=today - year, ends_on=until, **given)
        shelters.plan_inspection(made, kind="own", due_on=today + timedelta(days=20), **given)
        shelters.add_funding(
            made, payer="Fictional donor", kind="donor", since=today - year, until=until, **given
        )
    return made


def _people(country: Country, code: str, house: House) -> None:
    """Some of the team's own cases live there."""
    at, living = country.now - timedelta(hours=1), 0
    with country.acting(country.workers[code]) as by:
        team = country.teams[code]
        rows = Case.objects.filter(
            dossier__holder=team, state=State.OPEN, age_branch="adult", sex__in=house.sexes
        )
        for case in rows.select_related("dossier").order_by("pk")[:SEEN]:
            guest = queries.guest_of(case.sex, band=case.age_band)
            living += _take_in(country, house, case, guest, {"by": by, "at": at})
            if living == LIVING:
                break


def _take_in(
    country: Country, house: House, case: Case, guest: Guest, given: dict[str, Any]
) -> bool:
    try:
        shelters.take_in(house, dossier=case.dossier, people=[guest], **given)
    except Problem:
        country.refused += 1
        return False
    return True
