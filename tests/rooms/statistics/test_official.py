"""Official tables (path A): every rule alone, the whole by trying everything, the command."""

import csv
import io
import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from panoh.statistics.rules.release import holders, official, official_plan, rounding, suppression
from panoh.statistics.rules.release.cells import TOTAL, joined, linked
from panoh.statistics.rules.release.people import People

PLAN = """path = "A"
name = "Yearly table"
population = "people who were helped"
k = {k}
{more}
[[columns]]
name = "region"
values = ["north", "south", "east"]
parents = {{north = "upper", east = "upper"}}
[[columns]]
name = "form"
values = ["labour", "other"]
[[columns]]
name = "source"
values = ["one", "two"]
[[tables]]
columns = ["region", "form"]
percent_of = "form"
"""
SECRET = b"s" * 32


def text(k: int, more: str) -> str:
    """A plan; what is sensitive is always said."""
    return PLAN.format(k=k, more=more if "sensitive" in more else f"{more}\nsensitive = []")


@pytest.fixture(autouse=True)
def own_keys(settings: Settings, tmp_path: Path) -> None:
    settings.PANOH_KEYS = tmp_path / "keys"
    settings.PANOH_VAR = tmp_path / "var"


def planned(k: int = 5, more: str = "") -> official_plan.OfficialPlan:
    return official_plan.read(text(k, more))


def people(table: list[list[int]], sources: int = 2) -> People:
    """``table``: regions x forms, blanks first; sources by turns."""
    cells = [(r, f) for r, row in enumerate(table) for f, n in enumerate(row) for _ in range(n)]
    codes = np.array([(r, f, 1 + at % sources) for at, (r, f) in enumerate(cells)], dtype=np.int32)
    return People(codes.T, tuple(f"person {at}" for at in range(len(cells))))


def test_g19_tables_that_share_a_margin_are_one_system() -> None:
    counts = np.array([[3, 9], [20, 40]])
    cells = joined([((0, 1), counts[..., None]), ((1, 2), counts.T[..., None])], [{}, {}, {}])
    assert len(cells.names) == len(set(cells.names)) == 9 + 9 - 3
    total = dict(zip(cells.names, cells.values.tolist(), strict=True))
    assert total[TOTAL, TOTAL, TOTAL] == 72
    assert not (cells.relations @ cells.values).any()


def test_g19_a_wider_group_is_a_cell_of_its_own() -> None:
    made = official.make(
        people([[0, 0, 0], [0, 30, 20], [0, 60, 40], [0, 3, 50]]), planned(), SECRET
    )
    told = {made.named(name): one for name, one in made.told.items()}
    assert not made.refusals
    assert told["region=east, form=labour"].number is None
    assert told["region=upper"].number == 103
    # Hidden beside it, or upper less north gives it away.
    assert None in {
        told["region=upper, form=labour"].number,
        told["region=north, form=labour"].number,
    }


def everything(cells: suppression.Linked, ranges: list[range]) -> np.ndarray:
    """All cells, one row for each choice of the inner ones, which stand last in their names."""
    inner = [name for name in cells.names if min(name) >= 0]
    sizes = [len(one) for one in ranges]
    starts = np.array([one.start for one in ranges])
    tried = np.indices(sizes, dtype=np.int16).reshape(len(sizes), -1).T + starts
    columns = [
        [all(part in {TOTAL, own} for part, own in zip(name, one, strict=True)) for one in inner]
        for name in cells.names
    ]
    return np.stack([tried[:, np.array(one)].sum(axis=1) for one in columns], axis=1)


def test_g19_integer_bounds_are_those_of_trying_everything() -> None:
    dice = np.random.default_rng(3)
    for _ in range(2):
        cells = linked(dice.integers(0, 4, (2, 2, 2)))
        hidden = [at for at, name in enumerate(cells.names) if min(name) >= 0]
        hidden += [at for at, name in enumerate(cells.names) if min(name) < 0 <= name[0]][:2]
        known = sorted(set(range(27)) - set(hidden))
        tried = everything(cells, [range(5)] * 8)
        possible = tried[(tried[:, known] == cells.values[known]).all(axis=1)]
        found = suppression.bounds(cells, hidden, k=99)
        for at in hidden:
            assert found[at] == (possible[:, at].min(), possible[:, at].max())


