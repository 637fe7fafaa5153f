"""The oracle of ``bench/official.py``, run by an interpreter that has pytauargus.

``python official_peer.py IN.json OUT.json``: of each pattern the cells with their counts, which are
hidden, and the sums they stand in; out come the intervals that its own audit reckons.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from pytauargus import engine


def main(sent: str, out: str) -> None:
    """Audit every pattern."""
    cases = json.loads(Path(sent).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        found = [audited(case, Path(folder, "table.jj")) for case in cases]
    Path(out).write_text(json.dumps(found), encoding="utf-8")


def audited(case: dict[str, Any], path: Path) -> dict[int, tuple[float, float]]:
    """From and to of each hidden cell."""
    hidden, most = set(case["hidden"]), 2 * sum(case["values"]) + 100
    lines = ["0", str(len(case["values"]))]
    for at, value in enumerate(case["values"]):
        status = "m" if at in hidden else "s"
        lines.append(f"{at} {value} {value + 1} {status} 0 {most} 0 0 0")
    lines.append(str(len(case["sums"])))
    for whole, parts in case["sums"]:
        terms = [f"{whole} (-1)", *(f"{part} (1)" for part in parts)]
        lines.append(f"0 {len(terms)} : {' '.join(terms)}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return {row["cell"]: (row["min"], row["max"]) for row in engine.audit_jj(str(path))}


if __name__ == "__main__":
    main(*sys.argv[1:])
