"""Attacks of ``bench/release.py``, run by an interpreter that has anonymeter.

``python release_attacks.py ROWS.csv DATA.csv CONTROL.csv OUT.json``: singling out, linkability and
inference, each with the risk above that of people who never were in the data, and its interval.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator

ATTACKS = 300
NEIGHBOURS = 1
SECRET = 2  # the column of ages


def main(rows: str, data: str, control: str, out: str) -> None:
    """Three kinds of attack on one set of rows."""
    made, inside, outside = (
        pd.read_csv(name, dtype=str, keep_default_na=False) for name in (rows, data, control)
    )
    names = list(made.columns)
    half = len(names) // 2
    evaluators = {
        "singling out": SinglingOutEvaluator(
            ori=inside, syn=made, control=outside, n_attacks=ATTACKS, n_cols=3
        ),
        "linkability": LinkabilityEvaluator(
            ori=inside,
            syn=made,
            control=outside,
            n_attacks=ATTACKS,
            n_neighbors=NEIGHBOURS,
            aux_cols=(names[:half], names[half:]),
        ),
        "inference": InferenceEvaluator(
            ori=inside,
            syn=made,
            control=outside,
            n_attacks=ATTACKS,
            aux_cols=[name for name in names if name != names[SECRET]],
            secret=names[SECRET],
        ),
    }
    found = {}
    for name, one in evaluators.items():
        if name == "singling out":
            one.evaluate(mode="multivariate")
        else:
            one.evaluate(n_jobs=1)
        risk = one.risk()
        found[name] = {"risk": risk.value, "low": risk.ci[0], "high": risk.ci[1]}
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
