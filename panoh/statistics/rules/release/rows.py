"""Rows made from the protected tables alone: no row is a person (gradual update, then repair)."""

import numpy as np

from panoh.statistics.rules.estimation.lattice import Ints
from panoh.statistics.rules.release import settle
from panoh.statistics.rules.release.display import Shown
from panoh.statistics.rules.release.measure import Measured, Table
from panoh.statistics.rules.release.people import Codes, holding, positions, reported
from panoh.statistics.rules.release.plan import Plan

SWEEPS, FIRST_STEP, DECAY = 30, 1.0, 0.85
SOFT, PENALTY = 2, 4.0  # sweeps in which a combination that is not shown only costs
HARD = 1  # sweeps in which it is out of the question
SEATED = 1  # times that single values which are lacking take the place of others
WORK = 120_000_000  # rows x tables x sweeps: larger releases take fewer sweeps
FEWEST = 6
LARGE = 20_000_000  # rows x tables: above it one sweep less


def make(measured: Measured, shown: dict[Table, Shown], dice: np.random.Generator) -> Codes:
    """As many rows as the plan says, a public number; fitted to the tables, repaired, fitted again.

    A pair of reported values, or a triple of a measured table, that is not shown is never left in
    a row: the fewest values that cure it are blanked.
    """
    plan = measured.plan
    size = plan.number_of_rows
    codes = np.empty((len(plan.columns), size), dtype=np.int32)
    for c in range(len(plan.columns)):
        values = measured.tables[(c,)].astype(float)
        if values.sum() <= 0:
            codes[c] = 0
            continue
        exact = np.floor(values * size / values.sum()).astype(np.int64)
        column = np.repeat(np.arange(len(values)), exact)
        rest = dice.choice(len(values), size - len(column), p=values / values.sum())
        codes[c] = dice.permutation(np.concatenate([column, rest]))
    _sweep(codes, measured, dice)
    large = size * len(measured.tables) > LARGE
    _settle(codes, measured, shown, dice, sweeps=1 if large else SOFT, penalty=PENALTY)
    codes = repair(codes, shown, plan)
    _settle(codes, measured, shown, dice, sweeps=HARD, penalty=settle.NEVER)
    tables = settle.fits(codes, measured, shown)
    settle.top_up(codes, tables, plan, dice)
    for _ in range(SEATED):
        if not settle.seat(codes, tables, plan, dice):
            break
        codes = repair(codes, shown, plan)
        tables = settle.fits(codes, measured, shown)
        settle.top_up(codes, tables, plan, dice)
    return codes


def _settle(
    codes: Codes, measured: Measured, shown: dict[Table, Shown], dice: np.random.Generator,
    *, sweeps: int, penalty: float,
) -> None:  # fmt: skip
    tables = settle.fits(codes, measured, shown)
    for _ in range(sweeps):
        settle.sweep(codes, tables, measured.plan, dice, penalty)


def _sweep(codes: Codes, measured: Measured, dice: np.random.Generator) -> None:
    """Move rows from cells with too many to cells with too few, table after table."""
    plan, size = measured.plan, codes.shape[1]
    scale = size / max(measured.total, 1)
    tables = [table for table in measured.tables if len(table) > 1]
    sweeps = int(np.clip(WORK / (size * len(tables)), FEWEST, SWEEPS))
    step = FIRST_STEP
    for _ in range(sweeps):
        for at in dice.permutation(len(tables)):
            _towards(
                codes, tables[at], measured.tables[tables[at]] * scale, plan, step=step, dice=dice
            )
        step *= DECAY


def _towards(
    codes: Codes, table: Table, target: np.ndarray, plan: Plan, *,
    step: float, dice: np.random.Generator,
) -> None:  # fmt: skip
    """One update of one table."""
    at = positions(codes, table, plan)
    difference = target - np.bincount(at, minlength=len(target))
    give = np.floor(np.maximum(-difference, 0) * step + dice.random(len(target)))
    take = np.floor(np.maximum(difference, 0) * step + dice.random(len(target)))
    give, take = (
        np.where(np.abs(difference) >= 1, part, 0).astype(np.int64) for part in (give, take)
    )
    spare = _some(at, give, dice)
    wanted = dice.permutation(np.repeat(np.arange(len(target)), take))
    number = min(len(spare), len(wanted))
    if not number:
        return
    spare, wanted = dice.permutation(spare)[:number], wanted[:number]
    # Half take over a whole row that stands in the wanted cell, so that other columns fit too.
    order = np.argsort(_small(at, len(target)), kind="stable")
    held = np.bincount(at, minlength=len(target))
    starts, ends = (np.cumsum(held) - held)[wanted], np.cumsum(held)[wanted]
    copied = (ends > starts) & (dice.random(number) < 0.5)
    from_rows = order[
        starts[copied] + (dice.random(copied.sum()) * (ends - starts)[copied]).astype(int)
    ]
    codes[:, spare[copied]] = codes[:, from_rows]
    rest, cells = spare[~copied], wanted[~copied]
    for c in reversed(table):
        width = len(plan.columns[c].domain)
        codes[c, rest] = cells % width
        cells //= width


def _some(at: Ints, quota: Ints, dice: np.random.Generator) -> Ints:
    """At random ``quota[cell]`` of the rows in each cell."""
    candidates = dice.permutation(np.flatnonzero(quota[at] > 0))
    cells = at[candidates]
    order = np.argsort(_small(cells, len(quota)), kind="stable")
    ordered = cells[order]
    held = np.bincount(ordered, minlength=len(quota))
    rank = np.arange(len(ordered)) - (np.cumsum(held) - held)[ordered]
    return np.asarray(candidates[order[rank < quota[ordered]]])


def _small(values: Ints, size: int) -> np.ndarray:
    """The same numbers in sixteen bits where they fit: these are sorted much faster."""
    return values.astype(np.uint16) if size <= 1 << 16 else values


def repair(codes: Codes, shown: dict[Table, Shown], plan: Plan) -> Codes:
    """Blank the fewest values that leave only shown pairs and triples, and nothing forbidden."""
    codes = codes.copy()
    for c in range(len(codes)):
        codes[c, ~shown[(c,)].shown[codes[c]]] = 0
    checks = _checks(shown, plan)
    rows = np.arange(codes.shape[1])
    while len(rows):
        part = codes[:, rows]
        faults = np.zeros(part.shape, dtype=np.int32)
        for table, bad in checks:
            wrong = bad[positions(part, table, plan)]
            if wrong.any():
                faults[np.ix_(np.array(table), np.flatnonzero(wrong))] += 1
        for combination in plan.forbidden:
            wrong = holding(part, combination)
            held = np.array([c for c, _ in combination])
            faults[np.ix_(held, np.flatnonzero(wrong))] += 1
        worst = faults.argmax(axis=0)
        ill = faults[worst, np.arange(len(rows))] > 0
        rows, worst = rows[ill], worst[ill]
        codes[worst, rows] = 0
    return codes


def _checks(shown: dict[Table, Shown], plan: Plan) -> list[tuple[Table, np.ndarray]]:
    """Tables with the reported cells that no row may stand in."""
    return [
        (table, ~one.shown & reported(table, plan))
        for table, one in shown.items()
        if len(table) > 1
    ]
