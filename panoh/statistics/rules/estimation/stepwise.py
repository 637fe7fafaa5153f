"""Forward selection of pairs, in many tables at once (Chan, Silverman & Vincent 2021)."""

from dataclasses import dataclass, field

import numpy as np
import scipy

from panoh.statistics.rules.estimation.lattice import Bools, Floats, Ints, lattice, superset_sums
from panoh.statistics.rules.estimation.model import Fits, fit

LEVEL = 0.02
TIE = 1e-9


@dataclass(frozen=True)
class Step:
    """A pair that the first table took in: its number in column order, p, and N with it."""

    pair: int
    p: float
    estimate: float


@dataclass
class Selections:
    """What was chosen in each table. ``values``: N, infinite, or ``nan`` where it failed."""

    chosen: Bools
    values: Floats
    fits: Fits
    trail: list[Step] = field(default_factory=list)  # of the first table
    last_p: float = 1.0  # the smallest p that did not suffice there


def tail(seen: Floats, mean: Floats) -> Floats:
    """One-sided Poisson p: ``min(P(X <= seen), P(X >= seen))``, not doubled."""
    mean = np.maximum(mean, 1e-300)
    far = np.abs(seen - mean) > 2
    lower = np.where(far & (seen > mean), 1.0, scipy.special.gammaincc(seen + 1, mean))
    upper = np.where(
        far & (seen < mean), 1.0, scipy.special.gammainc(np.maximum(seen, 1e-300), mean)
    )
    return np.minimum(lower, np.where(seen == 0, 1.0, upper))


def stepwise(tables: Ints | Floats, k: int, level: float = LEVEL) -> Selections:
    """Select in every row of ``tables`` (counts over all masks), from main effects upwards.

    A table whose main effects have no maximum is infinite when nobody is on two lists, else failed.
    """
    lat = lattice(k)
    totals = superset_sums(np.asarray(tables, dtype=float), k)
    chosen = np.zeros((len(totals), len(lat.pairs)), dtype=bool)
    fits = fit(totals, chosen, lat)
    present = totals[:, lat.singles] > 0
    found = Selections(chosen, np.full(len(totals), np.nan), fits)
    started = (fits.code == 0) & (present.sum(axis=1) >= 2)
    met = (present.astype(float) @ _of_list(lat.pairs, k).T) == 2  # both lists have cases
    under_way = np.flatnonzero(started)
    while len(under_way):
        under_way = _one_step(found, totals, under_way, met, level)
    lonely = (totals[:, lat.pairs] == 0).all(axis=1)
    found.values = np.where(started, totals[:, 0] + fits.dark, np.where(lonely, np.inf, np.nan))
    fits.code[~started & (fits.code == 0)] = 1
    return found


def _of_list(masks: Ints, k: int) -> Floats:
    return (masks[:, None] >> np.arange(k) & 1).astype(float)


def _one_step(found: Selections, totals: Floats, rows: Ints, met: Bools, level: float) -> Ints:
    """Give each of ``rows`` its next pair; return those that took one."""
    lat = lattice(int(np.log2(totals.shape[1])))
    p = tail(totals[rows][:, lat.pairs], found.fits.sums[rows][:, lat.pairs])
    p = np.where(found.chosen[rows] | ~met[rows], 1.0, p)
    moved = np.zeros(len(rows), dtype=bool)
    waiting = np.arange(len(rows))
    while len(waiting):
        least = p[waiting].min(axis=1)
        if rows[0] == 0 and waiting[0] == 0:
            found.last_p = float(least[0])
        waiting = waiting[least < level]
        if not len(waiting):
            break
        least = p[waiting].min(axis=1, keepdims=True)
        best = (p[waiting] <= least * (1 + TIE)).argmax(axis=1)
        where = rows[waiting]
        chosen = found.chosen[where]
        chosen[np.arange(len(where)), best] = True
        tried = fit(totals[where], chosen, lat, found.fits.beta[where])
        good = tried.code == 0
        _accept(found, where[good], chosen[good], tried, good)
        if good[0] and where[0] == 0:
            value = float(totals[0, 0] + tried.dark[0])
            found.trail.append(Step(int(best[0]), float(least[0, 0]), value))
        moved[waiting[good]] = True
        p[waiting[~good], best[~good]] = 1.0
        waiting = waiting[~good]
    return rows[moved]


def _accept(found: Selections, rows: Ints, chosen: Bools, tried: Fits, good: Bools) -> None:
    found.chosen[rows] = chosen
    fits = found.fits
    fits.beta[rows], fits.sums[rows] = tried.beta[good], tried.sums[good]
    fits.loglik[rows] = tried.loglik[good]
    fits.layout.kept[rows] = tried.layout.kept[good]
    fits.layout.active[rows] = tried.layout.active[good]
    fits.layout.infinite[rows] = tried.layout.infinite[good]
