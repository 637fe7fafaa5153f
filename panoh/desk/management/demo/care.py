"""Fictional plans of care, people who left and are asked after, and a bed that waits."""

from datetime import timedelta

from panoh.access.models import User
from panoh.care import actions as care
from panoh.care.models import Need
from panoh.cases import actions as cases
from panoh.cases.models import Case, SafeContact
from panoh.cases.rules import Risk, State
from panoh.desk.management.demo.country import Country
from panoh.kernel.rules import Problem
from panoh.policy import queries as policy
from panoh.shelters import actions as shelters
from panoh.shelters import queries as beds
from panoh.shelters.models import House

KINDS = ("ngo", "shelter", "hotline", "social_service")
# For each team: how many have a plan of care, and how many of these have left.
PLANS, LEFT = 4, 3
# Hours since somebody left, the last ones first: of one the first safe contact is over its time.
GONE = (12, 60, 100)
GOAL = "A fictional wish: a quiet room, and work later."
STEP = "A fictional step: go along to the doctor."
WISH = "A fictional wish: to my sister, until I find work."
LEAVING = "A fictional agreement: the bus, a telephone, a word for danger."


def make(country: Country) -> None:
    """Plans for some people of each team that helps; a few of them have left."""
    made = 0
    for row in country.plan["unit"]:
        if row["type"] in KINDS:
            made += _of_team(country, row["code"])
    _expected(country)
    country.say(f"made {made} fictional plans of care")


def _of_team(country: Country, code: str) -> int:
    with country.acting(country.workers[code]) as by:
        rows = Case.objects.filter(dossier__holder=country.teams[code], state=State.OPEN)
        people = list(rows.filter(age_branch="adult").select_related("dossier").order_by("-pk"))
        for number, case in enumerate(people[:PLANS]):
            _plan(country, case, number, by)
            if number < LEFT:
                _leave(country, case, number, by)
    return len(people[:PLANS])


def _plan(country: Country, case: Case, number: int, by: User) -> None:
    """Two needs, a step, now and then something that was given, and how things are."""
    at = max(case.opened_at, country.now - timedelta(days=number + 1))
    today = policy.local_day(country.now)
    for service in country.dice.sample([row.code for row in policy.codes("services")], 2):
        need = care.assess_need(case.dossier, service=service, goal=GOAL, by=by, at=at)
        care.add_step(need, text=STEP, due_on=today + timedelta(days=number), by=by, at=at)
    if number % 2:
        _given(country, need, by)
        care.review(
            case.dossier, rating=country.dice.randint(2, 5), on=today, by=by, at=country.now
        )


def _given(country: Country, need: Need, by: User) -> None:
    outcome, today = country.one("care_outcomes"), policy.local_day(country.now)
    care.log_service(need, on=today, outcome=outcome, by=by, at=country.now)


def _leave(country: Country, case: Case, number: int, by: User) -> None:
    """Gone as planned; the first of each team stays, and waits for the supervisor's signature."""
    at = country.now - timedelta(hours=GONE[number])
    risk = Risk.LOW if number else Risk.HIGH
    try:
        cases.plan_leaving(
            case.dossier,
            destination="relatives_friends",
            risk=risk,
            wish=WISH,
            plan=LEAVING,
            is_informed=True,
            by=by,
            at=at,
        )
        if risk is Risk.HIGH:
            return
        row = cases.leave(case.dossier, left_at=at, by=by, at=at)
        if number == 1:
            first = SafeContact.objects.get(leaving=row, number=1)
            today = policy.local_day(country.now)
            cases.note_contact(
                first, result="safe", channel="telephone", on=today, by=by, at=country.now
            )
    except Problem:
        country.refused += 1  # somebody whose danger stands, or who lives in a house


def _expected(country: Country) -> None:
    """A hotline holds a bed tonight for one of its people."""
    of = {row["type"]: row["code"] for row in country.plan["unit"]}
    with country.acting(country.workers[of["shelter"]]):
        house = House.objects.order_by("opened_at", "pk").first()
    with country.acting(country.workers[of["hotline"]]) as by:
        rows = Case.objects.filter(
            dossier__holder=country.teams[of["hotline"]], state=State.OPEN, sex="woman"
        )
        case = rows.filter(age_branch="adult").select_related("dossier").order_by("pk").first()
        if case is None or house is None:
            return
        at = country.now - timedelta(minutes=20)
        guest = beds.guest_of(case.sex, band=case.age_band)
        try:
            shelters.hold(house.pk, dossier=case.dossier, people=[guest], by=by, at=at)
        except Problem:
            country.refused += 1
