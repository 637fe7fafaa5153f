"""Estimation where it must say less, or no: ties, models without a maximum, lost replicates."""

import subprocess
import sys

import numpy as np
import pytest

from panoh.statistics.rules.estimation import Plan, analyse, limits_json, read
from panoh.statistics.rules.estimation import diagnostics as found_by
from panoh.statistics.rules.estimation.bootstrap import Bootstrap, adjusted, bootstrap
from panoh.statistics.rules.estimation.lattice import lattice, superset_sums
from panoh.statistics.rules.estimation.model import full_code
from panoh.statistics.rules.estimation.stepwise import stepwise, tail
from tests.house.tree import ROOT
from tests.rooms.statistics.test_estimation_properties import as_table, drawn

ENGINES = """
import sys
sys.modules["django"] = None
import panoh.statistics.rules.estimation
import panoh.statistics.rules.release.draft
import panoh.statistics.rules.release.forecast
import panoh.statistics.rules.release.ledger
import panoh.statistics.rules.release.official_files
import panoh.statistics.rules.release.products
"""


def test_g18_g19_the_engines_are_usable_without_django() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENGINES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def cells_of(**counts: int) -> np.ndarray:
    """Counts by the letters of the lists that somebody is on."""
    cells = np.zeros(16)
    for name, count in counts.items():
        cells[sum(1 << "ABCD".index(letter) for letter in name)] = count
    return cells


def test_g18_of_equal_pairs_the_first_in_column_order_is_taken() -> None:
    cells = cells_of(A=200, B=200, C=200, D=200, AB=60, CD=60, AC=10, AD=10, BC=10, BD=10)
    totals = superset_sums(cells, 4)
    found = stepwise(cells[None], 4)
    one, other = (
        tail(totals[[pair]], stepwise(cells[None], 4, level=0).fits.sums[0][[pair]])
        for pair in (0b0011, 0b1100)
    )
    assert one == pytest.approx(other, rel=1e-9)
    assert found.trail[0].pair == 0
    # As strict as the rule says: a pair at the level itself stays out.
    assert not stepwise(cells[None], 4, level=found.trail[0].p).chosen.any()
    assert stepwise(cells[None], 4, level=found.trail[0].p * (1 + 1e-6)).chosen.any()


def test_g18_a_pair_without_a_maximum_is_never_taken_and_is_looked_at_again() -> None:
    """Whatever the level: what stays out has no maximum beside what was taken."""
    dice = np.random.default_rng(12)
    left = 0
    for _ in range(20):
        cells = dice.poisson(0.9, 16).astype(float)
        cells[0] = 0
        totals, lat = superset_sums(cells, 4), lattice(4)
        found = stepwise(cells[None], 4, level=1.0)
        if np.isnan(found.values[0]) or (totals[lat.singles] == 0).any():
            continue
        assert full_code(totals, found.chosen[0], lat) == 0
        for pair in np.flatnonzero(~found.chosen[0]):
            more = found.chosen[0].copy()
            more[pair] = True
            assert full_code(totals, more, lat) != 0
            left += 1
    assert left, "no table had a model without a maximum"


TABLE = read(b"A,B,C,count\n1,0,0,40\n0,1,0,30\n0,0,1,20\n1,1,0,7\n1,0,1,6\n0,1,1,5\n1,1,1,2\n")


def drawn_as(values: np.ndarray) -> Bootstrap:
    """A bootstrap whose replicates have these values."""

    def select(tables: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
        first = np.full(len(tables) - len(values), 200.0)  # of the jackknife
        return np.concatenate([first, values]), [b"m"] * len(tables)

    return bootstrap(TABLE, 200.0, select, len(values), 1)


@pytest.mark.parametrize(("least", "most"), [(100, 199), (200, 300)])
def test_g18_where_every_replicate_lies_on_one_side_there_is_no_adjusted_limit(
    least: float, most: float
) -> None:
    found = drawn_as(np.linspace(least, most, 50))
    assert found.bca is None and found.bca95 is None
    assert found.percentile95 is not None
    assert adjusted(0.0, 0.1) is None and adjusted(1.0, 0.1) is None


@pytest.mark.parametrize(
    ("failed", "infinite", "severity"),
    [(1, 0, None), (1, 1, "warn"), (0, 5, "warn"), (3, 3, "refuse")],
)
def test_g18_lost_replicates_are_counted_and_too_many_refuse(
    failed: int, infinite: int, severity: str | None
) -> None:
    values = np.linspace(150, 300, 100)
    values[:failed] = np.nan
    values[failed : failed + infinite] = np.inf
    found = drawn_as(values)
    assert (found.failed, found.infinite, found.drawn) == (failed, infinite, 100)
    noted = {one.severity for one in found_by.of_bootstrap(found, b"m")
             if one.code == "MSE-D3-FAILED"}  # fmt: skip
    assert noted == ({severity} if severity else set())
    assert found.percentile is not None
    if infinite == 5:
        assert limits_json(found.percentile95) == [pytest.approx(152.4, abs=8), "unbounded"]


def test_g18_a_list_without_cases_is_named_and_changes_nothing() -> None:
    plan = Plan("stepwise", replicates=50)
    empty = read(_with_empty_list())
    found, plain = analyse(empty, plan), analyse(TABLE, plan)
    noted = {one.code: one for one in found.findings}
    assert noted["MSE-D1-EMPTY-LIST"].severity == "warn"
    assert noted["MSE-D1-EMPTY-LIST"].text.startswith("D ")
    assert found.outcomes[0].estimate == plain.outcomes[0].estimate
    # Two of the seven histories have fewer than five cases, one pair shares six: not sparse.
    few = read(b"A,B,C,count\n1,0,0,400\n0,1,0,300\n0,0,1,200\n1,1,0,90\n1,0,1,60\n0,1,1,4\n")
    assert [
        "MSE-D1-SPARSE" in {one.code for one in analyse(one, plan).findings} for one in (TABLE, few)
    ] == [False, True]


def _with_empty_list() -> bytes:
    header, *rows = TABLE.csv.split()
    lines = [header.replace("count", "D,count")]
    lines += [",".join([*row.split(",")[:-1], "0", row.split(",")[-1]]) for row in rows]
    return "\n".join(lines).encode()


def test_g18_how_much_was_never_seen_warns_and_blocks() -> None:
    severity = [[one.severity for one in found_by.of_share(1, n)] for n in (4, 10, 21)]
    assert severity == [[], ["warn"], ["block"]]


def test_g18_above_six_lists_the_search_by_bic_is_partial_and_says_so() -> None:
    table = as_table(drawn(np.random.default_rng(3), 4000, [0.1, 0.12, 0.08, 0.15, 0.1, 0.2, 0.09]))
    found = analyse(table, Plan("bic", order=3, replicates=0))
    notes = {one.code: one.severity for one in found.all_findings}
    assert notes["MSE-BIC-PARTIAL"] == "warn"
    assert notes["MSE-BIC-ORDER"] == "warn"
    low, high = found.outcomes[0].ci95 or (0, 0)
    assert low < 4000 < high
