"""Whole numbers in place of agreed ones: every margin is the same wherever it is read."""

from collections.abc import Mapping

import numpy as np

from panoh.statistics.rules.estimation.lattice import Floats, Ints
from panoh.statistics.rules.release.people import impossible, shape
from panoh.statistics.rules.release.plan import Plan

FITTING = 60  # rounds of proportional fitting before numbers are made whole

Table = tuple[int, ...]


def as_whole(
    values: Floats, table: Table, fixed: Mapping[Table, Ints], total: int, plan: Plan
) -> Ints:
    """Whole numbers near ``values`` whose margins are those already ``fixed``; of three columns the
    last margin as far as steps that keep the others bring it (``protect`` hides what is left)."""
    if len(table) == 1:
        return _largest_parts(values, total)
    dims = shape(table, plan)
    if len(table) == 2:
        rows, columns = fixed[table[:1]], fixed[table[1:]]
        return _rounded(_in_proportion(values.reshape(dims), rows, columns), rows, columns).ravel()
    first, second, third = margins(table, fixed, plan)
    grid = np.moveaxis(_in_three(values.reshape(dims), first, second, third), 2, 0)
    slices = zip(_in_proportion(grid, second.T, third.T), second.T, third.T, strict=True)
    found = np.stack([_rounded(*one) for one in slices], axis=2)
    _meet(found, first, ~impossible(table, plan).reshape(dims))
    return found.ravel()


def margins(table: Table, fixed: Mapping[Table, Ints], plan: Plan) -> tuple[Ints, Ints, Ints]:
    """The three pairs of a table of three columns, as grids."""
    a, b, c = table
    one, two, three = (fixed[pair].reshape(shape(pair, plan)) for pair in ((a, b), (a, c), (b, c)))
    return one, two, three


def _largest_parts(values: Floats, total: int) -> Ints:
    """Whole numbers with this total, each near its value."""
    scaled = values * (total / values.sum()) if values.sum() > 0 else values
    whole = np.floor(scaled + 1e-9).astype(np.int64)
    missing = total - int(whole.sum())
    order = np.argsort(whole - scaled, kind="stable")
    whole[order[:missing]] += 1
    return whole


def _in_proportion(grid: Floats, rows: Ints, columns: Ints) -> Floats:
    """Tables, or a stack of them, in proportion to these row and column totals."""
    grid = grid * (rows[..., :, None] > 0) * (columns[..., None, :] > 0)
    for _ in range(FITTING):
        have = grid.sum(axis=-1)
        grid *= np.divide(rows, have, out=np.zeros_like(have), where=have > 0)[..., :, None]
        have = grid.sum(axis=-2)
        grid *= np.divide(columns, have, out=np.zeros_like(have), where=have > 0)[..., None, :]
        if np.abs(grid.sum(axis=-1) - rows).max(initial=0) < 1e-3:
            break
    return np.asarray(grid)


def _rounded(grid: Floats, rows: Ints, columns: Ints) -> Ints:
    """A table of whole numbers with exactly these row and column totals."""
    over = np.maximum(grid.sum(axis=1) / np.maximum(rows, 1), 1.0)
    whole = np.floor(grid / over[:, None] + 1e-9).astype(np.int64)
    row_left = (rows - whole.sum(axis=1)).tolist()
    column_left = (columns - whole.sum(axis=0)).tolist()
    part = grid - whole
    at = np.flatnonzero(part.ravel() > 1e-9)
    at = at[np.argsort(-part.ravel()[at], kind="stable")]
    width = grid.shape[1]
    missing = sum(row_left)
    for cell in at.tolist():
        if not missing:
            break
        row, column = divmod(cell, width)
        if row_left[row] > 0 and column_left[column] > 0:
            whole[row, column] += 1
            row_left[row] -= 1
            column_left[column] -= 1
            missing -= 1
    # What is left has no cell of its own: north-west corner.
    row = column = 0
    while row < len(row_left) and column < width:
        step = min(row_left[row], column_left[column])
        if step > 0:
            whole[row, column] += step
            row_left[row] -= step
            column_left[column] -= step
        if row_left[row] <= 0:
            row += 1
        else:
            column += 1
    return np.asarray(whole)


def _in_three(grid: Floats, first: Ints, second: Ints, third: Ints) -> Floats:
    """A table of three columns in proportion to the totals of all three pairs."""
    grid = grid.copy()
    for _ in range(FITTING):
        off = 0.0
        for axis, goal in ((2, first), (1, second), (0, third)):
            have = grid.sum(axis=axis)
            off = max(off, float(np.abs(have - goal).max(initial=0)))
            change = np.divide(goal, have, out=np.zeros_like(have), where=have > 0)
            grid *= np.expand_dims(change, axis)
        if off < 1e-3:
            break
    return grid


def _meet(grid: Ints, goal: Ints, allowed: np.ndarray) -> None:
    """Bring the totals over the last axis to ``goal``, in place, by steps that leave the other two
    pairs as they are: one person more in two cells of a slice, one less in the other two corners.
    """
    off = grid.sum(axis=2) - goal
    for a, b in np.argwhere(off > 0).tolist():
        while off[a, b] > 0 and _step(grid, off, a, b, allowed):
            pass


def _step(grid: Ints, off: Ints, a: int, b: int, allowed: np.ndarray) -> bool:
    """One step that takes from cell ``(a, b)`` and leaves fewer totals off; False: none does."""
    best: tuple[int, ...] = (0, 0, 0, 0, 0)
    for other in np.flatnonzero(off[a] < 0).tolist():
        good = (off[:, b] < 0).astype(np.int64) + (off[:, other] > 0)
        room = np.minimum(grid[a, b], grid[:, other]) * (allowed[a, other] & allowed[:, b])
        room[(good == 0) | (np.arange(len(room)) == a)] = 0
        worth: Floats = room + (room > 0) * good[:, None] * 1e9
        row, part = divmod(int(worth.argmax()), grid.shape[2])
        if room[row, part]:
            best = max(best, (int(good[row]), int(room[row, part]), row, other, part))
    gain, most, at, other, c = best
    if not gain:
        return False
    ends = [most, int(off[a, b]), int(-off[a, other])]
    ends += [int(-off[at, b])] if off[at, b] < 0 else []
    ends += [int(off[at, other])] if off[at, other] > 0 else []
    step = min(ends)
    for row, column, sign in ((a, b, -1), (at, other, -1), (a, other, 1), (at, b, 1)):
        grid[row, column, c] += sign * step
        off[row, column] += sign * step
    return True