@pytest.mark.parametrize(
    ("supplied", "few"),
    [
        ([2, 0], True),
        ([2, 1], False),
        ([9, 1], True),
        ([85, 15], False),
        ([0, 0], False),
        ([9], False),
    ],
)
def test_g19_a3_three_persons_and_no_source_over_85_percent(supplied: list[int], few: bool) -> None:
    assert holders.too_few(np.array(supplied)) is few


def test_g19_a3_a_cell_of_one_source_is_hidden() -> None:
    data = people([[0, 0, 0], [0, 30, 30], [0, 30, 30], [0, 30, 30]])
    codes = data.codes.copy()
    codes[2, (codes[0] == 1) & (codes[1] == 1)] = 1
    plan = planned(more='organisation = "source"')
    made = official.make(People(codes, data.ids), plan, SECRET)
    told = {made.named(name): one.number for name, one in made.told.items()}
    assert not made.refusals
    assert told["region=north, form=labour"] is None
    assert official.make(data, plan, SECRET).told[(1, 1, TOTAL)].number == 30


def test_g19_a4_a_group_with_one_answer_is_hidden() -> None:
    data = people([[0, 0, 0], [0, 30, 0], [0, 30, 25], [0, 28, 31]])
    made = official.make(data, planned(more='sensitive = ["form"]'), SECRET)
    told = {made.named(name): one.number for name, one in made.told.items()}
    assert not made.refusals
    assert told["region=north, form=labour"] is None
    assert told["region=north, form=other"] is None
    assert official.make(data, planned(), SECRET).told[(1, 1, TOTAL)].number == 30


@pytest.mark.parametrize("base", [20, 33, 60, 250])
def test_g19_a5_no_count_can_be_worked_back_from_a_percentage(base: int) -> None:
    told: dict[int, list[int]] = {}
    for count in range(base + 1):
        percent = holders.percentage(count, base)
        if percent is not None:
            told.setdefault(percent, []).append(count)
    assert told
    assert min(len(counts) for counts in told.values()) >= 2
    assert holders.percentage(5, 19) is None


def test_g19_a7_random_rounding_is_right_on_average_and_the_same_for_the_same_people() -> None:
    keys = np.arange(256)
    for value in (0, 1, 7, 13, 40):
        rounded = rounding.at_random(np.full(256, value), keys, 10)
        assert set(rounded.tolist()) <= {value - value % 10, value - value % 10 + 10}
        assert abs(rounded.mean() - value) <= 10 / 256
    plan = planned(5, 'person = "who"\nprotection = "random rounding"\nbase = 10')
    data = people([[0, 0, 0], [0, 33, 24], [0, 61, 47], [0, 18, 52]])
    one, other = (official.make(data, plan, SECRET).told for _ in range(2))
    assert one == other
    assert one != official.make(data, plan, b"t" * 32).told
    assert {cell.number % 10 for cell in one.values() if cell.number is not None} == {0}


