"""`./run manage estimate FILE.csv`: how many there are, seen or not, or why that cannot be said."""

import json
import os
from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from panoh.statistics.rules.estimation import (
    Analysis,
    BadTable,
    Plan,
    Strata,
    analyse,
    analyse_strata,
    read,
    read_strata,
)
from panoh.statistics.rules.estimation.diagnostics import Finding, many
from panoh.statistics.rules.estimation.result import (
    ESTIMATE,
    METHODS,
    NO_ESTIMATE,
    RANGE_ONLY,
    SEED,
    Limits,
    Outcome,
)
from panoh.statistics.rules.words import FINDINGS

MOST_REPLICATES = 100_000
LARGEST_FILE = 1_000_000  # bytes; ten lists have 1 023 histories
# Findings whose texts hold the numbers of single methods.
NUMBERED = ("MSE-D2", "MSE-D4", "MSE-D5", "MSE-D6")


class Command(BaseCommand):
    help = (
        "Estimate a hidden number from the overlaps of lists. FILE: a 0/1 column for each list, "
        "then a column count."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--method", choices=[*METHODS, "all"], default="all")
        parser.add_argument("--order", type=int, choices=[2, 3], default=2, help="of BIC models")
        parser.add_argument("--bootstrap", type=int, default=1000, help="replicates; 0 for none")
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--strata", metavar="COLUMN", help="estimate each group apart")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["bootstrap"] <= MOST_REPLICATES:
            raise CommandError(f"--bootstrap is a number from 0 to {MOST_REPLICATES}")
        if options["seed"] < 0:
            raise CommandError("--seed is a number from 0")
        started = perf_counter()
        plan = Plan(options["method"], options["order"], options["bootstrap"], options["seed"])
        path = Path(os.environ.get("PANOH_FROM", ""), options["file"])
        found = self._answer(path, options["strata"], plan)
        seconds = round(perf_counter() - started, 3)
        if options["json"]:
            data = found.as_json(seconds)
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))
        else:
            words = strata_in_words(found) if isinstance(found, Strata) else in_words(found)
            self.stdout.write(words)

    def _answer(self, path: Path, column: str | None, plan: Plan) -> Analysis | Strata:
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise CommandError(f"{path.name}: larger than a capture table can be")
            data = path.read_bytes()
            if column is not None:
                return analyse_strata(read_strata(data, column), column, plan)
            return analyse(read(data), plan)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except BadTable as error:
            raise CommandError(f"{path.name}: {error}") from error


def strata_in_words(found: Strata) -> str:
    """Each group as it would stand alone, then the totals: the interval first."""
    parts = [f"{found.column}: {name}\n{in_words(one)}" for name, one in found.groups.items()]
    lines = [f"All groups of {found.column} together"]
    for one in found.totals:
        if one.status == ESTIMATE and one.percentile95 is not None:
            middle = many(one.estimate or 0)
            lines.append(f"{one.method}: 95% {_range(one.percentile95)}; middle {middle}")
        elif one.status == RANGE_ONLY and one.percentile95 is not None:
            lines.append(f"{one.method}: no single number; {_range(one.percentile95)}")
        else:
            lines.append(f"{one.method}: no estimate")
        lines += [f"{note.severity:>7}  {note.code}  {note.text}" for note in one.findings]
    return "\n\n".join([*parts, "\n".join(lines)])


def in_words(analysis: Analysis) -> str:
    """The answer for a reader: the interval first, never a bare point, then the findings."""
    table = analysis.table
    lines = [f"{len(table.lists)} lists, {table.observed:,} cases seen: {', '.join(table.lists)}"]
    if analysis.status == NO_ESTIMATE:
        lines.append("No estimate can be given. The reasons are below; this is a result.")
    elif analysis.envelope is not None and analysis.status != ESTIMATE:
        lines.append(
            f"No single number can be given: {_range(analysis.envelope)} over the methods."
        )
    lines += [
        _answer(outcome)
        for outcome in analysis.outcomes
        if analysis.status_of(outcome) == ESTIMATE == analysis.status
    ]
    lines += dict.fromkeys(_noted(one, analysis.status) for one in analysis.all_findings)
    lines.append(
        f"{analysis.models_tried} models were tried. "
        f"Table {table.sha256[:16]}, seed {analysis.plan.seed}."
    )
    lines.append("Conditional on these lists and this linkage; no data can test those on no list.")
    return "\n".join(lines)


def _noted(one: Finding, status: str) -> str:
    """A finding as a line; its meaning alone where its text would give what is not to be given."""
    text = one.text
    if status != ESTIMATE and one.code.startswith(NUMBERED):
        with translation.override("en"):
            text = str(FINDINGS[one.code])
    return f"{one.severity:>7}  {one.code}  {text}"


def _answer(outcome: Outcome) -> str:
    effects = ", ".join(":".join(one) for one in (*outcome.effects, *outcome.effects_inf)) or "none"
    intervals = [("BCa", outcome.bca95), ("percentile", outcome.percentile95)]
    if any(one.code == "MSE-D3-EDGE" for one in outcome.findings):
        intervals.reverse()  # the adjusted limits rest on the extreme replicates
    named = "; ".join(f"{name} {_range(found)}" for name, found in intervals if found)
    ci = f"{_range(outcome.ci95)} ignoring selection" if named and outcome.ci95 else ""
    first = named or (_range(outcome.ci95) if outcome.ci95 else "")
    rest = f" ({ci})" if ci else ""
    middle = many(outcome.estimate or 0)
    return f"{outcome.method}: 95% {first}{rest}; middle {middle}; effects: {effects}"


def _range(limits: Limits) -> str:
    return f"{many(limits[0])} to {many(limits[1])}"
