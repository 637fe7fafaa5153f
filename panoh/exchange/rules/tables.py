"""Bytes in, rows out: CSV in whatever letters, XLSX by way of a limited child process."""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final
from xml.etree import ElementTree

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from panoh.kernel.codes import unescaped
from panoh.kernel.rules import Invalid

KEY: Final = "external_id"
MOST_COLUMNS: Final = 400
MOST_TEXT: Final = 96 * 1024 * 1024  # characters of all cells of a sheet

FAULTS: Final[dict[str, str | Promise]] = {
    "empty": _("The file is empty. Please choose another."),
    "mistyped": _("This is neither CSV nor XLSX. Save the table as one of these and try again."),
    "old_excel": _("This is the old Excel format (XLS). Save it as XLSX or CSV and try again."),
    "broken": _("This XLSX file is damaged and cannot be read. Save it anew and try again."),
    "locked": _("This XLSX file has a password. Save it without one and try again."),
    "too_much": _("This file holds more than can be read at once. Divide it into several files."),
    "formulas": _(
        "The table holds formulas. Copy it and paste the values only, then try again. "
        "Nothing was read."
    ),
    "letters": _(
        "The letters of this file cannot be recognised. Save it as “CSV UTF-8” and try again."
    ),
    "old_tajik": _(
        "This file was written with an old Tajik font: its letters cannot be told for certain. "
        "Convert it to Unicode, save it as “CSV UTF-8” and try again."
    ),
    "quotes": _("A quotation mark is opened and not closed, so rows run into one another."),
    "no_key": _(
        "There is no column “external_id”. The first row must hold the names of the columns, "
        "and each row its own number in “external_id”."
    ),
    "no_field": _(
        "No column has a field name of HTCDS 2.0, such as prs_FirstName. "
        "Please name the columns in the first row."
    ),
    "double_column": _("Two columns have the same name. Each name may stand once."),
    "columns": _("The table has too many columns: at most 400 are read."),
    "rows": _("The table has too many rows. Divide it into several files."),
    "no_rows": _("There is no row below the names of the columns."),
}


class Unreadable(Invalid):
    """The file as a whole cannot be taken; ``code`` is a key of ``FAULTS``."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(FAULTS[code], "file")


class Refusal(Exception):
    """The same from the child process, which knows no language: the code alone."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


# -- which kind of file ----------------------------------------------------------------------------


def is_workbook(content: bytes) -> bool:
    """XLSX (True) or a text table (False). Raises ``Unreadable`` for what is neither."""
    if not content.strip(b"\0\t\r\n "):
        raise Unreadable("empty")
    if content.startswith(b"PK\x03\x04"):
        return True
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        # A workbook with a password has the same beginning.
        raise Unreadable("locked" if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0" in content else "old_excel")
    if content.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"GIF8", b"\x7fELF")):
        raise Unreadable("mistyped")
    return False


# -- letters ---------------------------------------------------------------------------------------

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CYRILLIC = re.compile("[А-Яа-яЁё]")
# Letters that old Tajik fonts put in the places of other alphabets' letters in cp1251.
_OLD_TAJIK = re.compile("[ЉЊЌЃЇЅљњќѓїѕ]")
_UPSIDE_DOWN = re.compile("[а-я][А-Я]{2,}")  # KOI8 read as cp1251


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file; ``guessed`` names its letters if nothing in the file says them."""

    text: str
    guessed: str = ""


def decode(content: bytes) -> Decoded:
    """Find out the letters of a text: Unicode by its mark or by its form, else cp1251 as a guess.

    Raises ``Unreadable`` for old Tajik letter sets, which contradict each other, and for what is
    no text.
    """
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return _strictly(content.removeprefix(mark) if name == "utf-8" else content, name)
    head = content[:2000]
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(zeros) > 3 and zeros.count(0) > len(zeros) * 0.6:
            return _strictly(content, name)
    try:
        return Decoded(_text(content.decode("utf-8")))
    except UnicodeDecodeError:
        return _guessed(content)


def _strictly(content: bytes, name: str) -> Decoded:
    try:
        return Decoded(_text(content.decode(name)))
    except UnicodeDecodeError as error:
        raise Unreadable("letters") from error


def _text(text: str) -> str:
    """Refuse what has the form of a text and is none: pictures, programmes."""
    head = text[:4000]
    odd = sum(char < " " and char not in "\t\r\n\0" for char in head)
    if odd > len(head) * 0.02:
        raise Unreadable("mistyped")
    return text


def _guessed(content: bytes) -> Decoded:
    try:
        text = _text(content.decode("cp1251"))
    except UnicodeDecodeError as error:
        raise Unreadable("letters") from error
    if _OLD_TAJIK.search(text):
        raise Unreadable("old_tajik")
    foreign = sum(char > "\x7f" for char in text)
    if len(_CYRILLIC.findall(text)) < foreign * 0.8 or len(_UPSIDE_DOWN.findall(text)) > 2:
        raise Unreadable("letters")
    return Decoded(text, "cp1251")


# -- text tables -----------------------------------------------------------------------------------


def rows_of_text(text: str) -> Iterator[list[str]]:
    """The rows of a CSV; commas, semicolons or tabs, whichever stands most in the first line."""
    first = text[: text.find("\n")] if "\n" in text else text
    sign = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        for row in reader:
            yield [unescaped(cell) for cell in row]
    except csv.Error as error:
        raise Unreadable("quotes") from error


# -- workbooks: called in a child process with limits ----------------------------------------------

_FORMULA_CELL = re.compile(rb"<(?:\w+:)?f[ >/]")


def rows_of_workbook(content: bytes, most_rows: int) -> tuple[int, list[list[str]]]:
    """``(other sheets with content, rows as texts)`` of the first sheet that has the key column,
    else of the first. A cell that holds a formula begins with ``=``. Raises ``Refusal``."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(one.file_size for one in archive.infolist()) > 4 * MOST_TEXT:
                raise Refusal("too_much")
            names = set(archive.namelist())
            others = {"content.xml", "xl/workbook.bin"} & {name.lower() for name in names}
            if "xl/workbook.xml" not in names or others:
                # The reader knows others too, whose formulas ``formulas_of`` would not see, and
                # takes one of two that lie in the same archive.
                raise Refusal("mistyped")
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheets = [book.get_sheet_by_index(place) for place in range(len(book.sheet_names))]
            filled = [sheet for sheet in sheets if sheet.end is not None]
            if not filled:
                raise Refusal("empty")
            chosen = next((one for one in filled if KEY in _first_row(one)), filled[0])
            cells = chosen.to_python(skip_empty_area=False)
            if len(cells) > most_rows + 1:
                raise Refusal("rows")
            if len(cells[0]) > MOST_COLUMNS:
                raise Refusal("columns")
            rows = [[as_text(cell) for cell in row] for row in cells]
            for (row, column), formula in formulas_of(content, chosen.name):
                if row < len(rows) and column < len(rows[row]):
                    rows[row][column] = f"={formula} → {rows[row][column]}".removesuffix(" → ")
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, KeyError) as error:
        raise Refusal("broken") from error
    if sum(len(cell) for row in rows for cell in row) > MOST_TEXT:
        raise Refusal("too_much")
    return len(filled) - 1, rows


