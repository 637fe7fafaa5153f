"""All cells of the tables of one release, and what ties them: totals, groups, shared margins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
import scipy

from panoh.statistics.rules.estimation.lattice import Floats, Ints

Name = tuple[int, ...]
TOTAL = -1
Nodes = Mapping[int, Sequence[int]]  # a wider group (numbered after the leaves) to its leaves


@dataclass(frozen=True)
class Linked:
    """Counts of all cells, totals included, and the relations between them: ``M x = 0``.

    ``holders``: cells x organisations, how many persons each supplied. ``fixed``: cells that are
    0 for everybody, by policy. ``widths``: of sums of money or months, how wide the interval of
    each cell must stay; of counts that is ``k``.
    """

    values: Ints
    relations: scipy.sparse.csc_array
    names: tuple[Name, ...]  # a node of each column; TOTAL where the column is summed over
    holders: Ints | None = None
    fixed: frozenset[int] = field(default=frozenset())
    widths: Ints | None = None

    @cached_property
    def persons(self) -> Ints:
        """How many people stand behind each cell."""
        return self.values if self.holders is None else self.holders.sum(axis=1)

    def small(self, k: int) -> set[int]:
        """Cells of fewer people than ``k``, but not of nobody."""
        return {int(at) for at in np.flatnonzero((self.persons > 0) & (self.persons < k))}

    def width(self, at: int, k: int) -> int:
        """How wide the interval must be in which this cell may lie."""
        return k if self.widths is None else int(self.widths[at])

    @property
    def rows(self) -> list[tuple[Ints, Ints]]:
        """Each relation as (the sum, its parts)."""
        every = self.relations.tocsr()
        found = []
        for start, end in zip(every.indptr[:-1], every.indptr[1:], strict=True):
            at, sign = every.indices[start:end], every.data[start:end]
            found.append((at[sign < 0], at[sign > 0]))
        return found


def linked(table: Ints) -> Linked:
    """A table of any number of dimensions with all its totals."""
    table = np.asarray(table, dtype=np.int64)
    return joined([(tuple(range(table.ndim)), table[..., None])], [{}] * table.ndim)


def joined(tables: Sequence[tuple[Name, Ints]], wider: Sequence[Nodes]) -> Linked:
    """Several tables as one system: a margin that two tables share is one cell.

    ``tables``: columns, and counts by their leaves with organisations as the last axis.
    """
    place: dict[Name, int] = {}
    holders: list[Ints] = []
    ties: dict[tuple[int, ...], None] = {}
    for columns, counts in tables:
        groups = [wider[c] for c in columns]
        sizes = counts.shape[:-1]
        nodes = [[TOTAL, *range(size), *group] for size, group in zip(sizes, groups, strict=True)]
        whole = counts
        for axis, (size, group) in enumerate(zip(sizes, groups, strict=True)):
            sums = _sums(size, group)
            whole = np.moveaxis(np.tensordot(sums, whole, (1, axis)), 0, axis)
        named = [_named(columns, where, len(wider)) for where in product(*nodes)]
        for name, each in zip(named, whole.reshape(len(named), -1), strict=True):
            if name not in place:
                place[name] = len(place)
                holders.append(each)
        for name in named:
            for axis, c in enumerate(columns):
                parts = _parts(name[c], sizes[axis], groups[axis])
                if parts:
                    own = [place[(*name[:c], part, *name[c + 1 :])] for part in parts]
                    ties[place[name], *own] = None
    supplied = np.array(holders, dtype=np.int64)
    return Linked(supplied.sum(axis=1), _matrix(list(ties), len(place)), tuple(place), supplied)


def _named(columns: Name, where: Name, number: int) -> Name:
    name = [TOTAL] * number
    for c, node in zip(columns, where, strict=True):
        name[c] = node
    return tuple(name)


def _parts(node: int, size: int, group: Nodes) -> list[int]:
    """What a node is the sum of: groups and leaves without a group, or the leaves of a group."""
    if node == TOTAL:
        held = {leaf for leaves in group.values() for leaf in leaves}
        return [*(leaf for leaf in range(size) if leaf not in held), *group]
    return list(group.get(node, ()))


def _sums(size: int, group: Nodes) -> Ints:
    """The total, each leaf, each group, as sums of leaves."""
    wide = np.zeros((len(group), size), dtype=np.int64)
    for row, leaves in enumerate(group.values()):
        wide[row, list(leaves)] = 1
    return np.vstack([np.ones((1, size), np.int64), np.eye(size, dtype=np.int64), wide])


def _matrix(ties: Sequence[tuple[int, ...]], size: int) -> scipy.sparse.csc_array:
    rows = [row for row, tie in enumerate(ties) for _ in tie]
    columns = [at for tie in ties for at in tie]
    signs: Floats = np.array(
        [-1.0 if place == 0 else 1.0 for tie in ties for place in range(len(tie))]
    )
    return scipy.sparse.csc_array((signs, (rows, columns)), shape=(len(ties), size))
