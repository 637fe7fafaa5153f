"""Members of a commission whose organisation is elsewhere read the half page by its own rules."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.audit.queries import who_saw
from panoh.bodies import actions as bodies
from panoh.bodies import queries as sittings
from panoh.bodies.models import Body, Seat
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.models import Application, HalfCopy, ReaderTold
from panoh.decisions.rules.application import Outcome
from panoh.kernel.rules import Gone
from tests.factories.clients import client_of, hidden, words
from tests.factories.referrals import NOW, case, later
from tests.factories.staff import as_user, user
from tests.factories.status import (
    HALF,
    SECRETARY,
    agreed,
    commission,
    completed,
    filed,
    ruled,
    sitting,
)

pytestmark = pytest.mark.django_db
# By it a button is known that is pressed twice on one page.
_TOKEN = "csrfmiddlewaretoken"
# A children's service and a lawyer with a voice, who only listens, and the police.
VOICE, LAWYER, LISTENS, POLICE = "zebo", "latif", "mavluda", "pulod"


@pytest.fixture
def body() -> Body:
    """A commission with members from four organisations beside its own."""
    made = commission()
    with as_user(SECRETARY) as by:
        for name in (VOICE, LAWYER, LISTENS, POLICE):
            bodies.seat(
                made,
                user=user(name),
                title=f"Office of {name}",
                side="state",
                votes=name != LISTENS,
                since=date(2026, 1, 1),
                by=by,
                at=NOW,
            )
    return made


def reads(name: str, row: Application) -> bool:
    """Whether the half page is handed to this account."""
    with as_user(name):
        return queries.half_copy(row.number) is not None


def test_b4_a_member_of_another_organisation_reads_the_half_page_and_no_more(body: Body) -> None:
    with as_user("nigora") as by:
        row = filed(body, by=by)
    with as_user(VOICE) as by:
        half = decisions.read_copy(row.number, by=by, at=NOW)
        assert half is not None and half.text == HALF
        assert not Dossier.objects.exists() and not Application.objects.exists()
    # Who only listens, the police and a stranger read nothing; a voice of the body reads its own.
    for name in (LISTENS, POLICE, SECRETARY, "shirin"):
        assert not reads(name, row), name
    with as_user("nigora"):
        found = [one for one in who_saw(row.dossier_id) if one.event == "status.half_read"]
        assert [one.user_id for one in found] == [user(VOICE).pk], "she can be told who read it"
    page = client_of(VOICE, "en").get(f"/decisions/half/{row.number}/")
    assert HALF in words(page) and "no-store" in page["Cache-Control"]
    assert "you vote by its number" in words(
        client_of(POLICE, "en").get(f"/decisions/half/{row.number}/")
    )
    assert client_of("shirin", "en").get(f"/decisions/half/{row.number}/").status_code == 404
    for language in ("tg", "ru"):
        page = client_of(VOICE, language).get(f"/decisions/half/{row.number}/")
        assert page.status_code == 200 and "style=" not in page.content.decode()


def test_b4_the_person_is_told_first_whose_members_read_it_too(body: Body) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, body, by=by)
    browser, path = client_of("nigora", "en"), f"/decisions/{dossier.ref}/status/apply/"
    page = words(browser.get(path))
    assert "with a voice there read the half page too" in page
    assert str(user(VOICE).unit) in page and str(user(POLICE).unit) not in page
    with as_user("nigora") as by:
        access.exclude(dossier, kind="unit", unit=user(VOICE).unit, by=by, at=NOW)
    assert str(user(VOICE).unit) not in words(browser.get(path))


def test_b4_who_is_sworn_in_meanwhile_is_told_of_first_and_reads_nothing_before() -> None:
    body, since = commission(), date(2026, 1, 1)
    giving: dict[str, Any] = {"side": "state", "votes": True, "since": since, "at": NOW}

    def sworn_in(name: str) -> None:
        with as_user(SECRETARY) as by:
            bodies.seat(body, user=user(name), title=f"Office of {name}", by=by, **giving)

    sworn_in(VOICE)
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, body, by=by)
    browser, base = client_of("nigora", "en"), f"/decisions/{dossier.ref}/status/"
    typed = {"body": body.code, "text": HALF, "hearing": "not_wanted", "opinion": "supports"}
    typed["shown"] = hidden(browser.get(f"{base}apply/"), "shown")
    sworn_in(LAWYER)
    again = browser.post(f"{base}apply/", typed)
    first, later_on = str(user(VOICE).unit), str(user(LAWYER).unit)
    assert f"Since you opened this page they read the half page, too: {later_on}" in words(again)
    assert first in words(again) and HALF in words(again), "both, and nothing typed is lost"
    typed["shown"] = hidden(again, "shown")
    assert browser.post(f"{base}apply/", typed).status_code == 302
    with as_user("nigora"):
        row = Application.objects.get()
        kept = {one.unit for one in ReaderTold.objects.filter(application_id=row.pk)}
    assert kept == {user(VOICE).unit, user(LAWYER).unit}
    assert reads(VOICE, row) and reads(LAWYER, row)
    # Another one comes: nothing is read until the person was told, as far as the page named them.
    sworn_in(LISTENS)
    assert not reads(LISTENS, row)
    page = browser.get(base)
    assert "was not told of it" in words(page) and str(user(LISTENS).unit) in words(page)
    button = {"told": hidden(page, "told"), _TOKEN: hidden(page, _TOKEN)}
    refused = browser.post(f"{base}{row.number}/readers/", {"told": "0 x"})
    assert refused.status_code == 409 and not reads(LISTENS, row)
    for said in ("They read the half page now.", "Nothing was done twice."):
        page = browser.post(f"{base}{row.number}/readers/", button, follow=True)
        assert said in words(page)
    assert reads(LISTENS, row) and "was not told of it" not in words(page)
    # Past the programme too: no copy without that, none told of by who does not hold the case.
    with as_user(SECRETARY):
        assert queries.without_copy(row) == {}
        assert not ReaderTold.objects.exists()
    with as_user("nigora") as by:
        other = filed(body, by=by, told=[])
        assert set(queries.without_copy(other)) == {user(n).pk for n in (VOICE, LAWYER, LISTENS)}
        made = HalfCopy(application_id=other.pk, account=user(VOICE), content=b"x")
        unsigned = ReaderTold(
            dossier=other.dossier,
            application_id=other.pk,
            unit=user(VOICE).unit,
            at=NOW,
            by=user("shirin"),
        )
        for wrong in (made, unsigned):
            with pytest.raises(DatabaseError), transaction.atomic():
                wrong.save(force_insert=True)
        told = ReaderTold.objects.filter(application_id=row.pk)
        with pytest.raises(DatabaseError), transaction.atomic():
            told.update(unit=by.unit)
    assert not reads(VOICE, other)


def test_b4_a_conflict_an_exclusion_and_the_end_of_a_seat_end_that_reading(body: Body) -> None:
    with as_user("nigora") as by:
        touching, first, second = (filed(body, by=by) for _one in range(3))
    assert all(reads(VOICE, row) for row in (touching, first, second))
    with as_user(VOICE) as by:
        item = sittings.item_about(touching.pk)
        assert item is not None
        bodies.declare_conflict(item, by=by, at=NOW)
        assert queries.half_copy(touching.number) is None
        with pytest.raises(Gone):
            decisions.read_copy(touching.number, by=by, at=NOW)
    with as_user("nigora") as by:
        access.exclude(first.dossier, kind="unit", unit=user(VOICE).unit, by=by, at=NOW)
        third = filed(body, by=by)
        access.exclude(third.dossier, kind="account", user=user(LAWYER), by=by, at=NOW)
    assert not reads(VOICE, first) and reads(LAWYER, first) and reads(VOICE, third)
    assert not reads(LAWYER, third)
    with as_user(SECRETARY) as by:
        seat = Seat.objects.get(user=user(LAWYER))
        over = {"trained_on": None, "alternate": None}
        bodies.change_seat(seat, until=date(2026, 1, 2), **over, by=by, at=NOW)
    assert not reads(LAWYER, second) and reads(VOICE, second)


def test_b4_with_the_minutes_that_reading_ends_and_the_table_is_shut(body: Body) -> None:
    with as_user("nigora") as by:
        row, back = filed(body, by=by), filed(body, by=by)
        decisions.withdraw(back, by=by, at=NOW)
    assert reads(VOICE, row) and not reads(VOICE, back)
    row = completed(row)
    held = sitting(body)
    ruled(row, Outcome.GRANTED)
    assert reads(VOICE, row)
    with as_user(SECRETARY) as by:
        decisions.close_minutes(held, by=by, at=later(minutes=5))
    assert not reads(VOICE, row)
    # Nobody but the function reads the table, and nobody adds a copy for whom the walls keep out.
    with as_user(VOICE), pytest.raises(DatabaseError, match="denied"), transaction.atomic():
        list(HalfCopy.objects.all())
    with as_user("nigora") as by:
        other = filed(body, by=by)
        told = queries.members_elsewhere(other.dossier, body)
        assert told.keys() == {user(VOICE).pk, user(LAWYER).pk}
        for name in (POLICE, LISTENS, "shirin"):
            made = HalfCopy(application_id=other.pk, account=user(name), content=b"x")
            with pytest.raises(DatabaseError), transaction.atomic():
                made.save(force_insert=True)
        aside = case(by).dossier
    with as_user("shirin"):
        assert queries.members_elsewhere(other.dossier, body) == {}
    with as_user(VOICE):
        assert queries.members_elsewhere(other.dossier, body).keys() == {user(VOICE).pk}
        # Whom another case excludes is not asked by its number.
        assert queries.members_elsewhere(aside, body) == {}
