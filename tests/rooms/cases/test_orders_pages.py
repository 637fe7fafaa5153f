"""Row F13: the pages of an order, from the paper to the file or the refusal."""

import io
from html import unescape
from typing import Any

import pytest
from django.test import Client

from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Order, OrderSignature
from panoh.cases.rules.orders import OrderNotice
from panoh.files.models import Document
from tests.factories.clients import client_of, factor_of_old, hidden, words
from tests.factories.orders import (
    DAY,
    GIVEN,
    ISSUER,
    NUMBER,
    PHONE,
    enter,
    join_lawyer,
    known,
    ready,
    signed,
)
from tests.factories.papers import pdf
from tests.factories.referrals import NOW
from tests.factories.staff import as_user


@pytest.fixture
def lawyer(db: None) -> str:
    """The same, in the transaction of the test."""
    return join_lawyer()


def signing(page: Any) -> dict[str, str]:
    """What the page of a signature carries of view and notice."""
    return {name: unescape(hidden(page, name)) for name in ("view", "view_text", "notice")}


@pytest.mark.django_db
def test_f13_signing_and_the_file_ask_for_the_second_factor_anew(lawyer: str) -> None:
    dossier = known()
    order = ready(dossier)
    place = f"/cases/{dossier.ref}/orders/{order.pk}/"
    for name in ("safar", lawyer):
        browser = client_of(name, "en")
        assert "Signatures" in words(browser.get(place))
        assert (
            factor_of_old(browser)
            .post(f"{place}sign/")
            .headers["Location"]
            .startswith("/sign-in/2/")
        )
        shown = client_of(name)
        typed = signing(shown.get(f"{place}sign/"))
        assert shown.post(f"{place}sign/", typed).status_code == 302
    with as_user("nigora"):
        assert OrderSignature.objects.count() == 2
    browser = client_of("nigora", "en")
    assert "Date of birth" not in words(browser.get(f"{place}export/"))
    assert (
        factor_of_old(client_of("nigora")).post(f"{place}export/", {"csv": "1"}).status_code == 302
    )
    made = browser.post(f"{place}export/", {"csv": "1"})
    assert made.headers["Content-Disposition"].startswith("attachment")
    assert GIVEN in made.content.decode() and PHONE not in made.content.decode()
    assert "Handed over" in words(browser.get(f"/cases/{dossier.ref}/orders/"))


@pytest.mark.django_db
def test_f13_the_pages_lead_from_the_paper_to_the_refusal(lawyer: str) -> None:
    dossier = known()
    browser, start = client_of("nigora", "en"), f"/cases/{dossier.ref}/orders/"
    assert "Orders to hand over data" in words(browser.get(f"/cases/{dossier.ref}/"))
    page = browser.get(f"{start}add/")
    typed = {
        "issuer": ISSUER,
        "number": NUMBER,
        "issued_on": DAY.isoformat(),
        "scope": "all of it",
        "named": ["sex", "birth"],
        "submission": hidden(page, "submission"),
        "paper_submission": hidden(page, "paper_submission"),
    }
    for _twice in range(2):
        sent = io.BytesIO(pdf("order"))
        sent.name = "order.pdf"
        assert browser.post(f"{start}add/", typed | {"file": sent}).status_code == 302
    with as_user("nigora"):
        (order,) = Order.objects.all()
        assert Document.objects.filter(dossier=dossier).count() == 1
    assert "the view of a lawyer" in words(browser.get(f"{start}{order.pk}/"))
    assert browser.get(f"{start}{order.pk}/view/").status_code == 404, "no lawyer"
    seen = client_of(lawyer, "en").post(
        f"{start}{order.pk}/view/", {"view": "against", "text": "No article"}
    )
    assert seen.status_code == 302
    empty = browser.post(f"{start}{order.pk}/refuse/", {"text": ""})
    assert empty.status_code == 200
    assert browser.post(f"{start}{order.pk}/refuse/", {"text": "Too much"}).status_code == 302
    assert "Too much" in words(browser.get(f"{start}{order.pk}/"))
    assert client_of("shirin").get(start).status_code == 404


@pytest.mark.django_db
def test_f13_the_yearly_count_is_public_and_holds_numbers_only() -> None:
    dossier = known()
    with as_user("nigora") as by:
        enter(dossier, by)
        refused = enter(dossier, by)
        cases.refuse_order(refused, text="x", by=by, at=NOW)
    page = Client().get("/orders/", headers={"accept-language": "en"})
    assert page.status_code == 200
    text = page.content.decode()
    assert str(DAY.year) in text
    assert queries.order_counts() == [(DAY.year, 2, 0, 1)]
    for secret in (dossier.ref, ISSUER, NUMBER, GIVEN, "ngo"):
        assert secret not in text


@pytest.mark.django_db
def test_f13_what_was_handed_over_stands_on_who_knows_about_me(lawyer: str) -> None:
    dossier = known()
    order = signed(dossier)
    page = f"/cases/{dossier.ref}/knows/"
    assert "Handed over" not in words(client_of("nigora", "en").get(page))
    with as_user("nigora") as by:
        cases.meet_order(order, as_json=False, by=by, at=NOW)
    text = words(client_of(lawyer, "en").get(page))
    assert "Handed over on an order" in text and ISSUER in text and "Notes: story" in text


@pytest.mark.django_db
def test_f13_what_she_may_not_be_told_yet_is_not_told_by_that_page(lawyer: str) -> None:
    dossier = known()
    order = signed(dossier, told=False)
    with as_user("nigora") as by:
        cases.meet_order(order, as_json=False, by=by, at=NOW)
        assert queries.handed_over(dossier) == []
        cases.note_notice(order, notice=OrderNotice.TOLD, by=by, at=NOW)
        assert len(queries.handed_over(dossier)) == 1
