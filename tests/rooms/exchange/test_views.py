"""The upload page: every bad file gets a message and no 500; the steps without JavaScript."""

import io
import re
import zipfile
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from panoh.cases.models import Case
from panoh.exchange.models import External, Import
from panoh.exchange.rules.tables import decode, rows_of_text
from tests.factories import tables
from tests.factories.clients import client_of
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db

PAGE = "/exchange/import/"


def browser(name: str) -> Client:
    client = client_of(name)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def send(client: Client, content: bytes, name: str = "cases.csv") -> tuple[int, str, str]:
    answer = client.post(PAGE, {"file": SimpleUploadedFile(name, content)})
    location = answer.headers.get("Location", "")
    return answer.status_code, location, answer.content.decode()


def press(client: Client, address: str, verb: str) -> str:
    """Press the button of a step, with what the page put into its form."""
    page = client.get(address).content.decode()
    form = re.search(rf'<form method="post" action="{address}{verb}/".*?</form>', page, re.DOTALL)
    assert form, f"no button for {verb}"
    part = re.search(r'name="part" value="(\d+)"', form[0])
    answer = client.post(f"{address}{verb}/", {"part": part[1]} if part else {})
    assert answer.status_code == 302
    return client.get(address).content.decode()


def test_the_whole_way_of_a_table() -> None:
    """Journey: send, see the columns, check, bring in, take back: only forms and links."""
    client = browser("nigora")
    more = client.get("/more/").content.decode()
    assert PAGE in more
    bad = {"external_id": "A-2", "prs_Birthdate": "2099-01-01", "shoe_size": "38"}
    status, address, _page = send(client, tables.as_csv({"shoe_size": "37"}, bad))
    assert status == 302
    page = client.get(address).content.decode()
    assert "prs_FirstName" in page and "shoe_size" in page
    assert "Feminine; Masculine" in page, "what the list of a column knows"
    assert "Not used" in page and "Гулнора" not in page
    page = press(client, address, "check")
    assert 'data-label="Row"' in page, "on a telephone a number alone says nothing"
    assert "2099" not in strip_tags(page), "what stands in a cell is not shown"
    assert "prs_Birthdate" in page and "lies in the future" in page
    page = press(client, address, "run")
    assert "The import is finished" in page
    back = client.get(f"{address}back/csv/")
    assert back.headers["Content-Disposition"] == 'attachment; filename="rows-back.csv"'
    rows = list(rows_of_text(decode(back.content).text))
    assert [row[0] for row in rows] == ["external_id", "A-2"]
    assert client.get(f"{address}back/xlsx/").content.startswith(b"PK")
    with as_user("nigora"):
        assert Case.objects.filter(pk__in=External.objects.values("dossier")).count() == 1
    assert address in client.get(PAGE).content.decode(), "leaving and coming back"
    assert client.post(f"{address}forget/").headers["Location"] == PAGE
    assert client.get(address).status_code == 404


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * (450 * 1024 * 1024))
    return out.getvalue()


BAD = {
    "empty": b"",
    "only NUL": b"\0" * 100,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "a PDF": b"%PDF-1.7\n",
    "an old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "half a workbook": tables.as_xlsx({})[:3000],
    "an archive": b"PK\x03\x04" + b"x" * 300,
    "no header": b"\n\n\n",
    "no key": b"prs_FirstName\nA\n",
    "no row": b"external_id,prs_FirstName\n",
    "an open quote": b'external_id,prs_FirstName\n1,"a\n2,b\n',
    "a huge cell": b"external_id,prs_FirstName\n1," + b"a" * 200_000 + b"\n",
    "thousands of columns": b"external_id,prs_FirstName" + b",c" * 9000 + b"\n1,2\n",
    "old Tajik letters": "external_id,prs_FirstName\n1,Њаким Ќурбонов\n".encode("cp1251"),
    "unknown letters": b"external_id,prs_FirstName\n1,\x98\x98\n",
    "half UTF-16": b"\xff\xfee\0x\0t",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_a_message(name: str) -> None:
    client = browser("nigora")
    status, _location, page = send(client, BAD[name])
    assert status == 400
    assert "govuk-error-summary" in page
    with as_user("nigora"):
        assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("half a workbook", "is damaged"),
        ("old Tajik letters", "old Tajik font"),
        ("thousands of columns", "too many columns"),
        ("an open quote", "quotation mark"),
        ("a PDF", "neither CSV nor XLSX"),
    ],
)
def test_the_message_says_what_is_wrong(name: str, words: str) -> None:
    assert words in send(browser("nigora"), BAD[name])[2]


