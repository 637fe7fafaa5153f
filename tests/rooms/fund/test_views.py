"""The pages: ask, sign, pay, read the books, take a table home."""

import io
import re
from datetime import date

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from panoh.fund import queries
from panoh.fund.models import Account, Entry, Line
from panoh.fund.rules import Stage, State
from panoh.policy import queries as policy
from tests.factories import fund as made
from tests.factories.clients import client_of, hidden, words
from tests.factories.fund import ASKER, FIRST, KEEPER, NIGHT, SECOND, TAXI
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db


def test_money_is_asked_for_on_one_page_with_few_fields() -> None:
    book, about = made.book(), made.person()
    browser, path = client_of(ASKER, "en"), reverse("fund:person", args=[about.ref])
    page = browser.get(path)
    assert "no name, no story" in words(page)
    given = {
        "kind": "taxi",
        "amount": "200",
        "urgent": "on",
        "book": book.pk,
        "submission": hidden(page, "submission"),
    }
    for _click in range(2):
        page = browser.post(path, given, follow=True)
        assert "200 somoni asked from Fictional Fund. No name was told." in words(page)
    with as_user(ASKER):
        (row,) = queries.on_dossier(about)
    assert (row.amount, row.urgent, row.purpose) == (TAXI, True, "travel")


@pytest.mark.parametrize("amount", ["", "0", "-200", "two", "1e9", "99999999999999", "10.005"])
def test_what_is_no_sum_is_said_beside_the_field(amount: str) -> None:
    book, about = made.book(), made.person()
    browser, path = client_of(ASKER, "en"), reverse("fund:person", args=[about.ref])
    page = browser.post(path, {"kind": "taxi", "amount": amount, "book": book.pk})
    assert page.status_code == 200
    assert 'id="id_amount_error"' in page.content.decode() or "govuk-error-message" in str(
        page.content
    )


