"""The last sweeps of rows: every total as near to its table as the allowed cells let it come.

Value by value each row takes what brings most tables nearer, and never a combination that no table
shows. Looks at protected tables alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panoh.statistics.rules.estimation.lattice import Ints
from panoh.statistics.rules.release.display import Mask, Shown
from panoh.statistics.rules.release.measure import Measured, Table
from panoh.statistics.rules.release.people import Codes, holding, positions, reported, shape
from panoh.statistics.rules.release.plan import Plan

BATCHES = 15  # parts of the rows that choose at one time: who chooses later sees what was chosen
ASKED = 0.5  # of them, for each column: where all choose at once they overrun what was lacking
NEVER = 1e6
TIES = 0.05  # settled by chance
LEAST = -1.0  # tables that a value put into a blank may bring nearer, less those it drives away
MOST_DRIVEN = 1  # values that one drives out of a row
MOST_LACKING = 0.05  # of all values: where more is lacking, pairs are worth more than single ones
GAIN = 3.0  # tables more that come nearer than go away: less only turns in circles

Scores = NDArray[np.float32]


@dataclass
class Fit:
    """One table: how many rows each cell still lacks; cells where no row may stand."""

    table: Table
    left: Scores
    never: Mask
    told: Mask  # cells without a blank: the others ask for nothing

    def adding(self, penalty: float) -> Scores:
        """What one more row in each cell brings."""
        found = np.clip(2 * self.left - 1, -1, 1)
        found[self.never] = -penalty
        return np.where(self.told, found, 0).astype(np.float32)

    def leaving(self, at: Ints, penalty: float) -> Scores:
        """What it brings if one row leaves the cell where it stands."""
        found = np.clip(-2 * self.left[at] - 1, -1, 1)
        found[self.never[at]] = penalty
        return np.where(self.told[at], found, 0).astype(np.float32)

    def move(self, before: Ints, after: Ints) -> None:
        """Rows have gone from cells to other cells."""
        size = len(self.left)
        self.left += np.bincount(before, minlength=size)
        self.left -= np.bincount(after, minlength=size)


def fits(codes: Codes, measured: Measured, shown: dict[Table, Shown]) -> list[Fit]:
    """All tables, compared with the rows as they stand."""
    plan = measured.plan
    scale = codes.shape[1] / max(measured.total, 1)
    found = []
    for table, one in shown.items():
        told = reported(table, plan)
        target = np.where(one.shown & told, one.counts * scale, 0)
        have = np.bincount(positions(codes, table, plan), minlength=len(target))
        left = (target - have).astype(np.float32)
        never = (~one.shown & told) | one.impossible
        found.append(Fit(table, left, never, told))
    return found


def sweep(
    codes: Codes, tables: list[Fit], plan: Plan, dice: np.random.Generator, penalty: float = NEVER
) -> None:
    """Rows choose each column anew, in place."""
    having = [[one for one in tables if c in one.table] for c in range(len(codes))]
    for rows in np.array_split(dice.permutation(codes.shape[1]), BATCHES):
        for c in dice.permutation(len(codes)):
            asked = rows[dice.random(len(rows)) < ASKED]
            _choose(codes, int(c), asked, having[c], plan, dice=dice, penalty=penalty)


def top_up(codes: Codes, tables: list[Fit], plan: Plan, dice: np.random.Generator) -> None:
    """Blanks take values of which too few rows are left, in place: only where every combination is
    shown, first where the combinations are lacking too. Nothing that is told is taken away."""
    alone = {one.table[0]: one for one in tables if len(one.table) == 1}
    for c in dice.permutation(len(codes)).tolist():
        having = [one for one in tables if c in one.table and len(one.table) > 1]
        blank = dice.permutation(np.flatnonzero(codes[c] == 0))
        for rows in np.array_split(blank, BATCHES):
            wanted = np.flatnonzero(alone[c].left >= 1)
            if len(wanted) and len(rows):
                _fill(codes, c, rows, wanted, tables=having, alone=alone[c], plan=plan)


def seat(codes: Codes, tables: list[Fit], plan: Plan, dice: np.random.Generator) -> bool:
    """Values of which too few rows are left take the place of a blank where they drive out fewest
    others, in place; what cannot stand beside them is blanked. False, and nothing is moved, where
    so much is lacking that rows would be emptied for it."""
    alone = {one.table[0]: one for one in tables if len(one.table) == 1}
    lacking = {c: np.maximum(one.left, 0) for c, one in alone.items()}
    if sum(float(one.sum()) for one in lacking.values()) > MOST_LACKING * (codes > 0).sum():
        return False
    for c in sorted(alone, key=lambda c: -lacking[c].sum()):
        never = _beside(c, tables, plan)
        for value in np.argsort(-lacking[c], kind="stable").tolist():
            if alone[c].left[value] >= 1:
                _seat(codes, c, value, never, alone=alone, dice=dice)
    return True


def _beside(c: int, tables: list[Fit], plan: Plan) -> dict[int, Mask]:
    """For each other column: which of its values may not stand beside which of this one's."""
    found = {}
    for one in tables:
        if len(one.table) == 2 and c in one.table:
            grid = one.never.reshape(shape(one.table, plan))
            found[sum(one.table) - c] = grid if one.table[0] == c else grid.T
    return found


