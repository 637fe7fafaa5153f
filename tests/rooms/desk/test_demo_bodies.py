"""The fictional bodies of the demo, over the fictional country of the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from panoh.access.models import User
from panoh.bodies import queries
from panoh.bodies.rules import Standing
from panoh.desk.management.demo import bodies as demo
from panoh.desk.management.demo.country import Country
from panoh.policy import queries as policy
from tests.factories.bodies import desk
from tests.factories.staff import ADMIN, as_user, new_account, user

KEEPERS = {
    "komissiya": "ibrohim",
    "nohiya_yak": "tahmina",
    "nohiya_du": "bahodur",
    "viloyat": "umeda",
    "shuro": "sitora",
}
MEMBERS = {"ravshan": "nigora", "shifo": "mavluda", "kudak": "zebo"}


@contextmanager
def acting(account: User) -> Iterator[User]:
    """As the demo acts, with the vaults of the tests."""
    with as_user(account) as by:
        yield by


@pytest.mark.django_db
def test_h7_the_demo_shows_sittings_to_come_and_one_missed_quarter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unit = user("ibrohim").unit
    assert unit is not None
    for name, role in (("bahodur", "tcs"), ("umeda", "tcs"), ("sitora", "sac")):
        new_account(name, unit, role, user(ADMIN))
    country = Country(str, cases=0)
    monkeypatch.setattr(country, "acting", acting)
    country.teams = {code: desk(code, name) for code, name in KEEPERS.items()}
    country.workers = {code: user(name) for code, name in (KEEPERS | MEMBERS).items()}
    demo.make(country)
    today = policy.local_day(country.now)
    with as_user("ibrohim"):
        missed = {
            one.code: queries.calendar(one, today, one.founded_on).missed
            for one in queries.my_bodies()
            if one.quarterly
        }
        dialogue = queries.body_of("dialogue")
        assert len(missed.pop("dialogue")) == 1
        assert not any(missed.values())
        how = [row for _quarter, row in queries.calendar(dialogue, today, date.min).rows]
        assert Standing.HELD in how
        assert [one.number for one in queries.proposals_of(queries.body_of("country"))]
    with as_user("bahodur"):
        assert [one.code for one in queries.my_bodies()] == ["second"]