def test_no_request_that_waits_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Urgent ones first, each once, on as many pages as it takes."""
    monkeypatch.setattr("panoh.fund.queries.PAGE", 2)
    refs = [made.asked(urgent=urgent).ref for urgent in (False, True, False, True, True)]
    browser, path, seen = client_of(FIRST, "en"), reverse("fund:list"), list[str]()
    while path:
        page = browser.get(path).content.decode()
        part = page.partition("To sign or to pay")[2].partition("Lines</h2>")[0]
        seen += re.findall(r"/fund/asked/(\w+)/", part)
        more = re.search(r'href="(\?after=\w+)"', page)
        path = reverse("fund:list") + more[1] if more else ""
    assert len(seen) == len(refs) and set(seen) == set(refs)
    assert set(seen[:3]) == {refs[1], refs[3], refs[4]}
    for odd in ("2222222222", "%00", "x y"):
        assert browser.get(f"{reverse('fund:list')}?after={odd}").status_code in {200, 404}


def test_signed_by_two_and_paid_with_a_voucher() -> None:
    line = made.line()
    row = made.asked()
    for name in (FIRST, SECOND):
        browser, path = client_of(name, "en"), reverse("fund:approve", args=[row.ref])
        page = browser.get(path)
        assert row.dossier.ref not in page.content.decode()
        token = {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken")}
        given = {"line": line.pk, **token}
        assert "Signed." in words(browser.post(path, given, follow=True))
        # Pressed twice: it leads where the first click led, and nobody is told off.
        again = browser.post(path, given)
        assert again.headers["Location"] == reverse("fund:request", args=[row.ref])
        assert "Nothing was done twice." in words(browser.get(again.headers["Location"]))
    browser, path = client_of(KEEPER, "en"), reverse("fund:pay", args=[row.ref])
    for _click in range(2):
        said = words(browser.post(path, {"paper": "17"}, follow=True))
        assert "200 somoni, from Fictional Fund." in said
    with as_user(KEEPER):
        (paid,) = Entry.objects.filter(kind="payment")
        assert paid.paper == "17"


def test_moment_7_one_signature_at_night_and_the_second_by_monday() -> None:
    made.line()
    row = made.asked(urgent=True)
    browser = client_of(FIRST, "en")
    today = browser.get("/")
    assert "money for somebody tonight" in words(today)
    page = browser.get(reverse("fund:approve", args=[row.ref]))
    assert "checked" in page.content.decode(), "the line that has enough is chosen already"
    with as_user(FIRST):
        line = Line.objects.get()
    browser.post(reverse("fund:approve", args=[row.ref]), {"line": line.pk})
    said = words(browser.post(reverse("fund:pay", args=[row.ref]), {}, follow=True))
    assert "200 somoni, from Fictional Fund. Second signature due" in said
    with as_user(FIRST):
        assert queries.request_of(row.ref).state == State.PAID
    listed = browser.get(reverse("fund:list")).content.decode()
    assert listed.count(reverse("fund:request", args=[row.ref])) == 1, "owed, so not ended too"
    page = client_of(ASKER, "en").get(reverse("fund:person", args=[row.dossier.ref]))
    assert "second signature due" in words(page)


def test_shares_of_two_sources_make_the_whole() -> None:
    made.line(name="One", source="republican")
    made.line(name="Two", source="donor")
    row = made.asked(amount=10_001)
    browser = client_of(FIRST, "en")
    path = reverse("fund:approve", args=[row.ref])
    browser.post(path, {"share_1": "50", "share_2": "50"})
    with as_user(FIRST):
        parts = [part for _line, part in queries.parts(row)]
    assert sorted(parts) == [5_000, 5_001]


def test_who_asked_finds_no_button_and_no_page_of_the_fund() -> None:
    made.line()
    row = made.asked()
    browser = client_of(ASKER, "en")
    for name in ("request", "approve", "pay", "refuse", "take_back"):
        assert browser.get(reverse(f"fund:{name}", args=[row.ref])).status_code in {403, 404}


def test_a_refusal_and_money_that_came_back() -> None:
    made.line()
    about = made.person()
    row, other = made.asked(about), made.paid(made.asked(about))
    browser = client_of(KEEPER, "en")
    page = browser.get(reverse("fund:approve", args=[made.asked(kind="rent").ref]))
    assert "no line for this purpose" in words(page)
    assert reverse("fund:add_line") in page.content.decode(), "no dead end"
    path = reverse("fund:refuse", args=[row.ref])
    assert "Refused." in words(browser.post(path, {"code": "no_money"}, follow=True))
    path = reverse("fund:take_back", args=[other.ref])
    assert "The money is back." in words(browser.post(path, {"code": "not_used"}, follow=True))
    mine = words(client_of(ASKER, "en").get(reverse("fund:person", args=[about.ref])))
    for one, why in ((row, "The fund has no money"), (other, "The money came back unused")):
        assert why in words(browser.get(reverse("fund:request", args=[one.ref])))
        assert why in mine


def test_a_receipt_without_a_name_and_a_request_taken_back() -> None:
    made.line()
    about = made.person()
    row = made.paid(made.asked(about))
    other = made.asked(about)
    browser = client_of(ASKER, "en")
    path = reverse("fund:receipt", args=[about.ref, row.pk])
    assert "No name is needed" in words(browser.post(path, {"code": "mark"}, follow=True))
    path = reverse("fund:withdraw", args=[about.ref, other.pk])
    for _click in range(2):
        assert "Taken back." in words(browser.post(path, follow=True))


def test_books_are_opened_line_by_line() -> None:
    browser = client_of(KEEPER, "en")
    assert "keeps no books yet" in words(browser.get(reverse("fund:list")))
    browser.post(reverse("fund:open"), {"name": "Fictional Fund"})
    page = browser.get(reverse("fund:add_line"))
    given = {"name": "Gift 9", "source": "private", "purpose": "health"}
    given["submission"] = hidden(page, "submission")
    for _click in range(2):
        page = browser.post(reverse("fund:add_line"), given, follow=True)
    with as_user(KEEPER):
        line = Line.objects.get()
    path = reverse("fund:line", args=[line.pk])
    came = {"amount": "12,50", "day": policy.today().isoformat()}
    came["once"] = hidden(browser.get(path), "once")
    for _click in range(2):
        assert "Entered." in words(browser.post(path, came, follow=True))
    with as_user(KEEPER):
        entry = Entry.objects.get()
    back = reverse("fund:reverse", args=[line.pk, entry.pk])
    assert "both rows stay" in words(browser.post(back, follow=True))
    assert client_of(FIRST, "en").get(path).status_code == 200


def test_statement_trial_balance_and_cost_say_the_same() -> None:
    made.line(100_000)
    made.paid()
    month, browser = "2026-03", client_of(KEEPER, "en")
    with as_user(KEEPER):
        free = Account.objects.get(stage=Stage.FREE)
    page = browser.get(reverse("fund:statement", args=[free.pk]), {"month": month})
    assert "800.00" in words(page) and "1,000.00" in words(page)
    # A month is chosen by its name: many browsers know no field for months.
    assert '<option value="2026-03" selected>March 2026</option>' in page.content.decode()
    page = browser.get(reverse("fund:balance"), {"on": "2026-03-31"})
    assert "All accounts together make: 0.00" in words(page)
    page = browser.get(reverse("fund:cost"), {"month": month})
    assert "200.00" in words(page) and "The accounts say the same." in words(page)
    for name, args in (("statement", [free.pk]), ("cost", []), ("balance", [])):
        for key in ("month", "on"):
            got = browser.get(reverse(f"fund:{name}", args=args), {key: "0000-99"})
            assert got.status_code in {200, 404}


@pytest.mark.parametrize("code", ["csv", "xlsx"])
def test_tables_go_home_without_formulas(code: str) -> None:
    made.line(100_000, name='=HYPERLINK("http://x")')
    made.paid()
    browser = client_of(KEEPER, "en")
    with as_user(KEEPER):
        free = Account.objects.get(stage=Stage.FREE)
    paths = (
        reverse("fund:statement_file", args=[free.pk, code]) + "?month=2026-03",
        reverse("fund:balance_file", args=[code]) + "?on=2026-03-31",
        reverse("fund:cost_file", args=[code]) + "?month=2026-03",
    )
    for path in paths:
        got = browser.get(path)
        assert got.status_code == 200 and "attachment" in got.headers["Content-Disposition"]
        if code == "csv":
            assert not any(
                cell.startswith(("=", "-", "+", "@"))
                for row in got.content.decode("utf-8-sig").splitlines()
                for cell in row.split(",")
            )
        else:
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(got.content)).get_sheet_by_index(0)
            assert len(sheet.to_python()) > 1
    assert browser.get(reverse("fund:balance_file", args=["exe"])).status_code == 404


def test_a_month_is_closed_after_a_question() -> None:
    made.line(0)
    browser = client_of(KEEPER, "en")
    page = browser.get(reverse("fund:close"))
    assert "Nothing can be entered" in words(page)
    shown = {"month": hidden(page, "month")}
    # A page that stood open until another month was over closes nothing.
    browser.post(reverse("fund:close"), {"month": "2020-01-31"})
    with as_user(KEEPER):
        assert queries.require_book().closed_through is None
    shown["csrfmiddlewaretoken"] = "of this page"
    for said in ("The month is closed.", "Nothing was done twice."):
        assert said in words(browser.post(reverse("fund:close"), shown, follow=True))
    assert "no month to close" in words(browser.get(reverse("fund:close")))
    with as_user(KEEPER):
        book = queries.require_book()
    assert book.closed_through is not None
    assert book.closed_through < date(NIGHT.year + 50, 1, 1)


def test_a_duty_leads_to_its_request() -> None:
    made.line()
    row = made.asked()
    browser = client_of(FIRST, "en")
    page = browser.get("/").content.decode()
    start = page.index("/fund/duties/")
    path = page[start : page.index('"', start)]
    assert browser.get(path).headers["Location"] == reverse("fund:request", args=[row.ref])
    assert client_of("firuz", "en").get(path).status_code == 404
