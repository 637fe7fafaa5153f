"""The engine of release at its edges: nobody, everybody alike, nothing that adds up, nothing left.

Each has one right answer: a refusal, or the value that the rule tends to.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench import official as checked
from panoh.statistics.rules import making
from panoh.statistics.rules.release import (
    accounting,
    attacks,
    gate,
    holders,
    official,
    official_files,
    official_plan,
    people,
    rounding,
    rows,
    suppression,
)
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.attacks import Membership
from panoh.statistics.rules.release.cells import TOTAL, linked
from panoh.statistics.rules.release.display import STEPS, Shown, protect, threshold
from panoh.statistics.rules.release.measure import agree, pick
from panoh.statistics.rules.release.people import BadData, People, counts
from panoh.statistics.rules.release.products import Told
from tests.factories import ctdc
from tests.rooms.statistics import test_official as of_a
from tests.rooms.statistics.test_release import planned as planned_b

SECRET = b"s" * 32
SHEET = """name = "x"
epsilon = 4
n_pub = 1000
MORE
[[columns]]
name = "sex"
values = ["woman", "man"]
[[columns]]
name = "home"
values = ["here"]
"""


def small(more: str = "") -> plans.Plan:
    return plans.read(SHEET.replace("MORE", more))


# -- price ----------------------------------------------------------------------------------------


def test_g19_nothing_spent_is_no_epsilon_and_a_tiny_one_has_its_price() -> None:
    assert accounting.epsilon_of(0.0, 1e-6) == pytest.approx(0, abs=1e-9)
    # Where delta alone nearly pays for it, the price is above the epsilon.
    rho = accounting.rho_of(1e-6, 2e-3)
    assert rho > 1e-6
    assert accounting.epsilon_of(rho, 2e-3) == pytest.approx(1e-6, rel=1e-6)


# -- path B: nobody, all alike --------------------------------------------------------------------


def test_g19_tables_that_are_all_noise_agree_on_nobody_and_make_blank_rows() -> None:
    plan = planned_b(4, 1000, 1, 5)
    noisy = {table: np.full(plan.size(table), -3.0) for table in plan.tables}
    assert len(pick(noisy, plan)) == plan.wanted_triples, "no pair hangs together: any will do"
    found = agree(noisy, plan, 0.0)
    assert found.total == 0
    assert not any(values.any() for values in found.tables.values())
    shown = protect(found)
    assert not any(one.shown.any() for one in shown.values())
    made = rows.make(found, shown, np.random.default_rng(1))
    assert made.shape == (4, 1000)
    assert not made.any()


def test_g19_no_threshold_is_above_the_last_step() -> None:
    """However many empty cells there are: what noise lifts above it is said in the forecast."""
    empty = np.broadcast_to(np.int64(0), (11_000_000,))
    tau, phantoms = threshold(empty, empty + 1000, 25.0, 10)
    assert tau == pytest.approx(STEPS[-1] * 25)
    assert 0.01 < phantoms < 0.02


def test_g19_a_column_of_one_value_tells_nothing_of_the_others() -> None:
    plan = small("k = 2")
    made = np.array([[1, 1, 1, 0, 2], [1, 1, 0, 1, 1]], dtype=np.int32)
    # Three rows hold both, two hold one value. Both men and women say "here", as everybody must.
    assert attacks.left_over(made, plan) == {
        "rows_with_one_value": 2,
        "groups_with_one_answer": 0,
    }
    # Of those who are "here", all are women: one answer where there are two.
    made[0, 4] = 1
    assert attacks.left_over(made, plan)["groups_with_one_answer"] == 1


# -- the gate -------------------------------------------------------------------------------------


def shown_as(
    plan: plans.Plan, told: dict[tuple[int, ...], list[int]]
) -> dict[tuple[int, ...], Shown]:
    """Tables that show these counts, and nothing where they are 0."""
    found = {}
    for table, values in told.items():
        numbers = np.array(values)
        never = np.zeros(len(numbers), dtype=bool)
        found[table] = Shown(table, numbers, numbers > 0, never, 1.0, 0.0, 1.0)
    return found


def test_g19_cells_that_nobody_stands_in_refuse_a_release() -> None:
    plan, data = small(), People(np.array([[1] * 60, [1] * 60], dtype=np.int32))
    true = {table: counts(data.codes, table, plan).tolist() for table in plan.tables}
    assert gate.judge(data, shown_as(plan, true), plan, "result") == []
    # One man too many among sixty women: half of the cells that are shown are invented.
    true[0, 1][5] = 1
    (refused,) = gate.judge(data, shown_as(plan, true), plan, "result")
    assert refused.code == "SR-G5"
    assert refused.text == "result: 50.0% of the cells of two columns would be invented"


def test_g19_totals_that_differ_refuse_a_release() -> None:
    plan = small("rows = 60")
    noisy = {table: np.full(plan.size(table), 60 / plan.size(table)) for table in plan.tables}
    found, made = agree(noisy, plan, 0.0), np.zeros((2, 60), dtype=np.int32)
    assert gate.same_totals(found, made) == []
    other = replace(found, tables=found.tables | {(0,): found.tables[0,] + 1})
    for totals, each in ((other, made), (found, made[:, 1:])):
        assert [one.code for one in gate.same_totals(totals, each)] == ["SR-G6"]


def test_g19_rows_that_hold_what_no_table_shows_refuse_a_release() -> None:
    plan = small('forbidden = [{sex = "man", home = "here"}]')
    nobody = Membership(0.0, plan.epsilon, 0.0, 1)
    held = np.array([[1], [1]], dtype=np.int32)
    shown = shown_as(plan, {(0, 1): [0, 0, 0, 9, 0, 0]})
    assert gate.attacked(held, shown, plan, nobody) == []
    blank = shown_as(plan, {(0, 1): [9, 0, 0, 0, 0, 0]})
    said = [one.text for one in gate.attacked(held, blank, plan, nobody)]
    assert said == ["a row holds a combination that no table shows"]
    said = [
        one.text for one in gate.attacked(np.array([[2], [1]], dtype=np.int32), {}, plan, nobody)
    ]
    assert said == ["a row holds a forbidden combination"]


def test_g19_of_a_release_that_is_refused_only_the_reasons_are_kept() -> None:
    lists = ctdc.columns(6, 60)
    plan = plans.read(ctdc.plan_text(lists, epsilon=0.5, n_pub=1500))
    data = People(ctdc.records(1500, 6, countries=60))
    made = making.release(data, plan, Told("2026-03-06", "mark", None, False))
    assert (made.is_passed, set(made.papers), set(made.secret)) == (
        *(False, {making.GATE}),
        {making.ERRORS},
    )
    assert any(one.startswith("SR-G") for one in made.faults)
    assert any(one.startswith("SR-G8") for one in made.faults), "nor does its record say enough"


# -- the confidential file ------------------------------------------------------------------------


def test_g19_a_file_that_cannot_be_read_says_where_and_never_who(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, gone = tmp_path / "data.csv", tmp_path / "gone.txt"
    path.write_text('sex,home\nwoman,here\n\n"man,here\n')
    with pytest.raises(BadData, match=r"^line 4: "):
        people.read(path, small())
    path.write_text("sex,home\nwoman,here\n\nman,here\n")
    assert people.read(path, small()).size == 2, "an empty line is nobody"
    monkeypatch.setattr(people, "MOST_ROWS", 1)
    with pytest.raises(BadData, match="more than 1 persons"):
        people.read(path, small())
    gone.write_bytes(b"\xff\xfe")
    with pytest.raises(BadData, match="the list of who withdrew is not UTF-8 text"):
        people.names(gone)


@pytest.mark.parametrize("amount", ["-1", "1.5", "x", "1" * 11, "\u0661"])
def test_g19_an_amount_is_a_whole_number(tmp_path: Path, amount: str) -> None:
    plan = official_plan.read(money())
    path = tmp_path / "data.csv"
    head = "region,form,source,money\n"
    path.write_text(f"{head}north,labour,one,12\nnorth,labour,one,\n")
    read = people.read(path, plan)
    assert read.amounts is not None and read.amounts.tolist() == [12, 0]
    path.write_text(f"{head}north,labour,one,{amount}\n")
    with pytest.raises(BadData, match="line 2: 'money' is a whole number from 0"):
        people.read(path, plan)


def money(more: str = "") -> str:
    return of_a.text(5, f'amount = "money"\n{more}').replace('percent_of = "form"', "")


# -- path A ---------------------------------------------------------------------------------------


def test_g19_a5_there_is_always_a_step_that_is_wide_enough() -> None:
    """And who knows how the step is chosen is left with two counts at least."""
    for base in range(holders.LEAST_BASE, 130):
        told = [holders.percentage(count, base) for count in range(base + 1)]
        assert None not in told
        assert all(told.count(one) > 1 for one in told)
    assert holders.percentage(21, 20) is None, "rounded numbers need not add up"


def test_g19_of_one_person_alone_nothing_can_be_shown_and_it_is_refused() -> None:
    cells = linked(np.array([[1, 0], [0, 0]]))
    hidden = suppression.suppress(cells, 5)
    assert hidden == set(range(9)), "everything is hidden"
    found = suppression.audit(cells, hidden, 5)
    assert {one.code for one in found} == {"SR-A6"}, "and still it says too much"
    # Beside enough others the same person is protected.
    cells = linked(np.array([[1, 30], [30, 30]]))
    assert suppression.audit(cells, suppression.suppress(cells, 5), 5) == []


def test_g19_a_cell_that_cannot_be_protects_nobody() -> None:
    """What everybody knows to be 0 is no cover: another cell is hidden in its place."""
    cells = linked(np.array([[20, 3, 30], [40, 25, 60], [0, 44, 55]]))
    never = cells.names.index((2, 0))
    held = replace(cells, fixed=frozenset([never]))
    hidden = suppression.suppress(held, 5)
    assert never not in hidden
    assert suppression.audit(held, hidden, 5) == []


def test_g19_what_an_earlier_release_limits_limits_the_attacker_too() -> None:
    cells = linked(np.array([[20, 3, 30], [40, 25, 60], [33, 44, 55]]))
    hidden = suppression.suppress(cells, 5)
    at = cells.names.index((0, 1))
    wide = suppression.bounds(cells, hidden, 5, [at])[at]
    near = suppression.Public({at: (2, 4)})
    assert wide[1] - wide[0] >= 5
    assert suppression.bounds(cells, hidden, 5, [at], public=near)[at] == (2, 4)
    told = suppression.Public({at: (3, 3)})
    assert suppression.bounds(cells, hidden, 5, [at], public=told)[at] == (3, 3)
    assert at in {one.cell for one in suppression.audit(cells, hidden, 5, near)}
    assert suppression.audit(cells, hidden, 5) == []


def test_g19_integer_bounds_are_those_of_a_programme_over_all_cells() -> None:
    """Of three columns the best answer need not be whole: then a second programme says."""
    dice = np.random.default_rng(5)
    for _ in range(5):
        table = dice.integers(0, 9, (3, 3, 3))
        cells = linked(table)
        inner = frozenset(at for at, name in enumerate(cells.names) if min(name) >= 0)
        case = checked.Case("three columns", table, {}, cells, inner)
        for at, ends in suppression.bounds(cells, inner, k=10**6).items():
            assert ends == pytest.approx(checked.integer_bounds(case, at))


# Half of the base in most cells, so that no way to round them adds up (found by trying).
NEVER = [
    *([[5, 0, 5], [5, 5, 5], [5, 5, 5]], [[5, 0, 5], [0, 0, 5], [5, 5, 0]]),
    [[5, 5, 0], [0, 5, 5], [5, 0, 0]],
]


def test_g19_a7_where_no_table_of_rounded_numbers_adds_up_nothing_is_made() -> None:
    assert rounding.controlled(linked(np.array(NEVER)), 10) is None
    values = ", ".join(f'"{one}"' for one in "abc")
    text = 'path = "A"\nname = "x"\nprotection = "controlled rounding"\nsensitive = []\n'
    for name in ("one", "two", "three"):
        text += f'[[columns]]\nname = "{name}"\nvalues = [{values}]\n'
    plan = official_plan.read(f'{text}[[tables]]\ncolumns = ["one", "two", "three"]\n')
    assert plan.base == 10
    each = [at for at, number in np.ndenumerate(NEVER) for _ in range(int(number))]
    made = official.make(People(np.array(each, dtype=np.int32).T + 1), plan, SECRET)
    assert made.told == {}
    (refused,) = made.refusals
    assert refused.code == "SR-G1"
    assert "no table of rounded numbers adds up" in refused.text


def test_g19_a7_controlled_tables_add_up_and_hide_what_they_would_tell() -> None:
    plan = of_a.planned(5, 'protection = "controlled rounding"\nbase = 10')
    data = of_a.people([[0, 0, 0], [0, 33, 24], [0, 61, 47], [0, 18, 52]])
    made = official.make(data, plan, SECRET)
    assert not made.refusals
    told = {name: one.number for name, one in made.told.items()}
    assert None not in told.values() and all((one or 0) % 10 == 0 for one in told.values())
    for region in (1, 2, 3, TOTAL):
        parts = [told[region, form, TOTAL] or 0 for form in (0, 1, 2)]
        assert sum(parts) == told[region, TOTAL, TOTAL]
    # Of earlier releases everybody has the intervals as well.
    at = made.cells.names.index((1, 1, TOTAL))
    known = suppression.Public({at: (33, 33)})
    low, high = rounding.intervals(
        np.array([told.get(name, 0) for name in made.cells.names]),
        plan.protection,
        base=10,
        k=5,
    )
    narrowed = rounding.audit(made.cells, low, high, [at], 4, public=known)
    assert (at, "lies between 33 and 33") in {(one.cell, one.text) for one in narrowed}


def test_g19_a_sum_that_one_organisation_makes_is_hidden() -> None:
    codes = np.array([(1 + at % 3, 1 + at % 2, 1 + at % 2) for at in range(120)], dtype=np.int32)
    codes[:, 2] = np.arange(120) // 6 % 3  # three in every cell, one without a name
    amounts = np.full(120, 30) + np.arange(120) % 7
    data = People(codes.T, tuple(map(str, range(120))), amounts)
    plan = official_plan.read(money('organisation = "source"'))
    assert official.make(data, plan, SECRET).told[(1, 1, TOTAL)].number is not None
    # The same people, but of one cell one organisation tells nearly all of the money.
    inside = (codes[:, 0] == 1) & (codes[:, 1] == 1)
    amounts[inside & (codes[:, 2] == 1)] = 900
    made = official.make(data, plan, SECRET)
    assert not made.refusals
    assert made.told[(1, 1, TOTAL)].number is None


def test_g19_impossible_cells_are_nought_in_the_files_and_other_columns_stay_out() -> None:
    more = 'forbidden = [{region = "north", form = "labour"}]'
    text = of_a.text(5, more) + '[[tables]]\ncolumns = ["source"]\n'
    plan = official_plan.read(text)
    data = of_a.people([[0, 0, 0], [0, 0, 40], [0, 60, 40], [0, 30, 50]])
    made = official.make(data, plan, SECRET)
    assert not made.refusals
    header, *lines = official_files.table_of(made, (0, 1))
    assert header[:3] == ["region", "form", "count"]
    assert ["north", "labour", 0, 0, 0, "", "structural_zero"] in lines
    assert len(lines) == (4 + 1 + 1) * (3 + 1), "values with blank, a wider group, the total"
    _header, *alone = official_files.table_of(made, (2,))
    assert [line[0] for line in alone] == ["[all]", "", "one", "two"]
    # Somebody in a cell that the plan calls impossible refuses the whole.
    wrong = of_a.people([[0, 0, 0], [0, 7, 40], [0, 60, 40], [0, 30, 50]])
    refused = official.make(wrong, plan, SECRET).refusals
    assert "impossible stands in the data" in refused[0].text
