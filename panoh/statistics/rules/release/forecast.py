"""What a release would look like, before any budget is spent and without reading the data."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from panoh.statistics.rules.release import accounting, gate
from panoh.statistics.rules.release.display import WIDTH, Shown, protect
from panoh.statistics.rules.release.gate import Refusal
from panoh.statistics.rules.release.measure import measure
from panoh.statistics.rules.release.people import Codes, People, counts
from panoh.statistics.rules.release.plan import Plan
from panoh.statistics.rules.release.sampler import Bytes

SKEW = 1.2  # of the invented people: a few common values, a long tail
GROUPS = 12  # hidden kinds of people, which make columns hang together
MISSING = 0.15
SEED = 20
ROWS_A_SECOND = 1_000_000  # rows times tables
ALONE, BYTES = 115, 28  # megabytes without a row, bytes of a value


@dataclass(frozen=True)
class Forecast:
    """Predicted errors by number of columns, and what the gate would say."""

    n_pub: int
    rho: float
    epsilon: float
    simple_epsilon: float
    group_epsilon: float
    delta: float
    sigma: dict[int, float]
    errors: dict[int, gate.Errors]
    refusals: list[Refusal]
    cures: list[str]
    seconds: int  # on one core, and
    megabytes: int  # of memory, by what releases of other sizes took
    each: list[dict[str, Any]]  # of every table: noise, expected cells, expected error

    def as_json(self) -> dict[str, Any]:
        """The forecast as data."""
        return {
            "dry_run": True,
            "release": not self.refusals,
            "verdict": "do not release" if self.refusals else "may be released",
            "n_pub": self.n_pub,
            "rho": self.rho,
            "epsilon": self.epsilon,
            "epsilon_simple": self.simple_epsilon,
            "epsilon_for_five": self.group_epsilon,
            "delta": self.delta,
            "tables": {
                str(order): {
                    "sigma": self.sigma[order],
                    "half_width95": WIDTH * self.sigma[order],
                    **{name: round(value, 6) for name, value in asdict(found).items()},
                }
                for order, found in self.errors.items()
            },
            "expected_seconds": self.seconds,
            "expected_megabytes": self.megabytes,
            "each_table": self.each,
            "refusals": [asdict(one) for one in self.refusals],
            "cures": self.cures,
        }


def forecast(plan: Plan, source: Bytes, reference: People | None = None) -> Forecast:
    """Measure invented people (or a public ``reference``) as the plan would measure real ones."""
    people = reference or invented(plan)
    shown = protect(measure(people, plan, source))
    orders = sorted({len(table) for table in shown})
    refusals = gate.judge(people, shown, plan, "forecast")
    return Forecast(
        n_pub=plan.n_pub,
        rho=plan.rho,
        epsilon=accounting.epsilon_of(plan.rho, plan.delta),
        simple_epsilon=accounting.simple_epsilon(plan.rho, plan.delta),
        group_epsilon=accounting.epsilon_of(plan.rho * accounting.GROUP**2, plan.delta),
        delta=plan.delta,
        sigma={order: plan.sigma(order) for order in orders},
        errors={order: gate.of_tables(people, shown, plan, order) for order in orders},
        refusals=refusals,
        cures=gate.cures(plan, refusals),
        seconds=1 + round(plan.number_of_rows * len(shown) / ROWS_A_SECOND),
        megabytes=ALONE + round(plan.number_of_rows * len(plan.columns) * BYTES / 1e6),
        each=[_expected(people, one, plan) for one in shown.values()],
    )


def _expected(people: People, one: Shown, plan: Plan) -> dict[str, Any]:
    """What one table is expected to show, to leave out and to invent."""
    sigma = plan.noise(one.table)
    true = counts(people.codes, one.table, plan)
    return {
        "columns": [plan.columns[c].name for c in one.table],
        "cells": len(one.counts),
        "sigma": sigma,
        "half_width95": WIDTH * sigma,
        "threshold": one.threshold,
        "shown": int(one.shown.sum()),
        "suppressed": int(((true > 0) & ~one.shown).sum()),
        "phantom": one.phantoms,
        "werr": float(np.abs(np.where(one.shown, one.counts, 0) - true).sum() / people.size),
    }


def invented(plan: Plan) -> People:
    """People of the public size whose values are skewed and hang together; nobody real."""
    dice = np.random.default_rng(SEED)
    group = dice.choice(GROUPS, plan.n_pub, p=_skewed(GROUPS))
    codes: Codes = np.zeros((len(plan.columns), plan.n_pub), dtype=np.int32)
    for c, column in enumerate(plan.columns):
        number = len(column.values)
        # Each kind of people has an order of its own, a little turned from the common one.
        drawn = dice.choice(number, plan.n_pub, p=_skewed(number))
        turn = dice.integers(0, max(1, number // 2), GROUPS)
        value = (drawn + turn[group]) % number
        codes[c] = np.where(dice.random(plan.n_pub) < MISSING, 0, value + 1)
    return People(codes)


def _skewed(number: int) -> np.ndarray:
    weights = 1 / np.arange(1, number + 1) ** SKEW
    return np.asarray(weights / weights.sum())
