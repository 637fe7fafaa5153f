"""`./run manage release`: drafts, refusals, the budget, and values that must survive."""

import csv
import fcntl
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from panoh.statistics.rules.release.ledger import PAGES, BadLedger, notes
from tests.factories import ctdc

STRANGE = {
    "code": ["0", "1", "a, b", "Ӯғҷӣ қҳ", ' "quoted" ', "two\nlines"],
    "sex": ["woman", "man"],
    "place": ["north", "south", "0"],
}


@pytest.fixture(autouse=True)
def own_keys(settings: Settings, tmp_path: Path) -> None:
    settings.PANOH_KEYS = tmp_path / "keys"
    settings.PANOH_VAR = tmp_path / "var"


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("release", *map(str, arguments), stdout=out)
    return out.getvalue()


def prepared(
    folder: Path, lists: dict[str, list[str]], codes: np.ndarray, *, epsilon: float = 8,
    more: str = "", n_pub: int | None = 3000,
) -> tuple[Path, Path]:  # fmt: skip
    plan, data = folder / "plan.toml", folder / "data.csv"
    plan.write_text(ctdc.plan_text(lists, epsilon=epsilon, n_pub=n_pub, more=more))
    ctdc.write(data, lists, codes)
    return plan, data


def strange(rows: int = 3000) -> np.ndarray:
    dice = np.random.default_rng(4)
    return np.array(
        [
            dice.choice(7, rows, p=[0.1, 0.3, 0.2, 0.15, 0.1, 0.1, 0.05]),
            dice.choice(3, rows, p=[0.05, 0.7, 0.25]),
            dice.choice(4, rows, p=[0.1, 0.4, 0.3, 0.2]),
        ]
    )


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_g19_a_draft_has_every_product_and_the_same_totals(tmp_path: Path) -> None:
    more = 'licence = "fictional licence"\nwords = {en = "A fictional remark."}'
    plan, data = prepared(tmp_path, STRANGE, strange(), more=more)
    plan.write_text(plan.read_text() + 'codebook = "Fictional codes 1"\n')
    out = tmp_path / "out"
    assert "unsigned, not released" in run(plan, "--data", data, "--out", out)
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names >= {
        *("rows.csv", "dashboard.json", "dataset.json", "csvw.json", "errors.json"),
        *(
            "attacks.json",
            "statement.tg.md",
            "statement.ru.md",
            "statement.en.md",
            "checksums.sha256",
        ),
        *("tables/1.csv", "tables/2.csv", "tables/3.csv", "tables/1-2.csv", "tables/2-3.csv"),
    }
    rows, dashboard = read(out / "rows.csv"), json.loads((out / "dashboard.json").read_text())
    total = dashboard["total"]["count"]
    assert len(rows) - 1 == dashboard["rows"] == 3000
    assert dashboard["people_per_row"] == pytest.approx(total / 3000, abs=1e-6)
    assert abs(total - 3000) < 60
    table = read(out / "tables/2.csv")
    assert table[0] == ["sex", "count", "low", "high", "state"]
    assert sum(int(line[1]) for line in table[1:] if line[4] == "shown") == pytest.approx(
        total, abs=60
    )
    for line in (out / "checksums.sha256").read_text().splitlines():
        mark, name = line.split("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == mark
    about = json.loads((out / "dataset.json").read_text())
    assert (about["dct:license"], about["dcat:contactPoint"]) == ("fictional licence", "not stated")
    said = {code: (out / f"statement.{code}.md").read_text() for code in ("tg", "ru", "en")}
    assert "- A fictional remark.\n" in said["en"]
    assert "epsilon 8.00, delta 1/24\u00a0000;" in said["en"]
    assert "эпсилон 8,00, дельта 1/24\u00a0000;" in said["ru"] and "8.00" not in said["tg"]
    assert "Fictional codes 1" in (out / "csvw.json").read_text()
    assert "rows_with_one_value" in (out / "attacks.json").read_text()
    limits = json.loads((out / "errors.json").read_text())["limits"]
    assert (
        limits.keys()
        == {"tg", "ru", "en"}
        == {one["@language"] for one in about["dct:description"]}
    )
    assert len({len(each) for each in limits.values()}) == 1


def test_g19_values_survive_unchanged(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange())
    run(plan, "--data", data, "--out", tmp_path / "out")
    rows = read(tmp_path / "out/rows.csv")
    assert rows[0] == list(STRANGE)
    for column, values in enumerate(STRANGE.values()):
        assert {row[column] for row in rows[1:]} == {"", *values}
    assert {line[0] for line in read(tmp_path / "out/tables/1.csv")[1:]} == {"", *STRANGE["code"]}


def test_g19_no_count_below_the_threshold_is_shown(tmp_path: Path) -> None:
    lists = ctdc.columns(5, 30)
    plan, data = prepared(tmp_path, lists, ctdc.records(6000, 5, countries=30), n_pub=6000)
    out = tmp_path / "out"
    run(plan, "--data", data, "--out", out, "--test", "--seed", 3)
    for path in (out / "tables").glob("*.csv"):
        for line in read(path)[1:]:
            assert line[-1] in {"shown", "small_or_none"}
            assert (line[-4] == "") == (line[-1] == "small_or_none")
            assert line[-4] == "" or int(line[-4]) >= 10
    shown = {
        path.stem: {tuple(line[:-4]) for line in read(path)[1:] if line[-1] == "shown"}
        for path in (out / "tables").glob("*-*.csv")
    }
    for row in read(out / "rows.csv")[1:]:
        for name, cells in shown.items():
            values = tuple(row[int(c) - 1] for c in name.split("-"))
            assert "" in values or values in cells


def test_g19_the_ledger_stops_at_the_cap(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(), more="cap_rho = 2.0", epsilon=8)
    run(plan, "--data", data, "--out", tmp_path / "one")
    ledger = tmp_path / "ledger.jsonl"
    before = ledger.read_bytes()
    with pytest.raises(CommandError, match="SR-G2"):
        run(plan, "--data", data, "--out", tmp_path / "two")
    assert not (tmp_path / "two").exists()
    assert ledger.read_bytes() == before
    # A higher cap in a later plan does not lift the one that was set.
    plan.write_text(plan.read_text().replace("cap_rho = 2.0", "cap_rho = 50.0"))
    with pytest.raises(CommandError, match="SR-G2"):
        run(plan, "--data", data, "--out", tmp_path / "three")


def test_g19_a_ledger_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange())
    with pytest.raises(CommandError, match="No such file"):
        run(plan, "--data", data, "--out", tmp_path / "out", "--ledger", tmp_path / "none/book")
    assert not (tmp_path / "out").exists()


