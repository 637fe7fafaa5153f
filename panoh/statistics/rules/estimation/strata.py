"""Groups that are estimated apart, each with its own findings; a total adds their replicates.

Limits are never added: the total's interval is that of the sums of replicates, the n-th of each
group with the n-th of the others, all drawn apart.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from panoh.statistics.rules.estimation.bootstrap import LEVELS, quantile
from panoh.statistics.rules.estimation.diagnostics import NOT_PUBLIC, REFUSE, WARN, Finding
from panoh.statistics.rules.estimation.lattice import Floats
from panoh.statistics.rules.estimation.result import (
    ESTIMATE,
    NO_ESTIMATE,
    RANGE_ONLY,
    Analysis,
    Limits,
    Plan,
    analyse,
    finding_json,
    limits_json,
)
from panoh.statistics.rules.estimation.table import BadTable, Table, lines_of, read_lines

MOST_GROUPS = 50
SOME_LOST, MANY_LOST = 0.01, 0.05  # of the replicates, as in MSE-D3-FAILED


@dataclass(frozen=True)
class Total:
    """The sum over the groups by one method. ``estimate`` and ``percentile95`` are None where a
    group has no answer, or the method draws no replicates."""

    method: str
    status: str
    estimate: float | None = None
    percentile95: Limits | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Strata:
    """Every group's own analysis, in file order, and the totals of the methods."""

    column: str
    groups: Mapping[str, Analysis]
    totals: tuple[Total, ...]

    @property
    def publishable(self) -> bool:
        """Whether the answer may leave: that of every group may."""
        return all(one.publishable for one in self.groups.values())

    @property
    def status(self) -> str:
        """The status of the whole: that of the totals that can be said."""
        found = {one.status for one in self.totals} - {NO_ESTIMATE}
        if not found:
            return NO_ESTIMATE
        return RANGE_ONLY if RANGE_ONLY in found else ESTIMATE

    @property
    def envelope(self) -> Limits | None:
        """From the lowest lower to the highest upper limit of the totals."""
        found = [one.percentile95 for one in self.totals if one.percentile95 is not None]
        if self.status == NO_ESTIMATE or not found:
            return None
        return min(low for low, _ in found), max(high for _, high in found)

    def as_json(self, seconds: float) -> dict[str, Any]:
        """The answer as data: each group as it would stand alone, then the totals."""
        return {
            "strata_by": self.column,
            "strata": {name: one.as_json(seconds) for name, one in self.groups.items()},
            "total": {
                "observed": sum(one.table.observed for one in self.groups.values()),
                "publishable": self.publishable,
                "methods": [
                    {
                        "method": one.method,
                        "status": one.status,
                        "estimate": one.estimate,
                        "percentile95": limits_json(one.percentile95),
                        "diagnostics": [finding_json(found) for found in one.findings],
                    }
                    for one in self.totals
                ],
            },
        }


def read_strata(data: bytes, column: str) -> dict[str, Table]:
    """A capture table with one more column that names each row's group. Raises BadTable."""
    lines = lines_of(data)
    if not lines:
        raise BadTable("the file is empty")
    header = lines[0][1]
    if column not in header[:-1]:
        raise BadTable(f"no column is named {column[:40]!r} before the counts")
    at = header.index(column)
    groups: dict[str, list[tuple[int, list[str]]]] = {}
    for line, row in lines[1:]:
        if len(row) != len(header):
            raise BadTable(f"line {line}: {len(row)} values where {len(header)} belong")
        if not row[at]:
            raise BadTable(f"line {line}: {column!r} is blank; a group has a name")
        groups.setdefault(row[at], []).append((line, row[:at] + row[at + 1 :]))
    if len(groups) > MOST_GROUPS:
        raise BadTable(f"{len(groups)} groups in {column!r}: at most {MOST_GROUPS}")
    head = (lines[0][0], header[:at] + header[at + 1 :])
    return {name: _of_group(name, [head, *rows]) for name, rows in groups.items()}


def mark_of(tables: Mapping[str, Table]) -> str:
    """The mark of all groups with their names, in file order."""
    text = "".join(f"{name}\n{table.csv}" for name, table in tables.items())
    return hashlib.sha256(text.encode()).hexdigest()


def _of_group(name: str, rows: list[tuple[int, list[str]]]) -> Table:
    try:
        return read_lines(rows)
    except BadTable as error:
        raise BadTable(f"group {name[:40]!r}: {error}") from error


def analyse_strata(tables: Mapping[str, Table], column: str, plan: Plan) -> Strata:
    """Each group by the plan, with draws of its own; then the sums."""
    groups = {
        name: analyse(table, replace(plan, seed=plan.seed + place))
        for place, (name, table) in enumerate(tables.items())
    }
    totals = tuple(_total(at, method, groups) for at, method in enumerate(plan.methods))
    return Strata(column, groups, totals)


def _total(at: int, method: str, groups: Mapping[str, Analysis]) -> Total:
    standing = {name: one.status_of(one.outcomes[at]) for name, one in groups.items()}
    silent = [name for name, status in standing.items() if status == NO_ESTIMATE]
    if silent:
        text = f"no estimate for {', '.join(silent)}: nothing can be added"
        return Total(method, NO_ESTIMATE, findings=(Finding("MSE-STRATA", REFUSE, text),))
    drawn = [one.outcomes[at].bootstrap for one in groups.values()]
    if None in drawn:
        text = "this method draws no replicates; limits are not added"
        return Total(method, NO_ESTIMATE, findings=(Finding("MSE-STRATA", REFUSE, text),))
    sums = np.sum([one.replicates for one in drawn if one is not None], axis=0)
    findings = _lost(sums)
    if any(one.severity == REFUSE for one in findings):
        return Total(method, NO_ESTIMATE, findings=findings)
    kept = np.sort(sums[~np.isnan(sums)])
    return Total(
        method,
        RANGE_ONLY if RANGE_ONLY in standing.values() else ESTIMATE,
        sum(one.outcomes[at].estimate or 0 for one in groups.values()),
        (quantile(kept, LEVELS[0]), quantile(kept, LEVELS[-1])),
        (*findings, *_small(groups)),
    )


def _lost(sums: Floats) -> tuple[Finding, ...]:
    lost = float((~np.isfinite(sums)).mean())
    if lost <= SOME_LOST:
        return ()
    text = f"{lost:.1%} of the sums of replicates are not finite"
    severity = REFUSE if lost > MANY_LOST else WARN
    return (Finding("MSE-D3-FAILED", severity, text, lost, SOME_LOST),)


def _small(groups: Mapping[str, Analysis]) -> tuple[Finding, ...]:
    hidden = [name for name, one in groups.items() if not one.publishable]
    if not hidden:
        return ()
    text = f"not to be published apart, and so not their sum: {', '.join(hidden)}"
    return (Finding("MSE-STRATA", NOT_PUBLIC, text),)
