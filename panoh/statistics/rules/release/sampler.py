"""The discrete Gaussian, drawn by inversion of integer thresholds; never a rounded normal.

Thresholds hold 126 bits. Each is off by less than ``2 ** -126`` and the tails left out hold less,
so a draw is within ``distance`` of the exact law; the sum over all draws is added to delta.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np

from panoh.statistics.rules.estimation.lattice import Ints

BITS, HALF = 126, 63
DIGITS = 60
TAIL = 14  # standard deviations: beyond it lies less than 2 ** -130

Bytes = Callable[[int], bytes]
system: Bytes = os.urandom


def seeded(seed: int) -> Bytes:
    """Bytes of a generator with a seed: for tests alone, never for a release."""
    return np.random.Generator(np.random.PCG64(seed)).bytes


@dataclass(frozen=True)
class Thresholds:
    """Cumulative probabilities times ``2 ** 126``, in halves, from ``-reach`` upwards."""

    reach: int
    whole: tuple[int, ...]
    upper: np.ndarray

    @property
    def distance(self) -> float:
        """Total variation between a draw and the exact law, bounded."""
        return (len(self.whole) + 2) * 2.0**-BITS


@lru_cache(maxsize=64)
def thresholds(sigma: float) -> Thresholds:
    """Reckoned with sixty digits from the exact value of the number ``sigma``."""
    reach = int(TAIL * sigma) + 10
    with localcontext() as context:
        context.prec = DIGITS
        scale = 2 * Decimal(sigma) ** 2
        half = [(-Decimal(z * z) / scale).exp() for z in range(reach + 1)]
        total = 2 * sum(half, Decimal(0)) - half[0]
        reached, whole = Decimal(0), []
        for z in range(-reach, reach):
            reached += half[abs(z)]
            whole.append(int(reached / total * (1 << BITS)))
    upper = np.array([one >> HALF for one in whole], dtype=np.uint64)
    return Thresholds(reach, tuple(whole), upper)


def draw(sigma: float, size: int, source: Bytes = system) -> Ints:
    """``size`` independent draws with variance parameter ``sigma ** 2``."""
    found = thresholds(sigma)
    upper = np.frombuffer(source(8 * size), dtype=np.uint64) >> np.uint64(1)
    at = np.searchsorted(found.upper, upper, side="right")
    # The upper half decides unless it equals that of a threshold: then the lower half is drawn.
    before = np.maximum(at - 1, 0)
    for place in np.flatnonzero(found.upper[before] == upper):
        lower = int.from_bytes(source(8), "little") >> 1
        value = (int(upper[place]) << HALF) | lower
        at[place] = sum(1 for one in found.whole if one <= value)
    return np.asarray(at - found.reach, dtype=np.int64)