def test_g19_two_people_spend_where_the_plan_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = 'approvers = ["70001", "70002"]'
    plan, data = prepared(tmp_path, STRANGE, strange(), more=more)

    def spends(account: int, out: str) -> None:
        monkeypatch.setattr(os, "getuid", lambda: account)
        run(plan, "--data", data, "--out", tmp_path / out)

    for account in (70003, 70001):  # nobody agreed; then the one at the keys alone did
        with pytest.raises(CommandError, match="SR-G9"):
            spends(account, "one")
        monkeypatch.setattr(os, "getuid", lambda: 70001)
        run(plan, "--agree")
    spends(70003, "one")
    with pytest.raises(CommandError, match="SR-G9"):
        spends(70003, "two")  # each spend is agreed to anew
    lines = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    assert [one["state"] for one in lines] == ["agreed", "agreed", "reserved", "spent"]
    assert lines[2]["people"] == ["70003", "70001"]


def test_g19_nobody_else_spends_on_a_population_meanwhile(tmp_path: Path) -> None:
    """Pages and command, or two ledgers, take turns: each sees what the other has spent."""
    with notes(tmp_path, "people") as found:
        found.add("one", 0.5)
        (path,) = tmp_path.glob("*.lock")
        with path.open("a") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with notes(tmp_path, "people") as found:
        assert (found.elsewhere("two"), found.elsewhere("one")) == (0.5, 0)
    (path,) = tmp_path.glob("*.json")
    path.write_text("[]")
    with pytest.raises(BadLedger, match="was changed"), notes(tmp_path, "people"):
        pass


