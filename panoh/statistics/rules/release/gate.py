"""What a release must pass: error figures and the gate. No override: a new plan is a new run."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from panoh.statistics.rules.estimation.lattice import Ints
from panoh.statistics.rules.release.attacks import Membership
from panoh.statistics.rules.release.display import Shown
from panoh.statistics.rules.release.measure import Measured, Table
from panoh.statistics.rules.release.people import Codes, People, counts, holding, reported
from panoh.statistics.rules.release.plan import Plan

MOST_SUPPRESSED, MOST_ERROR, MOST_FABRICATED = 0.10, 0.15, 0.01


@dataclass(frozen=True)
class Errors:
    """Differences between true and shown counts over all tables of one order, reported cells only.

    ``mae``: mean over cells that hold somebody; ``werr``: sum of differences over sum of truths;
    ``suppressed``: share of occupied cells shown as nothing; ``fabricated``: share of shown cells
    that nobody stands in; ``f10``: such cells at 10 or more.
    """

    mae: float
    werr: float
    suppressed: float
    fabricated: float
    f10: int


@dataclass(frozen=True)
class Refusal:
    """One reason of the gate."""

    code: str
    text: str


def errors(pairs: Iterable[tuple[Ints, Ints]]) -> Errors:
    """Figures over (true, shown) counts of several tables."""
    off = off_held = total = held = lost = appeared = invented = ten = 0
    for true, seen in pairs:
        gap = np.abs(true - seen)
        off += int(gap.sum())
        off_held += int(gap[true > 0].sum())
        total += int(true.sum())
        held += int((true > 0).sum())
        lost += int(((true > 0) & (seen == 0)).sum())
        appeared += int((seen > 0).sum())
        invented += int(((seen > 0) & (true == 0)).sum())
        ten += int(((seen >= 10) & (true == 0)).sum())
    return Errors(
        mae=off_held / max(held, 1),
        werr=off / max(total, 1),
        suppressed=lost / max(held, 1),
        fabricated=invented / max(appeared, 1),
        f10=ten,
    )


def of_tables(people: People, shown: dict[Table, Shown], plan: Plan, order: int) -> Errors:
    """Errors of the protected tables of one order."""
    return errors(
        (
            counts(people.codes, table, plan)[reported(table, plan)],
            np.where(one.shown, one.counts, 0)[reported(table, plan)],
        )
        for table, one in shown.items()
        if len(table) == order
    )


def of_rows(people: People, rows: Codes, plan: Plan, tables: Iterable[Table]) -> Errors:
    """Errors of counts taken from the rows."""
    return errors(
        (
            counts(people.codes, table, plan)[reported(table, plan)],
            counts(rows, table, plan)[reported(table, plan)],
        )
        for table in tables
    )


def against_tables(rows: Codes, shown: dict[Table, Shown], plan: Plan, order: int) -> Errors:
    """How far counts from rows stand from the tables: no confidential number is looked at."""
    return errors(
        (
            np.where(one.shown, one.counts, 0)[reported(table, plan)],
            counts(rows, table, plan)[reported(table, plan)],
        )
        for table, one in shown.items()
        if len(table) == order
    )


def judge(people: People, shown: dict[Table, Shown], plan: Plan, word: str) -> list[Refusal]:
    """G3 to G5 on the forecast or on the result; ``word`` says on which."""
    one, two = (of_tables(people, shown, plan, order) for order in (1, 2))
    found = []
    if one.suppressed > MOST_SUPPRESSED:
        text = f"{word}: {one.suppressed:.0%} of the values of single columns would not be shown"
        found.append(Refusal("SR-G3", text))
    if two.werr > MOST_ERROR:
        text = f"{word}: counts of two columns are off by {two.werr:.0%} of all they count"
        found.append(Refusal("SR-G4", text))
    if two.fabricated > MOST_FABRICATED:
        text = f"{word}: {two.fabricated:.1%} of the cells of two columns would be invented"
        found.append(Refusal("SR-G5", text))
    return found


def same_totals(measured: Measured, rows: Codes) -> list[Refusal]:
    """G6: every table and the dashboard speak of one number of people; there are as many rows as
    the plan said before anything was counted.
    """
    totals = {int(values.sum()) for values in measured.tables.values()}
    if totals <= {measured.total} and rows.shape[1] == measured.plan.number_of_rows:
        return []
    return [Refusal("SR-G6", "totals differ between the products")]


def attacked(
    rows: Codes, shown: dict[Table, Shown], plan: Plan, planted: Membership
) -> list[Refusal]:
    """G7: phantom and forbidden combinations in rows; a planted person who can be found."""
    found = []
    phantom = any(
        ((counts(rows, table, plan) > 0) & ~one.shown & reported(table, plan)).any()
        for table, one in shown.items()
    )
    if phantom:
        found.append(Refusal("SR-G7", "a row holds a combination that no table shows"))
    if any(holding(rows, combination).any() for combination in plan.forbidden):
        found.append(Refusal("SR-G7", "a row holds a forbidden combination"))
    if planted.succeeds:
        found.append(Refusal("SR-G7", "a planted person is found more surely than epsilon allows"))
    return found


def cures(plan: Plan, refusals: list[Refusal]) -> list[str]:
    """What could be tried instead."""
    if not refusals:
        return []
    largest = max(plan.columns, key=lambda one: len(one.domain))
    return [
        f"fewer columns than {len(plan.columns)}",
        f"wider groups in {largest.name!r}, which has {len(largest.values)} values",
        "regions for countries, wider years or ages",
        f"fewer tables of three columns than {plan.wanted_triples}",
        f"a larger epsilon than {plan.epsilon:g}, within the cap",
        "waiting for more data",
    ]
