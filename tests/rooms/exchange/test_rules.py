"""Files in, rows out; a row understood, or everything that is wrong with it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoh.cases.models import FACTS
from panoh.exchange import queries, rules
from panoh.exchange.rules import LIFECYCLE, State, fields, tables
from panoh.exchange.rules.faults import FAULTS, Fault, messages
from panoh.exchange.rules.rows import Known, Ready, read_row
from panoh.exchange.rules.tables import Unreadable, decode, is_workbook, rows_of_text
from panoh.files.rules.sheets import as_csv, as_xlsx, fits_xlsx
from panoh.kernel.rules import Category, NotPossible
from tests.factories import tables as made

TODAY = date(2026, 3, 2)
MOST = 1000


@pytest.fixture(scope="module")
def known() -> Known:
    return queries.known(TODAY)


def read(known: Known, /, **row: str) -> Ready | list[Fault]:
    columns, cells = made.table(row)
    return read_row(cells[0], columns, known)


def ready(known: Known, **row: str) -> Ready:
    found = read(known, **row)
    assert isinstance(found, Ready), [fault.message for fault in found]
    return found


def codes(known: Known, **row: str) -> list[tuple[str, str]]:
    found = read(known, **row)
    assert isinstance(found, list), "nothing was wrong"
    return [(fault.column, fault.code) for fault in found]


# -- letters -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_told_by_its_mark_or_its_form(encoding: str) -> None:
    found = decode(made.as_csv({}, encoding=encoding))
    assert "Гулнора" in found.text
    assert found.guessed == ""
    assert next(rows_of_text(found.text))[0] == "external_id"


def test_cp1251_is_a_guess_that_somebody_confirms() -> None:
    found = decode(made.as_csv({}, encoding="cp1251"))
    assert "Гулнора" in found.text
    assert found.guessed == "cp1251"


def refused(content: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        is_workbook(content)
        tables.header_of(next(rows_of_text(decode(content).text), []), queries.names_known())
    return caught.value.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\0\0\0\n", "empty"),
        ("Њамидова,Ќурбон,Ѓафур".encode("cp1251"), "old_tajik"),
        ("external_id,prs_FirstName\n1,Гулнора Тестова Мадина\n".encode("koi8-r"), "letters"),
        (b"external_id,prs_FirstName\n1,\x98\xff\n", "letters"),
        (b"\xff\xfea", "letters"),
        (b"%PDF-1.7 text", "mistyped"),
        (b"\x89PNG\r\n\x1a\n", "mistyped"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "locked"),
        (bytes(range(1, 32)) * 40, "mistyped"),
        (b"name,age\n1,2\n", "no_key"),
        (b"external_id,shoe_size\n1,2\n", "no_field"),
        (b"external_id,prs_Gender,prs_Gender\n1,2,3\n", "double_column"),
        (b"external_id" + b",x" * 5000, "columns"),
        (b'external_id,prs_FirstName\n1,"open\n', ""),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(content: bytes, code: str) -> None:
    if code:
        assert refused(content) == code
        assert str(tables.FAULTS[code])
        return
    with pytest.raises(Unreadable) as caught:
        list(rows_of_text(decode(content).text))
    assert caught.value.code == "quotes"


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_sign_between_cells_is_found(sign: str) -> None:
    first = next(rows_of_text(decode(made.as_csv({}, sign=sign)).text))
    assert first[:2] == ["external_id", "prs_FirstName"]


def test_names_of_columns_end_with_the_last_one() -> None:
    found = tables.header_of(["external_id", "", "prs_Gender ", " ", ""], queries.names_known())
    assert (found.columns, found.used) == (
        ("external_id", "", "prs_Gender"),
        {"external_id": 0, "prs_Gender": 2},
    )


def test_rows_keep_their_number_and_empty_ones_are_left_out() -> None:
    rows = iter([["1"], [" ", ""], ["3"]])
    assert list(tables.numbered(rows, MOST)) == [(2, ["1"]), (4, ["3"])]
    with pytest.raises(Unreadable):
        list(tables.numbered(iter([["1"], ["2"]]), 1))
    with pytest.raises(Unreadable):
        list(tables.numbered(iter([[" "]]), MOST))


# -- workbooks -----------------------------------------------------------------------------------


# -- one row -------------------------------------------------------------------------------------


def test_a_row_says_who_what_and_where_it_goes(known: Known) -> None:
    row = ready(known)
    assert row.external_id == "A-1"
    assert (row.person.given, row.person.family, str(row.person.birth)) == (
        "Гулнора",
        "Тестова",
        "1994-05-02",
    )
    assert row.contacts == [("phone", "+992 900 000 001"), ("email", "gulnora@example.org")]
    answers = row.arrival.answers
    assert answers["sex"] == "woman"
    assert answers["citizenship"] == "TJ"
    assert answers["language"] == "tg"
    assert answers["birth_year"] == 1994
    assert answers["first_contact_at"].date() == date(2026, 1, 15)
    assert row.arrival.facts["exploitation_forms"] == ["forced_labour", "servitude"]
    assert row.arrival.facts["means"] == ["debt_bondage", "withholds_documents"]
    assert row.agreed == "yes"
    assert row.arrival.closed == ""


def test_blank_is_not_reported_and_never_no(known: Known) -> None:
    row = ready(known, **{name: "" for name in made.ROW if name != "external_id"})
    assert not row.person
    assert row.contacts == []
    assert row.arrival.answers == {}
    assert row.arrival.facts == {}
    assert row.arrival.notes == []
    assert (row.agreed, row.arrival.closed) == ("", "")


def test_gender_outside_the_pack_goes_to_the_sealed_note_only(known: Known) -> None:
    row = ready(known, prs_Gender="TransgenderFeminine")
    assert "sex" not in row.arrival.answers
    assert "TransgenderFeminine" not in str(row.arrival.answers) + str(row.arrival.facts)
    assert "TransgenderFeminine" in dict(row.arrival.notes)[Category.STORY]


def test_what_the_pack_cannot_tell_apart_is_kept_in_the_note(known: Known) -> None:
    row = ready(known, vic_TypeOfExploitation="ChildLabour;Other;ForcedMarriage")
    assert row.arrival.facts["exploitation_forms"] == ["forced_labour"]
    assert row.arrival.facts["related_practices"] == ["forced_marriage"]
    assert "ChildLabour; Other" in dict(row.arrival.notes)[Category.STORY]


def test_closed_rows_say_so_and_keep_the_reason_sealed(known: Known) -> None:
    row = ready(known, cas_Status="Closed Referred", cas_ReasonForCaseClosure="Уехала домой")
    assert row.arrival.closed == "handed_over"
    assert "Уехала домой" in dict(row.arrival.notes)[Category.STORY]
    assert ready(known, cas_Status="Closed").arrival.closed == "closed_elsewhere"


def test_help_goes_to_its_own_category(known: Known) -> None:
    row = ready(known, spl_Type="Health", spl_Objectives="Лечение")
    assert "Лечение" in dict(row.arrival.notes)[Category.SERVICES]
    assert "Лечение" not in dict(row.arrival.notes)[Category.STORY]


def test_every_field_of_the_standard_has_a_place(known: Known) -> None:
    """Nothing is lost: the value of each field is found again in what comes in."""
    samples: dict[str, str] = {}
    for name, field in known.fields.items():
        values = known.values.get(field.value_list)
        if values:
            samples[name] = next(iter(values.values())).value
        elif field.type == "Checkbox":
            samples[name] = "true"
        elif field.type == "Date":
            samples[name] = "2020-02-03"
        else:
            samples[name] = f"{len(samples) + 7}0000"
    samples |= {"prs_Citizenship": "UZ", "prs_PrimaryLanguage": "uzb", "prs_Email": "a@b.example"}
    samples |= {"prs_SecondaryLanguage": "rus", "vic_AgeWhenTrafficked": "4"}
    row = ready(known, **samples)
    told = repr(dict(row.arrival.notes)) + repr(row.contacts) + row.person.names_json()
    told += row.person.details_json()
    for name, text in samples.items():
        where = fields.goes(name, known.fields)
        if where in {fields.Goes.NOTE, fields.Goes.NAME, fields.Goes.CONTACT}:
            assert text in told, name


def test_a19_no_column_reaches_law_health_or_immigration(known: Known) -> None:
    questions = [FACTS[name] for name in fields.QUESTIONS.values()]
    assert all(one.category in {Category.CORE, Category.STORY} for one in questions)
    assert not any("immigration" in one.list_name for one in questions)
    row = ready(known, immigration_status="no_papers", legal_status="illegal")
    assert "no_papers" not in repr(row.arrival) + row.content
    assert fields.goes("immigration_status", known.fields) == fields.Goes.NOWHERE


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"external_id": " "}, ("external_id", "no_id")),
        ({"external_id": "x" * 300}, ("external_id", "long_name")),
        ({"prs_Birthdate": "2027-01-01"}, ("prs_Birthdate", "future")),
        ({"prs_Birthdate": "1850-01-01"}, ("prs_Birthdate", "age")),
        ({"prs_Birthdate": "05/02/1994"}, ("prs_Birthdate", "date")),
        ({"prs_Birthdate": "1994-02-31"}, ("prs_Birthdate", "date")),
        ({"vic_AgeWhenTrafficked": "430"}, ("vic_AgeWhenTrafficked", "age")),
        ({"vic_AgeWhenTrafficked": "-3"}, ("vic_AgeWhenTrafficked", "number")),
        ({"vic_AgeWhenTrafficked": "50"}, ("vic_AgeWhenTrafficked", "age")),
        ({"cas_IncomingReferralDate": "2030-01-01"}, ("cas_IncomingReferralDate", "future")),
        ({"vic_MethodsOfControl": "Magic"}, ("vic_MethodsOfControl", "value")),
        ({"prs_Gender": "Feminine;Masculine"}, ("prs_Gender", "one")),
        ({"prs_Citizenship": "Atlantis"}, ("prs_Citizenship", "country")),
        ({"prs_PrimaryLanguage": "zzzz"}, ("prs_PrimaryLanguage", "language")),
        ({"con_Consent": "maybe"}, ("con_Consent", "tick")),
        ({"prs_MobilePhone": "12"}, ("prs_MobilePhone", "phone")),
        ({"prs_Email": "nobody"}, ("prs_Email", "email")),
        ({"prs_FirstName": "=HYPERLINK(1)"}, ("prs_FirstName", "formula")),
        ({"prs_FirstName": "Гул\0нора"}, ("prs_FirstName", "nul")),
        ({"prs_FirstName": "Гул\u202eнора"}, ("prs_FirstName", "direction")),
        ({"prs_FirstName": "Гул\ufffdора"}, ("prs_FirstName", "encoding")),
        ({"prs_FirstName": "ы" * 201}, ("prs_FirstName", "long_name")),
        ({"cco_CaseComment": "ы" * 15_001}, ("cco_CaseComment", "long")),
    ],
)
def test_bad_input_is_named(
    known: Known, row: Mapping[str, str], expected: tuple[str, str]
) -> None:
    found = read(known, **row)
    assert isinstance(found, list)
    assert expected in [(fault.column, fault.code) for fault in found]
    assert all(fault.message for fault in found)


def test_a_text_of_15000_characters_fits(known: Known) -> None:
    row = ready(known, cco_CaseComment="ы" * 15_000)
    assert "ы" * 15_000 in dict(row.arrival.notes)[Category.STORY]


def test_all_faults_of_a_row_are_told_at_once(known: Known) -> None:
    found = codes(known, prs_Birthdate="2027-01-01", prs_Email="x", con_Consent="?")
    assert [column for column, _code in found] == ["prs_Birthdate", "prs_Email", "con_Consent"]


def test_an_earlier_row_with_the_same_number_is_named(known: Known) -> None:
    columns, cells = made.table({})
    found = read_row(cells[0], columns, known, same_as=7)
    assert isinstance(found, list)
    assert "7" in found[0].message


def test_too_many_cells_are_a_fault_and_unused_columns_are_not(known: Known) -> None:
    columns, cells = made.table({})
    wide = read_row([*cells[0], "more"], columns, known)
    assert isinstance(wide, list) and wide[0].code == "wide"
    assert isinstance(read(known, shoe_size="=9\0"), Ready)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1994", "1994"), ("1994-05", "1994-05"), ("02.05.1994", "1994-05-02")],
)
def test_dates_are_read_as_people_write_them(known: Known, text: str, expected: str) -> None:
    assert str(ready(known, prs_Birthdate=text).person.birth) == expected


def test_the_age_band_is_told_only_where_it_is_certain(known: Known) -> None:
    assert ready(known, prs_Birthdate="1994-05-02").arrival.answers["age_band"] == "age_30_47"
    assert "age_band" not in ready(known, prs_Birthdate="2005").arrival.answers
    under = ready(known, vic_AgeWhenTrafficked="16").arrival.answers
    assert under["under_18_then"] == "yes"


def test_a_first_contact_of_which_no_day_is_known_stays_in_the_note(known: Known) -> None:
    arrival = ready(known, cas_IncomingReferralDate="2026-01").arrival
    assert "first_contact_at" not in arrival.answers
    assert ": 2026-01" in dict(arrival.notes)[Category.STORY]


@pytest.mark.parametrize(
    ("text", "agreed"), [("TRUE", "yes"), ("ҳа", "yes"), ("0", "no"), ("Нет", "no"), ("", "")]
)
def test_yes_and_no_are_told_in_three_languages(known: Known, text: str, agreed: str) -> None:
    assert ready(known, con_Consent=text).agreed == agreed


def test_several_citizenships_and_a_rare_language_are_kept(known: Known) -> None:
    row = ready(known, prs_Citizenship="UZB; 762", prs_PrimaryLanguage="fra")
    assert row.arrival.answers["citizenship"] == "UZ"
    assert row.arrival.answers["language"] == "other"
    note = dict(row.arrival.notes)[Category.STORY]
    assert "UZ; TJ" in note and "fra" in note


def test_a_district_is_told_by_its_name(known: Known) -> None:
    name, code = next((name, code) for name, code in known.districts.items() if name.isalpha())
    row = ready(known, prs_MailingCity=name)
    assert row.arrival.answers["district"] == code == row.person.place


# -- back, parts, states ---------------------------------------------------------------------------


@given(st.lists(st.text(alphabet="=+-@'\tабв1", max_size=6), min_size=1, max_size=4))
def test_what_goes_back_as_csv_comes_in_again_as_it_was(cells: list[str]) -> None:
    content = as_csv(["external_id", *"abc"], [["1", *cells]])
    rows = list(rows_of_text(decode(content).text))
    assert rows[1] == ["1", *cells]
    for line in content.decode("utf-8-sig").splitlines():
        assert not line.startswith(("=", "+", "-", "@", "\t"))


def test_nothing_that_goes_back_can_run() -> None:
    text = as_csv(["external_id"], [["=cmd|' /C calc'!A0"], ["@SUM(1)"]]).decode("utf-8-sig")
    assert "'=cmd" in text and "'@SUM" in text
    others, rows = tables.rows_of_workbook(as_xlsx(["external_id"], [["=1+1"], ["http://x"]]), MOST)
    assert rows == [["external_id"], ["=1+1"], ["http://x"]]
    assert others == 0


def test_a_text_that_no_sheet_holds_is_noticed() -> None:
    assert fits_xlsx([["a" * 32_767]])
    assert not fits_xlsx([["a" * 32_768]])


def test_rows_are_cut_into_parts() -> None:
    assert list(rules.in_parts(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(rules.in_parts([], 2)) == []


def test_doubles_name_the_row_before() -> None:
    ids = [(2, "a"), (3, ""), (4, "a"), (5, "b"), (6, "")]
    assert rules.doubles(ids, {"b": 1}) == {4: 2, 5: 1}


def test_an_import_goes_one_way() -> None:
    assert LIFECYCLE.after("run", State.CHECKED) == State.RUNNING
    for state in (State.UNSURE, State.READ, State.DONE):
        with pytest.raises(NotPossible):
            LIFECYCLE.after("run", state)
    assert all(str(state.label) for state in State)


def test_each_fault_has_words() -> None:
    for code in FAULTS:
        assert "%(" not in Fault("c", code, "x").message
    assert messages([Fault("a", "tick"), Fault("", "no_id")]).count("|") == 1
    labels: list[Any] = [str(goes.label) for goes in fields.Goes]
    assert all(labels) and len(set(labels)) == len(labels)
