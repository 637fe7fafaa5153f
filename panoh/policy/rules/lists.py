"""The code lists of a pack and the tables of other standards, with all their references."""

from .entries import Row, as_code, as_date, extra_columns, no_overlap, one_of
from .files import Files
from .pack import Code, CodeList
from .words import SURE, PackFault

LIST_COLUMNS = ("code", "maps_to", "valid_from", "valid_to", "sure", "source", "note")


def read_lists(files: Files) -> tuple[dict[str, CodeList], dict[str, tuple[Row, ...]]]:
    """Every code list and every crosswalk that `lists.csv` names, with their references checked.

    Leaves in `files.codes` which codes each of them has.
    """
    file = "lists.csv"
    columns = ["name", "kind", *(f"label_{x}" for x in files.languages)]
    columns += ["maps_to", "extra", "note"]
    declared: dict[str, tuple[int, Row]] = {}
    crosswalks: dict[str, list[tuple[int, Row]]] = {}
    for line, row in files.rows(file, columns):
        name = as_code(file, line, "name", row["name"], (*declared, *crosswalks))
        if one_of(file, line, "kind", row["kind"], ("list", "crosswalk")) == "list":
            declared[name] = line, row
        else:
            crosswalks[name] = _crosswalk(files, f"codes/{name}.csv")
    for path in files.names("codes/", ".csv"):
        name = path.removeprefix("codes/").removesuffix(".csv")
        if name not in declared and name not in crosswalks:
            raise PackFault(path, 1, "the list is not named in lists.csv")
    lists = {name: _list(files, line, row) for name, (line, row) in declared.items()}
    files.codes |= {name: frozenset(row["code"] for _, row in x) for name, x in crosswalks.items()}
    files.codes |= {name: frozenset(row.code for row in x.rows) for name, x in lists.items()}
    files.codes["periods"] = _period_keys(files)
    for line, row in declared.values():
        _check_references(files, file, line, row)
    for name, rows in crosswalks.items():
        _check_targets(files, f"codes/{name}.csv", rows)
    return lists, {name: tuple(row for _, row in rows) for name, rows in crosswalks.items()}


def _crosswalk(files: Files, file: str) -> list[tuple[int, Row]]:
    """A table that belongs to another standard: any columns, one of them named code."""
    header = files.header(file)
    if "code" not in header:
        raise PackFault(file, 1, 'a crosswalk needs a column "code"')
    return files.rows(file, header)


def _period_keys(files: Files) -> frozenset[str]:
    """The keys of `periods.toml`, before its entries are checked."""
    table = files.toml("periods.toml", arrays=("period",))
    return frozenset(
        str(entry.table.get("key")) for entry in files.entries("periods.toml", "period", table)
    )


def _check_targets(files: Files, file: str, rows: list[tuple[int, Row]]) -> None:
    """Where a crosswalk row names a list and a code of this pack, both exist."""
    for line, row in rows:
        to, code = row.get("pack_list", ""), row.get("pack_code", "")
        if to and code not in files.codes.get(to, ()):
            raise PackFault(file, line, f'no code "{code}" in {to}')


def _list(files: Files, line: int, row: Row) -> CodeList:
    """One list with its labels in every language, the spoken ones too."""
    name, file = row["name"], f"codes/{row['name']}.csv"
    extra = [name for name in extra_columns(row["extra"]) if not files.is_dropped(name)]
    labels = [f"label_{x}" for x in files.spoken]
    codes: list[Code] = []
    for at, cells in files.rows(file, [*LIST_COLUMNS, *labels, *extra]):
        code = Code(
            code=as_code(file, at, "code", cells["code"]),
            words=files.words(file, at, cells, files.spoken),
            maps_to=cells["maps_to"],
            valid_from=as_date(file, at, "valid_from", cells["valid_from"]),
            valid_to=as_date(file, at, "valid_to", cells["valid_to"]),
            sure=one_of(file, at, "sure", cells["sure"], SURE),
            source=cells["source"],
            note=cells["note"],
            extra={column: cells[column] for column in extra},
        )
        no_overlap(file, at, code, codes)
        for column in extra:
            if column.startswith("say_") and not cells[column].strip():
                raise PackFault(file, at, f"{column} is empty")
        codes.append(code)
    if not codes:
        raise PackFault(file, 1, "the list is empty")
    title = files.words("lists.csv", line, row, files.languages)
    return CodeList(name, title, tuple(codes), row["note"])


def _check_references(files: Files, file: str, line: int, row: Row) -> None:
    """Every `maps_to` and every `column:list` of a list names a code that exists."""
    wanted = {column: to for column, to in extra_columns(row["extra"]).items() if to}
    if row["maps_to"]:
        wanted["maps_to"] = row["maps_to"]
    for target in wanted.values():
        if target not in files.codes:
            raise PackFault(file, line, f'unknown list "{target}"')
    listed = f"codes/{row['name']}.csv"
    for at, cells in files.rows(listed, files.header(listed)):
        if not row["maps_to"] and cells["maps_to"]:
            raise PackFault(listed, at, "maps_to is filled, but lists.csv names no target")
        for column, target in wanted.items():
            for code in filter(None, cells[column].split(";")):
                if code not in files.codes[target]:
                    raise PackFault(listed, at, f'{column}: no code "{code}" in {target}')
