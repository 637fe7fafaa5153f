"""A workbook as rows of texts; cells with formulas; what is refused before it is opened."""

import io
import re
import zipfile
from datetime import date, datetime, time

import pytest
import xlsxwriter

from panoh.exchange import queries
from panoh.exchange.rules import tables
from panoh.exchange.rules.rows import Known, Ready, read_row
from panoh.exchange.rules.tables import Refusal
from tests.factories import tables as made

MOST = 1000


@pytest.fixture(scope="module")
def known() -> Known:
    return queries.known(date(2026, 3, 2))


def test_a_workbook_is_read_as_a_person_would_type_it() -> None:
    cells: list[list[object]] = [
        ["external_id", "a", "b", "c", "d"],
        ["1", 992900000001.0, True, 1.5, "текст"],
    ]
    others, rows = tables.rows_of_workbook(made.workbook(cells), MOST)
    assert (others, rows[1]) == (0, ["1", "992900000001", "true", "1.5", "текст"])
    assert tables.as_text(datetime(1999, 5, 2)) == "1999-05-02"  # noqa: DTZ001 - as sheets have it
    assert tables.as_text(datetime(1999, 5, 2, 7)) == "1999-05-02 07:00:00"  # noqa: DTZ001
    assert tables.as_text(time(7)) == "07:00:00"


def broken(content: bytes, most: int = MOST) -> str:
    with pytest.raises(Refusal) as caught:
        tables.rows_of_workbook(content, most)
    return caught.value.code


