"""Fictional bodies: a national commission, three of places, a council, a dialogue that missed a
quarter; each with sittings behind it and one to come."""

from datetime import date, datetime, timedelta

from panoh.access.models import User
from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.models import Body, Sitting
from panoh.bodies.rules import OTHER, Quarter
from panoh.desk.management.demo.country import Country
from panoh.policy import queries as policy

# Code, unit that keeps it, kind, level, unit whose place it is for, names.
PLAN = (
    ("country", "komissiya", "national_commission", "national", "", "Комиссияи хаёлӣ"),
    ("dialogue", "komissiya", "dialogue", "national", "", "Муколамаи хаёлӣ"),
    ("group", "komissiya", "working_group", "national", "", "Гурӯҳи кории хаёлӣ"),
    ("first", "nohiya_yak", "territorial_commission", "district", "ravshan", "Комиссияи «Афсона»"),
    ("second", "nohiya_du", "territorial_commission", "district", "bahor", "Комиссияи «Достон»"),
    ("region", "viloyat", "territorial_commission", "region", "ravshan", "Комиссияи «Рӯъё»"),
    ("council", "shuro", "survivor_council", "national", "", "Шӯрои хаёлии «Овоз»"),
)
MEMBERS = ("ravshan", "shifo", "kudak")
MISSES = "dialogue"
DECIDES = "first"  # sits once more today, on applications: see `status`
HOUR, DAY, NEXT = timedelta(hours=1), timedelta(days=1), timedelta(days=12)


def make(country: Country) -> None:
    """Found them, seat people, and let them sit."""
    made = [_body(country, row) for row in PLAN]
    _propose(country, made[0], made[-1])
    country.say(f"{len(made)} fictional bodies sit")


def _admin() -> User:
    return User.objects.get(username="admin")


def _body(country: Country, row: tuple[str, str, str, str, str, str]) -> Body:
    code, unit, kind, level, place, name = row
    today = policy.local_day(country.now)
    since = _before(_before(Quarter.of(today).first))
    where = next((one["district"] for one in country.plan["unit"] if one["code"] == place), "")
    if level == "region":
        above = policy.region_of(where)
        where = above.code if above else ""
    with country.acting(_admin()) as by:
        body = bodies.found(
            code=code,
            names={"tg": name},
            kind=kind,
            level=level,
            place=where,
            team=country.teams[unit],
            on=since,
            by=by,
            at=country.now,
        )
    keeper = country.workers[unit]
    _seats(country, body, keeper, since)
    for start in [since] if code == MISSES else [since, _before(Quarter.of(today).first)]:
        _sat(country, body, keeper, start)
    if code != DECIDES:
        with country.acting(keeper) as by:
            bodies.call(body, starts_at=country.now + NEXT, place="№ 0", by=by, at=country.now)
    return body


def _before(day: date) -> date:
    """The first day of the quarter before the one that begins on a day."""
    return Quarter.of(day - DAY).first


def _seats(country: Country, body: Body, keeper: User, since: date) -> None:
    council = body.kind == "survivor_council"
    people = [keeper] if council else [keeper, *(country.workers[one] for one in MEMBERS)]
    # Who reads half pages: members of the commission's own unit.
    own = User.objects.filter(unit=body.team.unit, role_grants__role="tcm")
    people += own.order_by("username")
    with country.acting(keeper) as by:
        for place, user in enumerate(people):
            bodies.seat(
                body,
                title=str(user.unit) if not council else "Номи интихобшуда",
                side="survivor" if council else ("ngo" if place == 1 else "state"),
                user=user,
                votes=True,
                chairs=place == 0,
                paid=council,
                since=since,
                trained_on=since if place == 0 else None,
                by=by,
                at=country.now,
            )


def _sat(country: Country, body: Body, keeper: User, quarter: date) -> None:
    """A sitting in a quarter that is over: one matter, its votes, a resolution, minutes."""
    at = datetime.combine(quarter + NEXT, country.now.timetz())
    with country.acting(keeper) as by:
        row = bodies.call(body, starts_at=at, place="№ 0", by=by, at=at - NEXT)
        row = bodies.open_sitting(row, by=by, at=at)
        seats = queries.seats_of(body, policy.local_day(at))
        bodies.attend(row, there={one.pk: True for one in seats}, by=by, at=at)
        item = bodies.table(
            OTHER,
            body=body,
            sitting=row,
            subject_id=None,
            number=f"00{row.number}",
            due_on=None,
            title="Варақаҳои хаёлӣ",
            by=by,
            at=at,
        )
        for one in seats:
            bodies.vote(item, seat=one, choice="for", by=by, at=at)
        bodies.settle_item(item, outcome="adopted", by=by, at=at)
        _close(row, body, by, at)


def _close(row: Sitting, body: Body, by: User, at: datetime) -> None:
    due = policy.local_day(at + NEXT)
    made = bodies.resolve(
        row, text="Варақаҳоро чоп кардан (хаёлӣ)", owner=body.team, due_on=due, by=by, at=at
    )
    if row.number == 1:
        bodies.finish_resolution(made, outcome="Чоп шуд (хаёлӣ)", by=by, at=at + HOUR)
    bodies.close_minutes(row, by=by, at=at + HOUR)


def _propose(country: Country, commission: Body, council: Body) -> None:
    with country.acting(country.workers["shuro"]) as by:
        bodies.propose(
            commission,
            text="Пеш аз чоп варақаҳоро ба мо нишон диҳед (хаёлӣ)",
            of=council,
            by=by,
            at=country.now,
        )
