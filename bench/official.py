"""``./run bench official [--tables 500] [--peer PYTHON]``: suppression of random tables, once more.

Tables of two and of three columns and with wider groups, of invented counts. Each pattern is judged
by other means than the engine's own: small ones by trying every table that fits what is shown, all
by an integer programme of their own. ``--peer``: an interpreter with ``requirements-bench.txt``,
whose own audit of the same patterns is counted beside. And how much dearer a pattern of a small
table is than the cheapest of all.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from time import perf_counter

import numpy as np
import scipy

from bench import note, say
from panoh.statistics.rules.release import suppression
from panoh.statistics.rules.release.cells import TOTAL, Linked, joined

PEER = Path(__file__).with_name("official_peer.py")
K = 5
MOST_TRIED = 300_000  # tables that one pattern may leave open, to be tried one by one
# Cheaper patterns that are looked at, and proved, before one is called the cheapest.
MOST_LOOKED, MOST_PATTERNS = 100_000, 1000
NEAR = 1e-6
KINDS = ("two columns", "three columns", "wider groups")


@dataclass(frozen=True)
class Case:
    """A random table, and what of it is hidden."""

    kind: str
    counts: np.ndarray
    groups: dict[int, list[int]]
    cells: Linked
    hidden: frozenset[int]


def random_tables(number: int, means: tuple[int, ...] = (2, 6, 15, 40)) -> Iterator[Case]:
    """The same each time: kinds by turns, sparse ones and full ones."""
    dice = np.random.default_rng(2026)
    for at in range(number):
        kind = KINDS[at % len(KINDS)]
        if kind == "three columns":
            sizes = tuple(dice.integers(2, 4, 3).tolist())
        else:
            sizes = tuple(dice.integers(2, 6, 2).tolist())
        groups: dict[int, list[int]] = {}
        if kind == "wider groups":
            sizes = (int(dice.integers(4, 7)), sizes[1])
            parts = np.array_split(np.arange(sizes[0]), 2)
            groups = {sizes[0] + place: part.tolist() for place, part in enumerate(parts)}
        mean = dice.choice(means) * dice.choice([0.2, 1.0, 3.0], sizes, p=[0.3, 0.5, 0.2])
        counts = dice.poisson(mean)
        wider = [groups, *([{}] * (len(sizes) - 1))]
        cells = joined([(tuple(range(len(sizes))), counts[..., None])], wider)
        hidden = frozenset(suppression.suppress(cells, K))
        yield Case(kind, counts, groups, cells, hidden)


def open_tables(case: Case) -> np.ndarray | None:
    """Every table of whole numbers that fits what is shown, as all its cells; None where they are
    too many to try, or the whole is not shown."""
    cells, hidden = case.cells, case.hidden
    whole = cells.names.index((TOTAL,) * case.counts.ndim)
    if whole in hidden:
        return None
    leaves = [at for at, name in enumerate(cells.names) if _is_leaf(name, case)]
    parts = np.array(
        [[_holds(name, cells.names[at], case) for at in leaves] for name in cells.names]
    )
    shown = [at for at in range(len(cells.names)) if at not in hidden]
    done = np.zeros((1, 0), dtype=np.int64)
    for place, leaf in enumerate(leaves):
        if leaf in hidden:
            limit = min(int(cells.values[at]) for at in shown if parts[at, place])
            tried = np.arange(limit + 1)
        else:
            tried = cells.values[[leaf]]
        if len(done) * len(tried) > MOST_TRIED:
            return None
        done = np.column_stack([np.repeat(done, len(tried), 0), np.tile(tried, len(done))])
        sums = done @ parts[shown][:, : place + 1].T
        ended = ~parts[shown][:, place + 1 :].any(axis=1)
        goal = cells.values[shown]
        done = done[((sums <= goal) & (~ended | (sums == goal))).all(axis=1)]
    return np.asarray(done @ parts.T)


def _is_leaf(name: tuple[int, ...], case: Case) -> bool:
    return all(0 <= node < size for node, size in zip(name, case.counts.shape, strict=True))


def _holds(name: tuple[int, ...], leaf: tuple[int, ...], case: Case) -> bool:
    """Whether a cell adds up this leaf."""
    return all(
        node in {TOTAL, own} or (c == 0 and own in case.groups.get(node, ()))
        for c, (node, own) in enumerate(zip(name, leaf, strict=True))
    )


def integer_bounds(case: Case, cell: int) -> tuple[float, float]:
    """From and to of a hidden cell, by an integer programme over all cells as they stand."""
    cells, size = case.cells, len(case.cells.names)
    low, high = cells.values.astype(float), cells.values.astype(float)
    low[list(case.hidden)], high[list(case.hidden)] = 0, np.inf
    ends = []
    for sign in (1.0, -1.0):
        goal = np.zeros(size)
        goal[cell] = sign
        found = scipy.optimize.milp(
            goal,
            constraints=scipy.optimize.LinearConstraint(cells.relations, 0, 0),
            integrality=np.ones(size),
            bounds=scipy.optimize.Bounds(low, high),
        )
        ends.append(sign * found.fun if found.status == 0 else np.inf)
    return ends[0], ends[1]


def is_safe(low: float, high: float, value: int) -> bool:
    """The rule of the specification for one hidden cell."""
    return high - low >= K and value < high and (low < value or value == low == 0)


def dearer(case: Case) -> float | None:
    """How much more our pattern costs than the cheapest that is proved; None if too many to try."""
    cells = case.cells
    small = cells.small(K)
    others = [at for at in range(len(cells.names)) if at not in small]
    price = cells.values + 1  # as the engine reckons: a count, and that a number is lost at all
    spent, least = (int(price[list(which)].sum()) for which in (case.hidden, small))
    extra = len(case.hidden) - len(small)
    looked = (more for number in range(extra + 2) for more in combinations(others, number))
    patterns: list[tuple[int, tuple[int, ...]]] = []
    for at, more in enumerate(looked):
        cost = least + int(price[list(more)].sum())
        if cost < spent:
            patterns.append((cost, more))
        if at > MOST_LOOKED or len(patterns) > MOST_PATTERNS:
            return None
    for cost, more in sorted(patterns):
        if next(suppression.faults(cells, small | set(more), K), None) is None:
            return spent / max(cost, 1) - 1
    return 0.0


def main() -> None:
    """Judge every pattern."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tables", type=int, default=500)
    arguments.add_argument("--peer", default="", help="an interpreter with pytauargus")
    asked = arguments.parse_args()
    started = perf_counter()
    cases = list(random_tables(asked.tables))
    say("official", f"{len(cases)} tables protected", perf_counter() - started, "s")
    missed = wrong = tried = hidden = 0
    loss = []
    for case in cases:
        faults = suppression.audit(case.cells, case.hidden, K)
        if faults:
            note(f"{case.kind}: refused: {faults[0].text}")
        possible = open_tables(case)
        told = suppression.bounds(case.cells, case.hidden, k=10**6)
        for at in sorted(case.hidden):
            hidden += 1
            value = int(case.cells.values[at])
            low, high = integer_bounds(case, at)
            missed += not faults and not is_safe(low, high, value)
            if possible is not None:
                tried += 1
                ends = possible[:, at].min(), possible[:, at].max()
                wrong += ends != (low, high) or ends != told[at]
        if (more := dearer(case)) is not None:
            loss.append(more)
    say("official", "hidden cells", hidden, "cells")
    say("official", "cells that our proof let pass and an integer programme does not", missed,
        "cells", "<= 0")  # fmt: skip
    say("official", "cells tried one table after the other", tried, "cells")
    say("official", "of them with other bounds than reckoned", wrong, "cells", "<= 0")
    say("official", f"dearer than the cheapest pattern, mean of {len(loss)}", float(np.mean(loss)),
        "share", "<= 0.1")  # fmt: skip
    say("official", "the same, the worst", max(loss), "share")
    if asked.peer:
        against(cases, asked.peer)


