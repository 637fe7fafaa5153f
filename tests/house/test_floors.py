"""The floors, the anatomy of a room and its three laws."""

import ast
import re
import tomllib
from typing import Any

import importlinter.api
import pytest
from importlinter.application.use_cases import lint_imports

from tests.house.tree import PANOH, ROOMS, ROOT, parse, relative, room_of, sources

FILES = {
    *("__init__.py", "rules.py", "models.py", "queries.py", "actions.py"),
    *("forms.py", "views.py", "tasks.py", "urls.py"),
}
PACKAGES = {name.removesuffix(".py") for name in FILES} - {"__init__", "urls"}
FOLDERS = {"templates", "migrations", "locale", "management", "templatetags", "static"}
ONLY_IN_ACCESS = {"middleware", "adapters.py"}
KERNEL = {"__init__.py", "rules.py", "codes.py", "context.py", "locale"}
LINES = 450


def contracts() -> list[dict[str, Any]]:
    read = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return list(read["tool"]["importlinter"]["contracts"])


def floors_of(text: str) -> list[frozenset[str]]:
    """The floors of an architecture page, from the top down.

    >>> floors_of("    14  desk | exchange   faces\\n     0  kernel   all")
    [frozenset({'desk', 'exchange'}), frozenset({'kernel'})]
    """
    lines = re.findall(r"^ {4,5}\d{1,2}  (\w+(?: \| \w+)*)(?: {2,}.*)?$", text, re.MULTILINE)
    return [frozenset(line.split(" | ")) for line in lines]


def floors_of_contract(layers: list[str]) -> list[frozenset[str]]:
    """The floors of a layers contract that are built; `(optional)` rooms count when they exist."""
    result = []
    for layer in layers:
        rooms = {re.sub(r"[()\s]|panoh\.", "", name) for name in re.split(r"[|:]", layer)}
        if standing := frozenset(rooms & set(ROOMS)):
            result.append(standing)
    return result


def misplaced(room: str, names: set[str]) -> set[str]:
    """Names in a room's folder that the house does not know."""
    if room == "kernel":
        return names - KERNEL
    allowed = FILES | PACKAGES | FOLDERS | (ONLY_IN_ACCESS if room == "access" else set())
    return names - allowed


def hidden_imports(tree: ast.AST) -> list[int]:
    """Lines of imports inside functions."""
    return [
        inner.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]


