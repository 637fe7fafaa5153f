"""``./run bench estimate``: the hidden number. One core, interpreter start left out.

Lines of the specification: the bootstrap with selection on the UK table and on a sparse table of
eight lists, all models of six lists by BIC, and BIC over all models in each replicate.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from bench import note, say
from panoh.statistics.rules.estimation import Plan, Table, bic, read
from panoh.statistics.rules.estimation.bootstrap import Select, bootstrap, names_of
from panoh.statistics.rules.estimation.stepwise import stepwise

TABLES = Path(__file__).parents[1] / "tests" / "rooms" / "statistics" / "tables"
RUNS = 3


def sparse() -> Table:
    """Eight lists, about 1,500 cases, most pairs with few in common; the same each time."""
    dice = np.random.default_rng(8)
    shares = np.array([0.004, 0.03, 0.05, 0.04, 0.02, 0.006, 0.01, 0.015])
    on = dice.random((9000, 8)) < shares
    cells = np.bincount((on << np.arange(8)).sum(axis=1), minlength=256)
    masks = np.flatnonzero(cells[1:]) + 1
    return Table(tuple("ABCDEFGH"), tuple(masks.tolist()), tuple(cells[masks].tolist()))


def resampled(table: Table) -> None:
    """1000 replicates with selection, jackknife and BCa."""
    k = len(table.lists)
    found = stepwise(table.cells[None], k)

    def select(tables: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
        again = stepwise(tables, k)
        return again.values, names_of(again.chosen)

    bootstrap(table, float(found.values[0]), select, 1000, Plan().seed)


def by_bic(table: Table, replicates: int) -> None:
    """All models of order 2 in each replicate."""
    k = len(table.lists)
    found = bic.search(table.cells, k, 2)

    def select(tables: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
        choice = bic.choose(tables, k, found)
        return choice.values, [str(at).encode() for at in choice.chosen]

    chosen: Select = select
    bootstrap(table, float(found.values[found.best]), chosen, replicates, Plan().seed)


def main() -> None:
    """Time each, the best of three runs; the long one once."""
    uk, western = (read((TABLES / name).read_bytes()) for name in ("uk_2013.csv", "western_us.csv"))
    eight = sparse()
    note(f"eight lists: {eight.observed} cases, {len(eight.histories)} histories")
    works: list[tuple[str, Callable[[], object], str]] = [
        ("1000 stepwise replicates + jackknife + BCa, 6 lists", lambda: resampled(uk), "<= 1"),
        ("the same, sparse table of 8 lists", lambda: resampled(eight), "<= 2"),
        ("all 32 768 two-way models of 6 lists", lambda: bic.search(uk.cells, 6, 2), "<= 2"),
        ("1000 x 1 024 exhaustive BIC, 5 lists", lambda: by_bic(western, 1000), "<= 30"),
    ]
    for figure, work, target in works:
        spent = []
        for _ in range(1 if len(target) > len("<= 1") else RUNS):
            started = perf_counter()
            work()
            spent.append(perf_counter() - started)
        say("estimate", figure, min(spent), "s", target)


if __name__ == "__main__":
    main()
