"""`./run manage estimate`: what it prints, and what it says of files that are no tables."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.house.tree import ROOT

TABLES = Path(__file__).parent / "tables"
KEYS = {
    *("lists", "observed", "method", "status", "effects", "effects_inf", "estimate", "ci95"),
    *("bca95", "percentile95", "identifiable", "diagnostics", "publishable", "seconds"),
    "provenance",
}


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("estimate", *arguments, stdout=out)
    return out.getvalue()


def asked(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return found


def test_g18_one_method_prints_exactly_these_keys() -> None:
    path = str(TABLES / "western_us.csv")
    for method in ("stepwise", "bic", "dga"):
        found = asked(path, "--method", method, "--bootstrap", "20")
        assert found.keys() == KEYS
        assert found["lists"] == list("ABCDE")
        assert found["observed"] == 345
        assert found["method"] == method
        assert found["provenance"].keys() == {"sha256", "version", "seed"}
        for one in found["diagnostics"]:
            assert one.keys() == {"code", "severity", "text"}
        assert (found["bca95"] is None) == (method == "dga")
    assert asked(path, "--method", "stepwise", "--bootstrap", "20")["effects"] == [["A", "E"]]


def test_g18_all_methods_print_their_envelope() -> None:
    found = asked(str(TABLES / "kosovo_1999.csv"), "--method", "all", "--bootstrap", "20")
    assert found.keys() == {"lists", "observed", "status", "diagnostics", "methods", "envelope"}
    assert [one["method"] for one in found["methods"]] == ["stepwise", "bic", "dga"]
    assert all(one.keys() == KEYS for one in found["methods"])
    low, high = found["envelope"]
    assert low < min(one["estimate"] for one in found["methods"])
    assert high > max(one["estimate"] for one in found["methods"])


def test_g18_a_model_with_an_effect_of_three_lists_names_three() -> None:
    found = asked(
        str(TABLES / "kosovo_1999.csv"), "--method", "bic", "--order", "3", "--bootstrap", "0"
    )
    assert found["estimate"] == pytest.approx(10356.5190, rel=1e-6)
    assert ["EXH", "ABA", "OSCE"] in found["effects"]


def test_g18_the_same_file_and_seed_give_the_same_bytes() -> None:
    same = (str(TABLES / "kosovo_1999.csv"), "--method", "stepwise", "--bootstrap", "200")
    one, other = (asked(*same, "--seed", "7") for _ in range(2))
    assert one | {"seconds": 0} == other | {"seconds": 0}
    assert one["bca95"] != asked(*same, "--seed", "8")["bca95"]


def test_g18_words_never_show_a_bare_point(tmp_path: Path) -> None:
    words = run(str(TABLES / "western_us.csv"), "--method", "stepwise", "--bootstrap", "200")
    line = next(line for line in words.splitlines() if line.startswith("stepwise: "))
    assert line.index("95%") < line.index("2,483")
    none = tmp_path / "none.csv"
    none.write_text("A,B,C,count\n1,0,0,90\n0,1,0,80\n0,0,1,70\n")
    assert "No estimate can be given" in run(str(none))


def test_g18_words_of_a_range_give_no_number_of_a_single_method(tmp_path: Path) -> None:
    """The analyst's JSON has them; words for a reader have the range and the reasons."""
    path = tmp_path / "apart.csv"
    path.write_text("A,B,C,count\n1,0,0,400\n0,1,0,300\n0,0,1,200\n1,1,0,90\n")
    told = asked(str(path), "--bootstrap", "50")
    points = {f"{one['estimate']:,.0f}" for one in told["methods"] if one["estimate"]}
    points -= {f"{limit:,.0f}" for limit in told["envelope"]}
    words = run(str(path), "--bootstrap", "50")
    assert told["status"] == "range_only" and "No single number can be given" in words
    assert points and not any(point in words for point in points)
    assert "MSE-D5-SENSITIVITY" in words and "MSE-D1-ISOLATED-LIST  C shares no case" in words


