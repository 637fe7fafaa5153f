"""The red team: what somebody who wants to find a person could learn from a draft.

``membership`` needs no data: it attacks the plan's own noise. The others need records that were
never in the data, as a control group, and run on generated people (tests and benchmark).
"""

from dataclasses import dataclass
from itertools import combinations
from math import log, sqrt

import numpy as np
import scipy

from panoh.statistics.rules.estimation.lattice import Floats, Ints
from panoh.statistics.rules.release.people import Codes, counts, shape
from panoh.statistics.rules.release.plan import Plan
from panoh.statistics.rules.release.sampler import Bytes, draw

RUNS = 4000
SURE = 0.99
COLUMNS = 3  # of a guess that shall point at one person


@dataclass(frozen=True)
class Membership:
    """A planted person, in or out: what the best test proves of epsilon, and what was claimed."""

    lower_bound: float
    claim: float
    gain: float
    runs: int

    @property
    def succeeds(self) -> bool:
        """Whether the noise protects less than the plan says."""
        return self.lower_bound > self.claim


@dataclass(frozen=True)
class Hits:
    """How often an attack was right on people of the data, and on people who never were in it."""

    inside: float
    outside: float
    tries: int

    @property
    def succeeds(self) -> bool:
        """Right on the data significantly more often than on strangers (one side, 99 %)."""
        both = (self.inside + self.outside) / 2
        deviation = sqrt(max(2 * both * (1 - both), 1e-12) / max(self.tries, 1))
        return self.inside - self.outside > 2.33 * deviation


def membership(
    plan: Plan, source: Bytes, runs: int = RUNS, sigmas: Floats | None = None
) -> Membership:
    """One more person moves one cell of each table: the likelihood ratio of all of them.

    Thresholds are chosen on one half of the runs and judged on the other; the bound of epsilon is
    one that holds with 99 % (Clopper & Pearson on both error rates). ``sigmas``: the noise that
    was really drawn, if another than the plan's (a test of this test).
    """
    triples = plan.triples if plan.triples is not None else [(0, 0, 0)] * plan.wanted_triples
    measured = [*plan.tables, *triples]
    noise = np.array([plan.noise(table) for table in measured]) if sigmas is None else sigmas
    out, inside = (_scores(noise, source, runs, person) for person in (0, 1))
    half = runs // 2
    steps = np.quantile(np.concatenate([out[:half], inside[:half]]), np.linspace(0.02, 0.98, 49))
    found = 0.0
    for by_caught in (True, False):
        one, other = (inside, out) if by_caught else (-out, -inside)
        limits = steps if by_caught else -steps
        best = max(limits, key=lambda at: bound(one[:half], other[:half], at, plan.delta))
        found = max(found, bound(one[half:], other[half:], best, plan.delta))
    middle = float(np.median(steps))
    gain = float((inside[half:] > middle).mean() - (out[half:] > middle).mean())
    return Membership(found, plan.epsilon, gain, runs)


def _scores(noise: Floats, source: Bytes, runs: int, person: int) -> Floats:
    """The log likelihood ratio of "in" over "out", once for each run."""
    total = np.zeros(runs)
    for sigma in np.unique(noise):
        number = int((noise == sigma).sum())
        drawn = draw(float(sigma), runs * number, source).reshape(runs, number) + person
        total += (drawn - 0.5).sum(axis=1) / sigma**2
    return total


def bound(caught: Floats, wrong: Floats, at: float, delta: float) -> float:
    """Epsilon at least: from how often the test catches the one and takes the other for it."""
    hit, miss = int((caught > at).sum()), int((wrong > at).sum())
    level = (1 - SURE) / 2
    # The quantiles of beta, without all of scipy.stats, which takes a second to load.
    low = float(scipy.special.betaincinv(hit, len(caught) - hit + 1, level)) if hit else 0.0
    high = (
        float(scipy.special.betaincinv(miss + 1, len(wrong) - miss, 1 - level))
        if miss < len(wrong)
        else 1.0
    )
    return log((low - delta) / high) if low - delta > high else 0.0