def _first_row(sheet: Any) -> list[str]:
    return [as_text(cell).strip() for cell in next(sheet.iter_rows(), [])]


# -- formulas: the reader of workbooks gives the value that was last computed, and no sign of it


def formulas_of(content: bytes, sheet: str) -> Iterator[tuple[tuple[int, int], str]]:
    """``((row, column), formula)`` of each cell that holds one, counted from 0 (ECMA-376 part 1,
    18.3.1.40). Raises ``Refusal`` where formulas stand in a sheet whose cells cannot be told."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        # The reader finds a part whatever the case of its name.
        holding = {
            one.filename.lower(): one
            for one in archive.infolist()
            if one.filename.lower().startswith("xl/worksheets/")
            if one.filename.lower().endswith(".xml") and _FORMULA_CELL.search(archive.read(one))
        }
        if not holding:
            return
        try:
            path = _path_of(archive, sheet).lower()
            if path in holding:
                yield from _formula_cells(_tree(archive.read(holding[path])))
        except (ElementTree.ParseError, KeyError, ValueError) as error:
            raise Refusal("formulas") from error


def _tree(content: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in content:
        raise ValueError("entities")
    return ElementTree.fromstring(content)  # noqa: S314 - no DOCTYPE, so no entities


def _path_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part that holds the cells of a sheet. Raises ``KeyError``."""
    parts = {
        one.attrib["Id"]: one.attrib["Target"]
        for one in _tree(archive.read("xl/_rels/workbook.xml.rels"))
    }
    for one in _tree(archive.read("xl/workbook.xml")).iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            link = next(value for name, value in one.attrib.items() if name.endswith("}id"))
            target = parts[link]
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)


def _formula_cells(tree: ElementTree.Element) -> Iterator[tuple[tuple[int, int], str]]:
    for cell in tree.iter():
        formula = next((part for part in cell if part.tag.endswith("}f")), None)
        if not cell.tag.endswith("}c") or formula is None:
            continue
        first, _colon, last = formula.get("ref", "").partition(":")
        if formula.get("t") != "array":
            first, last = cell.attrib["r"], ""
        for place in _between(_place(first), _place(last or first)):
            yield place, formula.text or ""


def _between(one: tuple[int, int], two: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The cells of a rectangle, within what is read at all."""
    for row in range(one[0], min(two[0], one[0] + MOST_TEXT // MOST_COLUMNS) + 1):
        for column in range(one[1], min(two[1], MOST_COLUMNS) + 1):
            yield row, column


def _place(name: str) -> tuple[int, int]:
    """Row and column of a cell such as B7, from 0. Raises ``ValueError``."""
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})", name, re.ASCII)
    if not found:
        raise ValueError(name)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1


def as_text(cell: Any) -> str:
    """A cell of a sheet as a person would type it: whole numbers without a point, ISO dates."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


# -- the table -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Header:
    """The names of the columns, checked; ``used`` are the places of those with a known name."""

    columns: tuple[str, ...]
    used: dict[str, int] = field(default_factory=dict)


def header_of(cells: Sequence[str], known: frozenset[str]) -> Header:
    """Check the first row. ``known``: the field names that mean something here. Raises
    ``Unreadable``."""
    columns = [cell.strip() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MOST_COLUMNS:
        raise Unreadable("columns")
    names = [name for name in columns if name]
    if KEY not in names:
        raise Unreadable("no_key")
    if len(set(names)) < len(names):
        raise Unreadable("double_column")
    used = {name: place for place, name in enumerate(columns) if name in known}
    if set(used) <= {KEY}:
        raise Unreadable("no_field")
    return Header(tuple(columns), used)


def numbered(rows: Iterator[list[str]], most_rows: int) -> Iterator[tuple[int, list[str]]]:
    """Rows below the header with their number in the sheet; empty ones are left out."""
    count = 0
    for number, row in enumerate(rows, start=2):
        if any(cell.strip() for cell in row):
            count += 1
            if count > most_rows:
                raise Unreadable("rows")
            yield number, row
    if not count:
        raise Unreadable("no_rows")
