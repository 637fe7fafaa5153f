"""Documents that can be tested are tested; nothing of the work place or secret is committed."""

import ast
import csv
import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.house.tree import PANOH, ROOT, functions, parse, relative, sources, tracked

MARKDOWN = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
STATES = re.compile(r"planned|in work|built|part, waits for [a-z]+(?: and [a-z]+)*")
# Rows of the present stage: each has at least one test named after it.
ROWS = [
    *("A2", "A3", "A4", "A5", "A6", "A8", "A9", "A10", "A11", "A13", "A16", "A19", "A20", "A23"),
    *("C1", "C4", "H18"),
]


@cache
def names_of_tests() -> set[str]:
    return {
        node.name
        for path in sources("tests")
        for node in functions(parse(path))
        if node.name.startswith("test_")
    }


def rows(text: str) -> dict[str, str]:
    """Row and state of the table of requirements."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return {
        cells[0].strip(): cells[-1].strip()
        for cells in lines
        if re.fullmatch(r" ?[A-H]\d+ ?", cells[0])
    }


def requirement_faults(states: dict[str, str], tests: set[str]) -> list[str]:
    """States that are no states, and claims without a test."""
    found = [f"{row}: {state}" for row, state in states.items() if not STATES.fullmatch(state)]
    found += [
        f"{row} says {state} and has no test"
        for row, state in states.items()
        if state.startswith(("built", "part"))
        and not any(name.startswith(f"test_{row.lower()}_") for name in tests)
    ]
    return found


def test_the_catalogue_of_requirements_is_whole_and_honest() -> None:
    states = rows((ROOT / "docs/requirements.md").read_text())
    assert len(states) == 138
    counts = {letter: sum(row[0] == letter for row in states) for letter in "ABCDEFGH"}
    assert counts == {"A": 29, "B": 15, "C": 13, "D": 10, "E": 18, "F": 13, "G": 19, "H": 21}
    assert requirement_faults(states, names_of_tests()) == []
    waits = {
        room
        for state in states.values()
        if state.startswith("part")
        for room in re.split(r" and ", state.removeprefix("part, waits for "))
    }
    assert not {room for room in waits if (PANOH / room).is_dir()}, "the room is there"


def test_a_false_claim_is_noticed() -> None:
    table = "| A1 | x | y | built |\n| A2 | x | y | done |\n| A3 | x | y | part, waits for fund |"
    assert rows(table) == {"A1": "built", "A2": "done", "A3": "part, waits for fund"}
    assert len(requirement_faults(rows(table), {"test_a3_x"})) == 2


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_this_stage_has_a_test(row: str) -> None:
    names = {name for name in names_of_tests() if name.startswith(f"test_{row.lower()}_")}
    own = {node.name for path in sources("tests/house") for node in functions(parse(path))}
    assert names, f"no test is named test_{row.lower()}_…"
    state = rows((ROOT / "docs/requirements.md").read_text())[row]
    assert state.startswith(("built", "part")), f"{row} says {state}"
    assert names - own or row in {"A5", "A23"}, "a scan alone does not prove a row"


def test_the_first_line_says_no_real_names() -> None:
    assert (ROOT / "README.md").read_text().startswith("**No real names**")


def commands(text: str) -> set[str]:
    """Commands of `./run` that a document shows."""
    return set(re.findall(r"\./run ([a-z][a-z-]*)", text))


def arms(text: str) -> set[str]:
    """Commands that the script knows."""
    return set(re.findall(r"^([a-z-]+)\)$", text, re.MULTILINE))


def test_commands_in_documents_exist() -> None:
    known = arms((ROOT / "run").read_text())
    assert {"demo", "test", "check", "serve", "manage", "bench"} <= known
    for path in MARKDOWN:
        assert commands(path.read_text()) - known == set(), relative(path)


def test_the_gate_has_three_doors() -> None:
    """By hand, before a commit, in CI; and CI fetches all that a fresh machine may lack."""
    for name in ("run", ".ci/run", ".ci/pre-commit"):
        assert os.access(ROOT / name, os.X_OK), name
    assert '/run" check' in (ROOT / ".ci/pre-commit").read_text()
    continuous = (ROOT / ".ci/run").read_text()
    assert "./run check\n./run test\n" in continuous
    for package in ("chromium", "gettext", "python3-venv"):
        assert f'wanted="$wanted {package}"' in continuous


def test_management_commands_in_documents_exist() -> None:
    known = {path.stem for path in PANOH.glob("*/management/commands/*.py")}
    known |= {"makemigrations", "migrate"}
    wanted = {
        name
        for path in MARKDOWN
        for name in re.findall(r"\./run manage ([a-z_]+)", path.read_text())
    }
    assert wanted - known == set()


def test_benchmarks_in_documents_exist() -> None:
    known = {path.stem for path in (ROOT / "bench").glob("*.py")}
    wanted = {
        name
        for path in MARKDOWN
        for name in re.findall(r"\./run bench +([a-z_]+)", path.read_text())
    }
    assert wanted - known == set()


def test_an_unknown_command_is_noticed() -> None:
    assert commands("use `./run fly` and ./run test") == {"fly", "test"}
    assert arms("demo)\n    x ;;\n'') usage ;;\n") == {"demo"}


def broken_links(path: Path, text: str) -> list[str]:
    """Links to files that are not there."""
    return [
        f"{relative(path)}: {target}"
        for target in re.findall(r"\]\(([^)#\s]+)", text)
        if not urlsplit(target).scheme and not (path.parent / target).exists()
    ]


def test_links_of_documents_lead_somewhere() -> None:
    assert [fault for path in MARKDOWN for fault in broken_links(path, path.read_text())] == []


def test_a_broken_link_is_noticed() -> None:
    assert broken_links(ROOT / "README.md", "[x](docs/nowhere.md)")
    assert not broken_links(ROOT / "README.md", "[x](docs/words.md) [y](https://example.org)")


def test_a_decision_is_one_screen_and_numbered() -> None:
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [
        f"{n:04}" for n in range(1, len(decisions) + 1)
    ]
    for path in decisions:
        text = path.read_text()
        assert len(text.splitlines()) <= 45, relative(path)
        for heading in ("**State:**", "**Context.**", "**Decision.**", "**Consequences.**"):
            assert heading in text, f"{relative(path)} lacks {heading}"


def test_each_term_stands_once() -> None:
    text = (ROOT / "docs/words.md").read_text()
    table = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    terms = [cells[0].strip() for cells in table if cells[0].strip() != "English"]
    assert len(terms) > 40
    assert len(terms) == len(set(terms)), {term for term in terms if terms.count(term) > 1}
    for cells in table:
        assert len(cells) == 5, cells
        assert re.search(r"source|general|own|status", cells[4]), cells


def test_law_names_tests_that_exist() -> None:
    text = (ROOT / "docs/law.md").read_text()
    wanted = set(re.findall(r"`(test_[a-z]\d+_)`", text))
    assert len(wanted) > 8
    missing = {one for one in wanted if not any(name.startswith(one) for name in names_of_tests())}
    assert missing == set()


def test_the_handbook_exists_in_three_languages() -> None:
    pages = {
        language: {path.name for path in (ROOT / "docs/handbook" / language).glob("*.md")}
        for language in ("tg", "ru", "en")
    }
    assert pages["tg"] == pages["ru"] == pages["en"] != set()


def verification() -> list[dict[str, str]]:
    with (ROOT / "docs/asvs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def verification_faults(table: list[dict[str, str]], tests: set[str]) -> list[str]:
    """Rows that claim without a test, or exclude without a reason."""
    found = []
    for row in table:
        named = row["test"].split()
        if row["state"] == "met" and not named:
            found.append(f"{row['id']}: met by nothing")
        if row["state"] == "not applicable" and not row["note"]:
            found.append(f"{row['id']}: no reason")
        if row["state"] not in {"met", "not yet", "not applicable"}:
            found.append(f"{row['id']}: {row['state']}")
        # A requirement on documents is met by a document.
        found += [
            f"{row['id']}: {name} is no test"
            for name in named
            if name not in tests and not (name.startswith("docs/") and (ROOT / name).is_file())
        ]
    return found


def test_verification_standard_is_whole_and_honest() -> None:
    table = verification()
    ids = [row["id"] for row in table]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"v5\.0\.0-\d+\.\d+\.\d+", one) for one in ids)
    assert sum(row["level"] in {"1", "2"} for row in table) == 253
    chapters = {one.split("-")[1].split(".")[0] for one in ids}
    assert chapters == {str(number) for number in range(1, 18)}
    third = [row["id"].split("-")[1].split(".")[0] for row in table if row["level"] == "3"]
    counts = {chapter: third.count(chapter) for chapter in set(third)}
    assert counts == {"2": 2, "6": 12, "7": 1, "8": 6, "11": 10, "14": 4, "16": 1}
    # Chapters that are answered whole: input, sign-in, sessions, access, data, logs.
    whole = {"2": 13, "6": 47, "7": 19, "8": 13, "14": 13, "16": 17}
    of = [(row["id"].split("-")[1].split(".")[0], row) for row in table]
    assert {chapter: sum(one == chapter for one, _ in of) for chapter in whole} == whole
    assert [row["id"] for one, row in of if one in whole and not (row["test"] or row["note"])] == []
    assert verification_faults(table, names_of_tests()) == []


def test_a_false_verification_is_noticed() -> None:
    row = {"id": "v5.0.0-1.1.1", "level": "1", "state": "met", "test": "", "note": ""}
    assert verification_faults([row], set())
    assert verification_faults([{**row, "test": "test_nothing"}], set())
    assert not verification_faults([{**row, "test": "test_x"}], {"test_x"})


# -- nothing of the work place, nothing secret --------------------------------------------------

# Written in pieces, so that this file does not find itself.
PLACES = [
    *("/wo" + "rk/", "/tm" + "p/", "/ro" + "ot/", "/ho" + "me/", "far" + "m-", "issues" + " show"),
    *("dupli" + "cates --", "../sha" + "red", "py" + "pi.org", "files.python" + "hosted"),
]
SECRETS = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "cloud key": re.compile(
        r"\bAKIA[0-9A-Z]{16}\b|\bghp_\w{30,}|\bglpat-\w{18,}|\bxox[bap]-\w{10,}"
    ),
    "token": re.compile(r"\beyJ[\w-]{12,}\.[\w-]{12,}\.[\w-]{8,}"),
    "password in an address": re.compile(
        r"\b[a-z]+://[^\s:/@{}<>$]+:(?!password)[^\s:/@{}<>$]{3,}@\w"
    ),
    "assigned secret": re.compile(
        r"\b(?:SECRET_KEY|API_KEY|PASSWORD|TOKEN)\s*=\s*[\"'][^\"'{}$<>\s]{12,}[\"']"
    ),
}
BINARY = {".png", ".jpg", ".ico", ".woff2", ".xlsx", ".mo", ".webp", ".pdf"}


def registries() -> list[str]:
    """Host names that this machine installs from: no committed file may name them."""
    names = ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL")
    found = [urlsplit(os.environ.get(name, "")).hostname or "" for name in names]
    return [host for host in found if host and host not in {"localhost", "127.0.0.1"}]


def texts_of_repository() -> list[tuple[Path, str]]:
    return [
        (path, path.read_text(encoding="utf-8", errors="replace"))
        for path in tracked()
        if path.suffix not in BINARY
    ]


def places(text: str, more: list[str]) -> list[str]:
    return [place for place in [*PLACES, *more] if place in text]


def test_no_file_names_the_place_where_it_was_written() -> None:
    hosts = registries()
    found = {
        relative(path): hits
        for path, text in texts_of_repository()
        if (hits := places(text, hosts)) and "vendor" not in path.parts
    }
    assert found == {}


def secrets(text: str) -> list[str]:
    return [name for name, pattern in SECRETS.items() if pattern.search(text)]


def test_no_file_holds_a_secret() -> None:
    own = Path(__file__).name
    found = {
        relative(path): hits
        for path, text in texts_of_repository()
        if (hits := secrets(text)) and path.name != own and "vendor" not in path.parts
    }
    assert found == {}
    assert not [path for path in tracked() if path.suffix in {".key", ".pem", ".sqlite3", ".dump"}]
    assert not [path for path in tracked() if path.parts[len(ROOT.parts)] in {"var", ".venv"}]


def test_a_place_and_a_secret_are_noticed() -> None:
    assert places("see /wo" + "rk/main", [])
    assert places("from mirror.example", ["mirror.example"])
    assert secrets("postgresql://app:hunter22@db/panoh")
    assert secrets('SECRET_KEY = "abcdefghijklmnop"')
    assert secrets("-----BEGIN PRIVATE" + " KEY-----")
    assert not secrets("postgresql://{user}:{password}@host/db")


def test_requirements_are_locked_with_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^([\w.\[\]-]+)==", text, re.MULTILINE)
        assert len(pins) > 10
        assert text.count("--hash=sha256:") >= len(pins)
        assert "index-url" not in text and "://" not in re.sub(r"#.*", "", text)


def test_each_dependency_says_why() -> None:
    """A reason stands above every direct dependency."""
    text = (ROOT / "pyproject.toml").read_text()
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert block
    lines = block[1].strip().splitlines()
    assert lines[0].strip().startswith("#")
    assert sum(line.strip().startswith("#") for line in lines) >= len(lines) // 3


def skipped(tree: ast.AST) -> list[int]:
    """Tests that are switched off without a condition."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for one in node.decorator_list:
                text = ast.unparse(one)
                if re.search(r"mark\.(skip\b|xfail)", text) or "mock" in text:
                    found.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and "mock" in (node.module or ""):
            found.append(node.lineno)
    return found


def test_no_test_is_switched_off_and_nothing_is_mocked() -> None:
    found = {relative(path): skipped(parse(path)) for path in sources("tests")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_switched_off_test_is_noticed() -> None:
    assert skipped(ast.parse("@pytest.mark.xfail\ndef test_a(): ..."))
    assert skipped(ast.parse("from unittest.mock import patch"))
    assert not skipped(ast.parse("@pytest.mark.skipif(x)\ndef test_a(): ..."))
