"""Search over all hierarchical models by BIC (Silverman, Chan & Vincent 2024)."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import scipy

from panoh.statistics.rules.estimation.lattice import (
    Bools,
    Floats,
    Ints,
    Lattice,
    lattice,
    superset_sums,
)
from panoh.statistics.rules.estimation.model import NO_MAXIMUM, Fits, constant, first_guess, fit
from panoh.statistics.rules.estimation.stepwise import stepwise

NEAR = 6.0  # BIC units from the best within which a model is worth naming
MOST_LISTS = {2: 6, 3: 5}  # of an exhaustive search
TOP = 50  # models that replicates choose among where all are too many
ALL = 1024  # models that every replicate can choose among
EQUAL = 1e-9


@dataclass(frozen=True)
class Search:
    """Every model that was fitted. Inadmissible ones have BIC infinity and N ``nan``."""

    models: Bools  # models x sets
    bic: Floats
    values: Floats
    order: int
    partial: bool

    @property
    def best(self) -> int:
        """The model of lowest BIC; of equals the one with fewer parameters, then in term order."""
        lowest = float(self.bic.min())
        return int(np.flatnonzero(self.bic <= lowest + EQUAL * (1 + abs(lowest)))[0])

    @property
    def admissible(self) -> int:
        """Models with code 0."""
        return int(np.isfinite(self.bic).sum())

    @property
    def near(self) -> Ints:
        """Models within 6 units of the best, best first."""
        order = np.argsort(self.bic, kind="stable")
        return np.asarray(order[self.bic[order] <= self.bic[self.best] + NEAR])

    @property
    def weighted(self) -> float:
        """N averaged with weights ``exp(-BIC / 2)``."""
        good = np.isfinite(self.bic)
        weights = np.exp(-(self.bic[good] - self.bic[self.best]) / 2)
        return float((weights * self.values[good]).sum() / weights.sum())


@lru_cache
def candidates(k: int, order: int) -> Bools:
    """All hierarchical models with every main effect: few terms first, then in term order."""
    lat = lattice(k, order)
    number = len(lat.pairs)
    bits = np.arange(1 << number)
    models = (bits[:, None] >> np.arange(number - 1, -1, -1) & 1).astype(bool)
    if order == 3:
        models = np.array([each for row in models for each in _with_triples(row, lat)], dtype=bool)
    return models[_term_order(models)]


def _term_order(models: Bools) -> Ints:
    """Models with fewer sets first; of those, the one that has the earlier set."""
    return np.lexsort((*(~models).T[::-1], models.sum(axis=1)))


def _with_triples(pairs: Bools, lat: Lattice) -> list[list[bool]]:
    """One set of pairs with each choice of the triangles that it holds."""
    chosen = set(lat.pairs[pairs].tolist())
    triples = lat.sets[len(lat.pairs) :].tolist()
    whole = [
        at
        for at, triple in enumerate(triples)
        if sum((pair & triple) == pair for pair in chosen) == 3
    ]
    return [
        [*pairs.tolist(), *(at in some for at in range(len(triples)))]
        for size in range(len(whole) + 1)
        for some in combinations(whole, size)
    ]


def search(cells: Ints, k: int, order: int) -> Search:
    """Fit all candidates; of more lists than that allows, order 2 or the stepwise's neighbours."""
    order = order if k <= MOST_LISTS[order] else 2
    return _exhaustive(cells, k, order) if k <= MOST_LISTS[2] else _neighbours(cells, k)


def _exhaustive(cells: Ints, k: int, order: int) -> Search:
    """Level by level; each model starts where those without its last two sets point to."""
    lat = lattice(k, order)
    models = candidates(k, order)
    totals = superset_sums(cells.astype(float), k)
    level = models.sum(axis=1)
    keys = (models.astype(np.int64) << np.arange(models.shape[1])).sum(axis=1)
    place = np.full(1 << models.shape[1], -1, dtype=np.int32)
    place[keys] = np.arange(len(models))
    beta = np.zeros((len(models), len(lat.terms)))
    code, loglik, dark = np.zeros(len(models), int), np.zeros(len(models)), np.zeros(len(models))
    met = np.flatnonzero(totals[lat.sets] > 0)
    for size in range(int(level.max()) + 1):
        rows = np.flatnonzero(level == size)
        beta[rows] = first_guess(totals[None], lat)
        doomed = np.zeros(len(rows), dtype=bool)
        if size:
            beta[rows] = _start(models[rows], keys[rows], place, beta)
            doomed = _doomed(keys[rows], models[rows], place, code, met)
        code[rows[doomed]] = NO_MAXIMUM
        todo = rows[~doomed]
        many = np.broadcast_to(totals, (len(todo), lat.cells))
        fits = fit(many, models[todo], lat, beta[todo])
        code[todo], loglik[todo], dark[todo] = fits.code, fits.loglik, fits.dark
        good = fits.code == 0
        beta[todo[good]] = fits.beta[good]
    parameters = 1 + int((totals[lat.singles] > 0).sum()) + level
    bic = -2 * (loglik + constant(cells)) + parameters * np.log(totals[0])
    good = code == 0
    return Search(
        models,
        np.where(good, bic, np.inf),
        np.where(good, totals[0] + dark, np.nan),
        order,
        partial=False,
    )


