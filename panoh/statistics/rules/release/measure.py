"""Noisy tables, and their agreement: one number for each margin, wherever it is read.

Everything after ``measure`` looks at noisy answers alone and costs nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from panoh.statistics.rules.estimation.lattice import Floats, Ints
from panoh.statistics.rules.release.people import People, counts, impossible, shape
from panoh.statistics.rules.release.plan import Plan
from panoh.statistics.rules.release.sampler import Bytes, draw, thresholds
from panoh.statistics.rules.release.whole import as_whole

Table = tuple[int, ...]
ROUNDS, ENOUGH = 20, 0.5
STRICT, CLEAR = 4, 3.3  # how much a clear table is preferred; deviations above which one is


@dataclass(frozen=True)
class Measured:
    """Agreed tables: whole numbers from 0, and the standard deviation of a cell of each."""

    plan: Plan
    total: int
    total_sigma: float
    tables: dict[Table, Ints]
    sigma: dict[Table, float]
    shift: dict[Table, float]  # how far agreement lowered the cells that hold somebody
    distance: float  # of all draws from the exact law, added to delta

    @property
    def orders(self) -> dict[int, list[Table]]:
        """Tables by the number of their columns."""
        return {order: [t for t in self.tables if len(t) == order] for order in (1, 2, 3)}


def measure(people: People, plan: Plan, source: Bytes) -> Measured:
    """Count with noise in every cell of every table, then make the tables agree."""
    noisy: dict[Table, Floats] = {}
    distance = 0.0

    def ask(table: Table) -> None:
        nonlocal distance
        sigma = plan.noise(table)
        found = counts(people.codes, table, plan) + draw(sigma, plan.size(table), source)
        noisy[table] = found.astype(float)
        distance += plan.size(table) * thresholds(sigma).distance

    for table in plan.tables:
        ask(table)
    for table in plan.triples if plan.triples is not None else pick(noisy, plan):
        ask(table)
    return agree(noisy, plan, distance)


def pick(noisy: dict[Table, Floats], plan: Plan) -> list[Table]:
    """The tables of three columns worth their price, by noisy counts alone: pairs that hang
    together, and cells large enough to be shown (a row may hold no triple that is not).
    """
    bond = {table: _bond(noisy[table], table, plan) for table in noisy if len(table) == 2}
    scored = []
    for table in plan.useful:
        each = sorted(bond[pair] for pair in combinations(table, 2))
        worth = each[0] + each[1] + each[2] / 2
        scored.append((-worth * _clear(noisy, table, plan) ** STRICT, table))
    return [table for _, table in sorted(scored)[: plan.wanted_triples]]


def _clear(noisy: dict[Table, Floats], table: Table, plan: Plan) -> float:
    """The share of people in cells of three columns that will rise above the noise, if the first
    and the last column meet only through the one between them.
    """
    first, middle, last = sorted(table, key=lambda c: len(plan.columns[c].domain))
    left, right = (_grid(noisy, middle, other, plan)[1:, 1:] for other in (first, last))
    alone = np.maximum(left.sum(axis=1), 1.0)
    cells = left[:, :, None] * (right / alone[:, None])[:, None, :]
    total = cells.sum()
    return float(cells[cells >= max(plan.k, CLEAR * plan.sigma(3))].sum() / total) if total else 0.0


def _grid(noisy: dict[Table, Floats], one: int, other: int, plan: Plan) -> Floats:
    """A noisy pair with the first column along the rows, cells below their noise left out."""
    table = (min(one, other), max(one, other))
    grid = noisy[table].reshape(shape(table, plan))
    grid = np.where(grid > 2 * plan.sigma(2), grid, 0.0)
    return grid if table[0] == one else grid.T


def _bond(noisy: Floats, table: Table, plan: Plan) -> float:
    """How far a pair is from independence, cells below their noise left out."""
    sigma = plan.sigma(2)
    grid = np.where(noisy > 2 * sigma, noisy, 0.0).reshape(shape(table, plan))
    total = grid.sum()
    if total <= 0:
        return 0.0
    alone = grid.sum(axis=1, keepdims=True) * grid.sum(axis=0, keepdims=True) / total
    return float(np.maximum(np.abs(grid - alone) - sigma * (grid > 0), 0).sum())


def agree(noisy: dict[Table, Floats], plan: Plan, distance: float) -> Measured:
    """Inverse-variance margins, differences spread evenly, nothing below 0, whole numbers."""
    sigma = {table: plan.noise(table) for table in noisy}
    total, total_sigma = _combined((), noisy, sigma, plan)
    whole = max(0, round(float(total[0])))
    agreed: dict[Table, Floats] = {}
    spread: dict[Table, float] = {}
    shift: dict[Table, float] = {}
    for table in sorted(noisy, key=len):
        value, spread[table] = _combined(table, noisy, sigma, plan)
        parents = [agreed.get(p) for p in combinations(table, len(table) - 1)]
        agreed[table] = _fitted(value, table, parents, float(whole), plan)
        clear = agreed[table] > 2 * spread[table]
        shift[table] = (
            max(0.0, float((value - agreed[table])[clear].mean())) if clear.any() else 0.0
        )
    final: dict[Table, Ints] = {}
    for table, value in agreed.items():
        final[table] = as_whole(value, table, final, whole, plan)
    return Measured(plan, whole, total_sigma, final, spread, shift, distance)


def _combined(
    margin: Table, noisy: dict[Table, Floats], sigma: dict[Table, float], plan: Plan
) -> tuple[Floats, float]:
    """The margin over all tables that contain it, weighted by inverse variance; its deviation."""
    size = plan.size(margin)
    total, weight = np.zeros(size), 0.0
    for table, values in noisy.items():
        if set(margin) <= set(table):
            away = tuple(axis for axis, c in enumerate(table) if c not in margin)
            variance = sigma[table] ** 2 * plan.size(table) / size
            total += values.reshape(shape(table, plan)).sum(axis=away).ravel() / variance
            weight += 1 / variance
    return total / weight, weight**-0.5


def _fitted(
    values: Floats, table: Table, parents: Sequence[Floats | None], total: float, plan: Plan
) -> Floats:
    """Move a table towards its agreed margins, even over cells, and up to 0."""
    allowed = ~impossible(table, plan).reshape(shape(table, plan))
    grid = values.reshape(allowed.shape) * allowed
    for _ in range(ROUNDS):
        before = grid.copy()
        if len(table) == 1:
            grid += (total - grid.sum()) / grid.size
        for axis, parent in zip(range(len(table) - 1, -1, -1), parents, strict=False):
            if parent is None or len(table) == 1:
                continue
            goal = parent.reshape(tuple(n for a, n in enumerate(grid.shape) if a != axis))
            room = np.maximum(allowed.sum(axis=axis), 1)
            grid += np.expand_dims((goal - grid.sum(axis=axis)) / room, axis) * allowed
        grid = _not_negative(grid.ravel()).reshape(grid.shape)
        if np.abs(grid - before).max() < ENOUGH:
            break
    return grid.ravel()


def _not_negative(values: Floats) -> Floats:
    """Clip at 0 and take the surplus off the positive cells, so that the total stays."""
    total = values.sum()
    if total <= 0:
        return np.zeros_like(values)
    order = np.sort(values)[::-1]
    surplus = (np.cumsum(order) - total) / np.arange(1, len(order) + 1)
    last = int(np.flatnonzero(order > surplus)[-1])
    return np.asarray(np.maximum(values - surplus[last], 0.0))
