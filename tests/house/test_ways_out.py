"""What leaves the house, and by which way: exports and releases use only fields that `leaves` in
a model's `class Privacy` lets go by that way."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import models

from panoh.cases.rules.orders import ORDER_FIELDS
from tests.house.test_models import ours
from tests.house.tree import dotted, functions, parse, relative, sources

# Every place where a file, a table or JSON is made, by what becomes of it; the first four are
# exports and releases.
PLACES: Mapping[str, frozenset[str]] = {
    # to take home; its columns are `TableColumn`s and name their fields
    "table": frozenset(
        {
            "panoh/files/rules/sheets.py as_csv",
            "panoh/files/rules/sheets.py as_xlsx",
            "panoh/fund/views/pieces.py sheet",
        }
    ),
    # to a court, after lawyer, notice and two signatures; what it may name stands in ORDER_FIELDS
    "order": frozenset(
        {
            "panoh/cases/actions/orders.py _csv",
            "panoh/cases/actions/orders.py _json",
            "panoh/desk/views/orders.py order_export",
        }
    ),
    # rows that did not come in, to the account that brought them
    "back": frozenset(
        {
            "panoh/exchange/actions.py take_back",
            "panoh/exchange/management/commands/import_cases.py _hand_back",
            "panoh/exchange/views.py back",
        }
    ),
    # published numbers, made from a table that was sent to be counted
    "release": frozenset(
        {
            "panoh/statistics/management/commands/estimate.py handle",
            "panoh/statistics/management/commands/release.py _dry_run",
            "panoh/statistics/management/commands/release.py handle",
            "panoh/statistics/queries.py _released",
            "panoh/statistics/queries.py packed",
            "panoh/statistics/rules/making.py _models",
            "panoh/statistics/rules/outputs.py written",
            "panoh/statistics/rules/release/official_files.py write",
            "panoh/statistics/rules/release/products.py put_json",
            "panoh/statistics/rules/release/products.py write",
            "panoh/statistics/views.py file",
        }
    ),
    # printed for or about one person or sitting, for whoever reads that anyway
    "paper": frozenset(
        {
            "panoh/bodies/actions/prints.py print_invitations",
            "panoh/bodies/actions/prints.py print_minutes",
            "panoh/bodies/views/sittings.py _sheet",
            "panoh/bodies/views/sittings.py calendar",
            "panoh/care/actions/plan.py print_plan",
            "panoh/care/actions/returns.py print_letter",
            "panoh/care/views/plan.py as_file",
            "panoh/decisions/actions/batches.py make_letters",
            "panoh/decisions/actions/letters.py _printed",
            "panoh/decisions/views/filing.py as_file",
            "panoh/desk/views/requests.py letter_file",
            "panoh/justice/actions.py send_notice",
            "panoh/justice/views.py notice",
            "panoh/policy/queries/letters.py typeset",
        }
    ),
    # a document as it was put in, without what its maker's program hid in it
    "document": frozenset(
        {
            "panoh/files/rules/cleaning.py clean_office",
            "panoh/files/views.py download",
        }
    ),
    # nothing of a person: packs, empty forms, the list of helpers, accounts of the demo
    "nobody": frozenset(
        {
            "panoh/desk/management/demo/units.py _keep_accounts",
            "panoh/access/management/commands/prepare.py compile_catalogues",
            "panoh/ui/management/commands/catalogue.py update",
            "panoh/desk/views/papers.py paper",
            "panoh/directory/views/reading.py _to_keep",
            "panoh/directory/views/reading.py folded",
            "panoh/policy/management/commands/new_pack.py _currency",
            "panoh/policy/management/commands/new_pack.py _head",
            "panoh/policy/management/commands/new_pack.py handle",
            "panoh/policy/views.py treaties_file",
        }
    ),
    # stays here: sealed, hashed, or a mark in a row or a file of the installation
    "kept": frozenset(
        {
            "config/backup.py _listed",
            "config/backup.py _own_copy",
            "config/backup.py _write",
            "config/backup.py _write_halves",
            "config/cluster.py _start",
            "config/keys.py renew",
            "config/cache.py _row",
            "panoh/access/actions/staff.py _as_json",
            "panoh/audit/rules/tree.py _json",
            "panoh/decisions/actions/readers.py let_read",
            "panoh/exchange/queries.py sealed",
            "panoh/exchange/rules/rows.py read",
            "panoh/files/actions.py _keep",
            "panoh/files/management/commands/backup.py _new_code",
            "panoh/people/actions/seekers.py seek",
            "panoh/people/rules/person.py details_json",
            "panoh/people/rules/person.py names_json",
            "panoh/statistics/rules/book.py _append",
            "panoh/statistics/rules/release/ledger.py _append",
            "panoh/statistics/rules/release/ledger.py _hash",
            "panoh/statistics/rules/release/ledger.py add",
            "panoh/statistics/rules/release/ledger.py held",
            "panoh/statistics/rules/release/ledger.py notes",
            "panoh/statistics/rules/release/rounding.py person_mark",
            "panoh/vault/actions/drafts.py keep_draft",
        }
    ),
}
# What goes by the ways that have no columns of ours.
WHOLE = {
    "back": {"exchange.Part.back"},
    "release": {"statistics.Paper.path", "statistics.Paper.content"},
}
# From these rooms a release may import: none of them knows a person.
COUNTED_FROM = {"access", "audit", "files", "kernel", "policy", "statistics", "ui"}

WRITERS = {
    *("writer", "DictWriter", "Workbook", "as_csv", "as_xlsx", "dump", "dumps", "letter"),
    *("write_text", "write_bytes", "writestr", "write_string"),
    *("FileResponse", "StreamingHttpResponse", "JsonResponse"),
}
OPENED_TO_WRITE = {"w", "wb", "a", "ab", "x", "xb", "w+b", "r+b"}


def is_writer(node: ast.AST) -> bool:
    """Whether this makes a table, a file, JSON or a paper, or answers with one."""
    if isinstance(node, ast.Constant):
        return node.value == "Content-Disposition"
    if not isinstance(node, ast.Call):
        return False
    if any(one.arg == "content_type" for one in node.keywords):
        return True
    name = dotted(node.func).rpartition(".")[2]
    modes = {one.value for one in node.args if isinstance(one, ast.Constant)}
    return name in WRITERS or (name in {"open", "fdopen"} and bool(modes & OPENED_TO_WRITE))


def writers(tree: ast.AST, where: str = "(module)") -> Iterator[str]:
    """The functions of a file in which something is written."""
    for node in ast.iter_child_nodes(tree):
        if is_writer(node):
            yield where
        inner = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from writers(node, getattr(node, "name", "") if inner else where)


def columns(tree: ast.AST) -> list[str]:
    """The fields that the `TableColumn`s of this piece of code name."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func) == "TableColumn":
            kept = node.args[1] if len(node.args) == 2 else None
            name = kept.value if isinstance(kept, ast.Constant) else None
            found.append(str(name or "a TableColumn without the name of a field"))
    return found


