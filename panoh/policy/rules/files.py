"""The files of a pack as tables and rows, each with the line where it begins."""

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence

from .entries import Entry, Row, Table, line_of
from .words import PackFault, Words


class Files:
    """The texts of a pack by path, and what is already known of it: its languages, and the codes
    of its lists that other files refer to."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self.languages: tuple[str, ...] = ()
        self.spoken: tuple[str, ...] = ()
        self.codes: dict[str, frozenset[str]] = {}

    def text(self, file: str) -> str:
        """The text of a file of the pack."""
        if file not in self.texts:
            raise PackFault(file, 1, "the file is missing")
        return self.texts[file]

    def toml(self, file: str, *, top: Sequence[str] = (), arrays: Sequence[str] = ()) -> Table:
        """A TOML file with only the named top-level keys and arrays of tables."""
        text = self.text(file)
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            raise PackFault(file, line, str(error)) from error
        for key in table:
            if key not in (*top, *arrays):
                raise PackFault(file, line_of(text, key), f'unknown key "{key}"')
        for key in top:
            if key not in table:
                raise PackFault(file, 1, f'"{key}" is missing')
        return table

    def entries(self, file: str, name: str, table: Table) -> list[Entry]:
        """The tables `[[name]]` of a file, each with the line where it begins."""
        lines = [
            number
            for number, line in enumerate(self.text(file).splitlines(), 1)
            if line.strip() == f"[[{name}]]"
        ]
        found = table.get(name, [])
        if not isinstance(found, list) or len(lines) != len(found):
            raise PackFault(file, 1, f"each {name} must begin with a line [[{name}]]")
        return [Entry(file, line, entry) for line, entry in zip(lines, found, strict=True)]

    def header(self, file: str) -> list[str]:
        """The names of the columns of a CSV file."""
        return next(csv.reader(io.StringIO(self.text(file), newline="")), [])

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
            if sorted(header) != sorted(wanted):
                odd = sorted(set(header) ^ set(wanted)) or sorted(header)
                raise PackFault(file, 1, f"missing or unknown columns: {', '.join(odd)}")
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) != len(header):
                    raise PackFault(file, line, f"{len(cells)} cells, {len(header)} expected")
                rows.append((line, dict(zip(header, cells, strict=True))))
                line = reader.line_num + 1
        except csv.Error as error:
            raise PackFault(file, reader.line_num, str(error)) from error
        return rows

    def words(self, file: str, line: int, row: Row, languages: Sequence[str]) -> Words:
        """The label of a row, in each of the languages."""
        for language in languages:
            if not row[f"label_{language}"].strip():
                raise PackFault(file, line, f"label_{language} is empty")
        return Words({language: row[f"label_{language}"] for language in languages})
