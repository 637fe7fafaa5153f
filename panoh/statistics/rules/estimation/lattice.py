"""Sets of lists as bit masks, and sums over subsets and supersets of all of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Lattice:
    """The subsets of ``k`` lists. ``terms``: the empty set, single lists, then ``sets``."""

    k: int
    singles: Ints
    pairs: Ints
    sets: Ints  # those a model may choose: all pairs, then (order 3) all triples
    terms: Ints
    above: Bools  # above[q, c]: does cell c contain set q?
    sizes: Ints  # lists in each mask

    @property
    def cells(self) -> int:
        """How many masks there are, the empty one included."""
        return 1 << self.k


@lru_cache
def lattice(k: int, order: int = 2) -> Lattice:
    """The subsets of ``k`` lists, in the order of columns: (1,2), (1,3), …, (2,3), …"""
    singles, pairs = masks_of(k, 1), masks_of(k, 2)
    sets = np.concatenate([pairs, masks_of(k, 3)]) if order == 3 else pairs
    cells = np.arange(1 << k)
    return Lattice(
        k=k,
        singles=singles,
        pairs=pairs,
        sets=sets,
        terms=np.concatenate([[0], singles, sets]),
        above=(cells & sets[:, None]) == sets[:, None],
        sizes=np.bitwise_count(cells).astype(np.int64),
    )


def masks_of(k: int, size: int) -> Ints:
    """The sets of ``size`` of ``k`` lists, in column order."""
    chosen = [mask_of(lists) for lists in combinations(range(k), size)]
    return np.array(chosen, dtype=np.int64)


def mask_of(lists: Iterable[int]) -> int:
    """The mask of these lists."""
    return sum(1 << j for j in lists)


def members(mask: int) -> list[int]:
    """The lists of a mask, first column first."""
    return [j for j in range(int(mask).bit_length()) if mask >> j & 1]


def superset_sums(values: Floats, k: int) -> Floats:
    """``Z[a]`` = sum of ``values[c]`` over all ``c`` that contain ``a``; last axis ``2 ** k``."""
    sums = np.array(values, dtype=np.float64, order="C")
    for j in range(k):
        view = sums.reshape(-1, 1 << (k - 1 - j), 2, 1 << j)
        view[:, :, 0] += view[:, :, 1]
    return sums


def subset_sums(values: Floats, k: int) -> Floats:
    """``S[c]`` = sum of ``values[a]`` over every ``a`` inside ``c``; last axis ``2 ** k``."""
    sums = np.array(values, dtype=np.float64, order="C")
    for j in range(k):
        view = sums.reshape(-1, 1 << (k - 1 - j), 2, 1 << j)
        view[:, :, 1] += view[:, :, 0]
    return sums
