"""Two workers at one page of one case: both versions are shown, and neither is lost."""

from typing import Any

import pytest
from django.test import Client

from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import OrderSignature
from panoh.cases.rules.orders import OrderView
from tests.factories.children import child
from tests.factories.clients import client_of, hidden, words
from tests.factories.directory import organisation, service
from tests.factories.orders import VIEW, enter, join_lawyer, known, ready
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


def test_a_form_sent_without_what_was_seen_overwrites_nothing() -> None:
    dossier, path = address("facts")
    colleague = client_of("safar", "en")
    colleague.post(path, opened(colleague, path) | {"codes": ["threats"]})
    me = client_of("nigora", "en")
    page = me.post(path, {"codes": ["deceit"]})
    assert "This stands already" in words(page) and "Threat" in words(page)
    with as_user("nigora"):
        assert queries.codes_of(dossier, "means") == ["threats"]
    kept = {"seen": hidden(page, "seen"), "codes": ["deceit"]}
    assert me.post(path, kept).status_code == 302, "sent once more, ours counts"


def test_a_service_that_stands_already_is_shown_and_not_overwritten() -> None:
    one = organisation("Fictional House")
    service(one, "bed", sexes=("woman",))
    me, path = client_of("nigora", "en"), f"/directory/{one.pk}/services/add/"
    typed = {"code": "bed", "sexes": ["man"], "opening": "always", "capacity": "not_told"}
    page = me.post(path, opened(me, path) | typed)
    assert "This stands already: Woman" in words(page)
    assert one.services.get(archived_at=None).sexes == ["woman"]
    again = me.post(path, {"seen": hidden(page, "seen")} | typed)
    assert again.status_code == 302, words(again)
    assert one.services.get(archived_at=None).sexes == ["man"]


def test_two_lawyers_views_of_one_order_are_both_shown() -> None:
    lawyer = join_lawyer()
    dossier = known()
    with as_user("nigora") as by:
        order = enter(dossier, by)
    path = f"/cases/{dossier.ref}/orders/{order.pk}/view/"
    first, second = client_of(lawyer, "en"), client_of(lawyer, "en")
    seen = opened(first, path)
    typed = {"view": "against", "text": "Fictional article 1"}
    assert second.post(path, opened(second, path) | typed).status_code == 302
    mine = {"view": "lawful", "text": "Fictional article 2"}
    page = first.post(path, seen | mine)
    assert MEANWHILE in words(page) and "Fictional article 1" in words(page)
    assert "Fictional article 2" in page.content.decode()
    with as_user("nigora"):
        assert queries.order_of(dossier, order.pk).view == "against"
    assert first.post(path, {"seen": hidden(page, "seen")} | mine).status_code == 302


def test_two_notices_of_one_order_are_both_shown() -> None:
    dossier = known()
    with as_user("nigora") as by:
        order = enter(dossier, by)
    path = f"/cases/{dossier.ref}/orders/{order.pk}/notice/"
    first, second = client_of("nigora", "en"), client_of("nigora", "en")
    seen = opened(first, path)
    typed = {"notice": "delayed", "text": "Fictional ban until spring"}
    assert second.post(path, opened(second, path) | typed).status_code == 302
    page = first.post(path, seen | {"notice": "told", "text": ""})
    assert MEANWHILE in words(page) and "Fictional ban until spring" in words(page)


def test_f13_before_a_signature_what_is_missing_is_said() -> None:
    join_lawyer()
    dossier = known()
    with as_user("nigora") as by:
        order = enter(dossier, by)
    page = words(client_of("safar", "en").get(f"/cases/{dossier.ref}/orders/{order.pk}/sign/"))
    assert page.count("Not yet") == 2, "neither the view of a lawyer nor the notice is there"


def test_f13_a_signature_is_on_what_was_shown() -> None:
    lawyer = join_lawyer()
    dossier = known()
    order = ready(dossier)
    path = f"/cases/{dossier.ref}/orders/{order.pk}/sign/"
    signer = client_of("safar", "en")
    shown = signer.get(path)
    assert VIEW in words(shown), "the signer reads the view"
    read = {name: hidden(shown, name) for name in ("view", "view_text", "notice")}
    with as_user(lawyer) as by:
        cases.give_view(order, view=OrderView.LAWFUL, text="Another ground", by=by, at=NOW)
    page = signer.post(path, read)
    assert page.status_code == 200
    assert VIEW in words(page) and "Another ground" in words(page)
    with as_user("safar"):
        assert not OrderSignature.objects.exists()
    signed = signer.post(
        path, {name: hidden(page, name) for name in ("view", "view_text", "notice")}
    )
    assert signed.status_code == 302
    assert client_of(lawyer).post(path).status_code == 200, (
        "without what was shown nothing is signed"
    )
    with as_user("safar"):
        assert OrderSignature.objects.count() == 1
