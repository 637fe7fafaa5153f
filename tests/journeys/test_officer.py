"""An officer asks by telephone whether a woman is with the helpers."""

from uuid import uuid4

from django.db import connections

from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.ui.rules import PartialDate
from tests.factories.clients import client_of, hidden, words
from tests.factories.referrals import NOW, as_jobs, case
from tests.factories.staff import as_user

NAME = "Lola Ozmoishzoda"


def test_a28_an_officer_asks_by_telephone_and_learns_nothing(fresh_db: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        person = Person(given="Лола", family="Озмоишзода", birth=PartialDate(1990))
        people.name(dossier, person=person, by=by, at=NOW)
        people.mark_findable(dossier, purposes=["ring"], by=by, at=NOW)

    # The hotline answers, reads the words aloud, writes down who asked, and is told nothing.
    hotline = client_of("hadia", "en")
    assert "We tell nobody whether we know a person" in words(hotline.get("/asked/"))
    said = {
        "caller": "police",
        "channel": "telephone",
        "name": NAME,
        "birth_year": "1990",
        "number": "000 102",
        "words": "The brother says she ran away",
        "submission": str(uuid4()),
    }
    told = hotline.post("/asked/", said, follow=True)
    assert "We tell nobody whether we know a person" in words(told)
    connections.close_all()
    with as_jobs():
        people.match_seekers(at=NOW)
    for path in ("/", "/asked/", "/cases/", "/inbox/"):
        assert dossier.ref not in hotline.get(path).content.decode().replace(" ", "")

    # The officer's own account finds nobody either.
    officer = client_of("pulod", "en")
    search = officer.post("/search/", {"name": NAME, "birth_year": "1990"})
    assert dossier.ref not in search.content.decode().replace(" ", "")
    assert officer.get(f"/cases/{dossier.ref}/").status_code == 404

    # Her helper is rung, asks her, and keeps what she wishes.
    helper = client_of("nigora", "en")
    assert "Somebody asks for this person" in words(helper.get("/"))
    page = helper.get(f"/cases/{dossier.ref}/sought/")
    assert "The brother says she ran away" in words(page)
    helper.post(
        f"/cases/{dossier.ref}/sought/", {"answer": "no_contact", "sought": hidden(page, "sought")}
    )
    plan = words(helper.get(f"/cases/{dossier.ref}/safety/"))
    assert "There is a new threat. Look at the risk again." in plan
    assert "The brother says she ran away" in plan
    today = words(helper.get("/"))
    assert "Somebody asks for this person" not in today
    assert "A new threat: look at the risk and the safety plan" in today
    with as_user("hadia"):
        assert "no_contact" not in words(hotline.get("/asked/"))