def test_g19_plans_that_stand_together_share_one_budget(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(), more="cap_rho = 2.0", epsilon=8)
    other = tmp_path / "again.toml"
    other.write_text(plan.read_text() + "\n")
    run(plan, "--data", data, "--out", tmp_path / "one")
    with pytest.raises(CommandError, match="SR-G2"):
        run(other, "--data", data, "--out", tmp_path / "two")
    # Another ledger is the caller's choice, and is named.
    said = io.StringIO()
    more = ("--data", data, "--out", tmp_path / "three", "--ledger", tmp_path / "other.jsonl")
    call_command("release", *map(str, (other, *more)), stdout=io.StringIO(), stderr=said)
    assert "Use one ledger" in said.getvalue()


def test_g19_a_population_that_the_pages_keep_is_not_spent_by_the_command(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(50), more='population = " two  words"')
    with notes(tmp_path / "var/ledger-heads", "two words") as found:
        found.add(PAGES, 0.1)
    assert "kept in Panoh" in refused(tmp_path, plan, data)


def test_g19_a_folder_that_cannot_be_made_costs_nothing(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange())
    with pytest.raises(CommandError, match="cannot be made"):
        run(plan, "--data", data, "--out", data / "out")
    assert not (tmp_path / "ledger.jsonl").exists()


def test_g19_who_withdrew_is_left_out(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(1200), more='person = "who"', n_pub=1200)
    lines = read(data)
    with data.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["who", *lines[0]], *([f"p{at}", *row] for at, row in enumerate(lines[1:]))]
        )
    gone = tmp_path / "gone.txt"
    gone.write_text("".join(f"p{at}\n" for at in range(600)))
    run(plan, "--data", data, "--out", tmp_path / "out", "--without", gone)
    total = json.loads((tmp_path / "out/dashboard.json").read_text())["total"]["count"]
    assert abs(total - 600) < 60


def test_g19_a_changed_ledger_is_refused(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange())
    run(plan, "--data", data, "--out", tmp_path / "one")
    ledger = tmp_path / "ledger.jsonl"
    good = ledger.read_text()
    lines = good.splitlines()
    entry = json.loads(lines[0])
    entry["rho"] = entry["rho"] / 10
    bad = [json.dumps(entry, ensure_ascii=False, sort_keys=True), *lines[1:]]
    for text in ("\n".join(bad), "\n".join(lines[1:]), "not json\n", good[:-1]):
        ledger.write_text(text)
        with pytest.raises(CommandError, match="was changed"):
            run(plan, "--data", data, "--out", tmp_path / "two")
        assert not (tmp_path / "two").exists()
        assert ledger.read_text() == text


def test_g19_the_gate_refuses_what_would_be_too_wrong(tmp_path: Path) -> None:
    lists = ctdc.columns(20, 70)
    plan, data = prepared(tmp_path, lists, np.zeros((20, 10), int), epsilon=0.4, n_pub=10_000)
    said = json.loads(run(plan, "--dry-run"))
    assert said["verdict"] == "do not release"
    assert not said["release"]
    assert "SR-G4" in {one["code"] for one in said["refusals"]}
    assert said["cures"]
    with pytest.raises(CommandError, match="SR-G4"):
        run(plan, "--data", data, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "ledger.jsonl").exists()


def test_g19_a_dry_run_reads_nothing_and_spends_nothing(tmp_path: Path) -> None:
    plan, _ = prepared(tmp_path, STRANGE, strange(10))
    said = json.loads(run(plan, "--dry-run", "--data", tmp_path / "not there.csv"))
    assert said["release"]
    assert said["tables"]["1"]["half_width95"] > 0
    assert not (tmp_path / "ledger.jsonl").exists()
    plan.write_text(plan.read_text().replace("n_pub = 3000", ""))
    with pytest.raises(CommandError, match="n_pub"):
        run(plan, "--dry-run")


