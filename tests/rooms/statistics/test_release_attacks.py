"""The red team: every attack must fail on the engine, and must be able to succeed."""

import numpy as np
import pytest

from panoh.statistics.rules.release import attacks, draft, gate, sampler
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.measure import measure
from panoh.statistics.rules.release.people import Codes, People, positions
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


CANARY_RUNS = 120


def epsilon_of_canary(plan: plans.Plan) -> float:
    """What the agreed tables of copies with and without one unique person prove of epsilon.

    Thresholds come from one half of the runs, the bound from the other, as in ``membership``.
    """
    records = ctdc.records(400, 3, countries=4, canaries=1)
    assert sum((records[:, :-1] == records[:, [-1]]).all(axis=0)) == 0
    source = sampler.seeded(3)
    scores = []
    for copy in (records[:, :-1], records):
        people, found = People(copy), []
        for _ in range(CANARY_RUNS):
            done = measure(people, plan, source)
            own = {t: int(positions(records[:, [-1]], t, plan)[0]) for t in done.tables}
            found.append(sum(done.tables[t][at] / plan.noise(t) ** 2 for t, at in own.items()))
        scores.append(np.array(found))
    out, inside = scores
    half = CANARY_RUNS // 2
    steps = np.quantile(np.concatenate([out[:half], inside[:half]]), np.linspace(0.05, 0.95, 19))
    best = max(steps, key=lambda at: attacks.bound(inside[:half], out[:half], at, plan.delta))
    return attacks.bound(inside[half:], out[half:], best, plan.delta)


def test_g19_a_canary_in_a_copy_is_not_found_in_the_tables() -> None:
    assert epsilon_of_canary(planned(3, 400, 0.8, 4)) <= 0.8
    # The same test finds whom a release of a hundred times the price would give away.
    assert epsilon_of_canary(planned(3, 400, 30, 4)) > 0.8


def test_g19_generated_records_have_what_real_ones_have() -> None:
    """A real "0", impossible pairs, corridors, blanks from few to most, a tail of single records,
    canaries that are like nobody."""
    lists = ctdc.columns(7, 110)
    records = ctdc.records(50_000, canaries=3)
    names = list(lists)
    blank = (records == 0).mean(axis=1)
    assert blank.min() < 0.06 and blank.max() > 0.5
    assert (records[names.index("traffickMonths")] == 1).any() and ctdc.MONTHS[0] == "0"
    age, months = records[names.index("ageBroad")], records[names.index("traffickMonths")]
    assert (age == 1).any() and (months == 4).any() and not ((age == 1) & (months == 4))[:-3].any()
    home = np.bincount(records[names.index("citizenship")], minlength=111)[1:]
    assert home.max() > 0.2 * 50_000 and (home == home[home > 0].min()).any()
    unique = {tuple(one) for one in records[:, -3:].T.tolist()}
    assert len(unique) == 3
    assert not unique & {tuple(one) for one in records[:, :-3].T.tolist()}


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
