"""From a plan and what was sent to the files that are kept: pure, run by the worker."""

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from panoh.statistics.rules import estimation
from panoh.statistics.rules.estimation import diagnostics
from panoh.statistics.rules.estimation.lattice import lattice
from panoh.statistics.rules.outputs import incomplete, written
from panoh.statistics.rules.release import accounting, draft, people, sampler
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.draft import Draft
from panoh.statistics.rules.release.forecast import forecast
from panoh.statistics.rules.release.gate import Refusal
from panoh.statistics.rules.release.ledger import ADJACENCY
from panoh.statistics.rules.release.products import Told, write

RESULT, MODELS = "result.json", "models.csv.gz"
FORECAST, GATE, ERRORS = "forecast.json", "gate.json", "true-errors.json"


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
    """Run every method on a capture table. Same table, plan and origin: same bytes.

    Raises ``BadTable``.
    """
    table = estimation.read(content)
    origin = json.loads(about)
    analysis = estimation.analyse(table, estimation.Plan(**json.loads(plan), about=origin))
    result = _as_kept(analysis, origin)
    papers = {
        RESULT: written(result).encode(),
        MODELS: gzip.compress(_models(analysis).encode(), mtime=0),
    }
    return Made(papers, analysis.publishable, analysis.status)


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
        "provenance": found["methods"][0]["provenance"],
    }


def _plain(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _models(analysis: estimation.Analysis) -> str:
    """Every model that was fitted: order, effects, BIC, N; blank where it is not admissible."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["search", "effects", "bic", "n"])
    for outcome in analysis.outcomes:
        for step in outcome.trail:
            pair = analysis.table.lists
            lines.writerow([f"{outcome.method} step", _pair(step.pair, pair), "", step.estimate])
    if analysis.searched is None:
        return out.getvalue()
    full, searches = analysis.searched
    for search in searches:
        lat = lattice(len(full.lists), search.order)
        names = [":".join(diagnostics.name_list(full, int(mask))) for mask in lat.sets]
        for model, bic, value in zip(search.models, search.bic, search.values, strict=True):
            effects = " ".join(names[at] for at in np.flatnonzero(model))
            numbers = [round(float(x), 6) if np.isfinite(x) else "" for x in (bic, value)]
            lines.writerow([f"order {search.order}", effects, *numbers])
    return out.getvalue()


def _pair(number: int, lists: tuple[str, ...]) -> str:
    pairs = [(a, b) for at, a in enumerate(lists) for b in lists[at + 1 :]]
    return ":".join(pairs[number])


def predict(plan: str) -> Made:
    """What a release would look like; reads no data. Raises ``BadPlan``."""
    found = forecast(plans.read(plan), sampler.system)
    faults = tuple(f"{one.code}: {one.text}" for one in found.refusals)
    return Made({FORECAST: written(found.as_json()).encode()}, not faults, faults=faults)


def table_of(content: bytes, plan: plans.Plan) -> people.People:
    """The persons of a file that was sent. Raises ``BadData``."""
    return people.read_open(io.BytesIO(content), plan)


def entry(plan: plans.Plan, about: dict[str, str], at: str) -> dict[str, Any]:
    """What the ledger keeps of a spend."""
    return {
        "population": plan.population,
        "time": at,
        "plan": plan.sha256,
        "adjacency": ADJACENCY,
        "rho": plan.rho,
        "epsilon": accounting.epsilon_of(plan.rho, plan.delta),
        "epsilon_simple": accounting.simple_epsilon(plan.rho, plan.delta),
        "delta": plan.delta,
        "tables": len(plan.tables) + plan.wanted_triples,
        "products": ["tables", "rows", "dashboard"],
        "people": [about["prepared_by"]],
        "test": False,
    }


def release(persons: people.People, plan: plans.Plan, about: str, told: Told) -> Made:
    """Draw, protect, make rows, judge: the spend has been written before. Where the gate refuses,
    only its reasons are kept."""
    made = draft.make(persons, plan, sampler.system)
    papers = dict(_files(made, told))
    lacks = incomplete(json.loads(about), papers)
    if lacks:
        text = f"not said or not there: {', '.join(lacks)}"
        made = replace(made, refusals=[*made.refusals, Refusal("SR-G8", text)])
    faults = tuple(f"{one.code}: {one.text}" for one in made.refusals)
    gate = written({"refusals": [asdict(one) for one in made.refusals]}).encode()
    errors = {str(order): asdict(one) for order, one in made.errors.items()}
    secret = {ERRORS: written(errors).encode()}
    if faults:
        return Made({GATE: gate}, False, secret=secret, faults=faults)
    return Made({**papers, GATE: gate}, True, secret=secret)


def _files(made: Draft, told: Told) -> Iterator[tuple[str, bytes]]:
    """The files as they are written; they hold what is protected already."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(made, told, folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path.read_bytes()