def test_an_archive_that_swells_is_refused() -> None:
    status, _location, page = send(browser("nigora"), bomb(), "cases.xlsx")
    assert status == 400
    assert "Divide it" in page


def test_a_file_that_is_too_large_is_refused() -> None:
    status, _location, page = send(browser("nigora"), b"a" * (21 * 1024 * 1024))
    assert status == 400
    assert "govuk-error-summary" in page


FAULTY = {
    "B-1": ("prs_FirstName", "=HYPERLINK(1)"),
    "B-2": ("prs_FirstName", "Гул\u202eнора"),
    "B-3": ("prs_Birthdate", "2999-01-01"),
    "B-4": ("prs_Birthdate", "1802-01-01"),
    "B-5": ("cco_CaseComment", "ы" * 40_000),
    "B-6": ("cco_CaseComment", "ы\x00я"),
}


@pytest.mark.parametrize(
    ("language", "broken", "future"),
    [
        ("tg", "Ин файли XLSX вайрон аст", "Ин сана дар оянда аст."),
        ("ru", "Этот файл XLSX повреждён", "Эта дата ещё не наступила."),
        ("en", "This XLSX file is damaged", "This date lies in the future."),
    ],
)
def test_faults_are_said_in_the_readers_language_and_what_was_typed_comes_back(
    language: str, broken: str, future: str
) -> None:
    client = client_of("nigora", language)
    assert broken in send(client, BAD["half a workbook"])[2]
    rows = [
        {"external_id": key, column: text, "cas_ReasonForCaseClosure": f"typed in {key}"}
        for key, (column, text) in FAULTY.items()
    ]
    _status, address, _page = send(client, tables.as_csv({}, *rows))
    page = press(client, address, "check")
    assert future in page
    press(client, address, "run")
    found = list(rows_of_text(decode(client.get(f"{address}back/csv/").content).text))
    back = {row[0]: row for row in found[1:]}
    assert back.keys() == FAULTY.keys(), "every faulty row and no other"
    for key, row in back.items():
        column, text = FAULTY[key]
        assert f"typed in {key}" in row
        assert row[found[0].index(column)].lstrip("'") == text
        assert column in row[-1]
    assert future in back["B-3"][-1]
    with as_user("nigora"):
        assert External.objects.count() == 1


def test_no_file_is_said() -> None:
    answer = browser("nigora").post(PAGE, {})
    assert answer.status_code == 400
    assert "No file arrived" in answer.content.decode()


def test_guessed_letters_are_shown_and_confirmed() -> None:
    client = browser("nigora")
    _status, address, _page = send(client, tables.as_csv({}, encoding="cp1251"))
    page = client.get(address).content.decode()
    assert "Can these words be read?" in page and "Гулнора" in page
    page = press(client, address, "confirm")
    assert "Check the rows" in page and "Гулнора" not in page


def test_others_see_nothing_of_it() -> None:
    _status, address, _page = send(browser("nigora"), tables.as_csv({}))
    for name in ("safar", "shirin"):
        other = client_of(name)
        assert other.get(address).status_code == 404
        assert other.get(f"{address}back/csv/").status_code == 404
        assert other.post(f"{address}run/", {"part": "0"}).status_code == 404
    assert client_of("pulod").get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302


def test_strange_steps_are_no_500() -> None:
    client = browser("nigora")
    _status, address, _page = send(client, tables.as_csv({}))
    assert client.post(f"{address}fly/", {"part": "0"}).status_code == 404
    assert client.post(f"{address}run/", {"part": "0"}).status_code == 409
    for part in ("", "-1", "x", "9" * 30, "٣"):
        assert client.post(f"{address}check/", {"part": part}).status_code == 302
    assert client.get(f"{address}back/exe/").status_code == 404
    assert client.get(f"{address}back/csv/").status_code == 409
    assert client.get(reverse("exchange:show", args=[uuid4()])).status_code == 404
    assert client.get(f"{address}run/").status_code == 405
