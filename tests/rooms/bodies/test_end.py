"""A body ends through a page: nothing is left waiting before it, and all it wrote is read on."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from panoh.bodies import queries
from panoh.kernel.rules import NotPossible
from tests.factories import bodies as made
from tests.factories.bodies import SECRETARY
from tests.factories.clients import client_of, words

pytestmark = pytest.mark.django_db


def test_the_administrator_ends_a_body_once_nothing_waits_before_it() -> None:
    body = made.district()
    browser, path = client_of("admin", "en"), reverse("bodies:end", args=[body.code])
    assert path in browser.get(reverse("bodies:found")).content.decode()
    assert client_of(SECRETARY).get(path).status_code == 403
    assert "What it wrote stays" in words(browser.get(path))
    made.matter(body, kind="draft", by=SECRETARY)
    today = timezone.localdate().isoformat()
    page = words(browser.post(path, {"on": today}))
    assert "a matter waits before it" in page
    assert body in queries.all_bodies()


def test_an_ended_body_is_read_and_asked_nothing() -> None:
    body = made.district()
    browser, path = client_of("admin", "en"), reverse("bodies:end", args=[body.code])
    today, day = timezone.localdate(), timedelta(days=1)
    for on, said in ((today + 2 * day, "lies in the future"), (made.SINCE - day, "the beginning")):
        assert said in words(browser.post(path, {"on": on.isoformat()}))
    assert "The body is ended" in words(browser.post(path, {"on": today.isoformat()}, follow=True))
    assert browser.get(path).status_code == 404
    keeper = client_of(SECRETARY, "en")
    address = reverse("bodies:body", args=[body.code])
    assert address in keeper.get(reverse("bodies:list")).content.decode()
    page = keeper.get(address)
    assert "This body is ended" in words(page) and "Call a sitting" not in words(page)
    for refused in (
        lambda: made.called(body, SECRETARY),
        lambda: made.matter(body, kind="draft", by=SECRETARY),
    ):
        with pytest.raises(NotPossible, match="was ended"):
            refused()
