"""Tables that go out: no office program takes a cell for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import xlsxwriter

from panoh.kernel.codes import escaped

CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Nothing in clear on the disk, and no text becomes a formula, a link or a number.
_CLOSED: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
MOST_IN_A_CELL: Final = 32_767  # Excel's own limit


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table to take home. ``kept``: the field from which its cells are made, as
    ``room.Model.field``; ``leaves`` in that model's ``class Privacy`` must let it go."""

    title: str
    kept: str


def as_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """CSV in UTF-8 with its mark, so that office programs read the letters."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([escaped(name) for name in head])
    for row in rows:
        writer.writerow([escaped(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def fits_xlsx(rows: Iterable[Sequence[str]]) -> bool:
    """Whether every text fits into a cell of a sheet: nothing may be cut off."""
    return all(len(cell) <= MOST_IN_A_CELL for row in rows for cell in row)


def as_xlsx(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """One sheet, all of it text."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, dict(_CLOSED)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([head, *rows]):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
    return out.getvalue()
