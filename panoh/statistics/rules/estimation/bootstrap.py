"""How far N moves when the data move: resamples with the whole selection repeated in each."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from panoh.statistics.rules.estimation.lattice import Bools, Floats, Ints
from panoh.statistics.rules.estimation.table import Table

LEVELS = (0.025, 0.10, 0.90, 0.975)

# Tables in, N of each and a name of the chosen model of each out.
Select = Callable[[Ints], tuple[Floats, list[bytes]]]


@dataclass(frozen=True)
class Bootstrap:
    """Replicates of N and the limits drawn from them.

    ``bca`` is None when no or every replicate is below N; a limit may be infinite: unbounded.
    """

    values: Floats  # sorted, failed ones left out
    replicates: Floats  # as they were drawn; ``nan`` where one failed
    failed: int
    infinite: int
    below: float  # share of replicates strictly below N
    z0: float
    acceleration: float
    levels: tuple[float, ...] | None  # the adjusted levels q
    bca: tuple[float, ...] | None  # at 2.5, 10, 90, 97.5%
    percentile: tuple[float, ...] | None
    models: tuple[tuple[bytes, int], ...]  # how often each model was chosen, most often first

    @property
    def drawn(self) -> int:
        """All replicates, failed ones too."""
        return len(self.values) + self.failed

    @property
    def bca95(self) -> tuple[float, float] | None:
        """The outer two adjusted limits."""
        return None if self.bca is None else (self.bca[0], self.bca[3])

    @property
    def percentile95(self) -> tuple[float, float] | None:
        """The outer two plain limits."""
        return None if self.percentile is None else (self.percentile[0], self.percentile[3])


def draws(table: Table, size: int, seed: int) -> Ints:
    """``size`` multinomial resamples over the histories in file order (PCG64)."""
    counts = np.array(table.counts)
    dice = np.random.Generator(np.random.PCG64(seed))
    found = dice.multinomial(counts.sum(), counts / counts.sum(), size=size)
    return spread(table, found)


def spread(table: Table, counts: Ints) -> Ints:
    """Counts by history, one row each, laid out over all masks."""
    cells = np.zeros((len(counts), 1 << len(table.lists)), dtype=np.int64)
    cells[:, list(table.histories)] = counts
    return cells


def bootstrap(table: Table, estimate: float, select: Select, size: int, seed: int) -> Bootstrap:
    """Resample, select anew in each, and draw BCa and percentile limits (Efron 1987)."""
    weights = np.array(table.counts)
    fewer = spread(table, weights - np.eye(len(weights), dtype=np.int64))
    values, names = select(np.concatenate([fewer, draws(table, size, seed)]))
    jackknife, values, names = values[: len(weights)], values[len(weights) :], names[len(weights) :]
    kept = np.sort(values[~np.isnan(values)])
    below = float((kept < estimate).mean()) if len(kept) else 0.0
    acceleration = _acceleration(jackknife, weights)
    levels = adjusted(below, acceleration)
    return Bootstrap(
        values=kept,
        replicates=values,
        failed=size - len(kept),
        infinite=int(np.isinf(kept).sum()),
        below=below,
        z0=float(scipy.special.ndtri(below)),
        acceleration=acceleration,
        levels=levels,
        bca=None if levels is None else tuple(quantile(kept, q) for q in levels),
        percentile=tuple(quantile(kept, q) for q in LEVELS) if len(kept) else None,
        models=tuple(Counter(names).most_common()),
    )


def _acceleration(values: Floats, weights: Ints) -> float:
    """From N with one case less of each history; ``nan`` when one of them has no N."""
    if not np.isfinite(values).all():
        return float("nan")
    off = (weights * values).sum() / weights.sum() - values
    square = (weights * off**2).sum()
    return float((weights * off**3).sum() / (6 * square**1.5)) if square else 0.0


def adjusted(below: float, acceleration: float) -> tuple[float, ...] | None:
    """The levels at which BCa reads the replicates; None where it is not available."""
    if not 0 < below < 1 or np.isnan(acceleration):
        return None
    z0 = scipy.special.ndtri(below)
    moved = z0 + scipy.special.ndtri(np.array(LEVELS))
    return tuple(float(q) for q in scipy.special.ndtr(z0 + moved / (1 - acceleration * moved)))


def quantile(ordered: Floats, level: float) -> float:
    """Hyndman and Fan's type 8 of sorted values; infinite ones are the largest."""
    at = np.clip((len(ordered) + 1 / 3) * level + 1 / 3, 1, len(ordered)) - 1
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    share = float(at - low)
    first, second = float(ordered[low]), float(ordered[high])
    if share == 0 or first == second:
        return first
    return first + share * (second - first)


def share_above(found: Bootstrap, limit: float) -> float:
    """Share of replicates above a limit."""
    return float((found.values > limit).mean())


def names_of(chosen: Bools) -> list[bytes]:
    """One name for each row's model."""
    return [row.tobytes() for row in chosen]