def _start(models: Bools, keys: Ints, place: Ints, beta: Floats) -> Floats:
    """The parent without the last set, moved as the one without the last but one moved."""
    last = models.shape[1] - 1 - models[:, ::-1].argmax(axis=1)
    parent = keys ^ (1 << last)
    rest = models.copy()
    rest[np.arange(len(rest)), last] = False
    if not rest.any():
        return np.asarray(beta[place[parent]])
    before = models.shape[1] - 1 - rest[:, ::-1].argmax(axis=1)
    other, both = place[keys ^ (1 << before)], place[parent ^ (1 << before)]
    return np.asarray(beta[place[parent]] + beta[other] - beta[both])


def _doomed(keys: Ints, models: Bools, place: Ints, code: Ints, met: Ints) -> Bools:
    """Which models hold one without a maximum, in the same cells? Then they have none either."""
    doomed = np.zeros(len(keys), dtype=bool)
    for number in met:
        smaller = place[keys ^ (1 << number)]
        doomed |= models[:, number] & (smaller >= 0) & (code[smaller] & NO_MAXIMUM > 0)
    return doomed


def _neighbours(cells: Ints, k: int) -> Search:
    """Pairs added to and taken from the stepwise model while BIC falls: not all models."""
    lat = lattice(k)
    totals = superset_sums(cells.astype(float), k)
    here = stepwise(cells[None], k).chosen[0]
    seen: dict[bytes, tuple[Bools, float, float]] = {}
    while True:
        around = np.concatenate([here[None], here[None] ^ np.eye(len(here), dtype=bool)])
        fresh = [row for row in around if row.tobytes() not in seen]
        models = np.array(fresh)
        fits = fit(np.broadcast_to(totals, (len(models), lat.cells)), models, lat)
        for row, bic, value in zip(models, *_bic(fits, totals, lat, cells), strict=True):
            seen[row.tobytes()] = (row, float(bic), float(value))
        best = min(around, key=lambda row: seen[row.tobytes()][1])
        if np.array_equal(best, here):
            break
        here = best
    models = np.array([row for row, _, _ in seen.values()])
    order = _term_order(models)
    bics = np.array([bic for _, bic, _ in seen.values()])[order]
    values = np.array([value for _, _, value in seen.values()])[order]
    return Search(models[order], bics, values, 2, partial=True)


def _bic(fits: Fits, totals: Floats, lat: Lattice, cells: Ints) -> tuple[Floats, Floats]:
    """BIC and N of each fit of one table."""
    chosen = fits.layout.infinite.sum(axis=1) + fits.layout.active.sum(axis=1)
    bic = -2 * (fits.loglik + constant(cells)) + chosen * np.log(totals[0])
    good = fits.code == 0
    return np.where(good, bic, np.inf), np.where(good, totals[0] + fits.dark, np.nan)


@dataclass(frozen=True)
class Choice:
    """What each of many tables chose: the model's number in ``models``, and N."""

    models: Bools
    chosen: Ints  # -1 where nothing was admissible
    values: Floats
    all_models: bool


def choose(tables: Ints, k: int, found: Search) -> Choice:
    """The lowest BIC in each table, among all candidates or the best of the original data.

    A model is left out for a table when even a perfect fit would not bring it below the best so
    far: its parameters alone cost too much. That changes no choice.
    """
    every = len(found.models) <= ALL and not found.partial
    models = (
        found.models if every else found.models[np.sort(np.argsort(found.bic, kind="stable")[:TOP])]
    )
    lat = lattice(k, found.order)
    counts = np.asarray(tables, dtype=np.float64)
    totals = superset_sums(counts, k)
    price = np.log(np.maximum(totals[:, 0], 1.0))
    # Without -sum log y!, as in the fits.
    perfect = (scipy.special.xlogy(counts, counts) - counts).sum(axis=1)
    lists = 1 + (totals[:, lat.singles] > 0).sum(axis=1)
    best, number = np.full(len(tables), np.inf), np.full(len(tables), -1)
    values = np.where((totals[:, lat.pairs] == 0).all(axis=1), np.inf, np.nan)
    main = fit(totals, np.zeros((len(tables), len(lat.sets)), bool), lat)
    able = (main.code == 0) & (lists > 2)
    bound = _bound(totals, lat, perfect, price, lists)
    starts = main.beta
    for at, model in enumerate(models):
        cost = (lists + model.sum()) * price
        # A set with a list that is empty in this table is no effect there.
        rows = np.flatnonzero(able & (cost - 2 * bound < best + EQUAL * (1 + np.abs(best))))
        if not len(rows):
            continue
        fits = fit(totals[rows], np.broadcast_to(model, (len(rows), len(model))), lat, starts[rows])
        bic = np.where(fits.code == 0, cost[rows] - 2 * fits.loglik, np.inf)
        better = bic < best[rows] - EQUAL * (1 + np.abs(bic))
        which = rows[better]
        best[which], number[which] = bic[better], at
        values[which] = totals[which, 0] + fits.dark[better]
    return Choice(models, number, values, every)


def _bound(totals: Floats, lat: Lattice, perfect: Floats, price: Floats, lists: Ints) -> Floats:
    """No candidate's likelihood is above that of the largest one, nor above a perfect fit."""
    most = fit(totals, np.ones((len(totals), len(lat.sets)), bool), lat)
    return np.where(most.code == 0, np.minimum(most.loglik + 1e-6, perfect), perfect)
