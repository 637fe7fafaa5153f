"""An import from the file to the cases, over the real tables and the open vault."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from panoh.access.models import Dossier, Grant
from panoh.cases import queries as cases
from panoh.cases.models import Case
from panoh.consent.models import Consent
from panoh.duties.models import Duty
from panoh.exchange import actions as exchange
from panoh.exchange import queries, rules
from panoh.exchange.models import External, Import, Part
from panoh.exchange.rules import State
from panoh.exchange.rules.tables import Unreadable, decode, rows_of_text
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone, Invalid, NotPossible, Refused
from panoh.people import queries as people
from panoh.referrals import actions as referrals
from tests.factories import tables
from tests.factories.referrals import NOW, answer, drafted
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def begun(content: bytes, name: str = "nigora", of: str = "ngo-cases") -> Import:
    with as_user(name) as by:
        return exchange.start(content, team=team(of), by=by, at=AT)


def checked(run: Import, name: str = "nigora") -> Import:
    while run.state == State.READ:
        with as_user(name) as by:
            run = exchange.check(run, part=run.next_part, by=by, at=AT)
    return run


def done(content: bytes) -> Import:
    run = checked(begun(content))
    while run.state != State.DONE:
        with as_user("nigora") as by:
            run = exchange.run_part(run, part=run.next_part, by=by, at=AT)
    return run


def figures(run: Import) -> tuple[int, int, int, int]:
    return run.added, run.already, run.changed, run.refused


def opened() -> list[Case]:
    return list(Case.objects.filter(pk__in=External.objects.values("dossier")).order_by("pk"))


@pytest.mark.parametrize("make", [tables.as_csv, tables.as_xlsx])
def test_a_row_becomes_a_case_of_the_team_and_of_nobody_else(make: object) -> None:
    assert callable(make)
    run = done(make({}))
    assert (run.state, figures(run)) == (State.DONE, (1, 0, 0, 0))
    with as_user("nigora") as by:
        (case,) = opened()
        dossier = Dossier.objects.get(pk=case.pk)
        assert dossier.holder == team("ngo-cases")
        assert [one.source for one in Grant.objects.filter(dossier=dossier)] == ["holder"]
        assert (case.sex, case.citizenship, case.trafficking) == ("woman", "TJ", "presumed")
        assert (case.safe_to_talk, case.danger_now) == ("", "")
        person = people.person(dossier, by=by, at=AT)
        assert person is not None and person.display == "Гулнора Тестова"
        reach = people.contacts_of(dossier, by=by, at=AT)
        assert {one.value for one in reach} == {"+992 900 000 001", "gulnora@example.org"}
        assert not any(one.row.is_safe for one in reach)
        (note,) = cases.notes_of(dossier, Category.STORY, user=by)
        assert "паспорт забрали" in (cases.texts_of([note])[0] or "")
        assert not Consent.objects.filter(dossier=dossier).exists()
        assert External.objects.get(dossier=dossier).agreed_elsewhere == "yes"
    for stranger in ("lola", "shirin"):
        with as_user(stranger):
            assert not Case.objects.filter(pk=case.pk).exists()
            assert not External.objects.exists()


def test_the_same_file_again_adds_nothing_and_a_change_overwrites_nothing() -> None:
    done(tables.as_csv({}, {"external_id": "A-2"}))
    again = done(tables.as_csv({}, {"external_id": "A-2"}, {"external_id": "A-3"}))
    assert figures(again) == (1, 2, 0, 0)
    other = done(tables.as_csv({"prs_Gender": "Masculine"}, {"external_id": "A-2"}))
    assert figures(other) == (0, 1, 1, 0)
    with as_user("nigora"):
        assert [case.sex for case in opened()] == ["woman"] * 3
        (row,) = queries.back_of(other)
        assert (row.number, row.faults[0].code) == (2, "changed")


def test_good_rows_come_in_and_bad_rows_go_back_whole() -> None:
    bad = {"external_id": "A-2", "prs_Birthdate": "2030-01-01", "prs_MobilePhone": "+99290"}
    run = done(tables.as_csv({}, bad, {"external_id": "A-1"}))
    assert figures(run) == (1, 0, 0, 2)
    with as_user("nigora") as by:
        found = exchange.take_back(run, workbook=False, by=by, at=AT)
        book = exchange.take_back(run, workbook=True, by=by, at=AT)
    rows = list(rows_of_text(decode(found.content).text))
    assert rows[0][-1] == queries.WRONG
    assert [row[0] for row in rows[1:]] == ["A-2", "A-1"]
    assert "prs_Birthdate" in rows[1][-1] and rows[1][-1].startswith("3: ")
    assert "external_id" in rows[2][-1]
    assert "+99290" in rows[1], "what was typed is kept"
    assert (found.name, book.name) == ("rows-back.csv", "rows-back.xlsx")
    mended = found.content.replace(b"2030-01-01", b"1990-01-01")
    assert figures(done(mended)) == (1, 1, 0, 0)


def test_nothing_lies_in_clear() -> None:
    run = begun(tables.as_csv({}, {"external_id": "", "prs_FirstName": "Канарейка"}))
    checked(run)
    with connection.cursor() as cursor, as_user("nigora"):
        for table in ("exchange_import", "exchange_part", "exchange_external"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            text = " ".join(row for (row,) in cursor.fetchall())
            for canary in ("Гулнора", "Канарейка", "A-1", "external_id"):
                assert canary not in text
                assert canary.encode().hex() not in text


def test_an_import_belongs_to_its_account() -> None:
    run = begun(tables.as_csv({}))
    with as_user("safar") as by:
        assert queries.imports_of(by) == []
        assert not Import.objects.exists() and not Part.objects.exists()
        with pytest.raises(Gone):
            exchange.check(run, part=0, by=by, at=AT)
        with pytest.raises(Gone):
            queries.import_of(by, run.pk)


def test_only_who_may_import_and_only_into_an_own_team() -> None:
    with as_user("pulod") as by, pytest.raises(Refused):
        exchange.start(tables.as_csv({}), team=team("police-cases"), by=by, at=AT)
    with as_user("nigora") as by, pytest.raises(Gone):
        exchange.start(tables.as_csv({}), team=team("ngo-other"), by=by, at=AT)


def test_the_same_step_twice_counts_once() -> None:
    run = checked(begun(tables.as_csv({})))
    with as_user("nigora") as by:
        first = exchange.run_part(run, part=0, by=by, at=AT)
        assert figures(first) == (1, 0, 0, 0)
        with pytest.raises(NotPossible):
            exchange.run_part(run, part=0, by=by, at=AT)
        assert len(opened()) == 1


def test_parts_one_by_one_and_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules.in_parts, "__defaults__", (2,))
    monkeypatch.setattr(rules, "PARTS_CHECKED_AT_ONCE", 1)
    people_rows = tables.people(5)
    run = begun(tables.as_csv(*people_rows, people_rows[0]))
    assert (run.rows, run.parts) == (6, 3)
    with as_user("nigora") as by:
        half = exchange.check(run, part=0, by=by, at=AT)
        assert (half.state, half.next_part) == (State.READ, 1)
        assert exchange.check(half, part=0, by=by, at=AT).next_part == 1
    run = checked(half)
    assert (run.state, run.faulty, run.next_part) == (State.CHECKED, 1, 0)
    with as_user("nigora") as by:
        run = exchange.run_part(run, part=0, by=by, at=AT)
        assert (run.state, run.added) == (State.RUNNING, 2)
        assert Duty.objects.unsettled().filter(kind=exchange.DUTY).count() == 1
        # Later, from the table: nothing is kept in the process.
        run = queries.import_of(by, run.pk)
        assert exchange.run_part(run, part=0, by=by, at=AT).added == 2
        run = exchange.run_part(run, part=1, by=by, at=AT)
        run = exchange.run_part(run, part=2, by=by, at=AT)
        assert (run.state, figures(run)) == (State.DONE, (5, 0, 0, 1))
        assert not Duty.objects.unsettled().filter(kind=exchange.DUTY).exists()
        assert Part.objects.filter(run=run).count() == 1, "only what goes back is kept"
        assert all(part.rows is None for part in Part.objects.filter(run=run))


def test_guessed_letters_wait_for_somebody_to_look() -> None:
    run = begun(tables.as_csv({}, encoding="cp1251"))
    assert (run.state, run.guessed) == (State.UNSURE, "cp1251")
    with as_user("nigora") as by:
        assert "Гулнора" in queries.head_of(run).sample
        with pytest.raises(NotPossible):
            exchange.check(run, part=0, by=by, at=AT)
        run = exchange.confirm(run, by=by, at=AT)
        assert run.state == State.READ
        with pytest.raises(NotPossible):
            exchange.confirm(run, by=by, at=AT)


def test_a_file_that_is_too_large_says_so() -> None:
    with as_user("nigora") as by, pytest.raises(Invalid, match=r"\d+"):
        exchange.start(b"a" * (queries.most_bytes() + 1), team=team("ngo-cases"), by=by, at=AT)


def far_out() -> bytes:
    """A cell in the last corner of a sheet: laid out whole, the sheet takes all memory."""
    out, sheet = io.BytesIO(), "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(tables.as_xlsx({}))) as seen, zipfile.ZipFile(out, "w") as book:
        for name in seen.namelist():
            part = seen.read(name)
            book.writestr(
                name, part.replace(b'r="B2"', b'r="XFD1048576"') if name == sheet else part
            )
    return out.getvalue()


def with_a_sheet_under_a_password() -> bytes:
    """A part that nobody needs, marked as encrypted: its reader fails as it never should."""
    out, name = io.BytesIO(tables.as_xlsx({})), b"xl/worksheets/more.xml"
    with zipfile.ZipFile(out, "a") as book:
        book.writestr(name.decode(), b"<f>")
    content = bytearray(out.getvalue())
    content[content.rindex(name) - 38] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"PK\x03\x04 broken", "broken"),
        (lambda: b"PK\x03\x04", "broken"),
        (with_a_sheet_under_a_password, "broken"),
        (far_out, "too_much"),
    ],
)
def test_a_crafted_workbook_ends_its_child_and_nothing_else(
    make: Callable[[], bytes], code: str
) -> None:
    with as_user("nigora") as by, pytest.raises(Unreadable) as refused:
        exchange.start(make(), team=team("ngo-cases"), by=by, at=AT)
    assert refused.value.code == code
    assert not Import.objects.exists() and not Part.objects.exists()


def test_a_child_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_CHILD_SECONDS", 0.001)
    with as_user("nigora") as by, pytest.raises(Unreadable) as refused:
        exchange.start(tables.as_xlsx({}), team=team("ngo-cases"), by=by, at=AT)
    assert refused.value.code == "too_much"


def test_closed_cases_come_in_closed() -> None:
    done(tables.as_csv({"cas_Status": "Closed", "cas_ReasonForCaseClosure": "Уехала"}))
    with as_user("nigora") as by:
        (case,) = opened()
        assert (case.state, case.close_reason) == ("closed", "closed_elsewhere")
        dossier = Dossier.objects.get(pk=case.pk)
        notes = cases.notes_of(dossier, Category.STORY, user=by)
        assert "Уехала" in (cases.texts_of(notes)[0] or "")


def test_forgotten_is_destroyed_and_the_cases_stay() -> None:
    run = done(tables.as_csv({}, {"external_id": ""}))
    with as_user("nigora") as by:
        exchange.forget(run, by=by, at=AT)
        assert not Import.objects.exists() and not Part.objects.exists()
        assert len(opened()) == 1
    given_up = begun(tables.as_csv({"external_id": "Z"}))
    with as_user("nigora") as by:
        exchange.forget(given_up, by=by, at=AT)
        assert not Duty.objects.unsettled().filter(kind=exchange.DUTY).exists()


def test_nothing_to_take_back_is_said() -> None:
    run = done(tables.as_csv({}))
    with as_user("nigora") as by, pytest.raises(NotPossible):
        exchange.take_back(run, workbook=False, by=by, at=AT)


def test_what_nobody_finished_is_destroyed_in_time() -> None:
    with as_user("nigora") as by:
        now = datetime.now(UTC)
        exchange.start(tables.as_csv({}), team=team("ngo-cases"), by=by, at=now)
        old = exchange.start(
            tables.as_csv({}), team=team("ngo-cases"), by=by, at=now - timedelta(days=30)
        )
    assert exchange.sweep(at=now) == 1
    assert exchange.sweep(at=now) == 0
    with as_user("nigora") as by:
        assert [run.pk for run in queries.imports_of(by)] != [old.pk]
        assert len(queries.imports_of(by)) == 1
        assert Duty.objects.unsettled().filter(kind=exchange.DUTY).count() == 1


def handed_over() -> Dossier:
    """A case that came in and that the shelter holds now, with consent to all of it."""
    done(tables.as_csv({}))
    with as_user("nigora") as by:
        (case,) = opened()
        for categories in (CASE_CATEGORIES & ~Category.LEGAL, Category.LEGAL):
            answer(case.dossier, team("shelter-cases"), by=by, categories=categories)
        sent = referrals.send(drafted(case.dossier, by=by), by=by, at=NOW)
    with as_user("shirin") as by:
        referrals.accept(sent, by=by, at=NOW)
    with as_user("nigora") as by:
        referrals.hand_over(sent, way="accompanied", by=by, at=NOW)
    return case.dossier


def all_of(dossier: Dossier) -> tuple[str, list[str]]:
    """What the shelter, which holds the case, reads of it."""
    with as_user("shirin") as by:
        person = people.person(dossier, by=by, at=NOW)
        notes = cases.notes_of(dossier, Category.STORY, user=by)
        assert person is not None
        return person.display, [str(text) for text in cases.texts_of(notes)]


def test_a_case_that_was_handed_over_comes_in_no_second_time() -> None:
    dossier = handed_over()
    before = all_of(dossier)
    assert figures(done(tables.as_csv({}))) == (0, 1, 0, 0)
    changed = done(tables.as_csv({"prs_FirstName": "Дигарбора", "prs_Gender": "Masculine"}))
    assert figures(changed) == (0, 0, 1, 0)
    assert all_of(dossier) == before
    with as_user("nigora") as by:
        assert Dossier.objects.get(pk=dossier.pk).holder == team("shelter-cases")
        assert Dossier.objects.count() == 1, "no second file of the same person"
        (row,) = queries.back_of(changed)
        assert (row.number, row.faults[0].code) == (2, "moved")
        found = exchange.take_back(changed, workbook=False, by=by, at=AT).content.decode()
        assert "Дигарбора" in found, "what was typed is kept"


def test_the_number_of_another_unit_tells_whoever_holds_the_case_now_nothing() -> None:
    """The shelter uses the same number for somebody else: a case of its own, and no message."""
    handed_over()
    run = begun(tables.as_csv({"prs_FirstName": "Гули"}), "shirin", "shelter-cases")
    run = checked(run, "shirin")
    assert run.faulty == 0
    while run.state != State.DONE:
        with as_user("shirin") as by:
            run = exchange.run_part(run, part=run.next_part, by=by, at=AT)
    assert figures(run) == (1, 0, 0, 0)
    with as_user("nigora"):
        assert Dossier.objects.count() == 1, "nor does the sender see the shelter's own"
