"""One release from plan and data to products, with every refusal on the way."""

from dataclasses import dataclass

import numpy as np

from panoh.statistics.rules.release import gate, rows
from panoh.statistics.rules.release.attacks import Membership, membership
from panoh.statistics.rules.release.display import Shown, protect
from panoh.statistics.rules.release.gate import Errors, Refusal
from panoh.statistics.rules.release.measure import Measured, Table, measure
from panoh.statistics.rules.release.people import Codes, People
from panoh.statistics.rules.release.plan import Plan
from panoh.statistics.rules.release.sampler import Bytes


@dataclass(frozen=True)
class Draft:
    """Three products of one spend, and what the gate says. ``errors`` is confidential."""

    plan: Plan
    measured: Measured
    shown: dict[Table, Shown]
    rows: Codes
    refusals: list[Refusal]
    errors: dict[int, Errors]  # against the true counts: secure zone only
    row_errors: dict[int, Errors]  # of rows against the noisy tables: public
    membership: Membership  # an attack on the plan's own noise: public


def make(people: People, plan: Plan, source: Bytes) -> Draft:
    """Measure, protect, make rows, judge. The spend has been written before."""
    measured = measure(people, plan, source)
    shown = protect(measured)
    dice = np.random.default_rng(int.from_bytes(source(16), "little"))
    made = rows.make(measured, shown, dice)
    planted = membership(plan, source)
    refusals = [
        *gate.judge(people, shown, plan, "result"),
        *gate.same_totals(measured, made),
        *gate.attacked(made, shown, plan, planted),
    ]
    orders = sorted({len(table) for table in shown})
    return Draft(
        plan, measured, shown, made, refusals,
        errors={order: gate.of_tables(people, shown, plan, order) for order in orders},
        row_errors={order: gate.against_tables(made, shown, plan, order) for order in orders},
        membership=planted,
    )  # fmt: skip
