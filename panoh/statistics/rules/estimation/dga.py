"""Averaging over decomposable graphs (Madigan & York 1997): chordal graphs on up to five lists."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy

from panoh.statistics.rules.estimation.lattice import (
    Floats,
    Ints,
    lattice,
    members,
)

MOST_LISTS = 5
GRID = 1000
REACH = 30  # the grid ends at so many times the observed cases


@dataclass(frozen=True)
class Posterior:
    """N over a grid, with the graphs that carry it."""

    grid: Ints
    mass: Floats  # of each grid point, sums to 1
    graphs: tuple[tuple[int, ...], ...]  # edges as masks, most probable first
    weights: Floats

    def quantile(self, level: float) -> float:
        """The smallest grid N with cumulative probability at least ``level``."""
        at = int(np.searchsorted(np.cumsum(self.mass), level * (1 - 1e-12)))
        return float(self.grid[min(at, len(self.grid) - 1)])

    @property
    def edge(self) -> float:
        """The mass in the last 1% of the grid: above 0.1% the grid is too short."""
        return float(self.mass[-max(1, len(self.grid) // 100) :].sum())


@lru_cache
def chordal(k: int) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Every chordal graph on ``k`` lists: its edges, and later neighbours in an order that proves
    it (8, 61, 822 graphs for 3, 4, 5 lists). Neighbours come as masks with the list itself in bit
    ``k`` and above left out."""
    pairs = lattice(k).pairs.tolist()
    found = []
    for chosen in range(1 << len(pairs)):
        edges = tuple(pair for q, pair in enumerate(pairs) if chosen >> q & 1)
        families = _eliminate(edges, k)
        if families is not None:
            found.append((edges, families))
    return tuple(found)


def _eliminate(edges: tuple[int, ...], k: int) -> tuple[int, ...] | None:
    """For each list in a perfect elimination order ``list | later << k``; None: not chordal."""
    near = [0] * k
    for edge in edges:
        one, other = members(edge)
        near[one] |= 1 << other
        near[other] |= 1 << one
    left, families = (1 << k) - 1, []
    while left:
        for one in members(left):
            later = near[one] & left
            if all(not (later & ~near[other] & ~(1 << other)) for other in members(later)):
                families.append(1 << one | later << k)
                left &= ~(1 << one)
                break
        else:
            return None
    return tuple(families)


def average(cells: Ints, k: int) -> Posterior:
    """The posterior of N for the table with these counts; prior 1/N, equal over graphs."""
    observed = int(cells.sum())
    missing = np.unique(np.round(np.linspace(1, REACH * observed, GRID)).astype(np.int64))
    grid = observed + missing
    part = _parts(cells.astype(float), k, missing.astype(float))
    whole = scipy.special.gammaln(grid + 1.0) - scipy.special.gammaln(missing + 1.0) - np.log(grid)
    graphs = chordal(k)
    full = (1 << k) - 1
    logs = np.empty((len(graphs), len(grid)))
    for at, (_, families) in enumerate(graphs):
        total = whole.copy()
        for family in families:
            later = family >> k
            total += part[(family & full) | later] - part[later]
        logs[at] = total
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    by_graph = weights.sum(axis=1)
    order = np.argsort(-by_graph, kind="stable")
    return Posterior(
        grid=grid,
        mass=weights.sum(axis=0),
        graphs=tuple(graphs[at][0] for at in order),
        weights=by_graph[order],
    )


def _parts(cells: Floats, k: int, missing: Floats) -> Floats:
    """``L(A)`` of every subset of lists at every grid point (hyper-Dirichlet, delta = 2^-k)."""
    log_gamma = scipy.special.gammaln
    parts = np.empty((1 << k, len(missing)))
    masks = np.arange(1 << k)
    for subset in range(1 << k):
        prior = 2.0 ** (k - int(subset).bit_count()) * 2.0**-k
        margin = np.bincount(masks & subset, weights=cells, minlength=1 << k)
        seen = [x for x in range(1, 1 << k) if x & subset == x]
        fixed = sum(float(log_gamma(margin[x] + prior) - log_gamma(prior)) for x in seen)
        parts[subset] = fixed + log_gamma(margin[0] + missing + prior) - log_gamma(prior)
    return parts
