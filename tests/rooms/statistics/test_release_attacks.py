"""The red team: every attack must fail on the engine, and must be able to succeed."""

import numpy as np
import pytest

from panoh.statistics.rules.release import attacks, draft, gate, sampler
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.people import Codes, People
from tests.factories import ctdc


def planned(number: int, n: int, epsilon: float, countries: int) -> plans.Plan:
    lists = ctdc.columns(number, countries)
    return plans.read(ctdc.plan_text(lists, epsilon=epsilon, n_pub=n))


@pytest.mark.parametrize("epsilon", [2.0, 4.0])
def test_g19_membership_of_a_planted_person_stays_within_the_price(epsilon: float) -> None:
    plan = planned(4, 1000, epsilon, 5)
    found = attacks.membership(plan, sampler.seeded(1))
    assert 0 < found.lower_bound <= epsilon
    assert found.gain > 0.05, "a test that could not find anybody proves nothing"
    assert not found.succeeds


def test_g19_noise_that_is_too_small_is_caught() -> None:
    plan = planned(4, 1000, 1, 5)
    orders = [len(table) for table in plan.tables] + [3] * plan.wanted_triples
    weak = np.array([plan.sigma(order) / 6 for order in orders])
    found = attacks.membership(plan, sampler.seeded(1), sigmas=weak)
    assert found.succeeds
    rows = np.zeros((4, 10), dtype=np.int32)
    assert [one.code for one in gate.attacked(rows, {}, plan, found)] == ["SR-G7"]


@pytest.fixture(scope="module")
def made() -> tuple[Codes, Codes, Codes]:
    """Rows, the people they were made of, and as many who never were in the data."""
    plan = planned(6, 3000, 4, 20)
    both = ctdc.records(6000, 6, seed=5, countries=20)
    rows = draft.make(People(both[:, :3000]), plan, sampler.seeded(6)).rows
    return rows, both[:, :3000], both[:, 3000:]


def test_g19_no_row_is_nearer_to_a_person_than_to_a_stranger(
    made: tuple[Codes, Codes, Codes],
) -> None:
    rows, inside, outside = made
    dice = np.random.default_rng(2)
    assert not attacks.nearest(rows, inside, outside).succeeds
    assert not attacks.singled_out(rows, inside, outside, dice).succeeds
    assert not attacks.linked_halves(rows, inside, outside, dice).succeeds
    assert not attacks.inferred(rows, inside, outside, 5, dice).succeeds


def test_g19_rows_that_are_the_people_themselves_are_caught(
    made: tuple[Codes, Codes, Codes],
) -> None:
    _, inside, outside = made
    dice = np.random.default_rng(2)
    assert attacks.nearest(inside, inside, outside).succeeds
    assert attacks.singled_out(inside, inside, outside, dice).succeeds
    assert attacks.linked_halves(inside, inside, outside, dice).succeeds
