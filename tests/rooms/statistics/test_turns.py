"""Whose turn it is: who is waited for is told on Today and in the list, and nobody else is."""

import pytest
from django.urls import reverse

from panoh.statistics import actions as numbers
from panoh.statistics import queries
from panoh.statistics.rules.outputs import Field, State, standing
from tests.factories import numbers as made
from tests.factories.clients import client_of, words
from tests.factories.numbers import CHECKS, NOON, PREPARES, PROTECTS
from tests.factories.staff import as_user

WAITS = "1 estimate or release waits for you"


def told(name: str) -> tuple[bool, str]:
    """Whether Today says so to an account, and what the list shows it."""
    browser = client_of(name, "en")
    listed = words(browser.get(reverse("statistics:list")))
    told = WAITS in words(browser.get(reverse("desk:today")))
    assert told == ("waits for you" in listed)
    return told, listed


def test_each_is_told_of_the_own_turn_alone(fresh_db: str) -> None:
    row = made.made()
    assert not told(PREPARES)[0], "whoever prepared it does not sign"
    for name in (PROTECTS, CHECKS):
        waits, listed = told(name)
        assert waits and "made, not signed" in listed
    made.sign(row, (PROTECTS, Field.PROTECTION))
    assert not told(PROTECTS)[0]
    waits, listed = told(CHECKS)
    assert waits and "one has signed, the second signature is awaited" in listed
    made.sign(row, (CHECKS, Field.CHECK))
    for name in (PREPARES, PROTECTS, CHECKS):
        waits, listed = told(name)
        assert waits and "signed by two, not published yet" in listed, name
    with as_user(PREPARES) as by:
        numbers.publish(row, by=by, at=NOON)
    for name in (PREPARES, PROTECTS, CHECKS):
        waits, listed = told(name)
        assert not waits and "published" in listed


def test_what_waits_is_told_however_old_and_its_files_are_read_once_two_have_signed(
    fresh_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = made.made()
    monkeypatch.setattr(queries, "PAGE", 0)
    assert told(CHECKS)[0], "it is none of the newest any more"
    made.sign(row, (PROTECTS, Field.PROTECTION))
    with monkeypatch.context() as unread, as_user(CHECKS) as by:
        unread.delattr(queries, "seal_of")
        assert queries.awaiting_count(by) == 1
    made.sign(row, (CHECKS, Field.CHECK))
    with as_user(PREPARES) as by:
        assert queries.awaiting_count(by) == 1
        monkeypatch.setattr(queries, "seal_of", lambda _one: "other bytes")
        assert queries.awaiting_count(by) == 0, "nobody publishes what nobody has signed"


def test_a_forecast_waits_for_who_agrees_then_for_who_prepared_it(fresh_db: str) -> None:
    row = made.forecast()
    assert told(PROTECTS)[0] and told(CHECKS)[0] and not told(PREPARES)[0]
    with as_user(PROTECTS) as by:
        numbers.allow(row, by=by, at=NOON)
    assert told(PREPARES)[0] and not told(PROTECTS)[0] and not told(CHECKS)[0]


@pytest.mark.parametrize("state", [one for one in State if one is not State.MADE])
def test_only_what_is_made_says_how_far_it_is_signed(state: State) -> None:
    assert {str(standing(state, number)) for number in range(3)} == {str(state.label)}
