"""People of the fictional country, named and searched through the actions."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.kernel.rules import Category
from panoh.people import actions as people
from panoh.people.actions import Answer
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from panoh.ui.rules import PartialDate
from tests.factories.staff import as_user, team

AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


LOLA = Person(
    given="Лола",
    patronymic="Каримовна",
    family="Озмоишзода",
    birth=PartialDate(1990, 5, 12),
    documents=("ZZ 1234567",),
)


PHONE = "+000 93 555 12 34"


EXACT = Facts(names=("Лола", "Каримовна", "Озмоишзода"))


NOTHING: tuple[list[Any], list[Any]] = ([], [])


def opened(owner: str = "nigora", holder: str = "ngo-cases", **options: Any) -> Dossier:
    with as_user(owner) as by:
        return access.open_dossier(team=team(holder), by=by, at=AT, **options)


def named(person: Person = LOLA, owner: str = "nigora", holder: str = "ngo-cases") -> Dossier:
    dossier = opened(owner, holder)
    with as_user(owner) as by:
        people.name(dossier, person=person, by=by, at=AT)
        people.add_contact(dossier, kind="phone", value=PHONE, by=by, at=AT)
    return dossier


def search(who: str, asked: Facts = EXACT, at: datetime = AT) -> Answer:
    with as_user(who) as by:
        return people.search(asked, by=by, at=at)


def shown(answer: Answer) -> tuple[list[int], list[str]]:
    return [found.dossier.pk for found in answer.found], [unit.code for unit in answer.ask]


def mark(dossier: Dossier, *purposes: str, until: datetime | None = None) -> None:
    with as_user("nigora") as by:
        people.mark_findable(dossier, purposes=purposes, until=until, by=by, at=AT)


def accepted(dossier: Dossier) -> UUID:
    source = uuid4()
    now = datetime.now(UTC)
    with as_user("nigora") as by:
        access.offer(
            dossier,
            to=team("shelter-cases"),
            categories=Category.CORE | Category.IDENTITY,
            source_id=source,
            by=by,
            at=now,
        )
    with as_user("shirin") as by:
        access.release(dossier, source_id=source, by=by, at=now)
    return source
