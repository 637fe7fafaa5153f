"""The source tree as the tests of the house read it."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PANOH = ROOT / "panoh"
ROOMS = sorted(path.parent.name for path in PANOH.glob("*/__init__.py"))


def relative(path: Path) -> str:
    """The path as people write it."""
    return path.relative_to(ROOT).as_posix()


def sources(*folders: str, migrations: bool = False) -> list[Path]:
    """Python files under ``folders`` of the checkout, without migrations unless wanted."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if migrations or "migrations" not in path.parts
    )


def parse(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def room_of(path: Path) -> str:
    """The room a file stands in."""
    return path.relative_to(PANOH).parts[0]


def is_action(path: Path) -> bool:
    """Whether the file is a room's `actions.py`, or a module of its package `actions/`."""
    parts = path.relative_to(PANOH).parts
    return len(parts) > 1 and parts[1] in {"actions.py", "actions"}


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name, an attribute or a call chain; calls are shown as `a.b()`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}()"
    if isinstance(node, ast.Subscript):
        return f"{dotted(node.value)}[]"
    return "?"


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a tree, methods and inner ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def docstrings(tree: ast.AST) -> set[int]:
    """The identities of the constants that are docstrings."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and ast.get_docstring(node, clean=False):
            statement = node.body[0]
            assert isinstance(statement, ast.Expr)
            found.add(id(statement.value))
    return found


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and value of every text constant that is not a docstring."""
    skipped = docstrings(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield node.lineno, node.value


def tracked() -> list[Path]:
    """Files in the repository, as git knows them."""
    out = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file()]