def test_g19_a_trial_says_so_and_writes_even_what_is_refused(tmp_path: Path) -> None:
    lists = ctdc.columns(6, 60)
    codes = ctdc.records(1500, 6, countries=60)
    plan, data = prepared(tmp_path, lists, codes, epsilon=0.5, n_pub=1500)
    with pytest.raises(CommandError, match="--test"):
        run(plan, "--data", data, "--out", tmp_path / "out", "--seed", 1)
    said = run(plan, "--data", data, "--out", tmp_path / "one", "--test", "--seed", 1)
    assert "refused" in said
    assert "TEST" in said
    assert "refused" in json.loads((tmp_path / "one/dataset.json").read_text())["dct:accessRights"]
    assert "TEST" in (tmp_path / "one/statement.en.md").read_text()
    run(plan, "--data", data, "--out", tmp_path / "two", "--test", "--seed", 1)
    assert (tmp_path / "one/rows.csv").read_bytes() == (tmp_path / "two/rows.csv").read_bytes()


def test_g19_two_runs_never_share_their_noise(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(), epsilon=4)
    for name in ("one", "two"):
        run(plan, "--data", data, "--out", tmp_path / name)
    one, two = (read(tmp_path / name / "tables/1-3.csv") for name in ("one", "two"))
    assert one != two


def test_g19_a_size_from_the_data_is_rounded_and_said(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(), n_pub=None)
    said = run(plan, "--data", data, "--out", tmp_path / "out")
    assert "n_pub was taken from the data, rounded: 3000" in said
    assert json.loads((tmp_path / "out/errors.json").read_text())["n_pub_from_data"]


def test_g19_episodes_of_one_person_are_one_row(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(1200), more='person = "who"', n_pub=1200)
    lines = read(data)
    doubled = [["who", *lines[0]]]
    for at, row in enumerate(lines[1:]):
        doubled += [[str(at), *row], [str(at), row[0], "", row[2]]]
    with data.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(doubled)
    run(plan, "--data", data, "--out", tmp_path / "out")
    total = json.loads((tmp_path / "out/dashboard.json").read_text())["total"]["count"]
    assert abs(total - 1200) < 60


def test_g19_forbidden_combinations_stand_nowhere(tmp_path: Path) -> None:
    more = 'forbidden = [{sex = "man", place = "south"}]'
    codes = strange()
    codes[1, (codes[1] == 2) & (codes[2] == 2)] = 0
    plan, data = prepared(tmp_path, STRANGE, codes, more=more)
    run(plan, "--data", data, "--out", tmp_path / "out", "--test", "--seed", 2)
    assert not [row for row in read(tmp_path / "out/rows.csv") if row[1:] == ["man", "south"]]
    line = next(
        line for line in read(tmp_path / "out/tables/2-3.csv") if line[:2] == ["man", "south"]
    )
    assert line[-1] == "structural_zero"


def test_g19_there_are_as_many_rows_as_the_plan_says(tmp_path: Path) -> None:
    """The number of rows is public: it tells nothing of how many people there are."""
    plan, data = prepared(tmp_path, STRANGE, strange(), more="rows = 500")
    run(plan, "--data", data, "--out", tmp_path / "out", "--test", "--seed", 1)
    assert len(read(tmp_path / "out/rows.csv")) == 501


def test_g19_lines_cut_off_the_ledger_are_missed(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange())
    run(plan, "--data", data, "--out", tmp_path / "one")
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text(ledger.read_text().splitlines()[0] + "\n")
    with pytest.raises(CommandError, match="taken away"):
        run(plan, "--data", data, "--out", tmp_path / "two")
    assert not (tmp_path / "two").exists()


def test_g19_a_delta_too_large_for_the_size_in_the_data_costs_nothing(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(1200), more="delta = 1e-3", n_pub=None)
    assert "delta is above" in refused(tmp_path, plan, data)


def test_g19_a_line_of_nobody_costs_nothing(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(5), more='person = "who"')
    data.write_text("who,code,sex,place\n7,1,woman,north\n ,1,man,south\n")
    assert "nobody is named" in refused(tmp_path, plan, data)


