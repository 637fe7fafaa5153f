"""The confidential file: one row for each person, every value a code of the plan."""

import csv
import io
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from panoh.statistics.rules.estimation.lattice import Ints
from panoh.statistics.rules.release.plan import MOST_ROWS, Plan
from panoh.statistics.rules.release.plan_parts import Column

MOST_DIGITS = 10  # of an amount
NOBODY_NAMED = (
    "somebody withdrew from this population: the plan needs person, the column that tells who"
)
Codes = NDArray[np.int32]  # columns x people; 0 is "not reported"


class BadData(ValueError):
    """The file does not fit the plan; the text says where, never which person."""


class Sheet(Protocol):
    """What of a plan is needed to read its file."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns with their codes."""

    @property
    def person(self) -> str:
        """The column that tells people apart; empty: each line is a person."""

    @property
    def amount(self) -> str:
        """The column of whole numbers that is added up; empty: people are counted."""


@dataclass(frozen=True)
class People:
    """The codes of all persons, column by column; who they are only where the plan names it."""

    codes: Codes
    ids: tuple[str, ...] = ()
    amounts: Ints | None = None  # of each person, if the plan adds something up

    @property
    def size(self) -> int:
        """How many persons."""
        return int(self.codes.shape[1])


def read(path: Path, plan: Sheet, withdrawn: Container[str] = frozenset()) -> People:
    """Read a CSV file of the plan's columns. Values are taken as they stand; blank is not reported.

    With ``person`` in the plan several lines of one person are one row: of each column the last
    value that was reported; lines of who has ``withdrawn`` are left out. Raises BadData.
    """
    return read_open(path.open("rb"), plan, withdrawn)


def names(path: Path) -> frozenset[str]:
    """Who is named in a file, one a line. Raises BadData."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadData("the list of who withdrew is not UTF-8 text") from error
    return frozenset(name for line in lines if (name := plain(line)))


def plain(name: str) -> str:
    """Who it is, however blanks, accents and marks that cannot be seen were typed."""
    if not name.isprintable():
        name = "".join(sign for sign in name if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFC", name).split())


def read_open(file: BinaryIO, plan: Sheet, withdrawn: Container[str] = frozenset()) -> People:
    """The same of bytes that need not lie on a disk; closes them. Raises BadData."""
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, strict=True)
        try:
            return _read(reader, plan, withdrawn)
        except csv.Error as error:
            raise BadData(f"line {reader.line_num}: {error}") from error
        except UnicodeDecodeError as error:
            raise BadData("the file is not UTF-8 text") from error


def _read(reader: Iterator[list[str]], plan: Sheet, withdrawn: Container[str]) -> People:
    header = next(reader, None)
    if header is None:
        raise BadData("the file is empty")
    names = [one.name for one in plan.columns]
    check_header(header, [*names, *(one for one in (plan.person, plan.amount) if one)])
    places = [header.index(name) for name in names]
    codes = [{value: at for at, value in enumerate(one.domain)} for one in plan.columns]
    who = header.index(plan.person) if plan.person else -1
    persons: dict[str, int] = {}
    kept: list[list[int]] = []
    amounts: list[int] = []
    for line, row in enumerate(reader, 2):
        if len(row) != len(header):
            if not row:
                continue
            raise BadData(f"line {line}: {len(row)} values where {len(header)} belong")
        try:
            coded = [code[row[at]] for code, at in zip(codes, places, strict=True)]
        except KeyError as error:
            name = next(names[c] for c, at in enumerate(places) if row[at] not in codes[c])
            raise BadData(f"line {line}: a value of {name!r} is not in the plan's list") from error
        person = plain(row[who]) if plan.person else ""
        if plan.person and not person:
            raise BadData(f"line {line}: nobody is named in {plan.person!r}")
        if person in withdrawn:
            continue
        at = persons.setdefault(person, len(kept)) if plan.person else len(kept)
        amount = _amount(row, header, plan, line)
        if at == len(kept):
            kept.append(coded)
            amounts.append(amount)
        else:
            amounts[at] += amount
            kept[at] = [new or old for new, old in zip(coded, kept[at], strict=True)]
        if len(kept) > MOST_ROWS:
            raise BadData(f"more than {MOST_ROWS} persons")
    if not kept:
        raise BadData("there are no rows")
    return People(
        np.ascontiguousarray(np.array(kept, dtype=np.int32).T),
        tuple(persons),
        np.array(amounts, dtype=np.int64) if plan.amount else None,
    )


def _amount(row: list[str], header: list[str], plan: Sheet, line: int) -> int:
    """What a line adds: blank is nothing."""
    text = row[header.index(plan.amount)].strip() if plan.amount else ""
    if text and not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise BadData(f"line {line}: {plan.amount!r} is a whole number from 0")
    return int(text or 0)


def check_header(header: list[str], wanted: list[str]) -> None:
    """A file has the columns of its plan, each once, and no other. Raises BadData."""
    if len(set(header)) < len(header):
        raise BadData("two columns have one name")
    undeclared = [name for name in header if name not in wanted]
    if undeclared:
        raise BadData(f"column {undeclared[0]!r} is not in the plan")
    missing = [name for name in wanted if name not in header]
    if missing:
        raise BadData(f"column {missing[0]!r} of the plan is missing")


def positions(codes: Codes, table: tuple[int, ...], plan: Plan) -> Ints:
    """The cell of each person in a table, blanks counted as a value."""
    if not table:
        return np.zeros(codes.shape[1], dtype=np.int64)
    at: Ints = codes[table[0]].astype(np.int64)
    for c in table[1:]:
        at *= len(plan.columns[c].domain)
        at += codes[c]
    return at


def counts(codes: Codes, table: tuple[int, ...], plan: Plan) -> Ints:
    """How many persons stand in each cell."""
    return np.bincount(positions(codes, table, plan), minlength=plan.size(table))


def holding(codes: Codes, combination: tuple[tuple[int, int], ...]) -> NDArray[np.bool_]:
    """Rows that hold a forbidden combination whole."""
    found = np.ones(codes.shape[1], dtype=bool)
    for c, value in combination:
        found &= codes[c] == value
    return found


def shape(table: tuple[int, ...], plan: Plan) -> tuple[int, ...]:
    """The sizes of a table's domain."""
    return tuple(len(plan.columns[c].domain) for c in table)


def reported(table: tuple[int, ...], plan: Plan) -> NDArray[np.bool_]:
    """Cells without a blank."""
    good = np.ones(shape(table, plan), dtype=bool)
    for axis in range(len(table)):
        good[(slice(None),) * axis + (0,)] = False
    return good.ravel()


def impossible(table: tuple[int, ...], plan: Plan) -> NDArray[np.bool_]:
    """Cells of a table that hold a forbidden combination."""
    found = np.zeros(shape(table, plan), dtype=bool)
    for combination in plan.forbidden:
        if {c for c, _ in combination} <= set(table):
            at: list[slice | int] = [slice(None)] * len(table)
            for c, value in combination:
                at[table.index(c)] = value
            found[tuple(at)] = True
    return found.ravel()
