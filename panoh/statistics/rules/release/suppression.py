"""Path A: suppression of small cells in linked tables, proved against who reads all of them.

The attacker knows every relation between cells, every published value and that counts are not
below 0; linear programmes give the tightest bounds of what was left out (Hundepool et al. 2012).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import linprog

from panoh.statistics.rules.estimation.lattice import Floats, Ints

MARK = "*"  # primary and secondary cells carry the same
NEAR = 1e-6


@dataclass(frozen=True)
class Linked:
    """Counts of all cells, totals included, and the relations between them: ``M x = 0``."""

    values: Ints
    relations: Floats
    names: tuple[tuple[int, ...], ...]  # position in each dimension; -1 is the total


@dataclass(frozen=True)
class Fault:
    """A rule that a release breaks. ``cell`` stays in the secure zone."""

    code: str
    cell: int
    text: str


def linked(table: Ints) -> Linked:
    """A table of any number of dimensions with all its totals."""
    table = np.asarray(table, dtype=np.int64)
    names = list(product(*(range(-1, size) for size in table.shape)))
    place = {name: at for at, name in enumerate(names)}
    values = [
        int(table[tuple(slice(None) if part < 0 else part for part in name)].sum())
        for name in names
    ]
    rows = []
    for name in names:
        for axis, size in enumerate(table.shape):
            if name[axis] < 0:
                row = np.zeros(len(names))
                row[place[name]] = -1
                for part in range(size):
                    row[place[(*name[:axis], part, *name[axis + 1 :])]] = 1
                rows.append(row)
    return Linked(np.array(values), np.array(rows), tuple(names))


def bounds(cells: Linked, hidden: Iterable[int]) -> dict[int, tuple[int, int]]:
    """What the attacker learns of each hidden cell: whole numbers from … to …"""
    at = sorted(hidden)
    relations = cells.relations[:, at]
    known = cells.values.astype(float).copy()
    known[at] = 0
    right = -cells.relations @ known
    used = np.abs(relations).sum(axis=1) > 0
    found = {}
    for number, cell in enumerate(at):
        goal = np.zeros(len(at))
        goal[number] = 1
        low, high = (
            linprog(sign * goal, A_eq=relations[used], b_eq=right[used], bounds=(0, None))
            for sign in (1, -1)
        )
        top = np.inf if high.status == 3 else -high.fun
        found[cell] = (
            int(np.ceil(low.fun - NEAR)),
            int(np.floor(top + NEAR)) if np.isfinite(top) else int(cells.values.sum()),
        )
    return found


def audit(cells: Linked, hidden: Iterable[int], k: int) -> list[Fault]:
    """A1 and A6: every small cell hidden, none of them worked back, no sum of them small."""
    left_out = set(hidden)
    faults = [
        Fault("SR-A1", at, f"a count under {k} is shown")
        for at, value in enumerate(cells.values)
        if 0 < value < k and at not in left_out
    ]
    for row in cells.relations:
        within = [at for at in np.flatnonzero(row) if at in left_out]
        total = int(sum(cells.values[at] for at in within if row[at] > 0))
        parts = [at for at in within if row[at] > 0]
        if parts and len(parts) == len(within) and 0 < total < k:
            faults.append(Fault("SR-A6", int(within[0]), f"hidden cells add up to less than {k}"))
    for at, (low, high) in bounds(cells, left_out).items():
        value = int(cells.values[at])
        open_below = low < value or value == low == 0
        if high - low < k or not open_below or value >= high:
            faults.append(Fault("SR-A6", at, f"lies between {low} and {high}"))
    return faults


def suppress(cells: Linked, k: int) -> set[int]:
    """Cells to hide: the small ones, the cheapest that protect them, none that is not needed."""
    small = {at for at, value in enumerate(cells.values) if 0 < value < k}
    hidden = set(small)
    for _ in range(len(cells.values)):
        faults = audit(cells, hidden, k)
        if not faults:
            break
        cell = faults[0].cell
        hidden |= _protection(cells, cell, hidden, k) or _smallest_beside(cells, cell, hidden)
    for at in sorted(hidden - small, key=lambda at: -cells.values[at]):
        if not audit(cells, hidden - {at}, k):
            hidden.discard(at)
    return hidden


def _protection(cells: Linked, cell: int, hidden: set[int], k: int) -> set[int]:
    """The cheapest change of other cells that lets this one move up and down enough."""
    size = len(cells.values)
    cost = np.where(np.isin(np.arange(size), sorted(hidden)), 0.0, cells.values + 1.0)
    value = int(cells.values[cell])
    down = min(value, max(1, k // 2))
    found: set[int] = set()
    for move in (k - down, -down):
        if not move:
            continue
        relations = np.hstack([cells.relations, -cells.relations])
        limit = [(0, None)] * size + [(0, float(one)) for one in cells.values]
        limit[cell] = (max(move, 0), max(move, 0))
        limit[size + cell] = (max(-move, 0), max(-move, 0))
        answer = linprog(
            np.concatenate([cost, cost]),
            A_eq=relations,
            b_eq=np.zeros(len(relations)),
            bounds=limit,
        )
        if answer.status != 0:
            return set()
        moved = answer.x[:size] + answer.x[size:]
        found |= {int(at) for at in np.flatnonzero(moved > NEAR)}
        cost[sorted(found)] = 0.0
    return found - hidden


def _smallest_beside(cells: Linked, cell: int, hidden: set[int]) -> set[int]:
    """One more cell of a relation that holds this one."""
    beside = {
        int(at)
        for row in cells.relations
        if row[cell]
        for at in np.flatnonzero(row)
        if at not in hidden
    }
    return (
        {min(beside, key=lambda at: (cells.values[at] == 0, cells.values[at]))} if beside else set()
    )


def differences(groups: Mapping[str, tuple[frozenset[str], int]], k: int) -> list[tuple[str, str]]:
    """A8: pairs of published groups, one inside the other, whose difference is a small group.

    ``groups``: name to (atoms, published count), of this release and of all earlier ones.
    """
    names = sorted(groups)
    return [
        (one, other)
        for one in names
        for other in names
        if groups[one][0] < groups[other][0] and 0 < groups[other][1] - groups[one][1] < k
    ]


def changed(before: Mapping[str, int], after: Mapping[str, int], k: int) -> Sequence[str]:
    """A8 over time: cells of one table, shown twice, that differ by a small number."""
    return sorted(
        name for name in before.keys() & after.keys() if 0 < abs(after[name] - before[name]) < k
    )


def dominated(parts: Sequence[float], p: float = 10.0) -> bool:
    """A2: can the second contributor work out the first within ``p`` percent?"""
    ordered = sorted(parts, reverse=True)
    if len(ordered) < 2:
        return True
    return sum(ordered) - ordered[0] - ordered[1] < p / 100 * ordered[0]
