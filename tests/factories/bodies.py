"""Fictional bodies: a national commission with five seats, two districts, a council, a dialogue."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from panoh.access import actions as access
from panoh.access.models import Team
from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.models import Body, Item, Seat, Sitting
from panoh.policy import queries as policy
from tests.factories.staff import ADMIN, NOW, as_user, new_account, user

# Keeps the national papers; members with a voice; who only listens.
KEEPER = "ibrohim"
VOICES = ("ibrohim", "nigora", "pulod", "zebo")
OBSERVER = "latif"
# Secretaries of two districts.
SECRETARY, OTHER = "tahmina", "bahodur"
DISTRICT, OTHER_DISTRICT, REGION = "tj_3505401", "tj_3501266", "tj_3505000"
SINCE = date(2026, 1, 1)
# A Tuesday morning where the bodies sit.
MORNING = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
BEFORE = MORNING - timedelta(days=5)
HOUR = timedelta(hours=1)


def desk(name: str, *members: str) -> Team:
    """A team of the first member's unit, made once."""
    found = Team.objects.select_related("unit").filter(name=name).first()
    if found is not None:
        return found
    with as_user(ADMIN) as by:
        unit = user(members[0]).unit
        assert unit is not None
        made = access.add_team(unit=unit, name=name, is_intake=True, by=by, at=NOW)
        for place, one in enumerate(members):
            lead = place == 0
            access.join(user=user(one), team=made, is_supervisor=lead, by=by, at=NOW)
    return made


def body(code: str, team: Team, **more: Any) -> Body:
    """A body, founded once."""
    found = Body.objects.select_related("team").filter(code=code).first()
    given = {"kind": "national_commission", "level": "national", "on": SINCE, **more}
    with as_user(ADMIN) as by:
        names = {"en": f"Fictional {code}"}
        return found or bodies.found(code=code, names=names, team=team, by=by, at=NOW, **given)


def seat(of: Body, name: str, keeper: str = KEEPER, **more: Any) -> Seat:
    """A seat for an account."""
    given = {"title": f"Office of {name}", "side": "state", "since": SINCE, **more}
    with as_user(keeper) as by:
        return bodies.seat(of, user=user(name), by=by, at=NOW, **given)


def national(zone: str = "") -> Body:
    """The national commission: four voices and an observer. Three voices make a quorum."""
    made = body("national", desk("national-desk", KEEPER), zone=zone)
    with as_user(KEEPER):
        if queries.seats_of(made, SINCE):
            return made
    for name in VOICES:
        side = "ngo" if name == "nigora" else "state"
        seat(made, name, side=side, chairs=name == KEEPER)
    seat(made, OBSERVER, side="international", votes=False)
    return made


def district() -> Body:
    """The commission of a district, kept by a secretary who is its only voice."""
    place = {"kind": "territorial_commission", "level": "district", "place": DISTRICT}
    made = body("district", desk("district-desk", SECRETARY), **place)
    with as_user(SECRETARY):
        known = queries.seats_of(made, SINCE)
    if not known:
        seat(made, SECRETARY, SECRETARY, chairs=True)
    return made


def other_district() -> Body:
    """The commission of another district, kept by somebody else."""
    unit = user(SECRETARY).unit
    assert unit is not None
    if not Body.objects.filter(code="other").exists():
        new_account(OTHER, unit, "tcs", user(ADMIN))
    place = {"kind": "territorial_commission", "level": "district", "place": OTHER_DISTRICT}
    return body("other", desk("other-desk", OTHER), **place)


def called(of: Body, keeper: str = KEEPER, starts_at: datetime = MORNING) -> Sitting:
    """A sitting that was called."""
    with as_user(keeper) as by:
        return bodies.call(of, starts_at=starts_at, by=by, at=starts_at - timedelta(days=4))


def opened(
    of: Body,
    there: Sequence[str] = VOICES,
    keeper: str = KEEPER,
    starts_at: datetime = MORNING,
) -> Sitting:
    """An open sitting with these accounts in it."""
    row = called(of, keeper, starts_at)
    with as_user(keeper) as by:
        row = bodies.open_sitting(row, by=by, at=starts_at)
        arrive(row, there, at=starts_at, keeper=keeper)
    return row


def arrive(
    row: Sitting, there: Sequence[str], *, at: datetime = MORNING, keeper: str = KEEPER
) -> None:
    """These and nobody else are there now."""
    with as_user(keeper) as by:
        names = {one.pk: one.user for one in queries.seats_of(row.body, SINCE)}
        present = {key: who is not None and who.username in there for key, who in names.items()}
        bodies.attend(row, there=present, by=by, at=at)


def matter(
    of: Body, by: str = "nigora", number: str = "0001", due_on: date | None = None, **more: Any
) -> Item:
    """A matter that somebody brings before the body."""
    given = {"kind": "application", "subject_id": uuid4(), "at": BEFORE, **more}
    with as_user(by) as account:
        return bodies.table(
            given.pop("kind"), body=of, number=number, due_on=due_on, by=account, **given
        )


def voted(item: Item, choices: dict[str, str], at: datetime = MORNING) -> None:
    """These members vote, each for their own seat."""
    for name, choice in choices.items():
        with as_user(name) as by:
            mine = queries.my_seat(item.body, by, SINCE)
            assert mine is not None
            bodies.vote(item, seat=mine, choice=choice, by=by, at=at)


ALL_FOR = dict.fromkeys(VOICES, "for")


def everything(text: str) -> list[str]:
    """A commission that sits now, with everything that its pages can show."""
    of, at = national(), timezone.now()
    for kind in ("draft", "other"):
        matter(of, kind=kind, title="Нақшаи корҳои якҷоя (хаёлӣ)", at=at)
    row = opened(of, starts_at=at + timedelta(seconds=1))
    today = policy.local_day(at)
    with as_user("ibrohim") as by:
        one = bodies.resolve(
            row, text="Варақаҳоро чоп кардан", owner=of.team, due_on=today, by=by, at=at
        )
        event = bodies.add_event(
            of,
            kind="round_table",
            name="Мизи мудаввари хаёлӣ",
            starts_on=today,
            ends_on=today,
            delegates=["Идораи хаёлӣ"],
            by=by,
            at=at,
        )
        asked = bodies.propose(of, text="Варақаи кӯтоҳтар", event=event, by=by, at=at)
        bodies.show_draft(of, title="Нақша", text=text, by=by, at=at)
    here = [of.code, row.pk]
    return [
        reverse("bodies:sitting", args=here),
        reverse("bodies:addendum", args=here),
        reverse("bodies:resolution", args=[one.pk]),
        reverse("bodies:proposal", args=[asked.number]),
    ]
