"""What the fictional people have done since: on a Monday morning each team has some things left."""

from collections import Counter
from datetime import timedelta

from panoh.access.models import Team, User
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.consent import actions as consents
from panoh.desk.management.demo.country import Country
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.duties.rules import KEEPING, kind
from panoh.kernel.rules import Problem

# How many of the newest things a team has not come to yet, and of one kind among them.
LEFT, OF_A_KIND = 8, 3


def make(country: Country) -> None:
    """Tick off what is older, name advocates, say what became of copies."""
    done = 0
    for code, team in country.teams.items():
        done += _worked_off(country, team, country.workers[code])
    country.say(f"{done} fictional things were done since")


def _worked_off(country: Country, team: Team, by: User) -> int:
    done, left = 0, Counter[str]()
    with country.acting(by):
        owed = Duty.objects.unsettled().filter(owner=team).exclude(kind__in=KEEPING)
        owed = owed.select_related("dossier__holder__unit")
        for duty in owed.order_by("-opened_at", "pk"):
            is_new = left.total() < LEFT and left[duty.kind] < OF_A_KIND
            left[duty.kind] += is_new
            try:
                done += _do(country, duty, by, is_new=is_new)
            except Problem:
                country.refused += 1
    return done


def _do(country: Country, duty: Duty, by: User, *, is_new: bool) -> bool:
    at = min(duty.opened_at + timedelta(minutes=country.dice.randint(30, 2000)), country.now)
    if duty.kind == "child.advocate" and duty.dossier is not None:
        able = queries.may_be_advocate(duty.dossier)
        if able:
            team, user = country.dice.choice(able)
            cases.name_advocate(duty.dossier, user=user, team=team, by=by, at=at)
        return bool(able)
    if is_new:
        return False
    if duty.kind == "consent.destroy_copies":
        consents.confirm_copies(duty, answer=country.one("copies_answers"), by=by, at=at)
        return True
    if kind(duty.kind).by_hand:
        duties.finish(duty, by=by, at=at)
        return True
    return False
