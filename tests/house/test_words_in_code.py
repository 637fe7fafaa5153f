"""Periods, ministries and countries are data of a pack; forms do not blame; nothing is secret."""

import ast
import re
from pathlib import Path

from panoh.cases.models import FACTS
from tests.house.test_models import FORBIDDEN
from tests.house.tree import ROOT, dotted, parse, relative, sources, texts

# A number of days or hours that is no period of law or practice, each with its reason.
DAYS: dict[str, str] = {
    "panoh/files/actions.py": "longer than any request runs, for the sweep of lost files",
    "panoh/desk/management/demo/bodies.py": "fictional sittings, some days into a quarter",
    "panoh/desk/management/demo/line.py": "a fictional night: hours of a roster and between calls",
    "panoh/desk/management/demo/houses.py": "fictional papers and money of houses",
    "panoh/desk/management/demo/money.py": "fictional payments, spread over a fictional past",
}

COUNTRIES = re.compile(
    r"tajikistan|kyrgyz|uzbekistan|kazakhstan|turkmen|afghan|\brussia\b|dushanbe|khujand|sughd"
    r"|khatlon|badakhshan|bokhtar|kulob",
    re.IGNORECASE,
)
BODIES = re.compile(
    r"\bministry\b|\bministries\b|interior affairs|internal affairs|prosecutor general"
    r"|\binspectorate\b|law 1096|decree 327",
    re.IGNORECASE,
)
PERIOD_NAME = re.compile(r"_(days|hours|weeks|months)$", re.IGNORECASE)


def number(node: ast.AST | None) -> bool:
    """Whether an expression is a plain number other than 0 and 1 (a step to the next day)."""
    if isinstance(node, ast.UnaryOp):
        return number(node.operand)
    if isinstance(node, ast.BinOp):
        return number(node.left) and number(node.right)
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and node.value not in {0, 1}
    )