def classed(kind: str) -> Iterator[tuple[str, Any]]:
    """What `class Privacy` of each model says under this name."""
    for model in ours():
        yield model._meta.label, getattr(getattr(model, "Privacy", None), kind, None) or {}


def let_go(way: str) -> set[str]:
    """Every field that some model lets go by this way."""
    return {f"{label}.{name}" for label, ways in classed("leaves") for name in ways.get(way, ())}


def read_unnamed(tree: ast.Module) -> list[str]:
    """What functions with columns, and those of the same file that they call, read of the models
    of that room and name in no column."""
    by_name = {one.name: one for one in functions(tree)}
    faults = []
    for one in by_name.values():
        if not (kept := columns(one)):
            continue
        of, shown = (
            {name.rpartition(".")[0] for name in kept},
            {name.split(".")[-1] for name in kept},
        )
        plain, relations = fields_of({name.split(".")[0] for name in kept})
        called = {dotted(node.func) for node in ast.walk(one) if isinstance(node, ast.Call)}
        for piece in (one, *(by_name[name] for name in called & by_name.keys())):
            for node in ast.walk(piece):
                if isinstance(node, ast.Attribute) and node.attr not in shown:
                    leads = relations.get(node.attr, of)
                    if node.attr in plain or not leads & of:
                        faults.append(f"{one.name}: {node.attr}")
    return faults


