"""Two fictional commissions with secretaries and a member, applications, and sittings of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import reverse

from panoh.access import actions as access
from panoh.access.models import Dossier, Team, User
from panoh.bodies import actions as bodies
from panoh.bodies import queries as sittings
from panoh.bodies.models import Body, Sitting
from panoh.cases.models import Case
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.actions import Answers
from panoh.decisions.models import Application, Ruling
from panoh.decisions.rules.application import Outcome
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.vault import actions as vault
from tests.factories.directory import neighbour
from tests.factories.referrals import NOW, answer, case, later
from tests.factories.staff import ADMIN, as_user, new_account, user

PLACE = "tj_3505401"
HALF = "Ба кори бемузд маҷбур карданд, ҳуҷҷаташро гирифтанд; ним саҳифаи канарӣ."
SECRETARY, SECOND, MEMBER = "sadbarg", "subhon", "mahin"
GROUNDS = {Outcome.GRANTED: ["signs_enough"], Outcome.REFUSED: ["signs_missing"]}
ANSWERS = Answers(
    text=HALF, hearing="not_wanted", language="tg", documents=["statement"], opinion="supports"
)


def commission(
    code: str = "district-status",
    place: str = PLACE,
    *people: str,
    kind: str = "territorial_commission",
    zone: str = "",
) -> Body:
    """A commission of a place that decides: two secretaries, a member with a voice, an office
    without an account. Its team has its key, so that members read half pages. ``kind`` is a kind
    both of units and of bodies of the pack."""
    names = people or (SECRETARY, SECOND, MEMBER)
    with as_user(ADMIN) as by:
        unit = access.add_unit(
            code=code,
            name=f"Fictional {code}",
            kind=kind,
            district=place,
            duty_phone="",
            by=by,
            at=NOW,
        )
        team = access.add_team(unit=unit, name=code, is_intake=True, by=by, at=NOW)
    _staff(team, names)
    with as_user(ADMIN) as by:
        body = bodies.found(
            code=code,
            names={"en": f"Fictional {code}"},
            kind=kind,
            level="region" if policy.region_of(place) is policy.place(place) else "district",
            place=place,
            zone=zone,
            team=team,
            on=date(2026, 1, 1),
            by=by,
            at=NOW,
        )
    with as_user(names[0]) as by:
        seat: dict[str, Any] = {"side": "state", "since": date(2026, 1, 1), "by": by, "at": NOW}
        bodies.seat(body, user=user(names[2]), title="Fictional office", **seat)
        bodies.seat(body, name="Fictional person", title="Other fictional office", **seat)
    return body


def _staff(team: Team, names: tuple[str, ...]) -> None:
    first = names[0]
    for name in names:
        role = "tcm" if name == names[2] else "tcs"
        made = new_account(name, team.unit, role, user(ADMIN))
        with as_user(ADMIN if name == first else first) as by:
            access.join(user=made, team=team, is_supervisor=name == first, by=by, at=NOW)
        with as_user(first) as by:
            if name == first:
                vault.make_team(team.pk, team.unit_id)
            else:
                access.let_in(user=made, team=team, by=by, at=NOW)


def agreed(dossier: Dossier, body: Body, *, by: User) -> None:
    """The person agrees to an application to this body, and asks for it now."""
    answer(dossier, body.team, by=by, purpose="status", categories=Category.CORE, asked_now=True)


def filed(body: Body, *, by: User, about: Case | None = None, **fields: Any) -> Application:
    """An application of the NGO, handed in with consent."""
    dossier = (about or case(by)).dossier
    agreed(dossier, body, by=by)
    given = {name: getattr(ANSWERS, name) for name in _NAMES}
    given["told"] = set(queries.members_elsewhere(dossier, body).values())
    answers = Answers(**(given | fields))
    return decisions.file(dossier, body=body, answers=answers, by=by, at=NOW)


_NAMES = ("text", "hearing", "language", "documents", "opinion", "opinion_text", "looked")


def completed(row: Application, secretary: str = SECRETARY) -> Application:
    """The secretary takes it as complete."""
    with as_user(secretary) as by:
        return decisions.complete(Application.objects.get(pk=row.pk), by=by, at=NOW)


def sitting(body: Body, secretary: str = SECRETARY) -> Sitting:
    """A sitting that is open, with everybody there; what waits stands on its agenda."""
    with as_user(secretary) as by:
        called = bodies.call(body, starts_at=later(minutes=1), by=by, at=NOW)
        opened = bodies.open_sitting(called, by=by, at=later(minutes=1))
        seats = sittings.seats_of(body, date(2026, 6, 1))
        there = dict.fromkeys([one.pk for one in seats], True)
        return bodies.attend(opened, there=there, by=by, at=later(minutes=1))


def vote(row: Application, outcome: Outcome, secretary: str = SECRETARY) -> None:
    """Everybody votes alike, as the outcome needs."""
    with as_user(secretary) as by:
        item = sittings.item_about(row.pk)
        assert item is not None
        choice = "for" if outcome is Outcome.GRANTED else "against"
        voices = [one for one in sittings.seats_of(item.body, date(2026, 6, 1)) if one.votes]
        for seat in voices:
            bodies.vote(item, seat=seat, choice=choice, by=by, at=later(minutes=2))


def ruled(row: Application, outcome: Outcome, secretary: str = SECRETARY, **fields: Any) -> Ruling:
    """Voted, and entered by the secretary."""
    vote(row, outcome, secretary)
    with as_user(secretary) as by:
        given: dict[str, Any] = {"grounds": GROUNDS[outcome], "at": later(minutes=3), **fields}
        found = Application.objects.get(pk=row.pk)
        return decisions.decide(found, outcome=outcome, by=by, **given)


def decided(body: Body, outcomes: Mapping[Outcome, int]) -> tuple[Sitting, list[Application]]:
    """Applications of the NGO, decided in one sitting whose minutes are still open."""
    with as_user("nigora") as by:
        wanted = [one for one, count in outcomes.items() for _n in range(count)]
        rows = [filed(body, by=by) for _one in wanted]
    rows = [completed(row) for row in rows]
    held = sitting(body)
    for row, outcome in zip(rows, wanted, strict=True):
        ruled(row, outcome)
    return held, rows


def everything() -> dict[str, list[str]]:
    """Applications that came, are complete and were refused; from where each account looks."""
    body = commission(place=neighbour())
    decided(body, {Outcome.REFUSED: 1})
    with as_user("nigora") as by:
        came, ready = (filed(body, by=by) for _each in range(2))
    completed(ready)
    of_case = [
        reverse(f"decisions:{name}", args=[came.dossier.ref]) for name in ("status", "apply")
    ]
    of_helper = [
        reverse(f"decisions:{name}", args=[came.dossier.ref, came.number])
        for name in ("appeal", "supply", "tell", "letter", "hearing")
    ]
    of_body = [reverse(f"decisions:{name}", args=[came.number]) for name in ("before", "missing")]
    of_body += [reverse("decisions:decide", args=[ready.number]), reverse("decisions:docket")]
    return {"nigora": [*of_case, *of_helper], SECRETARY: of_body}