def test_g18_two_lists_are_an_ordinary_no(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("A,B,count\n1,0,40\n0,1,30\n1,1,10\n")
    found = asked(str(path), "--method", "stepwise")
    assert found["status"] == "no_estimate"
    assert found["estimate"] is None
    assert not found["publishable"]
    assert "MSE-D1-FEW-LISTS" in {one["code"] for one in found["diagnostics"]}
    assert "Chapman" in run(str(path)), "a teaching aid"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfA,B,C,count\r\n1,0,0,40\r\n0,1,0,30\r\n0,0,1,20\r\n1,1,0,7\r\n1,0,1,6\r\n1,1,1,2\r\n",
        b"A;B;C;count\n1;0;0;40\n0;1;0;30\n\n0;0;1;20\n1;1;0;7\n1;0;1;6\n1;1;1;2\n",
        b"A,B,C,count\n1,0,0,40\n0,1,0,30\n0,0,1,20\n1,1,0,3\n1,1,0,4\n1,0,1,6\n0,1,1,0\n1,1,1,2",
    ],
    ids=["mark and line ends", "semicolons", "duplicates, zeros, no last line end"],
)
def test_g18_tables_as_spreadsheets_write_them_are_read(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    found = asked(str(path), "--method", "stepwise", "--bootstrap", "0")
    assert found["observed"] == 105
    assert found["provenance"]["sha256"]


BAD = {
    "empty": (b"", "empty"),
    "header only": (b"A,B,C,count\n", "no cases"),
    "nothing but zeros": (b"A,B,C,count\n1,0,0,0\n", "no cases"),
    "no count": (b"A,B,C\n1,0,0\n", "count"),
    "one list": (b"A,count\n1,5\n", "1 list"),
    "twelve lists": (
        b"A,B,C,D,E,F,G,H,I,J,K,L,count\n1,0,0,0,0,0,0,0,0,0,0,0,5\n",
        "12 lists",
    ),
    "one name twice": (b"A,A,B,count\n1,0,0,5\n", "two columns"),
    "a list without name": (b"A,,B,count\n1,0,0,5\n", "no name"),
    "nobody is seen on no list": (b"A,B,C,count\n0,0,0,5\n", "no list"),
    "negative": (b"A,B,C,count\n1,0,0,-5\n", "whole number"),
    "a fraction": (b"A,B,C,count\n1,0,0,5.5\n", "whole number"),
    "words": (b"A,B,C,count\nyes,0,0,5\n", "0 or 1"),
    "short line": (b"A,B,C,count\n1,0,5\n", "3 values where 4"),
    "huge": (b"A,B,C,count\n1,0,0,99999999999999999999\n", "too large"),
    "large in sum": (b"A,B,C,count\n1,0,0,900000000\n0,1,0,900000000\n", "cannot be right"),
    "not text": (b"A,B,C,count\n1,0,0,\xff\n", "UTF-8"),
    "a quote that never ends": (b'A,B,C,count\n"1,0,0,5\n', "line"),
}


@pytest.mark.parametrize(("data", "says"), BAD.values(), ids=BAD.keys())
def test_g18_bad_tables_are_refused_in_plain_words(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(data)
    with pytest.raises(CommandError, match=says):
        run(str(path))


def test_g18_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run(str(tmp_path / "nowhere.csv"))
    for options in (("--bootstrap", "-1"), ("--seed", "-1")):
        with pytest.raises(CommandError, match=options[0]):
            run(str(TABLES / "western_us.csv"), *options)


def test_g18_the_command_needs_no_database(tmp_path: Path) -> None:
    environment = {**os.environ, "PANOH_VAR": str(tmp_path / "var"), "PANOH_MODE": "test"}
    environment["PANOH_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    answer = subprocess.run(
        [
            *(sys.executable, "-m", "config.launch", "manage", "estimate"),
            *(str(TABLES / "western_us.csv"), "--method", "stepwise", "--bootstrap", "50"),
            "--json",
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["status"] == "estimate"
