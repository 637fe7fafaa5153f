"""Writes stand in actions; an action has six beats."""

import ast
import re
from pathlib import Path

from tests.house.tree import (
    PANOH,
    ROOMS,
    docstrings,
    dotted,
    is_action,
    parse,
    relative,
    sources,
)

WRITES = {
    *("create", "update", "delete", "acreate", "aupdate", "adelete"),
    *("bulk_create", "bulk_update", "get_or_create", "update_or_create"),
}
SQL_WRITE = re.compile(r"\s*(INSERT|UPDATE|DELETE|TRUNCATE|MERGE)\b", re.IGNORECASE)

# Files outside actions that write, each with its reason.
MAY_WRITE: dict[str, str] = {
    "panoh/access/management/commands/prepare.py": "as owner, before anybody acts: the rights of "
    "the pack's roles and the key of the context",
}

# Public functions of actions that differ, each with its reason.
# Rooms whose actions are tools of verbs that stand higher up: the verb takes `by` and `at`, is the
# transaction and records; every caller is such a verb (tested below).
TOOLS = {"vault"}
NOT_ATOMIC: dict[str, str] = {
    "access.sweep": "one definer function, as role `jobs`, is its own transaction",
}
NOT_BY: dict[str, str] = {
    "access.set_up": "nobody exists yet",
    "access.take_invitation": "nobody is signed in; the code is the credential",
    "access.sweep": "no person acts",
    "audit.seal": "no person acts",
}
NOT_AT: dict[str, str] = {
    "access.sweep": "the database compares with its own clock, as the row policies do",
}
NOT_RECORDED: dict[str, str] = {
    "access.sweep": "recounts what grants say; changes no right",
    "audit.record": "is the record",
    "audit.record_each": "is the record",
    "audit.record_many": "is the record",
    "audit.seal": "signs the record",
}


def writes(tree: ast.AST) -> list[str]:
    """Calls that change rows: through a manager or a query set, `.save(update_fields=…)`, SQL."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name, chain = node.func.attr, dotted(node.func.value)
        through = re.search(r"objects|_default_manager|_base_manager|filter\(\)|all\(\)", chain)
        keywords = {keyword.arg for keyword in node.keywords}
        if name in WRITES and through:
            found.append(f"{node.lineno}: {chain}.{name}")
        if name in {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}:
            found.append(f"{node.lineno}: {chain}.{name}")
        if name in {"save", "asave"} and (
            keywords & {"update_fields", "force_insert", "force_update", "using"}
            or (not node.args and not keywords)
        ):
            found.append(f"{node.lineno}: {chain}.save")
        if name in {"execute", "executemany"} and node.args:
            text = constant(node.args[0])
            if SQL_WRITE.match(text):
                found.append(f"{node.lineno}: {text.strip().split()[0]}")
    return sorted(set(found))


def constant(node: ast.AST) -> str:
    """The beginning of a text expression, as far as it is known."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr) and node.values:
        return constant(node.values[0])
    if isinstance(node, ast.BinOp):
        return constant(node.left)
    return ""


def test_writes_stand_in_actions_only() -> None:
    found = {}
    for path in sources("panoh"):
        if is_action(path) or relative(path) in MAY_WRITE:
            continue
        if lines := writes(parse(path)):
            found[relative(path)] = lines
    assert found == {}


def test_a_write_elsewhere_is_noticed() -> None:
    bad = [
        "Case.objects.create(a=1)",
        "Case.objects.filter(a=1).update(b=2)",
        "case.save(update_fields=['a'])",
        "case.save()",
        "Case.objects.bulk_create(rows)",
        "cursor.execute('update cases_case set a = 1')",
        "cursor.execute(f'DELETE FROM {table}')",
    ]
    good = [
        "seen.update(more)",
        "digest.update(b'')",
        "image.save(out, 'PNG')",
        "cache.delete('x')",
    ]
    assert all(writes(ast.parse(line)) for line in bad)
    assert not any(writes(ast.parse(line)) for line in good)


class Verb:
    """A public function of a room's actions."""

    def __init__(self, path: Path, node: ast.FunctionDef) -> None:
        self.path, self.node = path, node
        self.room = path.relative_to(PANOH).parts[0]
        self.name = f"{self.room}.{node.name}"

    @property
    def atomic(self) -> bool:
        return any("atomic" in dotted(one) for one in self.node.decorator_list)

    @property
    def keyword_only(self) -> set[str]:
        return {argument.arg for argument in self.node.args.kwonlyargs}

    @property
    def calls(self) -> set[str]:
        return {dotted(one.func) for one in ast.walk(self.node) if isinstance(one, ast.Call)}


