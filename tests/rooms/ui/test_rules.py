"""Texts as people type them; dates of which only a part is known."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.ui.rules import MAX_TEXT, PartialDate, clean_text


@pytest.mark.parametrize(
    ("raw", "text", "faults"),
    [
        ("  Ҷӯра  ", "Ҷӯра", ()),
        ("и\u0306ул", "йул", ()),  # й typed as two characters
        ("a\0b", "ab", ("nul",)),
        ("abc\u202etxt.exe", "abctxt.exe", ("direction",)),
        ("a\u2066b\u2069", "ab", ("direction",)),
        ("a\u200fb\ufeff\u00adc", "abc", ()),
        ("\u200b\u2060", "", ()),
        ("a\u00a0b\u3000c", "a b c", ()),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd", ()),
        ("a\x07\x1b[31mb\tc", "a[31mb\tc", ()),
        ("Ном\ufffd", "Ном\ufffd", ("encoding",)),
        ("\ud83d", "", ()),
        ("x" * (MAX_TEXT + 1), "x" * (MAX_TEXT + 1), ("long",)),
        ("x" * MAX_TEXT, "x" * MAX_TEXT, ()),
    ],
)
def test_clean_text(raw: str, text: str, faults: tuple[str, ...]) -> None:
    cleaned = clean_text(raw)
    assert (cleaned.text, cleaned.faults) == (text, faults)


@given(st.text())
def test_cleaning_twice_changes_nothing_more(raw: str) -> None:
    once = clean_text(raw)
    again = clean_text(once.text)
    assert again.text == once.text
    assert set(again.faults) <= {"encoding", "long"}
    assert "\0" not in once.text
    assert unicodedata.is_normalized("NFC", once.text)
    once.text.encode()


@pytest.mark.parametrize("iso", ["1998", "1998-03", "1998-03-27", "2024-02-29"])
def test_a_partial_date_is_read_back_as_written(iso: str) -> None:
    assert str(PartialDate.parse(iso)) == iso


@pytest.mark.parametrize(
    "iso", ["", "98", "1998-3", "1998-13", "2023-02-29", "0000", "1998-03-27-1", "١٩٩٨", "1998-00"]
)
def test_what_is_no_date_is_refused(iso: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        PartialDate.parse(iso)


def test_a_day_needs_its_month() -> None:
    with pytest.raises(ValueError, match="month"):
        PartialDate(1998, None, 3)


def test_the_days_a_partial_date_can_mean() -> None:
    year, month, day = PartialDate(2024), PartialDate(2024, 2), PartialDate(2024, 2, 3)
    assert (year.earliest, year.latest) == (date(2024, 1, 1), date(2024, 12, 31))
    assert (month.earliest, month.latest) == (date(2024, 2, 1), date(2024, 2, 29))
    assert day.earliest == day.latest == date(2024, 2, 3)
