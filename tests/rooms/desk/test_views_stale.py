"""Two workers at one page of one case: both versions are shown, and neither is lost."""

from typing import Any

import pytest
from django.test import Client

from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from tests.factories.children import child
from tests.factories.clients import client_of, hidden, words
from tests.factories.directory import organisation, service
from tests.factories.referrals import NOW
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db
MEANWHILE = "Somebody else answered meanwhile"


def boy() -> tuple[Dossier, str]:
    """A child's case and the address of his guardian's check."""
    with as_user("nigora") as by:
        dossier = child(by).dossier
        aunt = cases.add_guardian(dossier, relation="mother", name="Озмоишмоҳ", by=by, at=NOW)
        return dossier, f"child/guardians/{aunt.pk}/"


def opened(browser: Client, path: str) -> dict[str, Any]:
    """The mark that a browser keeps of a page it has opened."""
    return {"seen": hidden(browser.get(path), "seen")}


def address(name: str) -> tuple[Dossier, str]:
    dossier, guardian = boy()
    part = {
        "facts": "facts/means/",
        "assess": "assess/trafficking/",
        "rights": "rights/lawyer/",
        "birthday": "child/birthday/",
        "guardian": guardian,
    }[name]
    return dossier, f"/cases/{dossier.ref}/{part}"


RIGHT = {"on": "2026-03-01", "language": "tg"}


@pytest.mark.parametrize(
    ("name", "theirs", "mine", "said"),
    [
        ("facts", {"codes": ["threats"]}, {"codes": ["deceit"]}, "Threat"),
        (
            "assess",
            {"code": "presumed", "reason": "Theirs"},
            {"code": "not_trafficking", "reason": "Mine"},
            "resumed",
        ),
        ("rights", {"state": "given", **RIGHT}, {"state": "explained", **RIGHT}, "iven"),
        ("birthday", {"born": "2012-03-01"}, {"born": "2012-04-02"}, "2030"),
        (
            "guardian",
            {"trust": "suspected", "reason": "Theirs"},
            {"trust": "not_checked", "reason": "Mine"},
            "uspected",
        ),
    ],
)
def test_what_a_colleague_saved_meanwhile_is_shown_beside_mine(
    name: str, theirs: dict[str, Any], mine: dict[str, Any], said: str
) -> None:
    _dossier, path = address(name)
    me, colleague = client_of("nigora", "en"), client_of("safar", "en")
    seen = opened(me, path)
    first = colleague.post(path, opened(colleague, path) | theirs)
    assert first.status_code == 302, words(first)
    page = me.post(path, seen | mine)
    assert page.status_code == 200
    text = words(page)
    assert MEANWHILE in text and said in text.partition(MEANWHILE)[2]
    if "reason" in mine:
        assert "Mine" in page.content.decode(), "what was typed stays"
    again = me.post(path, {"seen": hidden(page, "seen")} | mine)
    assert again.status_code == 302, words(again)


def test_who_was_first_is_asked_nothing_and_nothing_is_written_by_the_second() -> None:
    dossier, path = address("facts")
    me, colleague = client_of("nigora", "en"), client_of("safar", "en")
    seen = opened(me, path)
    colleague.post(path, opened(colleague, path) | {"codes": ["threats"]})
    me.post(path, seen | {"codes": ["deceit"]})
    with as_user("nigora"):
        assert queries.codes_of(dossier, "means") == ["threats"]


def test_two_entries_of_the_register_are_not_lost() -> None:
    one = organisation("Fictional House")
    bed = service(one)
    me, other = client_of("nigora", "en"), client_of("admin", "en")
    path = f"/directory/{one.pk}/contacts/"
    seen = opened(me, path)
    told = {"telephone": "000 00 09"}
    assert other.post(path, opened(other, path) | told).status_code == 302
    page = me.post(path, seen | {"telephone": "000 00 05"})
    assert MEANWHILE in words(page) and "000 00 09" in words(page)
    assert me.post(path, {"seen": hidden(page, "seen")} | told).status_code == 302
    for part in ("change/", f"services/{bed.pk}/"):
        assert hidden(me.get(f"/directory/{one.pk}/{part}"), "seen")
