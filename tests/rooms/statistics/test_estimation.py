"""The worked references of the estimation engine: three published tables and invented ones.

Sources of the tables: docs/howto/estimate-a-hidden-number.md. Reference values come from two
independent programs that agree to 1e-9.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from panoh.statistics.rules.estimation import Analysis, Plan, Table, analyse, bic, dga, read
from panoh.statistics.rules.estimation.bootstrap import draws
from panoh.statistics.rules.estimation.lattice import lattice, mask_of, superset_sums
from panoh.statistics.rules.estimation.model import constant, fit, full_code, limits
from panoh.statistics.rules.estimation.stepwise import stepwise

TABLES = Path(__file__).parent / "tables"
NAMES = ("uk_2013", "kosovo_1999", "western_us")


@cache
def table(name: str) -> Table:
    return read((TABLES / f"{name}.csv").read_bytes())


@cache
def analysis(name: str, method: str, replicates: int = 1000, order: int = 2) -> Analysis:
    return analyse(table(name), Plan(method, order, replicates))


def close(value: object, right: float) -> None:
    assert value == pytest.approx(right, rel=1e-6)


def codes(found: Analysis) -> set[str]:
    return {one.code for one in found.all_findings}


def text(found: Analysis, code: str) -> str:
    return next(one.text for one in found.all_findings if one.code == code)


@pytest.mark.parametrize(
    ("name", "lists", "histories", "cases", "mark"),
    [
        ("uk_2013", 6, 25, 2744, "984ee864b6e17876"),
        ("kosovo_1999", 4, 15, 4400, "5b59f9be7bb6c64d"),
        ("western_us", 5, 13, 345, "e29f35472b4aecc3"),
    ],
)
def test_g18_tables_are_read_as_they_were_written(
    name: str, lists: int, histories: int, cases: int, mark: str
) -> None:
    found = table(name)
    assert (len(found.lists), len(found.histories), found.observed) == (lists, histories, cases)
    assert found.sha256.startswith(mark)


# -- section 2: existence ---------------------------------------------------------------------

MODELS = ((), (3,), (5,), (6,), (3, 5), (3, 6), (5, 6), (3, 5, 6))
CHECKS = [
    (
        (40, 30, 20, 7, 6, 0, 2),
        (267.81, 297.50, 325.00, 238.33, "1", 238.33, 276.43, "1"),
    ),
    ((0, 30, 20, 7, 6, 4, 2), (110.17, 130.67, 129.00, "1", 219.00, "1", "1", "1")),
    ((40, 30, 20, 0, 0, 0, 0), ("1", "1", "1", "1", "1", "1", "1", "2")),
    ((40, 30, 0, 7, 0, 0, 0), ("1", "1", "1", "1", "1", "1", "1", "3")),
]
CELLS = (1, 2, 4, 3, 5, 6, 7)  # A, B, C, AB, AC, BC, ABC


@pytest.mark.parametrize(("counts", "wanted"), CHECKS)
def test_g18_models_without_a_maximum_get_a_code_and_no_number(
    counts: tuple[int, ...], wanted: tuple[float | str, ...]
) -> None:
    cells = np.zeros(8)
    cells[list(CELLS)] = counts
    totals = superset_sums(cells, 3)
    for model, right in zip(MODELS, wanted, strict=True):
        chosen = np.isin(lattice(3).pairs, model)
        code = full_code(totals, chosen, lattice(3), raw=True)
        fits = fit(totals[None], chosen[None], lattice(3), raw=True)
        assert (fits.code[0] == 0) == (code == 0)
        if isinstance(right, str):
            assert code == int(right)
            assert np.isnan(fits.dark[0])
        else:
            assert code == 0
            assert totals[0] + fits.dark[0] == pytest.approx(right, abs=0.005)


def test_g18_a_list_without_cases_is_taken_out() -> None:
    cells = np.zeros(8)
    cells[list(CELLS)] = (40, 30, 0, 7, 0, 0, 0)
    assert stepwise(cells[None], 3).values[0] == pytest.approx(248.43, abs=0.005)


# -- section 11: agreement ----------------------------------------------------------------------

UK_TRAIL = [
    ("PF:NCA", 7.1e-11, 13444),
    ("LA:NG", 2.2e-7, 14218),
    ("NG:GP", 2.2e-5, 13477),
    ("LA:PF", 5.4e-5, 14325),
    ("PF:GP", 3.5e-4, 13181),
    ("GO:GP", 1.5e-3, 12350),
    ("NG:GO", 0.0189, 11418),
]
KOSOVO_TRAIL = [
    ("ABA:OSCE", 5.5e-6, 7838),
    ("OSCE:HRW", 1.9e-7, 8239),
    ("EXH:OSCE", 1.1e-3, 9192),
    ("EXH:ABA", 4.8e-5, 11322),
    ("EXH:HRW", 9.8e-8, 14342),
]
STEPWISE = {
    "uk_2013": (11417.9910915, (9977.28261, 13145.65655), (10446.64351, 12511.83118)),
    "kosovo_1999": (14341.6638004, (12541.28078, 16540.18799), (13124.19999, 15729.02493)),
    "western_us": (2483.3839202, (1657.09366, 3830.03001), (1898.77209, 3287.95786)),
}


@pytest.mark.parametrize(
    ("name", "trail", "stop"),
    [
        ("uk_2013", UK_TRAIL, 0.117),
        ("kosovo_1999", KOSOVO_TRAIL, 0.433),
        ("western_us", [("A:E", 4.7e-4, 2483)], 0.026),
    ],
)
def test_g18_the_order_of_selection_agrees(
    name: str, trail: list[tuple[str, float, int]], stop: float
) -> None:
    found = stepwise(table(name).cells[None], len(table(name).lists))
    lists = table(name).lists
    for step, (effect, p, estimate) in zip(found.trail, trail, strict=True):
        pair = lattice(len(lists)).pairs[step.pair]
        assert ":".join(lists[j] for j in range(len(lists)) if pair >> j & 1) == effect
        assert step.p == pytest.approx(p, rel=0.05)
        assert step.estimate == pytest.approx(estimate, abs=0.6)
    assert found.last_p == pytest.approx(stop, rel=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_g18_stepwise_and_its_limits_agree(name: str) -> None:
    outcome = analysis(name, "stepwise").outcomes[0]
    estimate, ci95, ci80 = STEPWISE[name]
    close(outcome.estimate, estimate)
    assert outcome.ci95 is not None
    assert outcome.ci80 is not None
    for found, right in zip((*outcome.ci95, *outcome.ci80), (*ci95, *ci80), strict=True):
        close(found, right)


@pytest.mark.parametrize(
    ("name", "main", "interval", "pairs", "infinite", "aic", "bic_value"),
    [
        ("uk_2013", 12213.9951, (10988.8, 13621.3), 10568.7067, 2, 162.6591, 245.4995),
        ("kosovo_1999", 7394.5867, (7172.9, 7634.0), 14402.4890, 0, 161.3176, 225.2112),
        ("western_us", 2007.1418, (1420.4, 2914.0), 7874.3499, 2, 91.8395, 118.7443),
    ],
)
def test_g18_the_simplest_and_the_fullest_model_agree(
    *, name: str, main: float, interval: tuple[float, float], pairs: float, infinite: int,
    aic: float, bic_value: float,
) -> None:  # fmt: skip
    k, cells = len(table(name).lists), table(name).cells
    lat = lattice(k)
    totals = superset_sums(cells.astype(float), k)[None]
    simple = fit(totals, np.zeros((1, len(lat.pairs)), bool), lat)
    close(totals[0, 0] + simple.dark[0], main)
    assert limits(simple, 0, totals[0, 0], lat, 0.95) == pytest.approx(interval, rel=1e-4)
    full = fit(totals, np.ones((1, len(lat.pairs)), bool), lat)
    close(totals[0, 0] + full.dark[0], pairs)
    assert full.layout.infinite.sum() == infinite
    chosen = stepwise(cells[None], k)
    loglik = chosen.fits.loglik[0] + constant(cells)
    terms = 1 + k + int(chosen.chosen.sum())
    assert -2 * loglik + 2 * terms == pytest.approx(aic, abs=1e-4)
    assert -2 * loglik + terms * np.log(totals[0, 0]) == pytest.approx(bic_value, abs=1e-4)


BOOT = {
    # bca95, bca80, percentile95, percentile80, median, least, most, first three, a, z0
    "uk_2013": (
        (9379.26, 14213.94), (9716.82, 12641.79), (10028.43, 24436.80), (10595.09, 16123.53),
        12257.6, 9367.92, 33321.74, (13312.7026, 14523.5074, 13261.5540), -0.01287116, -0.524401,
    ),
    "kosovo_1999": (
        (12370.40, 16390.92), (13071.36, 15653.43), (12554.55, 16465.69), (13144.12, 15750.42),
        14377.23, 7925.79, 19015.73, (15547.1005, 13183.9090, 15685.2024), -0.00416020, -0.037608,
    ),
    "western_us": (
        (1182.74, 3646.42), (1303.71, 2980.12), (1722.26, 8284.29), (2087.02, 4864.33),
        2865.2, 1182.74, 34999.55, (3894.3914, 2479.7670, 2499.0947), -0.09501025, -0.559237,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_g18_the_bootstrap_with_the_stated_draws_agrees(name: str) -> None:
    found = analysis(name, "stepwise").outcomes[0].bootstrap
    assert found is not None
    assert found.bca is not None
    assert found.percentile is not None
    bca95, bca80, plain95, plain80, median, least, most, three, acceleration, z0 = BOOT[name]
    for got, right in (
        (found.bca[0], bca95[0]),
        (found.bca[3], bca95[1]),
        (found.bca[1], bca80[0]),
        (found.bca[2], bca80[1]),
        (found.percentile[0], plain95[0]),
        (found.percentile[3], plain95[1]),
        (found.percentile[1], plain80[0]),
        (found.percentile[2], plain80[1]),
        (found.values[0], least),
        (found.values[-1], most),
    ):
        assert got == pytest.approx(right, abs=0.006)
    assert float(np.median(found.values)) == pytest.approx(median, abs=0.06)
    assert found.acceleration == pytest.approx(acceleration, abs=6e-9)
    assert found.z0 == pytest.approx(z0, abs=6e-7)
    first = stepwise(draws(table(name), 1000, 1234)[:3], len(table(name).lists)).values
    assert first == pytest.approx(np.array(three), abs=6e-5)


@pytest.mark.parametrize(
    ("name", "order", "estimate", "weighted", "near", "low", "high", "value"),
    [
        ("uk_2013", 2, 12349.5870, 13502.09, 10, 10743, 21136, 244.1193),
        ("kosovo_1999", 2, 14341.6638, 14342.59, 1, 14342, 14342, None),
        ("western_us", 2, 2483.3839, 2535.17, 23, 1952, 3602, None),
        ("kosovo_1999", 3, 10356.5190, 13183.73, None, 10357, 18393, 203.0296),
        ("western_us", 3, 2483.3839, 2552.46, None, None, None, None),
    ],
)
def test_g18_the_search_by_bic_agrees(
    *, name: str, order: int, estimate: float, weighted: float, near: int | None,
    low: int | None, high: int | None, value: float | None,
) -> None:  # fmt: skip
    found = searched(name, order)
    close(found.values[found.best], estimate)
    assert found.weighted == pytest.approx(weighted, abs=0.006)
    values = found.values[found.near]
    if near:
        assert len(values) == near
    if low and high:
        assert values.min() == pytest.approx(low, abs=0.6)
        assert values.max() == pytest.approx(high, abs=0.6)
    if value:
        assert found.bic[found.best] == pytest.approx(value, abs=1e-4)


@cache
def searched(name: str, order: int) -> bic.Search:
    return bic.search(table(name).cells, len(table(name).lists), order)


def test_g18_every_hierarchical_model_is_a_candidate() -> None:
    assert len(bic.candidates(4, 2)) == 64
    assert len(bic.candidates(4, 3)) == 113
    assert len(bic.candidates(5, 3)) == 6212
    assert searched("kosovo_1999", 3).admissible == 113
    assert searched("western_us", 3).admissible == 3354


def test_g18_best_models_by_bic_are_those_of_the_reference() -> None:
    kosovo = searched("kosovo_1999", 3)
    lat = lattice(4, 3)
    assert mask_of((0, 1, 2)) in lat.sets[kosovo.models[kosovo.best]]
    values = kosovo.values[kosovo.near]
    assert values[1:3] == pytest.approx(np.array([12741, 18393]), abs=0.6)


def test_g18_bootstrap_over_all_models_agrees() -> None:
    kosovo = analysis("kosovo_1999", "bic").outcomes[0].bca95
    assert kosovo == pytest.approx((12502.5, 16346.6), abs=0.06)


def test_g18_a_replicate_chooses_as_a_full_search_would() -> None:
    western = table("western_us")
    resamples = draws(western, 4, 99)
    found = bic.choose(resamples, 5, searched("western_us", 2))
    assert found.all_models
    for row, number, value in zip(resamples, found.chosen, found.values, strict=True):
        whole = bic.search(row, 5, 2)
        assert whole.best == number
        assert value == pytest.approx(whole.values[number], rel=1e-6)


def test_g18_averaging_over_graphs_agrees() -> None:
    assert [len(dga.chordal(k)) for k in (3, 4, 5)] == [8, 61, 822]
    for name, right in (
        ("kosovo_1999", (12593, 9818, 16557)),
        ("western_us", (2128, 1340, 3868)),
    ):
        found = dga.average(table(name).cells, len(table(name).lists))
        step = 30 * table(name).observed / 999
        for level, value in zip((0.5, 0.025, 0.975), right, strict=True):
            assert found.quantile(level) == pytest.approx(value, abs=step)


# -- expected diagnostics -------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_g18_models_that_disagree_are_named_and_none_is_hidden(name: str) -> None:
    found = analysis(name, "stepwise")
    assert found.status == "estimate"
    spread = next(one for one in found.findings if one.code == "MSE-D2-SPREAD")
    assert spread.severity == "warn"
    assert 1.7 < (spread.value or 0) < 2


def test_g18_limits_that_rest_on_extreme_replicates_are_named() -> None:
    for name, share in (("uk_2013", "19%"), ("western_us", "25%")):
        found = analysis(name, "stepwise")
        assert {"MSE-D3-EDGE", "MSE-D3-SHIFT"} <= codes(found)
        assert f"{share} of them lie above" in text(found, "MSE-D3-SHIFT")
    assert not {"MSE-D3-EDGE", "MSE-D3-SHIFT"} & codes(analysis("kosovo_1999", "stepwise"))


def test_g18_how_often_the_model_is_chosen_again_is_said() -> None:
    for name, share in (("uk_2013", "26%"), ("western_us", "39%")):
        assert text(analysis(name, "stepwise"), "MSE-D3-SELECTION").startswith(share)
    kosovo = analysis("kosovo_1999", "stepwise").outcomes[0].bootstrap
    assert kosovo is not None
    assert kosovo.models[0][1] == pytest.approx(900, abs=5)


def test_g18_lists_of_known_size_and_lists_left_out_agree() -> None:
    found = analysis("kosovo_1999", "stepwise")
    known = text(found, "MSE-D4-KNOWN")
    for words in ("EXH: 1,054 for 1,910, missed", "ABA: 894 for 1,528, missed",
                  "OSCE: 1,123 for 1,786, missed", "HRW: 606 for 685"):  # fmt: skip
        assert words in known
    assert not known.endswith("missed")
    left = text(found, "MSE-D4-LEAVE-OUT")
    assert "EXH: 6,044" in left
    assert "HRW: 22,301" in left


def test_g18_what_no_data_can_test_is_said_always() -> None:
    found = text(analysis("western_us", "stepwise"), "MSE-D5-SENSITIVITY")
    assert "0.5: 1,414" in found
    assert "2: 4,622" in found
    shares = {name: "MSE-D6-SHARE" in codes(analysis(name, "stepwise")) for name in NAMES}
    assert shares == {"uk_2013": False, "kosovo_1999": False, "western_us": True}


def test_g18_one_wrong_link_is_tried_for_every_pair() -> None:
    uk = text(analysis("uk_2013", "stepwise"), "MSE-D7-LINKAGE")
    assert "one false match of NG and PF" in uk
    assert "+8.8%" in uk
    western = text(analysis("western_us", "stepwise"), "MSE-D7-LINKAGE")
    assert "one missed match of D and E" in western
    assert "+12.8%" in western
    assert "MSE-D7-LINKAGE" not in codes(analysis("kosovo_1999", "stepwise"))


def test_g18_a_bare_file_is_not_publishable_and_its_status_stays() -> None:
    found = analysis("kosovo_1999", "stepwise")
    assert "MSE-D9-PROVENANCE" in codes(found)
    assert not found.publishable
    about = dict.fromkeys(
        ("definition", "place", "period", "linkage", "linkage_version"), "invented"
    )
    told = analyse(table("kosovo_1999"), Plan("stepwise", replicates=20, about=about))
    assert told.publishable
    assert told.status == found.status == "estimate"
