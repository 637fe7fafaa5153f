"""From a plan and what was sent to the files that are kept: pure, run by the worker."""

import csv
import gzip
import io
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from panoh.kernel.codes import escaped
from panoh.statistics.rules import estimation
from panoh.statistics.rules.estimation import diagnostics
from panoh.statistics.rules.estimation.lattice import lattice
from panoh.statistics.rules.outputs import OFFICIAL_PAPERS, PAPERS, incomplete, written
from panoh.statistics.rules.release import (
    accounting,
    draft,
    official_files,
    official_plan,
    people,
    sampler,
)
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.forecast import forecast
from panoh.statistics.rules.release.gate import Refusal
from panoh.statistics.rules.release.ledger import ADJACENCY, short
from panoh.statistics.rules.release.official import Official
from panoh.statistics.rules.release.official_plan import OfficialPlan
from panoh.statistics.rules.release.products import Told, write

RESULT, MODELS = "result.json", "models.csv.gz"
FORECAST, GATE, ERRORS = "forecast.json", "gate.json", "true-errors.json"
FINDINGS = "findings.json"  # of official tables: which cells, for approvers alone


@dataclass(frozen=True)
class Made:
    """Files by name, and whether anything stands against publication; ``secret`` ones are for
    approvers only. ``status`` is an estimation's."""

    papers: dict[str, bytes]
    is_passed: bool
    status: str = ""
    secret: dict[str, bytes] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def estimate(content: bytes, plan: str, about: str) -> Made:
    """Run every method on a capture table, or on each group of one. Same table, plan and origin:
    same bytes.

    Raises ``BadTable``.
    """
    levels, origin = json.loads(plan), json.loads(about)
    column = levels.pop("strata", "")
    asked = estimation.Plan(**levels, about=origin)
    found: estimation.Analysis | estimation.Strata
    if column:
        found = estimation.analyse_strata(estimation.read_strata(content, column), column, asked)
        # Of a group that may only show a range no single method's number is told anywhere.
        plain = {
            n: one for n, one in found.groups.items() if one.status == estimation.result.ESTIMATE
        }
        result, models = _of_groups(found, origin), _models(plain)
    else:
        found = estimation.analyse(estimation.read(content), asked)
        result, models = _as_kept(found, origin), _models({"": found})
    papers = {
        RESULT: written(result).encode(),
        MODELS: gzip.compress(models.encode(), mtime=0),
    }
    return Made(papers, found.publishable, found.status)


def _as_kept(analysis: estimation.Analysis, origin: dict[str, str]) -> dict[str, Any]:
    found = analysis.as_json(0.0)
    for one in found["methods"]:
        del one["seconds"]  # would differ each time
    lowest = [one.severity for one in analysis.all_findings]
    for told, one in zip(found["diagnostics"], analysis.all_findings, strict=True):
        told |= {"value": _plain(one.value), "limit": _plain(one.limit)}
    return {
        **found,
        "about": origin,
        "models_tried": analysis.models_tried,
        "severities": sorted(set(lowest)),
        "decision": analysis.plan.decision,
        "provenance": found["methods"][0]["provenance"],
    }


def _of_groups(strata: estimation.Strata, origin: dict[str, str]) -> dict[str, Any]:
    """Every group as it would stand alone, below the sum in the same shape."""
    groups = {name: _as_kept(one, origin) for name, one in strata.groups.items()}
    every = list(groups.values())
    total = strata.as_json(0.0)["total"]
    for one in total["methods"]:
        one |= {"ci95": None, "bca95": None, "effects": [], "effects_inf": []}
    found = [
        *(note for one in total["methods"] for note in one["diagnostics"]),
        *(
            {**note, "text": f"{name}: {note['text']}"}
            for name, one in groups.items()
            for note in one["diagnostics"]
        ),
    ]
    return {
        "status": strata.status,
        "lists": every[0]["lists"],
        "observed": total["observed"],
        "envelope": estimation.limits_json(strata.envelope),
        "methods": total["methods"],
        "diagnostics": found,
        "about": origin,
        "models_tried": sum(one["models_tried"] for one in every),
        "severities": sorted({note["severity"] for note in found}),
        "provenance": {**every[0]["provenance"], "sha256": origin["table"]},
        "strata_by": strata.column,
        "groups": groups,
    }


