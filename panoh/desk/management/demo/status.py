"""Fictional applications for status: some were decided today, one lacks papers, one waits."""

from typing import Any

from panoh.bodies import actions as bodies
from panoh.bodies import queries as sittings
from panoh.bodies.models import Body
from panoh.cases.models import Case
from panoh.cases.rules import State
from panoh.consent import actions as consents
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.actions import Answers
from panoh.decisions.models import Application
from panoh.decisions.rules.application import Outcome
from panoh.desk.management.demo.bodies import DAY, DECIDES, HOUR, NEXT
from panoh.desk.management.demo.country import Country
from panoh.kernel.rules import Category
from panoh.policy import queries as policy

HOLDER, SECRETARY = "ravshan", "nohiya_yak"
# What was decided of the first ones; after them come one whose papers are missing and one that
# came in just now.
RULED = (Outcome.GRANTED, Outcome.REFUSED, Outcome.GRANTED)
HALF = "Нақли хаёлӣ: кори бе музд, ҳуҷҷатҳо гирифта шудаанд, баромадан мумкин набуд."


def make(country: Country) -> None:
    """Hand them in, let the commission sit, tell the first person what was decided."""
    body = Body.objects.get(code=DECIDES)
    rows = [_file(country, body, case) for case in _people(country)[: len(RULED) + 2]]
    _decide(country, body, rows)
    with country.acting(country.workers[HOLDER]) as by:
        today = policy.local_day(country.now)
        decisions.tell(rows[0], way="in_person", on=today, by=by, at=country.now + HOUR)
    country.say(f"handed in {len(rows)} fictional applications")


def _people(country: Country) -> list[Case]:
    with country.acting(country.workers[HOLDER]):
        rows = Case.objects.filter(dossier__holder=country.teams[HOLDER], state=State.OPEN)
        return list(rows.filter(age_branch="adult").select_related("dossier").order_by("pk"))


def _file(country: Country, body: Body, case: Case) -> Application:
    plain: dict[str, Any] = {"branch": "adult", "language": "tg", "present": ["nobody"]}
    with country.acting(country.workers[HOLDER]) as by:
        consents.record(
            case.dossier,
            purpose="status",
            answer="yes",
            told_limits=True,
            asked_now=True,
            recipient=body.team,
            categories=Category.CORE,
            until=policy.local_day(policy.due("grant_days", country.now) or country.now),
            by=by,
            at=country.now,
            **plain,
        )
        told = set(queries.members_elsewhere(case.dossier, body).values())
        answers = Answers(
            HALF, "not_wanted", "tg", ["statement"], "supports", looked=True, told=told
        )
        return decisions.file(case.dossier, body=body, answers=answers, by=by, at=country.now)


def _decide(country: Country, body: Body, rows: list[Application]) -> None:
    """A sitting of today, and one to come for what is left."""
    at, today = country.now, policy.local_day(country.now)
    with country.acting(country.workers[SECRETARY]) as by:
        for row in rows[: len(RULED)]:
            decisions.complete(row, by=by, at=at)
        decisions.ask_papers(rows[len(RULED)], missing=["identity"], by=by, at=at)
        sitting = bodies.call(body, starts_at=at, place="№ 0", by=by, at=at - DAY)
        sitting = bodies.open_sitting(sitting, by=by, at=at)
        seats = sittings.seats_of(body, today)
        bodies.attend(sitting, there={one.pk: True for one in seats}, by=by, at=at)
        for row, outcome in zip(rows, RULED, strict=False):
            item = sittings.item_about(row.pk)
            assert item is not None  # noqa: S101 - it was handed in above
            for one in seats:
                choice = "for" if outcome is Outcome.GRANTED else "against"
                bodies.vote(item, seat=one, choice=choice, by=by, at=at)
            codes = policy.codes("status_grounds")
            grounds = [next(one.code for one in codes if one.extra["outcome"] == outcome)]
            decisions.decide(row, outcome=outcome, grounds=grounds, by=by, at=at)
        bodies.call(body, starts_at=at + NEXT, place="№ 0", by=by, at=at)
        for row in rows[len(RULED) :]:
            item = sittings.item_about(row.pk)
            assert item is not None  # noqa: S101 - it was handed in above
            bodies.postpone(item, why="Ҳуҷҷатҳо нопурраанд (хаёлӣ)", by=by, at=at)
        decisions.close_minutes(sitting, by=by, at=at + HOUR)