def changed(content: bytes, path: str, find: bytes, put: bytes) -> bytes:
    """The same archive with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as seen, zipfile.ZipFile(out, "w") as archive:
        for name in seen.namelist():
            part = seen.read(name)
            if name == path:
                assert re.search(find, part), part
                part = re.sub(find, put, part)
            archive.writestr(name, part)
    return out.getvalue()


def test_a_cell_with_a_formula_is_told_and_the_rest_is_read(known: Known) -> None:
    cells: list[list[object]] = [["external_id", "prs_FirstName", "x"], ["1", "=1+1"], ["2", "Ло"]]
    book = made.workbook(cells, strings_to_formulas=True)
    _others, rows = tables.rows_of_workbook(book, MOST)
    assert rows == [["external_id", "prs_FirstName", "x"], ["1", "=1+1 → 0", ""], ["2", "Ло", ""]]
    found = read_row(rows[1], rows[0], known)
    assert isinstance(found, list) and [one.code for one in found] == ["formula"]
    assert isinstance(read_row(rows[2], rows[0], known), Ready)


def test_a_formula_over_many_cells_is_told_in_each() -> None:
    cells: list[list[object]] = [["external_id", "a", "b"], ["1", "=1+1", "x"], ["2", "y", "z"]]
    book = made.workbook(cells, strings_to_formulas=True)
    sheet = "xl/worksheets/sheet1.xml"
    many = changed(book, sheet, b"<f>", b'<f t="array" ref="B2:C3">')
    _others, rows = tables.rows_of_workbook(many, MOST)
    assert [[cell[:1] for cell in row[1:]] for row in rows[1:]] == [["=", "="], ["=", "="]]
    wide = changed(book, sheet, b"<f>", b'<f t="array" ref="B2:Z99">')
    assert [row[1][:1] for row in tables.rows_of_workbook(wide, MOST)[1]] == ["a", "=", "="]
    shared = changed(book, sheet, b"<f>1[+]1</f>", b'<f t="shared" si="0"/>')
    assert tables.rows_of_workbook(shared, MOST)[1][1][1] == "= → 0"


def test_formulas_in_another_sheet_refuse_nothing() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet().write_row(0, 0, ["external_id", "prs_FirstName"])
        book.add_worksheet().write_formula(0, 0, "=1+1")
    assert tables.rows_of_workbook(out.getvalue(), MOST) == (1, [["external_id", "prs_FirstName"]])


@pytest.mark.parametrize(
    ("path", "find", "put"),
    [
        ("xl/worksheets/sheet1.xml", b'<c r="B2"', b"<c"),
        ("xl/worksheets/sheet1.xml", b"<f>", b'<f t="array" ref="B0">'),
        ("xl/workbook.xml", rb' xmlns="[^"]*"', b""),
        ("xl/worksheets/sheet1.xml", b"<sheetData>", b"<!DOCTYPE x><sheetData>"),
        ("xl/_rels/workbook.xml.rels", b'Id="rId1"', b'Id="other"'),
    ],
)
def test_formulas_whose_cells_cannot_be_told_refuse_the_whole(
    path: str, find: bytes, put: bytes
) -> None:
    cells: list[list[object]] = [["external_id", "prs_FirstName"], ["1", "=1+1"]]
    book = made.workbook(cells, strings_to_formulas=True)
    assert broken(changed(book, path, find, put)) in {"formulas", "broken"}


def test_a_broken_workbook_is_refused() -> None:
    good = made.as_xlsx({})
    assert broken(good[: len(good) // 2]) == "broken"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    assert broken(out.getvalue()) == "mistyped"


LOCKED = '<manifest:encryption-data manifest:checksum-type="SHA256/1K"/>'


@pytest.mark.parametrize("lock", ["", LOCKED], ids=["open", "under a password"])
def test_a_table_of_another_program_is_none_of_ours_whatever_it_is_called(lock: str) -> None:
    """Its formulas would be read as the values that they last gave."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    cells = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>external_id</text:p>'
        '</table:table-cell><table:table-cell table:formula="of:=1+1" office:value-type="float"'
        ' office:value="2"><text:p>2</text:p></table:table-cell></table:table-row>'
    )
    content = (
        f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:text="{space}:text:1.0" '
        f'xmlns:table="{space}:table:1.0"><office:body><office:spreadsheet><table:table '
        f'table:name="a">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="content.xml" manifest:media-type="text/xml">{lock}'
        "</manifest:file-entry></manifest:manifest>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    assert broken(out.getvalue()) == "mistyped"
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/workbook.xml", "")
    assert broken(out.getvalue()) == "mistyped"
    assert broken(made.workbook([])) == "empty"


@pytest.mark.parametrize("other", ["content.xml", "Content.xml", "xl/workbook.bin"])
def test_a_workbook_in_which_another_lies_is_refused(other: str) -> None:
    out = io.BytesIO(made.workbook([["external_id"], ["1"]]))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(other, "")
    assert broken(out.getvalue()) == "mistyped"


def test_a_formula_is_told_whatever_the_case_of_the_name_of_its_part() -> None:
    book = made.workbook([["external_id"], ["=1+1"]], strings_to_formulas=True)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as seen, zipfile.ZipFile(out, "w") as archive:
        for name in seen.namelist():
            archive.writestr(name.replace("worksheets/sheet", "Worksheets/Sheet"), seen.read(name))
    _others, rows = tables.rows_of_workbook(out.getvalue(), MOST)
    assert rows == [["external_id"], ["=1+1 → 0"]]


def test_too_many_rows_and_columns_are_refused() -> None:
    assert broken(made.workbook([["external_id"], ["1"], ["2"]]), 1) == "rows"
    assert broken(made.workbook([["external_id"] * 500])) == "columns"


def test_an_archive_that_swells_is_refused_before_it_is_opened() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"\0" * (100 * 1024 * 1024))
    assert broken(out.getvalue()) == "too_much"


def test_a_text_that_stands_in_too_many_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook keeps it once, so that a small file can hold more than fits in memory."""
    book = made.workbook([["external_id"], *[["long" * 50]] * 40])
    assert len(tables.rows_of_workbook(book, MOST)[1]) == 41
    monkeypatch.setattr(tables, "MOST_TEXT", 7000)
    assert broken(book) == "too_much"