def _plain(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _models(groups: Mapping[str, estimation.Analysis]) -> str:
    """Every model that was fitted: group, order, effects, BIC, N; blank where it is not
    admissible."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["group", "search", "effects", "bic", "n"])
    for name, analysis in groups.items():
        # Groups and lists bear the names of whoever made the file.
        lines.writerows(
            [one if isinstance(one, float) else escaped(str(one)) for one in (name, *line)]
            for line in _fitted(analysis)
        )
    return out.getvalue()


def _fitted(analysis: estimation.Analysis) -> Iterator[list[object]]:
    for outcome in analysis.outcomes:
        for step in outcome.trail:
            pair = _pair(step.pair, analysis.table.lists)
            yield [f"{outcome.method} step", pair, "", step.estimate]
    if analysis.searched is None:
        return
    full, searches = analysis.searched
    for search in searches:
        lat = lattice(len(full.lists), search.order)
        names = [":".join(diagnostics.name_list(full, int(mask))) for mask in lat.sets]
        for model, bic, value in zip(search.models, search.bic, search.values, strict=True):
            effects = " ".join(names[at] for at in np.flatnonzero(model))
            numbers = [round(float(x), 6) if np.isfinite(x) else "" for x in (bic, value)]
            yield [f"order {search.order}", effects, *numbers]


def _pair(number: int, lists: tuple[str, ...]) -> str:
    pairs = [(a, b) for at, a in enumerate(lists) for b in lists[at + 1 :]]
    return ":".join(pairs[number])


def plan_of(text: str) -> plans.Plan | OfficialPlan:
    """A plan of either path. Raises ``BadPlan``."""
    return official_plan.read(text) if official_plan.path_of(text) == "A" else plans.read(text)


def predict(plan: str, left: Callable[[plans.Plan], float]) -> Made:
    """What a release would look like; reads no data. ``left``: what of the budget may still be
    spent by a plan. Raises ``BadPlan``."""
    asked = plan_of(plan)
    if isinstance(asked, OfficialPlan):
        return Made({FORECAST: written(official_files.outlook(asked)).encode()}, True)
    found, most = forecast(asked, sampler.system), left(asked)
    faults = tuple(f"{one.code}: {one.text}" for one in found.refusals)
    said = found.as_json() | {"rho_left": most}
    if asked.rho > most * (1 + 1e-9):
        faults = (short(most, asked.rho), *faults)
        said |= {"release": False, "verdict": "do not release"}
    return Made({FORECAST: written(said).encode()}, not faults, faults=faults)


def table_of(
    content: bytes, plan: people.Sheet, withdrawn: Container[str] = frozenset()
) -> people.People:
    """The persons of a file that was sent, without who has withdrawn. Raises ``BadData``."""
    return people.read_open(io.BytesIO(content), plan, withdrawn)


def entry(
    plan: plans.Plan | OfficialPlan, at: str, who: Sequence[str] = (), *, test: bool = False
) -> dict[str, Any]:
    """What the ledger keeps of a spend, or of official tables, which spend nothing. ``who`` asked
    for it and agreed to it."""
    said = {
        "population": plan.population,
        "time": at,
        "plan": plan.sha256,
        "adjacency": ADJACENCY,
        "people": list(who),
        "test": test,
    }
    if isinstance(plan, OfficialPlan):
        return {**said, "tables": len(plan.tables), "products": ["official tables"]}
    return {
        **said,
        "rho": plan.rho,
        "epsilon": accounting.epsilon_of(plan.rho, plan.delta),
        "epsilon_simple": accounting.simple_epsilon(plan.rho, plan.delta),
        "delta": plan.delta,
        "tables": len(plan.tables) + plan.wanted_triples,
        "products": ["tables", "rows", "dashboard"],
    }


def release(persons: people.People, plan: plans.Plan, told: Told) -> Made:
    """Draw, protect, make rows, judge: the spend has been written before. Where the gate refuses,
    only its reasons are kept."""
    made = draft.make(persons, plan, sampler.system)
    papers = dict(_files(partial(write, made, told)))
    refusals = [*made.refusals, *lacking(told.about, papers, PAPERS)]
    faults = tuple(f"{one.code}: {one.text}" for one in refusals)
    gate = written({"refusals": [asdict(one) for one in refusals]}).encode()
    errors = {str(order): asdict(one) for order, one in made.errors.items()}
    secret = {ERRORS: written(errors).encode()}
    if faults:
        return Made({GATE: gate}, False, secret=secret, faults=faults)
    return Made({**papers, GATE: gate}, True, secret=secret)


def official_tables(made: Official, told: Told) -> Made:
    """Official tables, or which rules they break: how often, and in which cells for approvers
    alone."""
    papers = dict(_files(partial(official_files.write, made, told)))
    broken = Counter(one.text.split(":")[0] for one in made.refusals)
    faults = [
        f"SR-G1: {rule}" + (f" is not kept in {count} cells" if rule.startswith("SR-") else "")
        for rule, count in sorted(broken.items())
    ]
    faults += [f"{one.code}: {one.text}" for one in lacking(told.about, papers, OFFICIAL_PAPERS)]
    gate = written({"refusals": []}).encode()
    if faults:
        secret = {FINDINGS: written([asdict(one) for one in made.findings]).encode()}
        return Made({}, False, secret=secret, faults=tuple(faults))
    return Made({**papers, GATE: gate}, True)


def lacking(
    about: Mapping[str, str], papers: Iterable[str] = (), needed: Iterable[str] = ()
) -> list[Refusal]:
    """Gate SR-G8: what the record lacks, and which of the files that are ``needed``."""
    lacks = incomplete(about, papers, needed)
    text = f"not said or not there: {', '.join(lacks)}"
    return [Refusal("SR-G8", text)] if lacks else []


def _files(writing: Callable[[Path], None]) -> Iterator[tuple[str, bytes]]:
    """The files as they are written; they hold what is protected already."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writing(folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path.read_bytes()
