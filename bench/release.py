"""``./run bench release [--rows 10000] [--columns 7] [--epsilon 4] [--seeds 1] [--peer PYTHON]``.

Time and memory of a release of generated records, and its errors. With ``--peer``, an interpreter
that has pac-synth (``requirements-bench.txt``), the same figures of its rows and aggregates beside
ours, at equal epsilon and delta; ``peer`` in a figure's name is the other tool.
"""

import argparse
import json
import os
import resource
import subprocess
import tempfile

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from itertools import combinations
from pathlib import Path
from time import perf_counter

import numpy as np

from bench import note, say
from panoh.statistics.rules.release import draft, gate, sampler
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.gate import Errors
from panoh.statistics.rules.release.people import Codes, People, counts, reported
from panoh.statistics.rules.release.plan import Plan
from panoh.statistics.rules.release.products import Told, write
from tests.factories import ctdc

PEER = Path(__file__).with_name("release_peer.py")


def main() -> None:
    """One size and price, several seeds."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=10_000)
    arguments.add_argument("--columns", type=int, default=7)
    arguments.add_argument("--epsilon", type=float, default=4)
    arguments.add_argument("--seeds", type=int, default=1)
    arguments.add_argument("--peer", default="", help="an interpreter with pac-synth")
    asked = arguments.parse_args()
    lists = ctdc.columns(asked.columns, min(200, 60 + asked.rows // 1000))
    plan = plans.read(ctdc.plan_text(lists, epsilon=asked.epsilon, n_pub=asked.rows))
    name = f"{asked.rows} x {asked.columns}, epsilon {asked.epsilon:g}"
    for seed in range(1, asked.seeds + 1):
        codes = ctdc.records(asked.rows, asked.columns, seed=seed)
        ours(plan, People(codes), f"{name}, seed {seed}")
        if asked.peer:
            theirs(plan, lists, codes, asked.peer, f"{name}, seed {seed}")


def ours(plan: Plan, people: People, name: str) -> None:
    """Time, memory and errors of our tables and rows."""
    started = perf_counter()
    made = draft.make(people, plan, sampler.system)
    with tempfile.TemporaryDirectory() as folder:
        write(made, Told("", "", None, size_from_data=False), Path(folder))
    spent = perf_counter() - started
    target = {(48_000, 7): "<= 5", (200_000, 20): "<= 60"}
    shape = (people.size, len(plan.columns))
    say("release", f"{name}: tables, rows, repair, files", spent, "s", target.get(shape, ""))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say("release", f"{name}: peak memory", peak, "MB", "<= 500")
    for order in (1, 2, 3):
        figures(f"{name}: tables of {order}", made.errors.get(order))
        sets = list(combinations(range(len(plan.columns)), order))
        figures(f"{name}: rows by {order}", gate.of_rows(people, made.rows, plan, sets))
    for one in made.refusals:
        note(f"the gate: {one.code} {one.text}")


def theirs(plan: Plan, lists: dict[str, list[str]], codes: Codes, python: str, name: str) -> None:
    """The same of pac-synth's rows and of its aggregates."""
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder, "data.csv"), Path(folder, "out.json")
        ctdc.write(data, lists, codes)
        started = perf_counter()
        command = [python, str(PEER), str(data), str(out), str(plan.epsilon), str(plan.delta)]
        subprocess.run(command, check=True, capture_output=True)
        say("release", f"{name}: peer, whole", perf_counter() - started, "s")
        found = json.loads(out.read_text())
    people, place = People(codes), {name: c for c, name in enumerate(lists)}
    domains = [{v: at for at, v in enumerate(one.domain)} for one in plan.columns]
    rows = np.zeros((len(lists), len(found["rows"])), dtype=np.int32)
    for column, values in zip(found["columns"], zip(*found["rows"], strict=True), strict=True):
        rows[place[column]] = [domains[place[column]][value] for value in values]
    for order in (1, 2, 3):
        sets = list(combinations(range(len(plan.columns)), order))
        figures(f"{name}: peer rows by {order}", gate.of_rows(people, rows, plan, sets))
        told = aggregates(found["aggregates"], order, plan, place, domains)
        pairs = (
            (counts(codes, table, plan)[reported(table, plan)], told[table][reported(table, plan)])
            for table in sets
        )
        figures(f"{name}: peer aggregates of {order}", gate.errors(pairs))


def aggregates(
    found: dict[str, int],
    order: int,
    plan: Plan,
    place: dict[str, int],
    domains: list[dict[str, int]],
) -> dict[tuple[int, ...], np.ndarray]:
    """pac-synth's counts of combinations, laid out as our tables."""
    told = {
        table: np.zeros(plan.size(table), dtype=np.int64)
        for table in combinations(range(len(plan.columns)), order)
    }
    for key, count in found.items():
        parts = [part.split(":=", 1) for part in key.split(";")]
        if len(parts) == order:
            cell = sorted((place[column], domains[place[column]][value]) for column, value in parts)
            at = 0
            for c, value in cell:
                at = at * len(plan.columns[c].domain) + value
            told[tuple(c for c, _ in cell)][at] = count
    return told


def figures(name: str, found: Errors | None) -> None:
    """The five figures of one product."""
    if found is None:
        return
    say("release", f"{name}: MAE", found.mae, "persons")
    say("release", f"{name}: wErr", found.werr, "share")
    say("release", f"{name}: suppressed", found.suppressed, "share")
    say("release", f"{name}: fabricated", found.fabricated, "share")
    say("release", f"{name}: F10", found.f10, "cells")


if __name__ == "__main__":
    main()