def nearest(rows: Codes, inside: Codes, outside: Codes) -> Hits:
    """Rows equal to a record that is unique: of the data, and of strangers."""
    made = {tuple(row) for row in rows.T.tolist()}
    shares, tries = [], 0
    for records in (inside, outside):
        each, number = np.unique(records, axis=1, return_counts=True)
        unique = [tuple(row) for row in each[:, number == 1].T.tolist()]
        shares.append(sum(row in made for row in unique) / max(len(unique), 1))
        tries = max(tries, len(unique))
    return Hits(shares[0], shares[1], tries)


def singled_out(
    rows: Codes, inside: Codes, outside: Codes, dice: np.random.Generator, tries: int = 2000
) -> Hits:
    """Guesses that fit one row alone: how often do they fit exactly one person?

    Each guess names the reported values of a row in a few columns.
    """
    right = np.zeros(2)
    asked = 0
    for _ in range(tries):
        columns = dice.choice(len(rows), min(COLUMNS, len(rows)), replace=False)
        guess = rows[columns, dice.integers(rows.shape[1])]
        if (guess == 0).any() or _fitting(rows, columns, guess) != 1:
            continue
        asked += 1
        right += [_fitting(records, columns, guess) == 1 for records in (inside, outside)]
    share = right / max(asked, 1)
    return Hits(float(share[0]), float(share[1]), asked)


def inferred(
    rows: Codes, inside: Codes, outside: Codes, secret: int, dice: np.random.Generator,
    *, tries: int = 400,
) -> Hits:  # fmt: skip
    """The secret column of a person whose other columns are known: that of the nearest row."""
    known = [c for c in range(len(rows)) if c != secret]
    told = rows[:, rows[secret] > 0]
    right = []
    for records in (inside, outside):
        reported = np.flatnonzero(records[secret] > 0)
        picked = dice.choice(reported, min(tries, len(reported)), replace=False)
        guessed = [
            told[secret, (told[known] == records[known, at][:, None]).sum(axis=0).argmax()]
            for at in picked
        ]
        right.append(float((np.array(guessed) == records[secret, picked]).mean()))
    return Hits(right[0], right[1], tries)


def linked_halves(
    rows: Codes, inside: Codes, outside: Codes, dice: np.random.Generator, tries: int = 400
) -> Hits:
    """Two halves of one record, known apart: does one row lie nearest to both?"""
    columns = dice.permutation(len(rows))
    halves = columns[: len(columns) // 2], columns[len(columns) // 2 :]
    right = []
    for records in (inside, outside):
        picked = dice.choice(records.shape[1], min(tries, records.shape[1]), replace=False)
        hit = 0
        for at in picked:
            near = [_nearest_rows(rows[half], records[half, at]) for half in halves]
            hit += bool((near[0] & near[1]).any())
        right.append(hit / len(picked))
    return Hits(right[0], right[1], tries)


def left_over(rows: Codes, plan: Plan) -> dict[str, int]:
    """Of the rows alone: how many hold one value and nothing else, and how many groups of ``k`` or
    more that are alike in one column all give one answer in another, which has several."""
    told = (rows > 0).sum(axis=0)
    alike = 0
    for pair in combinations(range(len(rows)), 2):
        grid = counts(rows, pair, plan).reshape(shape(pair, plan))[1:, 1:]
        for axis in (0, 1):
            if grid.shape[axis] > 1:
                one = (grid > 0).sum(axis=axis) == 1
                alike += int((one & (grid.sum(axis=axis) >= plan.k)).sum())
    return {
        "rows_with_one_value": int((told == 1).sum()),
        "groups_with_one_answer": alike,
    }


def _nearest_rows(rows: Codes, record: Ints) -> np.ndarray:
    alike = (rows == record[:, None]).sum(axis=0)
    return np.asarray(alike == alike.max())


def _fitting(records: Codes, columns: Ints, guess: Ints) -> int:
    return int((records[columns] == guess[:, None]).all(axis=0).sum())
