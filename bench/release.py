"""``./run bench release [--rows 10000,50000] [--columns 7,20] [--epsilon 1,4,12] [--seeds 5]``.

Time and memory of a release of generated records, and its errors. With ``--peer``, an interpreter
that has ``requirements-bench.txt``, the figures of pac-synth's rows and aggregates beside ours at
equal epsilon and delta, and ours once more at the ``rho`` that the other tool spends ("equal rho");
``peer`` in a figure's name is the other tool; it is stopped after ``--patience`` seconds, and what
it had by then is compared. ``--attack`` runs the red team on rows of ours.
"""

import argparse
import json
import os
import resource
import subprocess
import tempfile

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable
from itertools import combinations, product
from math import log, sqrt
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np

from bench import note, say
from panoh.statistics.rules.release import accounting, attacks, draft, gate, sampler
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.gate import Errors
from panoh.statistics.rules.release.people import Codes, People, counts, reported
from panoh.statistics.rules.release.plan import Plan
from panoh.statistics.rules.release.products import Told, write
from tests.factories import ctdc

PEER = Path(__file__).with_name("release_peer.py")
ATTACKS = Path(__file__).with_name("release_attacks.py")
SECRET = 2  # the column of ages


class Peer(NamedTuple):
    """The other tool: its interpreter, and how many seconds it may take."""

    python: str
    patience: float


