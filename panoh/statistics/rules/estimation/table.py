"""The capture table: who was on which lists, as a CSV file says it."""

import csv
import hashlib
import io
import re
from dataclasses import dataclass

import numpy as np

from panoh.statistics.rules.estimation.lattice import Ints

MOST_LISTS = 10
MOST_CASES = 1_000_000_000  # beyond it a count is a slip of the pen
COUNT = "count"


class BadTable(ValueError):
    """The file is no capture table; the text says where and why, in plain words."""


@dataclass(frozen=True)
class Table:
    """Cases by capture history.

    ``histories`` are bit masks (list ``j`` is bit ``j``), distinct, in file order, none of them 0;
    ``counts`` their cases, all above 0. The order is part of the input: draws depend on it.
    """

    lists: tuple[str, ...]
    histories: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def observed(self) -> int:
        """Cases on at least one list."""
        return sum(self.counts)

    @property
    def cells(self) -> Ints:
        """Counts over all ``2 ** k`` masks; the empty one is 0, for nobody can be seen there."""
        cells = np.zeros(1 << len(self.lists), dtype=np.int64)
        cells[list(self.histories)] = self.counts
        return cells

    @property
    def csv(self) -> str:
        """The canonical file: a header, then the histories that occur, in file order."""
        lines = [",".join([*self.lists, COUNT])]
        width = range(len(self.lists))
        for mask, count in zip(self.histories, self.counts, strict=True):
            lines.append(",".join([*(str(mask >> j & 1) for j in width), str(count)]))
        return "\n".join(lines) + "\n"

    @property
    def sha256(self) -> str:
        """The mark of the canonical file."""
        return hashlib.sha256(self.csv.encode()).hexdigest()


def read(data: bytes) -> Table:
    """Read a CSV file: one 0/1 column for each list, a last column ``count``.

    Rows of one history are summed; histories that are missing have no cases. Commas or semicolons,
    with or without a byte order mark, any line ends. Raises BadTable.
    """
    return read_lines(lines_of(data))


def read_lines(rows: list[tuple[int, list[str]]]) -> Table:
    """The same from the numbered lines of a file, the header first. Raises BadTable."""
    if not rows:
        raise BadTable("the file is empty")
    lists = _header(rows[0][1])
    found: dict[int, int] = {}
    for line, row in rows[1:]:
        mask, count = _history(line, row, lists)
        found[mask] = found.get(mask, 0) + count
    found = {mask: count for mask, count in found.items() if count}
    total = sum(found.values())
    if not total:
        raise BadTable("there are no cases: every count is 0 or missing")
    if total > MOST_CASES:
        raise BadTable(f"{total} cases: more than {MOST_CASES} cannot be right")
    return Table(lists, tuple(found), tuple(found.values()))


def lines_of(data: bytes) -> list[tuple[int, list[str]]]:
    """Line number and fields of each line that is not blank. Raises BadTable."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTable(f"byte {error.start + 1} is not UTF-8 text") from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    sign = ";" if ";" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        read_rows = [(reader.line_num, [field.strip() for field in row]) for row in reader]
    except csv.Error as error:
        raise BadTable(f"line {reader.line_num}: {error}") from error
    return [(line, row) for line, row in read_rows if any(row)]


def _header(names: list[str]) -> tuple[str, ...]:
    if names[-1] != COUNT:
        raise BadTable(f"the last column must be named {COUNT!r}, not {names[-1][:40]!r}")
    lists = tuple(names[:-1])
    if "" in lists:
        raise BadTable(f"column {lists.index('') + 1} has no name")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadTable(f"two columns are named {twice[0]!r}")
    if len(lists) < 2:
        raise BadTable(f"{len(lists)} list: overlaps need at least two, an estimate three")
    if len(lists) > MOST_LISTS:
        raise BadTable(f"{len(lists)} lists: at most {MOST_LISTS}; join some of them")
    return lists


def _history(line: int, row: list[str], lists: tuple[str, ...]) -> tuple[int, int]:
    """Mask and count of one line."""
    if len(row) != len(lists) + 1:
        raise BadTable(f"line {line}: {len(row)} values where {len(lists) + 1} belong")
    mask = 0
    for j, value in enumerate(row[:-1]):
        if value not in {"0", "1"}:
            raise BadTable(f"line {line}: {lists[j]!r} must be 0 or 1, not {value[:40]!r}")
        mask |= (value == "1") << j
    if not re.fullmatch("[0-9]+", row[-1]):
        raise BadTable(f"line {line}: a count is a whole number from 0, not {row[-1][:40]!r}")
    if len(row[-1].lstrip("0")) > len(str(MOST_CASES)):
        raise BadTable(f"line {line}: the count is far too large")
    if not mask:
        raise BadTable(f"line {line}: nobody can be seen on no list; take this line out")
    return mask, int(row[-1])
