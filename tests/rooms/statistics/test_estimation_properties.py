"""What must hold for any table: order of lists, joined cells, coverage, refusal."""

import numpy as np
import pytest

from panoh.statistics.rules.estimation import Plan, Table, analyse, read
from panoh.statistics.rules.estimation.bootstrap import bootstrap, names_of, quantile
from panoh.statistics.rules.estimation.lattice import lattice, subset_sums, superset_sums
from panoh.statistics.rules.estimation.model import fit, full_code, limits
from panoh.statistics.rules.estimation.stepwise import stepwise


def drawn(dice: np.random.Generator, total: int, shares: list[float]) -> np.ndarray:
    """A table of ``total`` people, each on each list by itself with its share."""
    on = dice.random((total, len(shares))) < np.array(shares)
    masks = (on << np.arange(len(shares))).sum(axis=1)
    cells = np.bincount(masks, minlength=1 << len(shares))
    cells[0] = 0
    return cells


def as_table(cells: np.ndarray) -> Table:
    masks = np.flatnonzero(cells)
    k = int(np.log2(len(cells)))
    names = tuple("ABCDEFGHIJ"[:k])
    return Table(names, tuple(masks.tolist()), tuple(cells[masks].tolist()))


def test_g18_the_order_of_lists_does_not_change_what_is_found() -> None:
    dice = np.random.default_rng(5)
    cells = drawn(dice, 3000, [0.1, 0.2, 0.15, 0.05])
    both = (np.arange(16) & 3) == 3
    cells[both] += 60
    order = [2, 0, 3, 1]
    turned = np.zeros_like(cells)
    for mask in range(16):
        turned[sum((mask >> j & 1) << place for place, j in enumerate(order))] = cells[mask]
    one, other = stepwise(cells[None], 4), stepwise(turned[None], 4)
    assert one.values[0] == pytest.approx(other.values[0], rel=1e-9)
    pair = lattice(4).pairs
    names = {frozenset(j for j in range(4) if mask >> j & 1) for mask in pair[one.chosen[0]]}
    again = {
        frozenset(order[j] for j in range(4) if mask >> j & 1) for mask in pair[other.chosen[0]]
    }
    assert names == again != set()


def test_g18_cells_that_are_split_over_lines_are_one_cell() -> None:
    whole = read(b"A,B,C,count\n1,0,0,9\n0,1,0,8\n0,0,1,7\n1,1,0,3\n1,0,1,2\n0,1,1,4\n")
    split = read(b"A,B,C,count\n1,0,0,4\n0,1,0,8\n1,0,0,5\n0,0,1,7\n1,1,0,3\n1,0,1,2\n0,1,1,4\n")
    assert split == whole


def test_g18_the_interval_covers_the_truth_where_the_model_holds() -> None:
    dice, truth = np.random.default_rng(11), 2000
    tables = np.array([drawn(dice, truth, [0.12, 0.2, 0.1, 0.15]) for _ in range(200)])
    totals = superset_sums(tables.astype(float), 4)
    found = fit(totals, np.zeros((200, 6), bool), lattice(4))
    covered = 0
    for row in range(200):
        low, high = limits(found, row, totals[row, 0], lattice(4), 0.95)
        covered += low <= truth <= high
    assert covered >= 180


def test_g18_bootstrap_intervals_cover_the_truth_where_the_model_holds() -> None:
    dice, truth, covered, tries = np.random.default_rng(17), 2000, 0, 80
    for number in range(tries):
        table = as_table(drawn(dice, truth, [0.2, 0.25, 0.15]))
        estimate = float(stepwise(table.cells[None], 3).values[0])
        found = bootstrap(table, estimate, select, 200, number).percentile95
        assert found is not None
        covered += found[0] <= truth <= found[1]
    assert covered >= 0.9 * tries


def select(tables: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
    found = stepwise(tables, 3)
    return found.values, names_of(found.chosen)


def test_g18_lists_that_never_meet_give_no_estimate() -> None:
    found = analyse(read(b"A,B,C,count\n1,0,0,90\n0,1,0,80\n0,0,1,70\n"), Plan())
    assert found.status == "no_estimate"
    assert found.envelope is None
    assert {one.estimate for one in found.outcomes} == {None}
    assert "MSE-D1-NOMLE" in {one.code for one in found.all_findings}


def test_g18_a_table_where_models_disagree_gives_no_single_number() -> None:
    data = b"A,B,C,D,count\n1,0,0,0,300\n0,1,0,0,280\n0,0,1,0,200\n0,0,0,1,150\n1,1,0,0,9\n"
    data += b"1,0,1,0,30\n0,1,0,1,28\n0,0,1,1,6\n1,1,1,0,2\n"
    found = analyse(read(data), Plan(replicates=50))
    blocking = [one for one in found.all_findings if one.severity == "block"]
    assert blocking
    assert found.status == "range_only"
    assert found.envelope is not None
    assert found.envelope[1] > 2 * found.envelope[0]


def test_g18_a_list_that_meets_no_other_leaves_a_range() -> None:
    data = b"A,B,C,D,count\n1,0,0,0,100\n0,1,0,0,120\n0,0,1,0,90\n0,0,0,1,70\n1,1,0,0,20\n"
    data += b"1,0,1,0,18\n0,1,1,0,22\n1,1,1,0,4\n"
    found = analyse(read(data), Plan("stepwise", replicates=50))
    assert "MSE-D1-ISOLATED-LIST" in {one.code for one in found.findings}
    assert found.status in {"range_only", "no_estimate"}


def test_g18_newton_and_the_linear_programme_agree_on_what_exists() -> None:
    dice = np.random.default_rng(3)
    for _ in range(25):
        cells = dice.poisson(0.8, 16).astype(float)
        cells[0] = 0
        totals = superset_sums(cells, 4)
        chosen = dice.random(6) < 0.4
        code = full_code(totals, chosen, lattice(4))
        layout = fit(totals[None], chosen[None], lattice(4))
        if (totals[lattice(4).singles] > 0).all():
            assert (layout.code[0] == 0) == (code == 0)


def test_g18_fitted_totals_equal_those_of_the_table() -> None:
    dice = np.random.default_rng(9)
    cells = dice.integers(1, 60, 32).astype(float)
    cells[0] = 0
    totals = superset_sums(cells, 5)
    chosen = dice.random((40, 10)) < 0.5
    found = fit(np.broadcast_to(totals, (40, 32)), chosen, lattice(5))
    assert (found.code == 0).all()
    for row in range(40):
        terms = lattice(5).terms[found.layout.active[row]]
        assert found.sums[row][terms] == pytest.approx(totals[terms], rel=1e-6)


def test_sums_over_subsets_and_supersets_are_what_they_say() -> None:
    values = np.random.default_rng(1).random(16)
    below, above = subset_sums(values, 4), superset_sums(values, 4)
    for mask in range(16):
        inside = sum(values[c] for c in range(16) if c & mask == c)
        around = sum(values[c] for c in range(16) if c & mask == mask)
        assert below[mask] == pytest.approx(inside)
        assert above[mask] == pytest.approx(around)


def test_quantiles_are_those_of_hyndman_and_fan() -> None:
    values = np.sort(np.random.default_rng(2).random(37))
    for level in (0.0001, 0.025, 0.1, 0.5, 0.9, 0.975, 0.9999):
        right = np.quantile(values, level, method="median_unbiased")
        assert quantile(values, level) == pytest.approx(right)
    assert quantile(np.array([1.0, 2.0, np.inf]), 0.9) == np.inf