def hidden_effects(tree: ast.AST) -> list[str]:
    """Signals, and `save`, `delete` or manager methods that were overridden."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and "signals" in node.module:
            found.append(f"{node.lineno}: signal")
        if isinstance(node, ast.ImportFrom) and node.module == "django.dispatch":
            found.append(f"{node.lineno}: signal")
        if isinstance(node, ast.ClassDef):
            found += [
                f"{member.lineno}: {node.name}.{member.name}"
                for member in node.body
                if isinstance(member, ast.FunctionDef) and member.name in {"save", "delete"}
            ]
    return found


def test_every_contract_of_the_linter_holds() -> None:
    importlinter.api.read_configuration()
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None, no_logo=True)


def test_the_contracts_are_there() -> None:
    kinds = {contract["type"] for contract in contracts()}
    assert {"layers", "protected"} <= kinds
    layers = next(contract for contract in contracts() if contract["type"] == "layers")
    assert layers.get("exhaustive") is True, "a new room must say where it stands"


def test_architecture_equals_the_contract() -> None:
    page = floors_of((ROOT / "ARCHITECTURE.md").read_text())
    layers = next(contract for contract in contracts() if contract["type"] == "layers")
    assert [floor & set(ROOMS) for floor in page if floor & set(ROOMS)] == floors_of_contract(
        layers["layers"]
    )


def test_architecture_fits_one_screen() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 70


def test_floors_are_read_in_order() -> None:
    assert floors_of("    14  desk | exchange   faces\n     0  kernel") == [
        {"desk", "exchange"},
        {"kernel"},
    ]
    assert floors_of("    0  audit\n") != floors_of("    0  audit | vault\n")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_the_files_of_a_room(room: str) -> None:
    names = {
        path.name for path in (PANOH / room).iterdir() if not path.name.startswith((".", "__pyc"))
    }
    assert misplaced(room, names) == set()
    both = {name for name in names if f"{name}.py" in names}
    assert both == set(), "a file and a package of one name"


def test_foreign_files_are_noticed() -> None:
    assert misplaced("cases", {"models.py", "utils.py", "adapters.py"}) == {
        "utils.py",
        "adapters.py",
    }
    assert misplaced("access", {"adapters.py", "signals.py"}) == {"signals.py"}


def test_no_file_is_empty_or_too_long() -> None:
    for path in sources("panoh", "config"):
        length = len(path.read_text().splitlines())
        assert length <= LINES, f"{relative(path)}: {length} lines; make it a package"
        inner = path.name == "__init__.py" and room_of_or_config(path) != path.parent.name
        assert length or inner, f"{relative(path)} is empty"


def room_of_or_config(path: Any) -> str:
    return room_of(path) if path.is_relative_to(PANOH) else "config"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for(room: str) -> None:
    tree = parse(PANOH / room / "__init__.py")
    assert len(ast.get_docstring(tree) or "") > 20
    assert len(tree.body) == 1, "the docstring only"


def test_no_import_is_hidden_in_a_function() -> None:
    found = {relative(path): hidden_imports(parse(path)) for path in sources("panoh", "config")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_hidden_import_is_noticed() -> None:
    assert hidden_imports(ast.parse("def f():\n    import os\n")) == [2]
    assert hidden_imports(ast.parse("import os\n")) == []


def test_nothing_happens_behind_the_back() -> None:
    found = {relative(path): hidden_effects(parse(path)) for path in sources("panoh")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_hidden_effects_are_noticed() -> None:
    assert hidden_effects(ast.parse("from django.db.models.signals import post_save"))
    assert hidden_effects(ast.parse("class A:\n    def save(self): ..."))
    assert not hidden_effects(ast.parse("class A:\n    def saved(self): ..."))


def test_rules_are_pure() -> None:
    """Rules see no tables, no clock, no request."""
    for path in sources("panoh"):
        parts = path.relative_to(PANOH).parts
        if parts[1:2] not in {("rules.py",), ("rules",)}:
            continue
        assert impurities(parse(path)) == [], relative(path)


def impurities(tree: ast.AST) -> list[str]:
    """Imports and calls by which a rule would know more than it was given."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            room = re.fullmatch(r"panoh\.\w+(?:\.(\w+).*)?", module)
            names = {alias.name for alias in node.names}
            if module.startswith(("django.db", "django.http", "django.conf")):
                found.append(module)
            if room and (room[1] or "rules") not in {"rules", "codes"}:
                found.append(module)
            if room and not room[1] and names & {"models", "queries", "actions", "views"}:
                found.append(module)
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in {"now", "today", "utcnow"}:
            found.append(called.attr)
    return found


def test_an_impure_rule_is_noticed() -> None:
    assert impurities(ast.parse("from django.db import models"))
    assert impurities(ast.parse("from panoh.cases.models import Case"))
    assert impurities(ast.parse("from panoh.policy import queries"))
    assert impurities(ast.parse("datetime.now()"))
    assert not impurities(ast.parse("from panoh.kernel.rules import Category"))


def test_only_these_rooms_know_people() -> None:
    allowed = {"people", "consent", "cases", "intake", "desk", "exchange"}
    for path in sources("panoh"):
        if room_of(path) in allowed:
            continue
        assert "panoh.people" not in imported(parse(path)), relative(path)


def imported(tree: ast.AST) -> set[str]:
    """Rooms that a file imports, as `panoh.room`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {".".join(name.split(".")[:2]) for name in names if name.startswith("panoh.")}
    return found


def test_an_import_of_people_is_noticed() -> None:
    assert imported(ast.parse("from panoh import people")) == {"panoh.people"}
    assert imported(ast.parse("import panoh.people.queries")) == {"panoh.people"}


def test_cryptography_stands_in_few_places() -> None:
    """So that all of it can be found and replaced (ASVS v5.0.0-11.1.3)."""
    allowed = (
        *("panoh/vault/", "panoh/audit/", "panoh/access/", "panoh/files/rules", "config/"),
        "panoh/statistics/rules/release/ledger",  # signs what was spent
        "panoh/statistics/rules/release/rounding",  # keys of persons and cells
        "panoh/statistics/rules/book",  # the same, of the database
    )
    for path in sources("panoh", "config"):
        if relative(path).startswith(allowed):
            continue
        for node in ast.walk(parse(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                if path.parent.name == "demo" and name == "random":
                    continue  # a fictional country is the same each time
                assert not re.match(r"cryptography|argon2|hmac\b|random\b", name), (
                    f"{relative(path)} imports {name}"
                )
