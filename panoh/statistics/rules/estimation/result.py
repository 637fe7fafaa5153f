"""The whole analysis of one table: methods, findings, and which of three answers it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from panoh.statistics.rules.estimation import bic, dga, diagnostics
from panoh.statistics.rules.estimation.bootstrap import Bootstrap, bootstrap, names_of
from panoh.statistics.rules.estimation.diagnostics import BLOCK, NOT_PUBLIC, REFUSE, WARN, Finding
from panoh.statistics.rules.estimation.lattice import Bools, Floats, Ints, lattice, superset_sums
from panoh.statistics.rules.estimation.model import fit, full_code, limits
from panoh.statistics.rules.estimation.stepwise import Step, stepwise
from panoh.statistics.rules.estimation.table import Table

METHODS = ("stepwise", "bic", "dga")
ESTIMATE, RANGE_ONLY, NO_ESTIMATE = "estimate", "range_only", "no_estimate"
VERSION = "0.1.0"
SEED = 1234

Limits = tuple[float, float]


@dataclass(frozen=True)
class Plan:
    """What is decided before looking: methods, order of BIC, replicates, seed.

    ``about`` says definition, place, period and linkage; ``decision`` is a value that N may pass.
    """

    method: str = "all"
    order: int = 2
    replicates: int = 1000
    seed: int = SEED
    about: Mapping[str, str] = field(default_factory=dict)
    decision: float | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods to run, the leading one first."""
        return METHODS if self.method == "all" else (self.method,)


@dataclass(frozen=True)
class Outcome:
    """What one method says. Limits may be infinite: unbounded."""

    method: str
    estimate: float | None = None
    effects: tuple[tuple[str, ...], ...] = ()
    effects_inf: tuple[tuple[str, ...], ...] = ()
    ci95: Limits | None = None
    ci80: Limits | None = None
    bootstrap: Bootstrap | None = None
    identifiable: bool = False
    findings: tuple[Finding, ...] = ()
    trail: tuple[Step, ...] = ()

    @property
    def bca95(self) -> Limits | None:
        """Adjusted limits of the bootstrap."""
        return self.bootstrap.bca95 if self.bootstrap else None

    @property
    def percentile95(self) -> Limits | None:
        """Plain limits of the bootstrap."""
        return self.bootstrap.percentile95 if self.bootstrap else None

    @property
    def intervals(self) -> list[Limits]:
        """Every 95% interval of this method."""
        return [one for one in (self.bca95, self.percentile95, self.ci95) if one is not None]


@dataclass(frozen=True)
class Analysis:
    """The answer on a table: ``estimate``, ``range_only`` or ``no_estimate``."""

    table: Table
    plan: Plan
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]  # those of the table and of all methods together
    models_tried: int
    searched: tuple[Table, tuple[bic.Search, ...]] | None = None  # every model that was fitted

    def status_of(self, outcome: Outcome) -> str:
        """The status of one method: its own findings and those of the table."""
        severities = {one.severity for one in (*self.findings, *outcome.findings)}
        if REFUSE in severities or outcome.estimate is None or not outcome.intervals:
            return NO_ESTIMATE
        return RANGE_ONLY if BLOCK in severities else ESTIMATE

    @property
    def status(self) -> str:
        """The status of the whole: a block of any method that has an answer leaves a range only."""
        found = {self.status_of(one) for one in self.outcomes} - {NO_ESTIMATE}
        if not found:
            return NO_ESTIMATE
        return RANGE_ONLY if RANGE_ONLY in found else ESTIMATE

    @property
    def publishable(self) -> bool:
        """Whether the answer may leave, "no estimate" like the others: three lists, cases enough
        and an origin."""
        return _may_leave(self.all_findings)

    @property
    def all_findings(self) -> list[Finding]:
        """Findings of the table, then of each method with its name before them."""
        several = len(self.outcomes) > 1
        return [
            *self.findings,
            *(
                replace(one, text=f"{outcome.method}: {one.text}") if several else one
                for outcome in self.outcomes
                for one in outcome.findings
            ),
        ]

    @property
    def envelope(self) -> Limits | None:
        """From the lowest lower to the highest upper 95% limit of the methods that answer."""
        found = [
            limit
            for one in self.outcomes
            if self.status_of(one) != NO_ESTIMATE
            for limit in one.intervals
        ]
        if not found:
            return None
        return min(low for low, _ in found), max(high for _, high in found)

    def as_json(self, seconds: float) -> dict[str, Any]:
        """The answer as data. ``unbounded`` stands for a limit that does not exist."""
        objects = [self._object(one, seconds) for one in self.outcomes]
        if self.plan.method != "all":
            return objects[0]
        return {
            "lists": list(self.table.lists),
            "observed": self.table.observed,
            "status": self.status,
            "diagnostics": [finding_json(one) for one in self.all_findings],
            "methods": objects,
            "envelope": limits_json(self.envelope),
        }

    def _object(self, outcome: Outcome, seconds: float) -> dict[str, Any]:
        findings = (*self.findings, *outcome.findings)
        return {
            "lists": list(self.table.lists),
            "observed": self.table.observed,
            "method": outcome.method,
            "status": self.status_of(outcome),
            "effects": [list(names) for names in outcome.effects],
            "effects_inf": [list(names) for names in outcome.effects_inf],
            "estimate": outcome.estimate,
            "ci95": limits_json(outcome.ci95),
            "bca95": limits_json(outcome.bca95),
            "percentile95": limits_json(outcome.percentile95),
            "identifiable": outcome.identifiable,
            "diagnostics": [finding_json(one) for one in findings],
            "publishable": _may_leave(findings),
            "seconds": seconds,
            "provenance": {
                "sha256": self.table.sha256,
                "version": f"panoh {VERSION}, numpy {np.__version__}",
                "seed": self.plan.seed,
            },
        }