def test_g19_a_forbidden_combination_of_any_width_stands_in_no_row(tmp_path: Path) -> None:
    more = 'forbidden = [{sex = "man", place = "south", code = "1"}]\nshares = [0.1, 0.9, 0]'
    plan, data = prepared(tmp_path, STRANGE, strange(), more=more + "\ntables = []")
    run(plan, "--data", data, "--out", tmp_path / "out", "--test", "--seed", 2)
    rows = read(tmp_path / "out/rows.csv")
    assert ["1", "man", "south"] not in rows
    assert ["1", "woman", "south"] in rows


BAD_PLANS: dict[str, tuple[str, str]] = {
    "no price": ("epsilon = 8", ""),
    "a price of 0": ("epsilon = 8", "epsilon = 0"),
    "a negative price": ("epsilon = 8", "epsilon = -1"),
    "a price in words": ("epsilon = 8", 'epsilon = "low"'),
    "a delta of 1": ("epsilon = 8", "epsilon = 8\ndelta = 1.0"),
    "k of 1": ("epsilon = 8", "epsilon = 8\nk = 1"),
    "a key nobody knows": ("epsilon = 8", "epsilon = 8\nepsilom = 1"),
    "not TOML": ("epsilon = 8", "epsilon = = 8"),
    "a value twice": ('"woman", "man"', '"woman", "woman"'),
    "a value that runs": ('"woman", "man"', '"woman", "=1+1"'),
    "a forbidden blank": ("epsilon = 8", 'epsilon = 8\nforbidden = [{sex = "", place = "north"}]'),
    "no rows": ("epsilon = 8", "epsilon = 8\nrows = 0"),
    "a person who is a column": ("epsilon = 8", 'epsilon = 8\nperson = "sex"'),
    "too many rows": ("epsilon = 8", "epsilon = 8\nrows = 99999999999"),
    "a table of no weight": (
        "epsilon = 8",
        "epsilon = 8\ntables = [{columns = ['sex'], weight = 0}]",
    ),
    "words in no language": ("epsilon = 8", "epsilon = 8\nwords = {xx = 'text'}"),
    "an approver twice": ("epsilon = 8", "epsilon = 8\napprovers = ['a', ' a']"),
    "a table of no column": ("epsilon = 8", "epsilon = 8\ntables = [{columns = ['none']}]"),
}


@pytest.mark.parametrize(("old", "new"), BAD_PLANS.values(), ids=BAD_PLANS.keys())
def test_g19_bad_plans_cost_nothing(tmp_path: Path, old: str, new: str) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(50))
    plan.write_text(plan.read_text().replace(old, new))
    refused(tmp_path, plan, data)


def refused(folder: Path, plan: Path, data: Path) -> str:
    with pytest.raises(CommandError) as caught:
        run(plan, "--data", data, "--out", folder / "out")
    assert not (folder / "out").exists()
    assert not (folder / "ledger.jsonl").exists()
    return str(caught.value)


BAD_DATA: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "no rows": (b"code,sex,place\n", "no rows"),
    "an unknown code": (b"code,sex,place\n0,woman,moon\n", "not in the plan's list"),
    "a space too many": (b"code,sex,place\n0,woman ,north\n", "not in the plan's list"),
    "an undeclared column": (b"code,sex,place,name\n0,woman,north,x\n", "not in the plan"),
    "a missing column": (b"code,sex\n0,woman\n", "missing"),
    "a column twice": (b"code,sex,sex,place\n0,woman,man,north\n", "one name"),
    "a short line": (b"code,sex,place\n0,woman\n", "2 values where 3"),
    "not text": (b"code,sex,place\n0,wom\xffan,north\n", "UTF-8"),
}


@pytest.mark.parametrize(("content", "says"), BAD_DATA.values(), ids=BAD_DATA.keys())
def test_g19_bad_data_costs_nothing(tmp_path: Path, content: bytes, says: str) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(50))
    data.write_bytes(content)
    said: Any = refused(tmp_path, plan, data)
    assert says in said
    assert "moon" not in said


def test_g19_nothing_is_written_over(tmp_path: Path) -> None:
    plan, data = prepared(tmp_path, STRANGE, strange(50))
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("kept")
    with pytest.raises(CommandError, match="not an empty folder"):
        run(plan, "--data", data, "--out", tmp_path / "full")
    assert (tmp_path / "full/file").read_text() == "kept"