def fields_of(rooms: set[str]) -> tuple[set[str], dict[str, set[str]]]:
    """The plain fields of the models of some rooms, and the relations with where they lead."""
    plain: set[str] = set()
    relations: dict[str, set[str]] = {}
    for model in ours():
        if model._meta.app_label in rooms:
            for field in model._meta.local_fields:
                plain.add(field.attname)
                if isinstance(field, models.ForeignKey):
                    leads = relations.setdefault(field.name, set())
                    leads.add(field.remote_field.model._meta.label)
    return plain, relations


def tables() -> list[Path]:
    """The files with tables to take home."""
    return [path for path in sources("panoh") if columns(parse(path))]


def declared(way: str) -> set[str]:
    """Every field that some export or release says it uses."""
    if way == "table":
        return {name for path in tables() for name in columns(parse(path))}
    if way == "order":
        return {f"{one.source}.{name}" for one in ORDER_FIELDS.values() for name in one.kept}
    return WHOLE[way]


def test_every_place_that_writes_is_known_by_what_becomes_of_it() -> None:
    known = [place for places in PLACES.values() for place in places]
    assert len(known) == len(set(known)), "a place stands twice"
    found = {
        f"{relative(path)} {name}"
        for path in sources("panoh", "config")
        for name in writers(parse(path))
    }
    assert found - set(known) == set(), "a new way out: say what becomes of it"
    assert set(known) - found == set(), "nothing is written here any more"


@pytest.mark.parametrize("way", ["table", "order", "back", "release"])
def test_exports_and_releases_use_what_privacy_lets_go_and_nothing_else(way: str) -> None:
    assert declared(way) - let_go(way) == set(), "its class Privacy does not let it go"
    assert let_go(way) - declared(way) == set(), "let go without need"


@pytest.mark.parametrize("path", tables(), ids=relative)
def test_a_table_shows_what_its_columns_name(path: Path) -> None:
    assert read_unnamed(parse(path)) == []


def test_a_table_to_take_home_holds_open_fields_only() -> None:
    """No name, no story: what is sealed or about a person leaves on an order alone."""
    assert let_go("table") <= {
        f"{label}.{name}" for label, names in classed("open") for name in names
    }


def test_a_release_knows_no_room_with_a_person_in_it() -> None:
    found = {
        name.split(".")[1]
        for path in sources("panoh/statistics")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ImportFrom) and (name := node.module or "").startswith("panoh.")
    }
    assert found - COUNTED_FROM == set()


def test_a_way_out_nobody_declared_is_noticed() -> None:
    tree = ast.parse(
        "def a(): return HttpResponse(x, content_type='text/csv')\n"
        "def b():\n    answer['Content-Disposition'] = y\n"
        "def c(): csv.writer(out)\n"
        "def d(): return [json.dumps(one) for one in rows]\n"
        "def e(): return render(request, 'page.html')\n"
        "json.dump(rows, file)\n"
    )
    assert sorted(writers(tree)) == ["(module)", "a", "b", "c", "d"]


def test_a_cell_that_no_column_names_is_noticed() -> None:
    tree = ast.parse(
        "def file():\n"
        "    first = TableColumn('Sum', 'fund.Posting.amount')\n"
        "    return sheet([first, TableColumn('Paper', 'fund.Entry.paper')], cells(rows))\n"
        "def cells(rows):\n"
        "    return [[row.amount, row.entry.paper, row.entry.by, row.entry.request.reason]"
        " for row in rows]\n"
        "def other(row): return row.reason\n"
    )
    assert sorted(read_unnamed(tree)) == ["file: by", "file: reason", "file: request"]
    assert columns(ast.parse("TableColumn('Sum', name)")) == [
        "a TableColumn without the name of a field"
    ]