def test_g19_a7_controlled_rounding_adds_up_with_the_smallest_change() -> None:
    table = np.array([[3, 9], [21, 40]])
    cells = linked(table)
    rounded = rounding.controlled(cells, 10)
    assert rounded is not None
    assert not (cells.relations @ rounded).any()
    assert (np.abs(rounded - cells.values) < 10).all()
    steps = [sorted({v - v % 10, -(-v // 10) * 10}) for v in table.ravel().tolist()]
    tried = [linked(np.array(one).reshape(2, 2)).values for one in product(*steps)]
    near = [one for one in tried if (np.abs(one - cells.values) < 10).all()]
    assert np.abs(rounded - cells.values).sum() == min(np.abs(v - cells.values).sum() for v in near)


def test_g19_a7_intervals_are_audited_by_trying_everything() -> None:
    cells = linked(np.array([[1, 1], [30, 40]]))
    told = rounding.at_random(cells.values, np.full(len(cells.values), 0), 10)
    told[[at for at, name in enumerate(cells.names) if name == (0, TOTAL)]] = 0
    low, high = rounding.intervals(told, "random rounding", base=10, k=10)
    inner = [at for at, name in enumerate(cells.names) if min(name) >= 0]
    tried = everything(cells, [range(int(low[at]), int(high[at]) + 1) for at in inner])
    possible = tried[((tried >= low) & (tried <= high)).all(axis=1)]
    for at in inner:
        told_of = (possible[:, at].min(), possible[:, at].max())
        assert suppression.reach(cells, low, high, at, 99) == told_of
    wide = rounding.audit(cells, low, high, [], 9)
    assert {one.code for one in wide} == {"SR-A7"}


def test_g19_a_cell_key_keeps_zero_hides_small_counts_and_is_right_on_average() -> None:
    keys = np.arange(256)
    for value in (0, 1, 4, 9, 10, 12, 14, 90):
        moved = rounding.perturbed(np.full(256, value), keys, 10)
        assert abs(moved.mean() - value) < 0.03
        if value == 0:
            assert not moved.any()
        elif value < 10:
            assert set(moved.tolist()) == {0, 10}
        else:
            assert moved.min() >= max(10, value - 4)
            assert moved.max() <= value + 4
    # Who is in a cell decides, not how the question was asked.
    data = people([[0, 0, 0], [0, 33, 0], [0, 61, 47], [0, 18, 52]])
    plan = planned(10, 'person = "who"\nprotection = "cell key"')
    told = official.make(data, plan, SECRET).told
    assert told[(1, 1, TOTAL)].number == told[(1, TOTAL, TOTAL)].number


def test_g19_a2_sums_of_money_tell_nobody_what_one_of_them_got() -> None:
    """One who got nearly all of a cell, or of a sum of hidden cells, is hidden; nobody works the
    part back more closely than within ten percent, not even the second largest."""
    codes = np.array([(1 + at % 3, 1 + at % 2, 1 + at % 2) for at in range(120)], dtype=np.int32)
    amounts = np.full(120, 30) + np.arange(120) % 7
    amounts[3] = 5000  # of region 1, form 2
    data = People(codes.T, tuple(map(str, range(120))), amounts)
    plan = official_plan.read(text(5, 'amount = "money"').replace('percent_of = "form"', ""))
    made = official.make(data, plan, SECRET)
    assert not made.refusals
    at = made.cells.names.index((1, 2, TOTAL))
    assert made.told[(1, 2, TOTAL)].number is None
    hidden = {
        at
        for at, name in enumerate(made.cells.names)
        if name in made.told and made.told[name].number is None
    }
    low, high = suppression.bounds(made.cells, hidden, 0, [at])[at]
    assert high - low >= 1000 and low < made.cells.values[at] < high
    # A table without such a person shows its sums.
    amounts[3] = 33
    plain = official.make(People(codes.T, data.ids, amounts), plan, SECRET)
    assert (
        plain.told[(1, 2, TOTAL)].number == amounts[(codes[:, 0] == 1) & (codes[:, 1] == 2)].sum()
    )


# -- the command ----------------------------------------------------------------------------------


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("release", *map(str, arguments), stdout=out)
    return out.getvalue()


def prepared(folder: Path, data: People, more: str = "", k: int = 5) -> tuple[Path, Path]:
    plan, file = folder / "plan.toml", folder / "data.csv"
    plan.write_text(text(k, 'person = "who"\n' + more))
    made = official_plan.read(plan.read_text())
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["who", *(one.name for one in made.columns)])
        for who, row in zip(data.ids, data.codes.T.tolist(), strict=True):
            writer.writerow([who, *(c.domain[v] for c, v in zip(made.columns, row, strict=True))])
    return plan, file


TABLE = [[0, 0, 0], [0, 30, 20], [0, 60, 40], [0, 3, 50]]


def test_g19_official_tables_are_written_and_the_ledger_knows(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, people(TABLE))
    out = tmp_path / "out"
    assert "unsigned, not released" in run(plan, "--data", data, "--out", out)
    with (out / "tables/1-2.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    states = {(line["region"], line["form"]): line["state"] for line in lines}
    assert states["east", "labour"] == "small_or_none"
    assert states["[all]", "[all]"] == "shown"
    assert all((line["count"] == "") == (line["state"] == "small_or_none") for line in lines)
    assert all(not line["count"] or not 0 < int(line["count"]) < 5 for line in lines)
    entry = json.loads((tmp_path / "ledger.jsonl").read_text())
    assert entry["not_dp"]
    assert entry["rho"] is None
    for language in ("tg", "ru", "en"):
        assert "{" not in (out / f"statement.{language}.md").read_text()


def test_g19_a8_a_second_release_that_differs_by_few_is_refused(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, people(TABLE))
    run(plan, "--data", data, "--out", tmp_path / "first")
    later = [[0, 0, 0], [0, 30, 20], [0, 62, 40], [0, 3, 50]]
    plan, data = prepared(tmp_path, people(later), 'earlier = ["first"]')
    with pytest.raises(CommandError, match="SR-A8: region=south"):
        run(plan, "--data", data, "--out", tmp_path / "second")
    assert not (tmp_path / "second").exists()
    # None of those that the ledger knows may be forgotten.
    prepared(tmp_path, people(later))
    with pytest.raises(CommandError, match="SR-A8: 1 earlier official tables"):
        run(plan, "--data", data, "--out", tmp_path / "second")
    prepared(tmp_path, people(later), 'earlier = ["first"]')
    (tmp_path / "first/tables/1-2.csv").write_text("region,form,count,low,high,percent,state\n")
    with pytest.raises(CommandError, match="were changed"):
        run(plan, "--data", data, "--out", tmp_path / "second")


def test_g19_a8_two_releases_read_together_tell_nothing_more() -> None:
    """A cell hidden twice must not follow from what either release shows beside it."""
    data = people([[0, 0, 0], [0, 30, 20], [0, 60, 40], [0, 3, 50]])
    plan = planned()
    first = official.make(data, plan, SECRET)
    hidden = {name for name, one in first.told.items() if one.number is None}
    columns = tuple(one.name for one in plan.columns)

    def as_read(shown: set[tuple[int, ...]]) -> official.Earlier:
        cells = {
            frozenset(
                (columns[c], plan.label(c, node)) for c, node in enumerate(name) if node != TOTAL
            ): (first.cells.values[first.cells.names.index(name)],) * 2
            for name in shown
        }
        return official.Earlier("mark", (("region", "form"),), cells)

    # The first release once more: the same pattern, and it passes.
    again = official.make(data, plan, SECRET, [as_read(set(first.told) - hidden)])
    assert not again.refusals
    assert {name for name, one in again.told.items() if one.number is None} == hidden
    # An earlier one that showed what protects the small cell now: another pattern.
    small = next(name for name in hidden if first.cells.values[first.cells.names.index(name)] == 3)
    beside = hidden - {small}
    other = official.make(data, plan, SECRET, [as_read(beside)])
    unknown = {
        at
        for at, name in enumerate(other.cells.names)
        if other.told[name].number is None and name not in beside
    }
    at = other.cells.names.index(small)
    low, high = suppression.bounds(other.cells, unknown, 5, [at])[at]
    assert high - low >= 5
    assert not other.refusals


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('protection = "hope"', "protection"),
        ('protection = "controlled rounding"\nbase = 7', "base"),
        ('protection = "controlled rounding"\nbase = 5\nk = 10', "TOML"),
        ('organisation = "form"', "stands in no table"),
        ('sensitive = ["none"]', "sensitive"),
        ("epsilon = 4", "unknown key"),
        ('amount = "form"', "of its own"),
        ('amount = "money"', "no share"),
        ('person = "form"', "stands in no table"),
        ("", "sensitive is missing"),
    ],
)
def test_g19_bad_plans_of_official_tables_are_refused(tmp_path: Path, more: str, says: str) -> None:
    plan, data = prepared(tmp_path, people(TABLE))
    plan.write_text(text(5, more) if more else PLAN.format(k=5, more=""))
    with pytest.raises(CommandError, match=says):
        run(plan, "--data", data, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "ledger.jsonl").exists()
