"""Poisson log-linear models of capture tables by extended maximum likelihood, many at once.

Each row of a batch is one model of one table. An effect of two or more lists with no common case
is minus infinity: the cells that hold it are dropped and its column too, the rest is fitted
(Fienberg & Rinaldo 2012; Chan, Silverman & Vincent 2021). A list without cases leaves with all its
terms. A model whose maximum does not exist, or that the cells cannot tell from another, has a code
other than 0 and never a number.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from panoh.statistics.rules.estimation.existence import exists, identifiable
from panoh.statistics.rules.estimation.lattice import (
    Bools,
    Floats,
    Ints,
    Lattice,
    subset_sums,
    superset_sums,
)

NO_MAXIMUM, NOT_IDENTIFIABLE = 1, 2
UNKNOWN = -1  # until the linear programme says
ROUNDS, PATIENT_ROUNDS = 60, 2000
SUSPICIOUS = 22  # rounds after which a fit that has not settled is asked where it is going
CLOSE = 1e-7  # the largest change of a parameter in the last step
LONGEST = 4.0  # and in any step
RIDGE = 1e-13  # keeps a matrix without full rank from stopping the whole batch
HIGHEST = 300.0  # of a log mean: beyond it nothing is learned, and exp would overflow
ROOM = 1 << 20  # numbers of one chunk of a batch


@dataclass(frozen=True)
class Layout:
    """What remains of each model when infinite effects and empty lists are taken out."""

    kept: Bools  # rows x cells
    active: Bools  # rows x terms
    infinite: Bools  # rows x sets


@dataclass
class Fits:
    """Fitted models. Rows with a code other than 0 have dark figure ``nan``."""

    beta: Floats  # rows x terms of the lattice; 0 where a term is not in the model
    sums: Floats  # fitted means over supersets of every mask
    loglik: Floats  # without the constant -sum log y!
    code: Ints
    layout: Layout

    @property
    def dark(self) -> Floats:
        """The expected number on no list."""
        return np.where(self.code == 0, np.exp(np.minimum(self.beta[:, 0], HIGHEST)), np.nan)


def lay_out(totals: Floats, chosen: Bools, lat: Lattice, *, raw: bool = False) -> Layout:
    """Drop what has no finite estimate; ``raw`` keeps the columns of lists without cases."""
    empty = totals[:, lat.sets] == 0
    infinite = chosen & empty
    dropped = infinite.astype(np.float32) @ lat.above.astype(np.float32)
    present = totals[:, lat.singles] > 0
    if raw:
        present = np.ones_like(present)
    cells = np.arange(lat.cells)
    of_list = (cells & lat.singles[:, None]) != 0
    dropped += (~present).astype(np.float32) @ of_list.astype(np.float32)
    kept = dropped == 0
    kept[:, 0] = False
    active = np.concatenate([np.ones((len(totals), 1), bool), present, chosen & ~empty], axis=1)
    return Layout(kept, active, infinite)


def first_guess(totals: Floats, lat: Lattice) -> Floats:
    """Where Newton begins: lists independent of each other, four times the cases in all."""
    everyone = 4.0 * np.maximum(totals[:, :1], 1.0)
    share = np.clip(totals[:, lat.singles] / everyone, 1e-6, 0.9)
    beta = np.zeros((len(totals), len(lat.terms)))
    beta[:, :1] = np.log(everyone) + np.log1p(-share).sum(axis=1, keepdims=True)
    beta[:, 1 : 1 + lat.k] = np.log(share) - np.log1p(-share)
    return beta


def fit(
    totals: Floats, chosen: Bools, lat: Lattice, start: Floats | None = None, *, raw: bool = False
) -> Fits:
    """Fit model ``chosen[r]`` to the table whose superset sums are ``totals[r]``."""
    layout = lay_out(totals, chosen, lat, raw=raw)
    beta = np.where(layout.active, first_guess(totals, lat) if start is None else start, 0.0)
    rows = len(totals)
    fits = Fits(beta, np.zeros((rows, lat.cells)), np.zeros(rows), np.zeros(rows, int), layout)
    whole = identifiable(layout.kept, layout.active, lat)
    done = np.zeros(rows, dtype=bool)
    width = int(layout.active.sum(axis=1).max(initial=1))
    size = max(16, ROOM // (width * width + 2 * lat.cells))
    able = np.flatnonzero(whole)
    for at in range(0, len(able), size):
        part = able[at : at + size]
        done[part] = _newton(fits, part, totals[part], lat, ROUNDS)
    fits.code[~whole] = NOT_IDENTIFIABLE
    fits.code[whole & ~done & (fits.code == 0)] = UNKNOWN
    for row in np.flatnonzero(fits.code == UNKNOWN):
        columns = lat.terms[layout.active[row]]
        found = exists(totals[row], layout.kept[row], columns) and bool(
            _newton(fits, np.array([row]), totals[[row]], lat, PATIENT_ROUNDS)[0]
        )
        fits.code[row] = 0 if found else NO_MAXIMUM
    return fits


def full_code(totals: Floats, chosen: Bools, lat: Lattice, *, raw: bool = False) -> int:
    """Both bits of the code of one model, by the linear programme and the rank alone."""
    layout = lay_out(totals[None], chosen[None], lat, raw=raw)
    columns = lat.terms[layout.active[0]]
    lacks = not exists(totals, layout.kept[0], columns)
    blurred = not identifiable(layout.kept, layout.active, lat)[0]
    return NO_MAXIMUM * lacks + NOT_IDENTIFIABLE * blurred


def _newton(fits: Fits, rows: Ints, totals: Floats, lat: Lattice, rounds: int) -> Bools:
    """Newton's method on these rows; writes what converged into ``fits``, says which did.

    It stops on the step, not on the gradient: without a maximum some steps stay of order 1 while
    the gradient vanishes.
    """
    work = _Work(fits, rows, totals, lat)
    live, done = rows, np.zeros(len(fits.beta), dtype=bool)
    for number in range(rounds):
        ready = work.advance()
        if number == SUSPICIOUS:
            lost = work.runs_away()
            fits.code[live[lost]] = NO_MAXIMUM
            live, ready = live[~lost], ready[~lost]
            work.keep(~lost)
            if not len(live):
                break
        if not ready.any():
            continue
        where = live[ready]
        done[where] = True
        full = np.zeros((len(where), len(lat.terms)))
        np.put_along_axis(full, work.order[ready], work.trial[ready], 1)
        fits.beta[where] = np.where(fits.layout.active[where], full, 0.0)
        fits.sums[where], fits.loglik[where] = work.sums[ready], work.height[ready]
        live = live[~ready]
        if not len(live):
            break
        work.keep(~ready)
    return done[rows]


class _Work:
    """The rows of a chunk that are still under way."""

    def __init__(self, fits: Fits, rows: Ints, totals: Floats, lat: Lattice) -> None:
        active = fits.layout.active[rows]
        width = int(active.sum(axis=1).max())
        self.lat = lat
        self.order = np.argsort(~active, axis=1, kind="stable")[:, :width]
        self.valid = np.take_along_axis(active, self.order, 1)
        columns: Ints = np.where(self.valid, lat.terms[self.order], 0)
        self.columns = columns
        self.wanted = np.where(self.valid, np.take_along_axis(totals, columns, 1), 0.0)
        self.kept = fits.layout.kept[rows]
        self.unions: Ints = (columns[:, :, None] | columns[:, None, :]).reshape(len(columns), -1)
        self.base = np.take_along_axis(fits.beta[rows], self.order, 1) * self.valid
        self.trial, self.step = self.base.copy(), np.zeros_like(self.base)
        self.height = np.full(len(rows), -np.inf)
        self.sums = np.empty((len(rows), lat.cells))

    def keep(self, stays: Bools) -> None:
        """Let the other rows go."""
        self.order, self.valid = self.order[stays], self.valid[stays]
        self.columns, self.unions = self.columns[stays], self.unions[stays]
        self.wanted, self.kept = self.wanted[stays], self.kept[stays]
        self.base, self.trial, self.step = self.base[stays], self.trial[stays], self.step[stays]
        self.height, self.sums = self.height[stays], self.sums[stays]

    def advance(self) -> Bools:
        """One look at the likelihood: halve the step where it fell, else a new one. Who is done?"""
        sums = self._means()
        value = np.einsum("rp,rp->r", self.trial, self.wanted) - sums[:, 0]
        good = value >= self.height - 1e-9 * (1 + np.abs(value))
        if good.all():
            self.base, self.height, self.sums = self.trial, value, sums
            self.step = self._direction()
        else:
            self.base[good], self.height[good] = self.trial[good], value[good]
            self.sums[good] = sums[good]
            self.step *= 0.5
            if good.any():
                self.step[good] = self._direction(np.flatnonzero(good))
        self.trial = self.base + self.step
        return np.asarray(good & (np.abs(self.step).max(axis=1) < CLOSE))

    def runs_away(self) -> Bools:
        """Which rows go, for ever, where no fitted total changes and some cells fade?

        The last step, made whole, is such a direction ``d`` when ``d't = 0`` and no kept cell
        grows: an exact proof that there is no maximum. Rows without proof are left to the
        linear programme.
        """
        whole = np.rint(self.step)
        spread = self._spread(whole)
        change = subset_sums(spread, self.lat.k) * self.kept
        still = np.einsum("rp,rp->r", whole, self.wanted) == 0
        return np.asarray(still & (change <= 0).all(axis=1) & (change < 0).any(axis=1))

    def _spread(self, values: Floats) -> Floats:
        """Values of the columns, laid out over all masks."""
        spread = np.zeros((len(values), self.lat.cells))
        if self.valid.all():
            np.put_along_axis(spread, self.columns, values, 1)
            return spread
        # Columns that only fill up the width point to the empty set.
        row = np.broadcast_to(np.arange(len(values))[:, None], self.columns.shape)
        spread[row[self.valid], self.columns[self.valid]] = values[self.valid]
        return spread

    def _means(self) -> Floats:
        """Fitted means of the trial, summed over supersets."""
        eta = np.minimum(subset_sums(self._spread(self.trial), self.lat.k), HIGHEST)
        return superset_sums(np.exp(eta) * self.kept, self.lat.k)

    def _direction(self, rows: Ints | None = None) -> Floats:
        """Newton's step, its Hessian scaled to unit diagonal, no longer than ``LONGEST``."""
        sums, valid, columns = self.sums, self.valid, self.columns
        wanted, unions = self.wanted, self.unions
        if rows is not None:
            sums, valid, columns = sums[rows], valid[rows], columns[rows]
            wanted, unions = wanted[rows], unions[rows]
        width = valid.shape[1]
        score = wanted - np.where(valid, np.take_along_axis(sums, columns, 1), 0.0)
        hessian = np.take_along_axis(sums, unions, 1).reshape(-1, width, width)
        diagonal = np.einsum("rpp->rp", hessian)
        scale = np.where(valid, 1 / np.sqrt(np.maximum(diagonal, 1e-280)), 0.0)
        hessian *= scale[:, :, None]
        hessian *= scale[:, None, :]
        np.einsum("rpp->rp", hessian)[:] = 1 + RIDGE
        step = np.linalg.solve(hessian, (score * scale)[:, :, None])[:, :, 0] * scale
        longest = np.abs(step).max(axis=1, keepdims=True)
        return np.asarray(step * np.minimum(1.0, LONGEST / np.maximum(longest, 1e-300)))


def constant(cells: Ints | Floats) -> float:
    """The part of the log likelihood that no model changes: ``-sum log y!``."""
    return -float(scipy.special.gammaln(np.asarray(cells, dtype=float) + 1).sum())


def limits(
    fits: Fits, row: int, observed: float, lat: Lattice, level: float
) -> tuple[float, float]:
    """The asymptotic interval ``n + exp(beta_0 ± z se)``; it ignores that the model was chosen."""
    columns = lat.terms[fits.layout.active[row]]
    sums = fits.sums[row]
    information = sums[columns[:, None] | columns[None, :]]
    scale = 1 / np.sqrt(np.diag(information))
    scaled = information * scale[:, None] * scale[None, :]
    unit = np.zeros(len(columns))
    unit[0] = 1.0
    spread = float(np.sqrt(np.linalg.solve(scaled, unit)[0]) * scale[0])
    z = float(scipy.special.ndtri(0.5 + level / 2))
    middle = float(fits.beta[row, 0])
    low, high = (np.exp(np.clip(middle + sign * z * spread, -700, 700)) for sign in (-1, 1))
    return observed + float(low), observed + float(high)
