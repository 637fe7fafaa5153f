"""Cases for tests, made through the actions by an account of the fictional country."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg

from panoh.access import actions as access
from panoh.access.models import Dossier, User
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Case, Fact
from panoh.duties import queries as owed
from panoh.kernel.rules import Category
from tests.factories.staff import as_user, team

AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ADULT = {"age_branch": "adult", "sex": "woman", "language": "tg", "district": "tj_3505401"}


def contact(by: User, at: datetime = AT, in_team: str = "ngo-cases", **answers: Any) -> Case:
    """A first contact of an adult with nothing urgent; ``answers`` say otherwise."""
    given = {"safe_to_talk": "yes", "danger_now": "none", **ADULT, **answers}
    safe, danger = given.pop("safe_to_talk"), given.pop("danger_now")
    return cases.open_contact(
        team=team(in_team), safe_to_talk=safe, danger_now=danger, answers=given, by=by, at=at
    )


LATER = AT + timedelta(hours=1)


FAR = AT + timedelta(weeks=5000)


def again(case: Case) -> Case:
    return queries.case_of(Dossier.objects.get(pk=case.pk))


def kinds(case: Case) -> list[str]:
    return sorted(duty.kind for duty in owed.unsettled_on(case.dossier))


def record(case: Case, field: str, *codes: str, by: User, **more: Any) -> list[Fact]:
    return cases.record_facts(case.dossier, field=field, codes=codes, by=by, at=AT, **more)


def share(case: Case, by: User, to: str, receiver: str, categories: Category) -> None:
    """Let another team accept what is offered."""
    give(case.dossier, by, to, receiver, categories)


def give(dossier: Dossier, by: User, to: str, receiver: str, categories: Category) -> None:
    """The same, of any file."""
    source = uuid4()
    given: dict[str, Any] = {"source_id": source, "until": FAR, "at": AT}
    access.offer(dossier, to=team(to), categories=categories, by=by, **given)
    with as_user(receiver) as other:
        access.release(dossier, by=other, **given)


@contextmanager
def at_work(owner: psycopg.Connection, dossier: Dossier) -> Iterator[None]:
    """Somebody is at work on a file: its row is locked in another transaction."""
    with owner.transaction():
        owner.execute("SELECT FROM access_dossier WHERE id = %s FOR UPDATE", [dossier.pk])
        yield


def change(case: Case, by: User, seen: int, **changes: Any) -> Case:
    return cases.change(case.dossier, changes=changes, seen_version=seen, by=by, at=LATER)
