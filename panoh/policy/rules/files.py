"""The files of a pack as tables and rows, each with the line where it begins."""

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence

from .entries import Entry, Row, Table, line_of
from .words import PackFault, Words

# What a pack that extends another takes from it: whole files, unless it has its own ...
INHERITED = ("lists.csv", "listed_words.csv", "codes/", "forms/", "letters/", "scripts/")
# ... and entries, unless it has one of the same key. The law, the places, the holidays and the
# agreements of a country are nobody else's.
MERGED = {
    ("periods.toml", "period"),
    ("roles.toml", "role"),
    ("bodies.toml", "unit_type"),
    ("bodies.toml", "body_kind"),
    ("pack.toml", "setting"),
}


class Files:
    """The texts of a pack by path, and what is already known of it: its languages, and the codes
    of its lists that other files refer to. ``base`` are the texts of the pack that it extends."""

    def __init__(self, texts: Mapping[str, str], base: Mapping[str, str] | None = None) -> None:
        self.texts, self.base = texts, base or {}
        self.base_code = ""
        self.languages: tuple[str, ...] = ()
        self.spoken: tuple[str, ...] = ()
        # Languages of the other pack that this one does not have.
        self.dropped: tuple[str, ...] = ()
        self.codes: dict[str, frozenset[str]] = {}

    def inherits(self, file: str) -> bool:
        """Whether a file is taken from the pack that this one extends."""
        return file not in self.texts and file in self.base and file.startswith(INHERITED)

    def names(self, start: str, end: str) -> list[str]:
        """The files of a folder, inherited ones too, sorted."""
        return sorted(
            name
            for name in {*self.texts, *filter(self.inherits, self.base)}
            if name.startswith(start) and name.endswith(end)
        )

    def text(self, file: str) -> str:
        """The text of a file of the pack."""
        if self.inherits(file):
            return self.base[file]
        if file not in self.texts:
            raise PackFault(file, 1, "the file is missing")
        return self.texts[file]

    def toml(self, file: str, *, top: Sequence[str] = (), arrays: Sequence[str] = ()) -> Table:
        """A TOML file with only the named top-level keys and arrays of tables."""
        text = self.text(file)
        table = _table(file, text)
        for key in table:
            if key not in (*top, *arrays):
                raise PackFault(file, line_of(text, key), f'unknown key "{key}"')
        for key in top:
            if key not in table:
                raise PackFault(file, 1, f'"{key}" is missing')
        return table

    def entries(self, file: str, name: str, table: Table) -> list[Entry]:
        """The tables `[[name]]` of a file, each with the line where it begins."""
        inherited = self.inherits(file)
        found = [
            self._entry(file, line, entry, inherited=inherited)
            for line, entry in _arrays(file, self.text(file), name, table)
        ]
        if (file, name) not in MERGED or file not in self.base:
            return found
        own = {_key(entry.table) for entry in found}
        text = self.base[file]
        others = [
            self._entry(f"../{self.base_code}/{file}", line, entry, inherited=True)
            for line, entry in _arrays(file, text, name, _table(file, text))
        ]
        return found + [entry for entry in others if _key(entry.table) not in own]

    def _entry(self, file: str, line: int, table: object, *, inherited: bool) -> Entry:
        """One entry; an inherited one without the languages that this pack does not have."""
        entry = Entry(file, line, table, inherited=inherited)
        if inherited:
            entry.table = {
                key: value for key, value in entry.table.items() if not self.is_dropped(key)
            }
        return entry

    def is_dropped(self, name: str) -> bool:
        """Whether a column or key is in a language that only the other pack has."""
        return any(name.endswith(f"_{language}") for language in self.dropped)

    def header(self, file: str) -> list[str]:
        """The names of the columns of a CSV file."""
        found = next(csv.reader(io.StringIO(self.text(file), newline="")), [])
        return [name for name in found if not (self.inherits(file) and self.is_dropped(name))]

    def rows(self, file: str, columns: Iterable[str]) -> list[tuple[int, Row]]:
        """The rows of a CSV file that has exactly these columns, each with its line."""
        wanted = list(columns)
        text = self.text(file)
        if text.startswith("\ufeff"):
            raise PackFault(file, 1, "the file begins with a byte order mark")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows: list[tuple[int, Row]] = []
        try:
            header = next(reader, [])
            kept = self.header(file)
            if sorted(kept) != sorted(wanted):
                odd = sorted(set(kept) ^ set(wanted)) or sorted(kept)
                raise PackFault(file, 1, f"missing or unknown columns: {', '.join(odd)}")
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) != len(header):
                    raise PackFault(file, line, f"{len(cells)} cells, {len(header)} expected")
                row = dict(zip(header, cells, strict=True))
                rows.append((line, {name: row[name] for name in kept}))
                line = reader.line_num + 1
        except csv.Error as error:
            raise PackFault(file, reader.line_num, str(error)) from error
        return rows

    def base_rows(self, file: str) -> list[Row]:
        """The rows of the same file of the pack that this one extends, without the languages that
        this one does not have."""
        rows = csv.DictReader(io.StringIO(self.base.get(file, ""), newline=""))
        return [{k: row[k] for k in row if not self.is_dropped(k)} for row in rows]

    def words(self, file: str, line: int, row: Row, languages: Sequence[str]) -> Words:
        """The label of a row, in each of the languages."""
        for language in languages:
            if not row[f"label_{language}"].strip():
                raise PackFault(file, line, f"label_{language} is empty")
        return Words({language: row[f"label_{language}"] for language in languages})


def _table(file: str, text: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise PackFault(file, line, str(error)) from error


def _arrays(file: str, text: str, name: str, table: Table) -> list[tuple[int, object]]:
    """The tables `[[name]]` of a text, each with its line."""
    lines = [
        number for number, line in enumerate(text.splitlines(), 1) if line.strip() == f"[[{name}]]"
    ]
    found = table.get(name, [])
    if not isinstance(found, list) or len(lines) != len(found):
        raise PackFault(file, 1, f"each {name} must begin with a line [[{name}]]")
    return list(zip(lines, found, strict=True))


def _key(table: Table) -> object:
    return table.get("key", table.get("code"))