def _may_leave(findings: Sequence[Finding]) -> bool:
    return not any(one.severity == NOT_PUBLIC or one.code == "MSE-D1-FEW-LISTS" for one in findings)


def finding_json(one: Finding) -> dict[str, str]:
    """A finding as data."""
    return {"code": one.code, "severity": one.severity, "text": one.text}


def limits_json(limit: Limits | None) -> list[float | str] | None:
    """Limits as data; an infinite one is unbounded."""
    return None if limit is None else [x if np.isfinite(x) else "unbounded" for x in limit]


def analyse(table: Table, plan: Plan) -> Analysis:
    """Run the plan on the table."""
    empty, full = _without_empty(table)
    findings = diagnostics.of_table(full, empty)
    findings += diagnostics.of_provenance(plan.about)
    if len(full.lists) < 3:
        return _refused(table, plan, findings)
    lat = lattice(len(full.lists))
    totals = superset_sums(full.cells.astype(float), lat.k)
    code = full_code(totals, np.zeros(len(lat.pairs), bool), lat)
    if code:
        return _refused(table, plan, [*findings, *diagnostics.of_main_effects(code)])
    work = _Work(full, plan)
    outcomes = tuple(work.outcome(method) for method in plan.methods)
    findings += diagnostics.of_spread(work.searches, work.by_method)
    findings += diagnostics.of_lists(full)
    findings += diagnostics.of_linkage(full, float(work.stepwise.values[0]))
    searched = (full, tuple(work.searches))
    return Analysis(table, plan, outcomes, tuple(findings), work.models_tried, searched)


def _refused(table: Table, plan: Plan, findings: Sequence[Finding]) -> Analysis:
    outcomes = tuple(Outcome(method) for method in plan.methods)
    return Analysis(table, plan, outcomes, tuple(findings), 1)


def _without_empty(table: Table) -> tuple[list[str], Table]:
    """The lists that nobody is on, and the table without their columns."""
    used = [j for j in range(len(table.lists)) if any(mask >> j & 1 for mask in table.histories)]
    if len(used) == len(table.lists):
        return [], table
    masks = [
        sum((mask >> j & 1) << place for place, j in enumerate(used)) for mask in table.histories
    ]
    empty = [name for j, name in enumerate(table.lists) if j not in used]
    return empty, Table(tuple(table.lists[j] for j in used), tuple(masks), table.counts)


