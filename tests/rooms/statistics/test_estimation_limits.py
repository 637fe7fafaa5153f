"""Estimation at its edges: hardly any overlap, too many lists, groups that lose replicates."""

import numpy as np
import pytest

from panoh.statistics.rules.estimation import Analysis, Plan, analyse, bic, read
from panoh.statistics.rules.estimation import diagnostics as found_by
from panoh.statistics.rules.estimation.bootstrap import bootstrap
from panoh.statistics.rules.estimation.diagnostics import Finding
from panoh.statistics.rules.estimation.lattice import lattice
from panoh.statistics.rules.estimation.stepwise import stepwise
from tests.rooms.statistics.test_estimation_properties import as_table, drawn
from tests.rooms.statistics.test_estimation_refusals import TABLE, drawn_as
from tests.rooms.statistics.test_strata import of

SEVEN = [0.1, 0.12, 0.08, 0.15, 0.1, 0.2, 0.09]


def noted(found: Analysis, code: str) -> list[Finding]:
    return [one for one in found.all_findings if one.code == code]


def test_g18_one_list_with_cases_gives_no_estimate() -> None:
    found = analyse(read(b"A,B,count\n1,0,50\n"), Plan())
    assert (found.status, found.publishable) == ("no_estimate", False)
    (few,) = noted(found, "MSE-D1-FEW-LISTS")
    assert few.severity == "refuse"
    assert few.text == "fewer than three lists with cases: no estimate"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (0, []),
        (1, ["MSE-D1-NOMLE"]),
        (2, ["MSE-D1-UNIDENT"]),
        (3, ["MSE-D1-NOMLE", "MSE-D1-UNIDENT"]),
    ],
)
def test_g18_each_bit_of_the_simplest_model_refuses(code: int, said: list[str]) -> None:
    found = found_by.of_main_effects(code)
    assert [(one.code, one.severity) for one in found] == [(one, "refuse") for one in said]


def test_g18_where_no_single_link_can_be_wrong_nothing_is_said_of_links() -> None:
    """Everybody is on three lists or on all four: no pair could be missed or joined."""
    cells = np.zeros(16, dtype=np.int64)
    cells[[0b0111, 0b1011, 0b1101, 0b1110, 0b1111]] = (30, 40, 50, 60, 200)
    found = analyse(as_table(cells), Plan("stepwise", replicates=0))
    assert found.models_tried > 1, "its models were fitted"
    assert noted(found, "MSE-D7-LINKAGE") == []


def test_g18_without_one_number_of_the_jackknife_no_limit_is_adjusted() -> None:
    def select(tables: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
        values = np.linspace(150, 300, len(tables))
        values[2] = np.nan  # one case less in the third history, and there is no number
        return values, [b"m"] * len(tables)

    found = bootstrap(TABLE, 200.0, select, 60, 1)
    assert np.isnan(found.acceleration)
    assert (found.bca, found.failed) == (None, 0)
    assert found.percentile95 is not None


def test_g18_replicates_on_one_side_are_named_though_no_limit_is_adjusted() -> None:
    notes = found_by.of_bootstrap(drawn_as(np.linspace(201, 300, 50)), b"m")
    assert [(one.code, one.severity) for one in notes] == [("MSE-D3-SHIFT", "warn")]
    assert "z0 = -inf" in notes[0].text


def test_g18_where_the_number_passes_what_decides_is_said() -> None:
    plan = Plan("stepwise", replicates=0, decision=250.0)
    (said,) = noted(analyse(TABLE, plan), "MSE-D5-SENSITIVITY")
    dark = said.value or 0
    assert said.text.endswith(f"N passes 250 at {(250 - TABLE.observed) / dark:.2f}")
    assert "passes" not in found_by.of_factor(110, 110.0, 250.0).text, "nobody is unseen"


def test_g18_averaging_over_graphs_says_where_it_ends() -> None:
    """Above five lists there is no average; where hardly anybody is on two lists, the numbers that
    could be run beyond its grid."""
    many = as_table(drawn(np.random.default_rng(3), 4000, SEVEN))
    found = analyse(many, Plan("dga", replicates=0))
    assert (found.status, found.outcomes[0].estimate) == ("no_estimate", None)
    assert [one.severity for one in noted(found, "MSE-DGA-LISTS")] == ["info"]
    rare = b"A,B,C,count\n1,0,0,300\n0,1,0,280\n0,0,1,200\n1,1,0,1\n1,0,1,1\n0,1,1,1\n"
    (cut,) = noted(analyse(read(rare), Plan("dga", replicates=0)), "MSE-DGA-GRID")
    assert cut.severity == "warn" and (cut.value or 0) > 0.001


def test_g18_the_search_among_neighbours_ends_where_none_is_better() -> None:
    """Here the stepwise model is not the best of its neighbours: a pair is taken out again."""
    cells = drawn(np.random.default_rng(17), 4000, SEVEN)
    begun, found = stepwise(cells[None], 7).chosen[0], bic.search(cells, 7, 2)
    tried = {row.tobytes(): value for row, value in zip(found.models, found.bic, strict=True)}
    best = found.models[found.best]
    assert found.bic[found.best] < tried[begun.tobytes()]
    around = [tried[(best ^ one).tobytes()] for one in np.eye(len(best), dtype=bool)]
    assert len(around) == len(lattice(7).pairs)
    assert min(around) >= found.bic[found.best]


def test_g18_replicates_that_choose_among_the_best_models_only_say_so() -> None:
    table = as_table(drawn(np.random.default_rng(3), 4000, SEVEN))
    found = analyse(table, Plan("bic", replicates=10))
    assert [one.severity for one in noted(found, "MSE-BIC-TOP")] == ["warn"]


FEW = "A,B,C,count\n1,0,0,40\n0,1,0,30\n0,0,1,20\n1,1,0,2\n1,0,1,1\n0,1,1,1"


@pytest.mark.parametrize(("number", "severity"), [(2, "warn"), (6, "refuse")])
def test_g18_sums_that_lose_replicates_warn_and_then_refuse(number: int, severity: str) -> None:
    """Each group loses few enough to stand alone; their sum loses what any of them loses."""
    plan = Plan("stepwise", replicates=400)
    found = of(*((f"place {at}", FEW) for at in range(number)), plan=plan)
    assert all(one.status == "estimate" for one in found.groups.values())
    (total,) = found.totals
    (lost,) = [one for one in total.findings if one.code == "MSE-D3-FAILED"]
    assert lost.severity == severity
    assert (total.estimate is None) == (total.percentile95 is None) == (severity == "refuse")
    assert (found.status, found.envelope is None) == (total.status, severity == "refuse")