def _seat(
    codes: Codes, c: int, value: int, never: dict[int, Mask], *,
    alone: dict[int, Fit], dice: np.random.Generator,
) -> None:  # fmt: skip
    blank = np.flatnonzero(codes[c] == 0)
    out = np.array([mask[value][codes[other, blank]] for other, mask in never.items()])
    driven = out.sum(axis=0)
    order = np.lexsort((dice.random(len(blank)), driven))[: int(alone[c].left[value])]
    order = order[driven[order] <= MOST_DRIVEN]
    rows, gone = blank[order], out[:, order]
    before = codes[:, rows]
    codes[c, rows] = value
    for place, other in enumerate(never):
        codes[other, rows[gone[place]]] = 0
    for other, one in alone.items():
        one.move(before[other], codes[other, rows])


def _fill(
    codes: Codes, c: int, rows: Ints, wanted: Ints, *, tables: list[Fit], alone: Fit, plan: Plan
) -> None:
    part, size = codes[:, rows], len(plan.columns[c].domain)
    gains = np.zeros((len(rows), len(wanted)), dtype=np.float32)
    for one in tables:
        axis = one.table.index(c)
        grid = np.moveaxis(one.adding(NEVER).reshape(shape(one.table, plan)), axis, -1)
        others = tuple(other for other in one.table if other != c)
        gains += grid.reshape(-1, size)[:, wanted][positions(part, others, plan)]
    best = gains.argmax(axis=1)
    gain, value = gains[np.arange(len(rows)), best], wanted[best]
    order = np.lexsort((-gain, value))
    first = np.searchsorted(value[order], value[order])
    good = np.arange(len(order)) - first < alone.left[value[order]] - 0.5
    taken = order[good & (gain[order] >= LEAST)]
    after = part.copy()
    after[c, taken] = value[taken]
    for combination in plan.forbidden:
        after[c, holding(after, combination)] = 0
    moved = after[c] > 0
    for one in [*tables, alone]:
        one.move(
            positions(part[:, moved], one.table, plan), positions(after[:, moved], one.table, plan)
        )
    codes[c, rows[moved]] = after[c, moved]


def _choose(
    codes: Codes, c: int, rows: Ints, tables: Iterable[Fit], plan: Plan, *,
    dice: np.random.Generator, penalty: float,
) -> None:  # fmt: skip
    """The best value of one column for some rows."""
    part, size = codes[:, rows], len(plan.columns[c].domain)
    gains = dice.random((len(rows), size), dtype=np.float32) * np.float32(TIES)
    kept = np.zeros(len(rows), dtype=np.float32)
    for one in tables:
        axis = one.table.index(c)
        grid = np.moveaxis(one.adding(penalty).reshape(shape(one.table, plan)), axis, -1)
        others = tuple(other for other in one.table if other != c)
        gains += grid.reshape(-1, size)[positions(part, others, plan)]
        kept += one.leaving(positions(part, one.table, plan), penalty)
    every = np.arange(len(rows))
    gains[every, part[c]] = -kept
    best = gains.argmax(axis=1)
    moved = (gains[every, best] + kept > GAIN) & (best != part[c])
    after = part.copy()
    after[c] = best
    for combination in plan.forbidden:
        moved &= ~holding(after, combination)
    for one in tables:
        one.move(
            positions(part[:, moved], one.table, plan), positions(after[:, moved], one.table, plan)
        )
    codes[c, rows[moved]] = best[moved]
