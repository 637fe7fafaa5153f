"""The comparator of ``bench/release.py``, run by an interpreter that has pac-synth 0.0.8.

``python release_peer.py DATA.csv FOLDER EPSILON DELTA``: aggregates of up to three columns, then
rows, each written when it is ready: rows of many records take hours. Every value is marked first,
because the tool takes "0" for "nothing there".
"""

import csv
import json
import sys
from pathlib import Path

import pacsynth

LENGTH = 3
MARK = "="


def main(data: str, folder: str, epsilon: str, delta: str) -> None:
    """Fit, sample, write."""
    with Path(data).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    marked = [rows[0], *([MARK + one if one else "" for one in row] for row in rows[1:])]
    dataset = pacsynth.Dataset(marked)
    kept = dataset.get_aggregates(1, ";")
    reported = sum(one != "" for row in rows[1:] for one in row)
    assert sum(kept.values()) == reported, "values were lost when they were loaded"
    parameters = (
        pacsynth.DpAggregateSeededParametersBuilder()
        .reporting_length(LENGTH)
        .epsilon(float(epsilon))
        .delta(float(delta))
        .accuracy_mode(pacsynth.AccuracyMode.balanced())
        .fabrication_mode(pacsynth.FabricationMode.balanced())
        .build()
    )
    maker = pacsynth.DpAggregateSeededSynthesizer(parameters)
    maker.fit(dataset)
    _write(Path(folder, "aggregates.json"), maker.get_dp_aggregates(";"))
    sampled = maker.sample()
    plain = [[one.removeprefix(MARK) for one in row] for row in sampled[1:]]
    _write(Path(folder, "rows.json"), {"columns": sampled[0], "rows": plain})


def _write(path: Path, found: object) -> None:
    """Nothing half written is read: whoever waits may stop this at any time."""
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(found), encoding="utf-8")
    aside.replace(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
