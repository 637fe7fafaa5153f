"""Tables of fictional cases with the field names of HTCDS 2.0."""

import csv
import io
from collections.abc import Mapping, Sequence

import xlsxwriter

from tests.factories import names

ROW: Mapping[str, str] = {
    "external_id": "A-1",
    "prs_FirstName": "Гулнора",
    "prs_SecondName": "Тестова",
    "prs_Birthdate": "1994-05-02",
    "prs_Gender": "Feminine",
    "prs_Citizenship": "TJK",
    "prs_PrimaryLanguage": "tgk",
    "prs_MobilePhone": "+992 900 000 001",
    "prs_Email": "gulnora@example.org",
    "vic_TraffickingStatus": "PossibleVictimOfTrafficking",
    "vic_TypeOfExploitation": "ForcedLabour;Servitude",
    "vic_MethodsOfControl": "DebtBondage; WithholdsDocuments",
    "cas_Status": "Active",
    "cas_IncomingReferralDate": "2026-01-15",
    "cco_CaseComment": "Сказала, что паспорт забрали.",
    "con_Consent": "true",
}


def table(*rows: Mapping[str, str]) -> tuple[list[str], list[list[str]]]:
    """Columns and cells of rows; each is ``ROW`` with what differs."""
    full = [{**ROW, **row} for row in rows]
    columns = list(dict.fromkeys(name for row in full for name in row))
    return columns, [[row.get(name, "") for name in columns] for row in full]


def as_csv(*rows: Mapping[str, str], encoding: str = "utf-8", sign: str = ",") -> bytes:
    """A CSV of ``table``."""
    columns, cells = table(*rows)
    return text_of([columns, *cells], sign).encode(encoding)


def text_of(cells: Sequence[Sequence[str]], sign: str = ",") -> str:
    """Cells as the text of a CSV."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=sign).writerows(cells)
    return out.getvalue()


def as_xlsx(*rows: Mapping[str, str]) -> bytes:
    """A workbook of ``table``, all text."""
    columns, cells = table(*rows)
    return workbook([columns, *cells])


def workbook(cells: Sequence[Sequence[object]], **options: bool) -> bytes:
    """A workbook with one sheet."""
    out = io.BytesIO()
    closed = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, {**closed, **options}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(cells):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def people(number: int, begin: int = 0) -> list[dict[str, str]]:
    """Rows of different fictional people."""
    made = list(names.people(begin + number))[begin:]
    return [
        {
            "external_id": f"B-{begin + place}",
            "prs_FirstName": person.given,
            "prs_MiddleName": person.patronymic,
            "prs_SecondName": person.family,
            "prs_Birthdate": str(person.birth),
            "prs_MobilePhone": f"+992 9{begin + place:08}",
            "prs_Email": "",
        }
        for place, person in enumerate(made)
    ]
