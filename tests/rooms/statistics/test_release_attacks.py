"""The red team: an attack gains hardly anything on the engine, and must be able to succeed."""

from collections.abc import Callable

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


RELEASES = 6
TRIES = 2000
Attacked = tuple[Codes, Codes, Codes]
Attack = Callable[[Attacked, np.random.Generator], attacks.Hits]
ATTACKS: dict[str, Attack] = {
    "nearest record": lambda one, _dice: attacks.nearest(*one),
    "linked halves": lambda one, dice: attacks.linked_halves(*one, dice, TRIES),
    "inferred": lambda one, dice: attacks.inferred(*one, 5, dice, tries=TRIES),
}


@pytest.fixture(scope="module")
def made() -> list[Attacked]:
    """Rows, the people they were made of, and as many who never were in the data."""
    plan, found = planned(6, 3000, 4, 20), []
    for seed in range(RELEASES):
        both = ctdc.records(6000, 6, seed=5 + seed, countries=20)
        rows = draft.make(People(both[:, :3000]), plan, sampler.seeded(6 + seed)).rows
        found.append((rows, both[:, :3000], both[:, 3000:]))
    return found


def gain(attack: str, releases: list[Attacked]) -> float:
    """How much more often it is right on people of the data than on strangers, in the mean."""
    dice = np.random.default_rng(2)
    hits = [ATTACKS[attack](one, dice) for one in releases]
    return float(np.mean([hit.inside - hit.outside for hit in hits]))


@pytest.mark.parametrize("attack", ATTACKS)
def test_g19_rows_tell_hardly_more_of_people_than_of_strangers(
    attack: str, made: list[Attacked]
) -> None:
    """At epsilon 4 a little is told (one to three in a hundred); the people themselves as rows
    give away many times that."""
    assert gain(attack, made) <= 0.05
    assert gain(attack, [(inside, inside, outside) for _, inside, outside in made]) > 0.3


def test_g19_nobody_is_singled_out(made: list[Attacked]) -> None:
    dice = np.random.default_rng(2)
    for rows, inside, outside in made:
        assert not attacks.singled_out(rows, inside, outside, dice).succeeds
        assert attacks.singled_out(inside, inside, outside, dice).succeeds