def against(cases: list[Case], python: str) -> None:
    """The other programme's audit of the same patterns: its intervals of fractions are never
    narrower than those of whole numbers."""
    data = [
        {
            "values": case.cells.values.tolist(),
            "hidden": sorted(case.hidden),
            "sums": [(int(whole[0]), parts.tolist()) for whole, parts in case.cells.rows],
        }
        for case in cases
    ]
    with tempfile.TemporaryDirectory() as folder:
        sent, out = Path(folder, "in.json"), Path(folder, "out.json")
        sent.write_text(json.dumps(data), encoding="utf-8")
        subprocess.run([python, str(PEER), str(sent), str(out)], check=True)
        audits = json.loads(out.read_text())
    missed = narrower = cells = 0
    for case, audit in zip(cases, audits, strict=True):
        passed = not suppression.audit(case.cells, case.hidden, K)
        told = suppression.bounds(case.cells, case.hidden)
        for at in case.hidden:
            low, high = audit[str(at)]
            cells += 1
            missed += passed and not is_safe(low, high, int(case.cells.values[at]))
            narrower += low > told[at][0] + NEAR or high < told[at][1] - NEAR
    say("official", "hidden cells that pytauargus audited", cells, "cells")
    say("official", "of them: not safe by its audit, and let pass by ours", missed, "cells", "<= 0")
    say("official", "of them: an interval narrower than ours", narrower, "cells", "<= 0")


if __name__ == "__main__":
    main()