def main() -> None:
    """Every size and price asked for, several seeds."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=numbers(int), default=[10_000])
    arguments.add_argument("--columns", type=numbers(int), default=[7])
    arguments.add_argument("--epsilon", type=numbers(float), default=[4.0])
    arguments.add_argument("--seeds", type=int, default=1)
    arguments.add_argument("--first", type=int, default=1, help="the first seed")
    arguments.add_argument("--peer", default="", help="an interpreter with pac-synth, anonymeter")
    arguments.add_argument("--patience", type=float, default=3600, help="seconds for the peer")
    arguments.add_argument("--attack", action="store_true", help="the red team, nothing else")
    asked = arguments.parse_args()
    for rows, number, epsilon in product(asked.rows, asked.columns, asked.epsilon):
        for seed in range(asked.first, asked.first + asked.seeds):
            if asked.attack:
                attack(rows, number, epsilon, seed, asked.peer)
            else:
                compare(rows, number, epsilon, seed, Peer(asked.peer, asked.patience))


def numbers(kind: Callable[[str], float]) -> Callable[[str], list[Any]]:
    """Several numbers with commas between."""
    return lambda text: [kind(one) for one in text.split(",")]


def compare(rows: int, number: int, epsilon: float, seed: int, peer: Peer) -> None:
    """Ours, and the other tool's at the same price, on one set of records."""
    lists = ctdc.columns(number, min(200, 60 + rows // 1000))
    codes = ctdc.records(rows, number, seed=seed)
    name = f"{rows} x {number}, epsilon {epsilon:g}, seed {seed}"
    plan = plans.read(ctdc.plan_text(lists, epsilon=epsilon, n_pub=rows))
    measured = ours(plan, People(codes), name)
    if peer.python:
        root = log(1 / plan.delta)
        spent = (sqrt(root + epsilon) - sqrt(root)) ** 2  # the simple conversion, turned round
        price = accounting.epsilon_of(spent, plan.delta)
        ours(
            plans.read(ctdc.plan_text(lists, epsilon=price, n_pub=rows)),
            People(codes),
            f"{name}, equal rho",
        )
        theirs(plan, codes, peer, name, measured)


def attack(rows: int, number: int, epsilon: float, seed: int, peer: str) -> None:
    """The red team: people of the data against as many who never were in it."""
    lists = ctdc.columns(number, min(200, 60 + rows // 1000))
    plan = plans.read(ctdc.plan_text(lists, epsilon=epsilon, n_pub=rows))
    both = ctdc.records(2 * rows, number, seed=seed, countries=min(200, 60 + rows // 1000))
    inside, outside = both[:, :rows], both[:, rows:]
    made = draft.make(People(inside), plan, sampler.system)
    name, dice = f"{rows} x {number}, epsilon {epsilon:g}, seed {seed}", np.random.default_rng(seed)
    say("release", f"{name}: epsilon proved by a planted person", made.membership.lower_bound, "")
    tried = {
        "nearest record": attacks.nearest(made.rows, inside, outside),
        "singling out": attacks.singled_out(made.rows, inside, outside, dice),
        "inference of the age": attacks.inferred(made.rows, inside, outside, SECRET, dice),
        "linkability": attacks.linked_halves(made.rows, inside, outside, dice),
    }
    for kind, hits in tried.items():
        text = f"{name}: {kind}: right on people of the data / on strangers, {hits.tries} tries"
        say("release", f"{text}: inside", hits.inside, "share")
        say("release", f"{text}: outside", hits.outside, "share")
        note(f"{kind}: {'SUCCEEDS' if hits.succeeds else 'no better than chance'}")
    if peer:
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, part) for part in ("rows.csv", "data.csv", "control.csv")]
            for file, records in zip(files, (made.rows, inside, outside), strict=True):
                ctdc.write(file, lists, records)
            out = Path(folder, "out.json")
            subprocess.run([peer, str(ATTACKS), *map(str, files), str(out)], check=True)
            for kind, risk in json.loads(out.read_text()).items():
                text = f"{name}: anonymeter, {kind}, risk above strangers (95 % interval from)"
                say("release", text, risk["risk"], "share")
                say("release", f"{text}: low", risk["low"], "share")


def ours(plan: Plan, people: People, name: str) -> list[tuple[int, ...]]:
    """Time, memory and errors of our tables and rows; returns the measured tables of three."""
    started, worked = perf_counter(), process_time()
    made = draft.make(people, plan, sampler.system)
    with tempfile.TemporaryDirectory() as folder:
        write(made, Told("", "", None, size_from_data=False), Path(folder))
    spent = perf_counter() - started
    target = {(48_000, 7): "<= 5", (200_000, 20): "<= 60"}
    shape = (people.size, len(plan.columns))
    say("release", f"{name}: tables, rows, repair, files", spent, "s", target.get(shape, ""))
    say("release", f"{name}: own processor time", process_time() - worked, "s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say("release", f"{name}: peak memory", peak, "MB", "<= 500")
    for order in (1, 2, 3):
        figures(f"{name}: tables of {order}", made.errors.get(order))
        sets = list(combinations(range(len(plan.columns)), order))
        figures(f"{name}: rows by {order}", gate.of_rows(people, made.rows, plan, sets))
        apart(f"{name}: rows by {order}", people, made.rows, sets, plan)
    for one in made.refusals:
        note(f"the gate: {one.code} {one.text}")
    return made.measured.orders[3]


def theirs(
    plan: Plan, codes: Codes, peer: Peer, name: str, measured: list[tuple[int, ...]]
) -> None:
    """The same of pac-synth's aggregates, and of its rows if they are ready in time."""
    lists = {one.name: list(one.values) for one in plan.columns}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data.csv")
        ctdc.write(data, lists, codes)
        started = perf_counter()
        command = [peer.python, str(PEER), str(data), folder, str(plan.epsilon), str(plan.delta)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=peer.patience)
        except subprocess.TimeoutExpired:
            note(f"{name}: peer, not ended after {peer.patience:g} s: what it had is compared")
        else:
            say("release", f"{name}: peer, whole", perf_counter() - started, "s")
        found, rows = (_found(Path(folder, part)) for part in ("aggregates.json", "rows.json"))
    people, place = People(codes), {name: c for c, name in enumerate(lists)}
    domains = [{v: at for at, v in enumerate(one.domain)} for one in plan.columns]
    if found is not None:
        for order in (1, 2, 3):
            told = aggregates(found, order, plan, place, domains)
            every = list(combinations(range(len(plan.columns)), order))
            for kind, of in (("all", every), ("those we measure", measured if order == 3 else [])):
                pairs = [
                    (counts(codes, one, plan)[cells], told[one][cells])
                    for one in of
                    for cells in [reported(one, plan)]
                ]
                if of:
                    figures(f"{name}: peer aggregates of {order}, {kind}", gate.errors(pairs))
    if rows is not None:
        say("release", f"{name}: peer, rows for {people.size} people", len(rows["rows"]), "rows")
        theirs_coded = np.zeros((len(lists), len(rows["rows"])), dtype=np.int32)
        for column, values in zip(rows["columns"], zip(*rows["rows"], strict=True), strict=True):
            theirs_coded[place[column]] = [domains[place[column]][value] for value in values]
        for order in (1, 2, 3):
            sets = list(combinations(range(len(plan.columns)), order))
            figures(f"{name}: peer rows by {order}", gate.of_rows(people, theirs_coded, plan, sets))
            apart(f"{name}: peer rows by {order}", people, theirs_coded, sets, plan)


def _found(path: Path) -> Any:
    """What the other tool wrote, or None."""
    return json.loads(path.read_text()) if path.exists() else None


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


def apart(name: str, people: People, rows: Codes, sets: list[tuple[int, ...]], plan: Plan) -> None:
    """How far the shares of rows and of people stand apart, blanks included: mean total variation
    distance of the tables."""
    off = [
        np.abs(
            counts(people.codes, one, plan) / people.size
            - counts(rows, one, plan) / max(rows.shape[1], 1)
        ).sum()
        / 2
        for one in sets
    ]
    say("release", f"{name}: TVD", float(np.mean(off)), "share")


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