def periods(tree: ast.AST) -> list[int]:
    """Lines where a number of days, hours, weeks or months is written down."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            units = {"days", "weeks", "months"} | (
                {"hours"} if dotted(node.func).endswith("timedelta") else set()
            )
            found += [
                node.lineno
                for keyword in node.keywords
                if keyword.arg
                and (keyword.arg in units or PERIOD_NAME.search(keyword.arg))
                and number(keyword.value)
            ]
            if dotted(node.func).endswith("timedelta") and node.args and number(node.args[0]):
                found.append(node.lineno)
        targets: list[ast.AST] = []
        if isinstance(node, ast.Assign):
            targets = list(node.targets)
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if targets and number(getattr(node, "value", None)):
            found += [
                target.lineno  # type: ignore[attr-defined]
                for target in targets
                if PERIOD_NAME.search(dotted(target).split(".")[-1])
            ]
        if isinstance(node, ast.arguments):
            arguments = [*node.args, *node.kwonlyargs]
            defaults = [*node.defaults, *node.kw_defaults]
            for argument, default in zip(arguments[-len(defaults) :], defaults, strict=False):
                if PERIOD_NAME.search(argument.arg) and number(default):
                    found.append(argument.lineno)
    return sorted(set(found))


def test_no_number_of_days_stands_in_python() -> None:
    found = {relative(path): periods(parse(path)) for path in sources("panoh", "config")}
    found = {path: lines for path, lines in found.items() if lines}
    assert found.keys() - DAYS.keys() == set(), found
    assert DAYS.keys() - found.keys() == set(), "a reason without need"


def test_a_number_of_days_is_noticed() -> None:
    bad = [
        "timedelta(days=90)",
        "timedelta(30)",
        "timedelta(hours=24)",
        "REPLY_DAYS = 3",
        "reply_days: int = 3",
        "due(at, days=2 * 7)",
        "def f(*, stay_days=30): ...",
        "self.wait_hours = 24",
    ]
    good = ["timedelta(days=1)", "timedelta(days=period.value)", "timedelta(seconds=60)", "n = 3"]
    assert all(periods(ast.parse(line)) for line in bad)
    assert not any(periods(ast.parse(line)) for line in good)


def named(tree: ast.AST, words: re.Pattern[str]) -> list[str]:
    """Texts (docstrings left out: they may cite a source) and names that match."""
    found = [f"{line}: {text[:60]}" for line, text in texts(tree) if words.search(text)]
    found += [
        f"{node.lineno}: {name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.FunctionDef | ast.ClassDef | ast.Attribute)
        for name in [getattr(node, "id", None) or getattr(node, "name", None) or dotted(node)]
        if words.search(name.replace("_", " "))
    ]
    return found


def test_no_country_and_no_ministry_stands_in_python() -> None:
    found = {
        relative(path): [*named(parse(path), COUNTRIES), *named(parse(path), BODIES)]
        for path in sources("panoh", "config")
    }
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_country_and_a_ministry_are_noticed() -> None:
    assert named(ast.parse("zone = 'Asia/Dushanbe'"), COUNTRIES)
    assert named(ast.parse("kyrgyz_rule = 1"), COUNTRIES)
    assert named(ast.parse("to = 'Ministry of Labour'"), BODIES)
    assert not named(ast.parse('"""Source: Law 1096."""\nunit = "police"'), BODIES)


def test_a23_no_form_asks_what_blames() -> None:
    found = []
    for path in sources("panoh"):
        if path.name == "forms.py" or "forms" in path.parts:
            tree = parse(path)
            found += [f"{relative(path)}:{line}" for line, text in texts(tree) if blames(text)]
            found += [
                f"{relative(path)}:{node.lineno}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Name) and blames(node.id)
            ]
    assert found == []


def blames(text: str) -> bool:
    return FORBIDDEN.search(text.replace(" ", "_")) is not None


def test_a23_no_pack_asks_what_blames() -> None:
    """Codes and questions of packs, those of health left out."""
    found = [
        f"{relative(path)}:{number}"
        for path in (ROOT / "packs").rglob("*")
        if path.suffix in {".csv", ".toml"} and "health" not in path.stem
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if blames(first_column(line))
    ]
    assert found == []


def first_column(line: str) -> str:
    """The code of a line: labels and notes may explain what is *not* asked."""
    return line.split(",", maxsplit=1)[0].split("=", maxsplit=1)[0]


# -- the work place and secrets ---------------------------------------------------------------


STATUS = re.compile(
    r"(procedural|victim(_law)?|legal)_status|cooperat|co_operat|\bconsented\b"
    r"|consented_to_exploit|consent_to_exploit|agreed_to_exploit"
)
# Who helps, whoever pays for help, and what a case says of urgency.
SERVICES = ("directory", "referrals", "consent", "duties", "shelters", "care", "fund", "intake")
# What a written order may name: handed over, never weighed.
NAMED_BY_ORDERS = "panoh/cases/rules/orders.py"


def test_a5_no_service_rule_reads_status_or_cooperation() -> None:
    """Help never depends on status or on co-operation with police (rows A5, A6)."""
    paths = sources(*(f"panoh/{room}" for room in SERVICES), "panoh/cases/rules")
    assert {path.relative_to(ROOT / "panoh").parts[0] for path in paths} == {*SERVICES, "cases"}
    found = [
        f"{relative(path)}: {line}"
        for path in paths
        if relative(path) != NAMED_BY_ORDERS
        for line in attributes(parse(path), STATUS)
    ]
    assert found == []


def test_e13_no_service_rule_reads_the_form_of_exploitation() -> None:
    """Whoever can help is chosen by place, sex, age and language, never by what was done."""
    words = re.compile(r"exploitation_form|\bpurposes\b.*exploit|sexual_exploit")
    found = [
        f"{relative(path)}: {line}"
        for path in sources("panoh/directory", "panoh/referrals", "panoh/duties")
        for line in attributes(parse(path), words)
    ]
    assert found == []


def attributes(tree: ast.AST, words: re.Pattern[str]) -> list[str]:
    """Names and texts of a rule that match."""
    found = [text for _, text in texts(tree) if words.search(text)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and words.search(node.attr):
            found.append(node.attr)
        if isinstance(node, ast.Name | ast.arg):
            name = node.id if isinstance(node, ast.Name) else node.arg
            if words.search(name):
                found.append(name)
    return found


def test_a5_a_rule_that_reads_status_is_noticed() -> None:
    assert attributes(ast.parse("case.victim_status"), STATUS)
    assert attributes(ast.parse("def fits(victim_status): ..."), STATUS)
    assert not attributes(ast.parse("case.age"), STATUS)
    # As a case keeps them: the fields that row A5 and row A6 are about.
    kept = [name for name in FACTS if "status" in name and "immigration" not in name]
    assert {"procedural_status", "victim_law_status"} == set(kept)
    for name in (*kept, "consented"):
        assert attributes(ast.parse(f"codes_of(dossier, {name!r})"), STATUS), name


def test_scans_read_files() -> None:
    """The scans above would be green on nothing."""
    assert len(sources("panoh", "config")) > 10
    assert all(isinstance(path, Path) for path in sources("panoh"))
