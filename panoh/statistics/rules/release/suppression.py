"""Path A: suppression of small cells in linked tables, proved against who reads all of them.

The attacker knows every relation between cells, every published value and that counts are whole
and not below 0; linear and integer programmes give the tightest bounds of what was left out
(Hundepool et al. 2012).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy

from panoh.statistics.rules.estimation.lattice import Floats
from panoh.statistics.rules.release.cells import Linked, linked
from panoh.statistics.rules.release.holders import too_few

__all__ = ["Fault", "Linked", "Public", "audit", "bounds", "linked", "suppress"]

NEAR = 1e-6
CLOSE = 2  # bounds so near to their limit are confirmed by an integer programme


@dataclass(frozen=True)
class Public:
    """What everybody has beside this release. ``limits``: from and to of cells that earlier ones
    tell; ``unshown``: cells of their tables that this release does not hold; ``harmless``: cells
    that nobody is harmed by who works them out."""

    limits: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    unshown: frozenset[int] = frozenset()
    harmless: frozenset[int] = frozenset()

    @cached_property
    def exact(self) -> frozenset[int]:
        """Cells whose number is out already."""
        return frozenset(at for at, (low, high) in self.limits.items() if low == high)


NOTHING = Public()


@dataclass(frozen=True)
class Fault:
    """A rule that a release breaks. ``cell`` stays in the secure zone."""

    code: str
    cell: int
    text: str


def bounds(
    cells: Linked, hidden: Iterable[int], k: int = 0, only: Iterable[int] | None = None,
    *, public: Public = NOTHING,
) -> dict[int, tuple[int, int]]:  # fmt: skip
    """What the attacker learns of hidden cells (of ``only`` some): whole numbers from … to …"""
    at = sorted(hidden)
    low, high = cells.values.astype(float), cells.values.astype(float)
    low[at], high[at] = 0, np.inf
    for cell in public.limits.keys() & set(at):
        low[cell], high[cell] = public.limits[cell]
    wanted = at if only is None else sorted(only)
    return {cell: reach(cells, low, high, cell, k) for cell in wanted}


def reach(cells: Linked, low: Floats, high: Floats, cell: int, k: int = 0) -> tuple[int, int]:
    """The whole numbers a cell can be, by all relations, if each cell lies in its interval."""
    free = np.flatnonzero(low < high)
    if not (low[cell] < high[cell]):
        return int(low[cell]), int(high[cell])
    known = np.where(low < high, 0, low)
    relations = cells.relations[:, free]
    used = np.flatnonzero(np.diff(relations.tocsr().indptr))
    relations, right = relations.tocsr()[used], -(cells.relations @ known)[used]
    goal = (free == cell).astype(float)
    limits = np.column_stack([low[free], high[free]])
    most = float(cells.values.sum())
    found, whole = [], True
    for sign in (1, -1):
        answer = scipy.optimize.linprog(sign * goal, A_eq=relations, b_eq=right, bounds=limits)
        found.append(sign * answer.fun if answer.status == 0 else np.inf)
        whole &= answer.status != 0 or bool(np.abs(answer.x - np.rint(answer.x)).max() < NEAR)
    bottom, top = np.ceil(found[0] - NEAR), np.floor(min(found[1], most) + NEAR)
    # A best answer in whole numbers is the best of them: only the others are asked again.
    if not whole and (top - bottom <= k + CLOSE or cells.values[cell] in {bottom, top}):
        rule = scipy.optimize.LinearConstraint(relations, right, right)
        for place, sign in enumerate((1, -1)):
            again = scipy.optimize.milp(
                sign * goal,
                constraints=rule,
                integrality=np.ones(len(free)),
                bounds=scipy.optimize.Bounds(low[free], high[free]),
            )
            found[place] = sign * again.fun if again.status == 0 else found[place]
        bottom, top = np.ceil(found[0] - NEAR), np.floor(min(found[1], most) + NEAR)
    return int(bottom), int(top)


def audit(cells: Linked, hidden: Iterable[int], k: int, public: Public = NOTHING) -> list[Fault]:
    """A1, A3, A6 and A8: every small cell hidden, none worked back, with earlier releases or
    without, no sum of them small."""
    return list(faults(cells, set(hidden), k, public))


def faults(
    cells: Linked, hidden: Collection[int], k: int, public: Public = NOTHING,
    *, only: Collection[int] | None = None,
) -> Iterator[Fault]:  # fmt: skip
    """The same, one after the other: who needs a yes or no stops at the first. ``only``: the cells
    whose bounds are reckoned, which takes long; all if not said."""
    secret = set(hidden) - public.exact
    for at in sorted(cells.small(k).difference(hidden)):
        yield Fault("SR-A1", at, f"a count under {k} is shown")
    for whole, parts in cells.rows:
        within = [at for at in parts if at in secret]
        if public.harmless.issuperset(within) or any(at in secret for at in whole):
            continue
        total = int(cells.persons[within].sum())
        if 0 < total < k:
            yield Fault("SR-A6", int(within[0]), f"hidden cells add up to less than {k}")
        elif cells.holders is not None and too_few(cells.holders[within].sum(axis=0)):
            yield Fault("SR-A6", int(within[0]), "hidden cells add up to too few holders")
    asked = set(hidden) if only is None else set(hidden).intersection(only)
    for at in sorted(asked - public.harmless):
        low, high = bounds(cells, hidden, k, [at], public=public)[at]
        value = int(cells.values[at])
        open_below = low < value or value == low == 0
        if high - low < cells.width(at, k) or not open_below or value >= high:
            yield Fault("SR-A6", at, f"lies between {low} and {high}")


def suppress(
    cells: Linked, k: int, unsafe: Collection[int] = (), public: Public = NOTHING
) -> set[int]:
    """Cells to hide: the small and the ``unsafe`` ones, the cheapest that protect them, none that
    is not needed.
    """
    small = cells.small(k) | set(unsafe)
    small |= public.unshown
    hidden = set(small)
    # Each round hides one cell more at least, or is the last: there are no more rounds than cells.
    while found := audit(cells, hidden, k, public):
        before = set(hidden)
        for one in found:
            left = faults(cells, hidden, k, public, only=[one.cell])
            if hidden == before or any(f.cell == one.cell for f in left):
                hidden |= _protection(cells, one.cell, hidden, k, public) or _smallest_beside(
                    cells, one.cell, hidden | public.exact
                )
        if hidden == before:
            break
    for at in sorted(hidden - small, key=lambda at: -cells.values[at]):
        if next(faults(cells, hidden - {at}, k, public), None) is None:
            hidden.discard(at)
    return hidden


def _protection(cells: Linked, cell: int, hidden: set[int], k: int, public: Public) -> set[int]:
    """The cheapest change of other cells that lets this one move up and down enough."""
    size = len(cells.values)
    cost = np.where(np.isin(np.arange(size), sorted(hidden)), 0.0, cells.values + 1.0)
    value = int(cells.values[cell])
    width = cells.width(cell, k)
    down = min(value, max(1, width // 2))
    found: set[int] = set()
    relations = scipy.sparse.hstack([cells.relations, -cells.relations]).tocsr()
    for move in (width - down, -down):
        if not move:
            continue
        high = np.concatenate([np.full(size, np.inf), cells.values.astype(float)])
        low = np.zeros(2 * size)
        for at in cells.fixed:
            high[at] = high[size + at] = 0
        for at, (least, most) in public.limits.items():
            high[at], high[size + at] = most - cells.values[at], cells.values[at] - least
        low[cell] = high[cell] = max(move, 0)
        low[size + cell] = high[size + cell] = max(-move, 0)
        answer = scipy.optimize.linprog(
            np.concatenate([cost, cost]),
            A_eq=relations,
            b_eq=np.zeros(relations.shape[0]),
            bounds=np.column_stack([low, high]),
        )
        if answer.status != 0:
            return set()
        moved = np.abs(answer.x[:size] - answer.x[size:])
        found |= {int(at) for at in np.flatnonzero(moved > NEAR)}
        cost[sorted(found)] = 0.0
    return found - hidden


def _smallest_beside(cells: Linked, cell: int, hidden: set[int]) -> set[int]:
    """One more cell of a relation that holds this one."""
    beside = {
        int(at)
        for whole, parts in cells.rows
        if cell in whole or cell in parts
        for at in (*whole, *parts)
        if at not in hidden and at not in cells.fixed
    }
    return (
        {min(beside, key=lambda at: (cells.values[at] == 0, cells.values[at]))} if beside else set()
    )