class _Work:
    """What several methods and findings need, computed once."""

    def __init__(self, table: Table, plan: Plan) -> None:
        self.table, self.plan = table, plan
        self.cells, self.k = table.cells, len(table.lists)
        self.totals = superset_sums(self.cells.astype(float), self.k)
        self.stepwise = stepwise(self.cells[None], self.k)

    @cached_property
    def searches(self) -> list[bic.Search]:
        """BIC over all models of order 2, and of order 3 where that can be done."""
        orders = (2, 3) if self.k <= bic.MOST_LISTS[3] else (2,)
        return [bic.search(self.cells, self.k, order) for order in orders]

    @cached_property
    def posterior(self) -> dga.Posterior | None:
        """The average over graphs, up to five lists."""
        return dga.average(self.cells, self.k) if self.k <= dga.MOST_LISTS else None

    @property
    def by_method(self) -> dict[str, float]:
        """N by each method, whatever was asked for."""
        found = {"stepwise": float(self.stepwise.values[0])}
        for one in self.searches:
            found[f"bic, order {one.order}"] = float(one.values[one.best])
            found[f"bic weighted, order {one.order}"] = one.weighted
        if self.posterior is not None:
            found["dga"] = self.posterior.quantile(0.5)
        return found

    @property
    def models_tried(self) -> int:
        """How many models were fitted to the table itself."""
        graphs = len(self.posterior.graphs) if self.posterior else 0
        return sum(len(one.models) for one in self.searches) + graphs

    def outcome(self, method: str) -> Outcome:
        """One method, with the findings on its number."""
        made = {"stepwise": self._stepwise, "bic": self._bic, "dga": self._dga}[method]()
        if made.estimate is None:
            return made
        n = self.table.observed
        notes = [
            diagnostics.of_factor(n, made.estimate, self.plan.decision),
            *diagnostics.of_share(n, made.estimate),
        ]
        return replace(made, findings=(*made.findings, *notes))

    def _names(self, masks: Ints) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(diagnostics.name_list(self.table, int(mask))) for mask in masks)

    def _resampled(
        self, estimate: float, model: Bools, select: Any
    ) -> tuple[Bootstrap | None, tuple[Finding, ...]]:
        if not self.plan.replicates:
            return None, ()
        found = bootstrap(self.table, estimate, select, self.plan.replicates, self.plan.seed)
        return found, tuple(diagnostics.of_bootstrap(found, model.tobytes()))

    def _stepwise(self) -> Outcome:
        lat, found = lattice(self.k), self.stepwise
        estimate = float(found.values[0])

        def select(tables: Ints) -> tuple[Floats, list[bytes]]:
            again = stepwise(tables, self.k)
            return again.values, names_of(again.chosen)

        resampled, notes = self._resampled(estimate, found.chosen[0], select)
        order = np.array([step.pair for step in found.trail], dtype=np.int64)
        infinite = found.fits.layout.infinite[0][order]
        return Outcome(
            method="stepwise",
            estimate=estimate,
            effects=self._names(lat.pairs[order[~infinite]]),
            effects_inf=self._names(lat.pairs[order[infinite]]),
            ci95=limits(found.fits, 0, self.table.observed, lat, 0.95),
            ci80=limits(found.fits, 0, self.table.observed, lat, 0.80),
            bootstrap=resampled,
            identifiable=True,
            findings=notes,
            trail=tuple(found.trail),
        )

    def _bic(self) -> Outcome:
        found = next(
            (one for one in self.searches if one.order == self.plan.order), self.searches[0]
        )
        lat = lattice(self.k, found.order)
        model = found.models[found.best]
        fits = fit(self.totals[None], model[None], lat)
        estimate = float(self.totals[0] + fits.dark[0])
        everything = True

        def select(tables: Ints) -> tuple[Floats, list[bytes]]:
            nonlocal everything
            choice = bic.choose(tables, self.k, found)
            everything = choice.all_models
            names = names_of(choice.models)
            return choice.values, [names[at] if at >= 0 else b"" for at in choice.chosen]

        resampled, notes = self._resampled(estimate, model, select)
        infinite = fits.layout.infinite[0]
        return Outcome(
            method="bic",
            estimate=estimate,
            effects=self._names(lat.sets[model & ~infinite]),
            effects_inf=self._names(lat.sets[model & infinite]),
            ci95=limits(fits, 0, self.table.observed, lat, 0.95),
            ci80=limits(fits, 0, self.table.observed, lat, 0.80),
            bootstrap=resampled,
            identifiable=True,
            findings=(*_on_search(found, self.plan.order, everything), *notes),
        )

    def _dga(self) -> Outcome:
        found = self.posterior
        if found is None:
            text = f"decomposable graphs are averaged for up to {dga.MOST_LISTS} lists"
            return Outcome("dga", findings=(Finding("MSE-DGA-LISTS", diagnostics.INFO, text),))
        notes = []
        if found.edge > 0.001:
            text = f"{found.edge:.1%} of the posterior lies at the end of the grid: too short"
            notes.append(Finding("MSE-DGA-GRID", WARN, text, found.edge, 0.001))
        return Outcome(
            method="dga",
            estimate=found.quantile(0.5),
            effects=self._names(np.array(found.graphs[0], dtype=np.int64)),
            ci95=(found.quantile(0.025), found.quantile(0.975)),
            ci80=(found.quantile(0.10), found.quantile(0.90)),
            identifiable=True,
            findings=tuple(notes),
        )


def _on_search(found: bic.Search, order: int, everything: bool) -> list[Finding]:
    """What a reader must know of how far the search went."""
    notes = []
    if found.partial:
        text = f"partial: {len(found.models)} neighbouring models were tried, not all"
        notes.append(Finding("MSE-BIC-PARTIAL", WARN, text, len(found.models)))
    if found.order != order:
        text = f"order {order} is not searched for so many lists; this is order {found.order}"
        notes.append(Finding("MSE-BIC-ORDER", WARN, text, found.order, order))
    if not everything:
        text = f"replicates choose among the {bic.TOP} best models: intervals may be too short"
        notes.append(Finding("MSE-BIC-TOP", WARN, text, bic.TOP))
    return notes