def verbs_of(path: Path, tree: ast.Module) -> list[Verb]:
    return [
        Verb(path, node)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def is_tool(path: Path) -> bool:
    return path.relative_to(PANOH).parts[0] in TOOLS


def shown(path: Path) -> set[str] | None:
    """What a package of actions shows to others; None where the file is all there is."""
    if path.name == "actions.py":
        return None
    front = parse(path.parent / "__init__.py")
    return {
        alias.asname or alias.name
        for node in front.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def verbs() -> list[Verb]:
    files = [path for path in sources("panoh") if is_action(path) and not is_tool(path)]
    return [
        verb
        for path in files
        for verb in verbs_of(path, parse(path))
        if (names := shown(path)) is None or verb.node.name in names
    ]


def recording(room: str) -> set[str]:
    """Functions of a room's actions that record, by themselves or through one another."""
    bodies: dict[str, set[str]] = {}
    for path in sources(f"panoh/{room}"):
        if is_action(path):
            for node in parse(path).body:
                if isinstance(node, ast.FunctionDef):
                    bodies[node.name] = Verb(path, node).calls
    known = {name for name, calls in bodies.items() if calls & {"audit.record", "record"}}
    while more := {
        name
        for name, calls in bodies.items()
        if name not in known and {call.split(".")[-1] for call in calls} & known
    }:
        known |= more
    return known


def test_every_action_is_one_transaction() -> None:
    found = {verb.name for verb in verbs() if not verb.atomic}
    assert found - NOT_ATOMIC.keys() == set()
    assert NOT_ATOMIC.keys() - found == set(), "a reason without need"


def test_every_action_takes_by_and_at_as_keywords() -> None:
    without_by = {verb.name for verb in verbs() if "by" not in verb.keyword_only}
    without_at = {verb.name for verb in verbs() if "at" not in verb.keyword_only}
    assert without_by - NOT_BY.keys() == set()
    assert without_at - NOT_AT.keys() == set()
    assert (NOT_BY.keys() - without_by) | (NOT_AT.keys() - without_at) == set()


def test_every_action_records() -> None:
    known = {room: recording(room) for room in ROOMS}
    found = {verb.name for verb in verbs() if verb.node.name not in known[verb.room]}
    assert found - NOT_RECORDED.keys() == set()
    assert NOT_RECORDED.keys() - found == set(), "a reason without need"


WRITING_TOOLS = re.compile(
    r"^vault\.(seal|seal_many|seal_for_team|lay_keys|make_\w+|change_\w+|let_in|recover_\w+|renew_\w+|rewrap_\w+"
    r"|share_\w+)$"
)


def test_tools_are_used_by_actions() -> None:
    found = {}
    for path in sources("panoh"):
        if is_action(path):
            continue
        calls = {dotted(node.func) for node in ast.walk(parse(path)) if isinstance(node, ast.Call)}
        if used := {call for call in calls if WRITING_TOOLS.match(call)}:
            found[relative(path)] = used
    assert found == {}


def test_an_action_without_beats_is_noticed() -> None:
    path = PANOH / "cases" / "actions.py"
    bad = verbs_of(path, ast.parse("def close(case, by, at):\n    case.save()\n"))[0]
    assert not bad.atomic
    assert bad.keyword_only == set()
    assert "audit.record" not in bad.calls
    good = "@transaction.atomic\ndef close(case, *, by, at):\n    audit.record('x', by=by, at=at)\n"
    verb = verbs_of(path, ast.parse(good))[0]
    assert verb.atomic and {"by", "at"} <= verb.keyword_only and "audit.record" in verb.calls


def clocks(tree: ast.AST) -> list[str]:
    """Readings of the clock."""
    return [
        f"{node.lineno}: {dotted(node.func)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and re.search(r"\b(now|today|utcnow)$", dotted(node.func))
    ]


def test_actions_do_not_read_the_clock() -> None:
    found = {relative(path): clocks(parse(path)) for path in sources("panoh") if is_action(path)}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_clock_is_noticed() -> None:
    assert clocks(ast.parse("timezone.now()"))
    assert clocks(ast.parse("date.today()"))
    assert not clocks(ast.parse("known()"))


def test_events_are_nouns_and_past_verbs() -> None:
    """`audit.record("referral.sent", …)`: stable text, never built from values."""
    found = []
    for path in sources("panoh"):
        tree = parse(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and dotted(node.func) == "audit.record" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and not event_is_named(str(first.value)):
                    found.append(f"{relative(path)}:{node.lineno} {first.value!r}")
                if isinstance(first, ast.JoinedStr) and not only_codes(first):
                    found.append(f"{relative(path)}:{node.lineno} built from a value")
    assert found == []


def event_is_named(event: str) -> bool:
    return re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", event) is not None


def only_codes(text: ast.JoinedStr) -> bool:
    """A built event may join code texts (`kind`, `verb`, `code`), never other values."""
    parts = [part.value for part in text.values if isinstance(part, ast.FormattedValue)]
    return all(re.search(r"(kind|verb|code|event|state)$", dotted(part)) for part in parts)


def test_a_strange_event_is_noticed() -> None:
    assert event_is_named("referral.sent")
    assert not event_is_named("Sent!")
    call = ast.parse("f'case.{name}'").body[0]
    assert isinstance(call, ast.Expr) and isinstance(call.value, ast.JoinedStr)
    assert not only_codes(call.value)


def test_docstrings_of_actions_exist() -> None:
    found = [verb.name for verb in verbs() if not ast.get_docstring(verb.node)]
    assert found == []
    assert docstrings(ast.parse('def f():\n    "x"\n'))
