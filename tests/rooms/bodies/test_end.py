"""A body ends through a page: nothing is left waiting before it, and all it wrote is read on."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.models import Body, Proposal
from panoh.kernel.rules import NotPossible
from tests.factories import bodies as made
from tests.factories.bodies import SECRETARY
from tests.factories.clients import client_of, words
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db


def test_a_body_does_not_end_while_a_matter_waits_before_it() -> None:
    body = made.district()
    browser, path = client_of("admin", "en"), reverse("bodies:end", args=[body.code])
    assert path in browser.get(reverse("bodies:found")).content.decode()
    assert client_of(SECRETARY).get(path).status_code == 403
    page = browser.get(path)
    assert "What it wrote stays" in words(page)
    assert 'class="govuk-back-link">Back<' in page.content.decode(), "not the words of the button"
    made.matter(body, kind="draft", by=SECRETARY)
    today = timezone.localdate().isoformat()
    assert "a matter or a proposal waits before it" in words(browser.post(path, {"on": today}))
    assert body in queries.all_bodies()


def test_a_body_does_not_end_while_a_sitting_is_called() -> None:
    body = made.district()
    made.called(body, SECRETARY)
    path = reverse("bodies:end", args=[body.code])
    browser = client_of("admin", "en")
    assert "is called or open" in words(
        browser.post(path, {"on": timezone.localdate().isoformat()})
    )


def proposed(body: Body) -> Proposal:
    with as_user(SECRETARY) as by:
        return bodies.propose(body, text="Shorter forms", by=by, at=timezone.now())


@pytest.mark.parametrize("state", ["waiting", "deferred", "accepted"])
def test_a_body_does_not_end_while_a_proposal_waits_before_it(state: str) -> None:
    body = made.district()
    one, now = proposed(body), timezone.now()
    if state != "waiting":
        later = timezone.localdate() + timedelta(days=9) if state == "deferred" else None
        with as_user(SECRETARY) as by:
            bodies.answer(one, state=state, reason="x", deferred_to=later, by=by, at=now)
    path = reverse("bodies:end", args=[body.code])
    page = client_of("admin", "en").post(path, {"on": timezone.localdate().isoformat()})
    assert (page.status_code == 302) == (state == "accepted")
    assert state == "accepted" or "a proposal waits before it" in words(page)


def test_whoever_locks_a_body_for_itself_has_not_shared_it_before() -> None:
    """Triggers fire in the order of their names; two who shared it would wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.relname::text, array_agg(p.proname::text ORDER BY t.tgname)"
            " FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid"
            " JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE p.proname ~ '^bodies_(not_ended|on_(sitting|item|proposal))$' GROUP BY 1"
        )
        found = dict(cursor.fetchall())
    last = "bodies_not_ended"
    assert found == {
        f"bodies_{name}": [f"bodies_on_{name}", last] for name in ("sitting", "item", "proposal")
    }


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
        lambda: proposed(body),
    ):
        with pytest.raises(NotPossible, match="was ended"):
            refused()
